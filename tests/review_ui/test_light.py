"""Brightness over time, its alarm, and learning it anew."""

import json
import re
from concurrent.futures import Future
from html import unescape
from types import SimpleNamespace

import pytest

from inspection.core.capture import Quality
from inspection.core.level import Level
from inspection.core.predict import Examination
from inspection.flow import relight


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


@pytest.fixture
def drifted(plant):
    """A line at partial automation whose lamp has faded."""
    plant.level(Level.PARTIAL_AUTOMATION, model=plant.model(), pass_below=0.3, reject_above=0.7, audit_share=1e-9)
    plant.windows([120.0] * 10 + [110.0, 90.0], score=0.1)
    return plant


@pytest.mark.usefixtures("drifted")
def test_what_changed_meanwhile_and_pictures_from_before_and_after_stand_by_the_chart(visit):
    page = visit("ines").get("/lines/phones/light")
    assert {mark["name"] for mark in series(page)["marks"]} == {"Policy", "Recipe", "Baseline"}
    assert series(page)["jump"] == [108.0, 132.0]
    assert "Before, in steady light" in page.text
    assert "What the drift changes" not in page.text, "inspectors hear nothing of the AI"


def test_an_alarm_begins_a_check_and_engineers_read_what_came_of_it(visit, drifted):
    erin = visit("erin")
    assert "are being judged again" in erin.get("/lines/phones/light").text

    def predict(image: bytes, _question: object) -> "Future[Examination]":
        done = Future[Examination]()
        quality = Quality(brightness=120.0, contrast=80, sharpness=90, saturated=0.01)
        score = 0.1 if float(image) > 1.2 else 0.5
        done.set_result(Examination(quality=quality, opinions=(drifted.opinion("a1b2c3d4e5f6", score),)))
        return done

    relit = lambda _image, gain: str(gain).encode()  # noqa: E731
    predictor = SimpleNamespace(predict=predict)
    assert relight.work_once(drifted.db, drifted.images, predictor, relit, lambda: drifted.at, lambda: False)
    told = erin.get("/lines/phones/light").text
    assert "3 of 36 images would be decided otherwise" in told
    assert "To a person → Pass" in told
    assert "0.500 → 0.100" in told


def test_an_engineer_asks_for_a_check_and_is_told_why_there_can_be_none(visit, plant):
    plant.windows([120.0] * 10)
    erin, asked = visit("erin"), {"camera": "cam1", "view": "front"}
    refused = erin.post("/lines/phones/light/check", asked)
    assert (refused.status_code, "No model is in force here" in refused.text) == (422, True)
    plant.level(Level.SHADOW, model=plant.model())
    assert erin.post("/lines/phones/light/check", asked).status_code == 303
    assert "are being judged again" in erin.get("/lines/phones/light").text
