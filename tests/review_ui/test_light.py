"""Brightness over time, its alarm, and learning it anew."""

import json
import re
from html import unescape

import pytest


@pytest.fixture
def plant(plant):
    plant.line(views=("front",))
    return plant


def series(page) -> dict:
    return json.loads(unescape(re.search(r"data-series='([^']*)'", page.text)[1]))


def test_no_images_yet_is_said_so(visit):
    assert "No windows yet" in visit("ines").get("/lines/phones/light").text


def test_windows_their_smoothing_and_limits_are_drawn(visit, plant):
    plant.windows([120.0] * 10)
    drawn = series(visit("ines").get("/lines/phones/light"))
    assert drawn["median"] == [120.0] * 10
    assert drawn["ewma"][:8] == [None] * 8
    assert drawn["ewma"][8:] == [120.0] * 2
    assert (drawn["low"], drawn["mean"], drawn["high"]) == (116.0, 120.0, 124.0)
    assert len(drawn["time"]) == 10


def test_a_dimmed_lamp_shows_as_an_alarm(visit, plant):
    plant.windows([120.0] * 9 + [110.0, 100.0, 80.0])
    page = visit("ines").get("/lines/phones/light")
    assert series(page)["light"][-1] == "alarm"
    assert "Light alarm" in page.text


def test_learning_anew_needs_a_written_reason_and_keeps_what_was_typed(visit, plant):
    plant.windows([120.0] * 9)
    erin = visit("erin")
    form = {"camera": "cam1", "view": "front"}
    refused = erin.post("/lines/phones/light", {**form, "reason": "new lamp"})
    assert refused.status_code == 422
    assert 'value="new lamp"' in refused.text
    erin.post("/lines/phones/light", {**form, "reason": "the lamp was changed by maintenance"})
    assert "being learned from the next windows" in erin.get("/lines/phones/light").text


@pytest.mark.parametrize("field", [{"camera": "cam9"}, {"view": "bottom"}])
def test_a_view_that_is_not_there_is_said_so(visit, field):
    form = {"camera": "cam1", "view": "front", "reason": "the lamp was changed", **field}
    refused = visit("erin").post("/lines/phones/light", form)
    assert refused.status_code == 422
    assert "has no camera" in refused.text
