"""A miss is reported on a unit's story."""

import re

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level


@pytest.fixture(autouse=True)
def passed(plant):
    plant.line()
    plant.level(Level.SHADOW, model=plant.model())
    images = plant.unit("A-0007", score=0.1)
    plant.answer("erin", Label(verdict=Verdict.PASS, seconds=2.0), seen=images)
    plant.wait(60)


def report(visit, **sent):
    story = visit("ines").get("/lines/phones/units/A-0007").text
    unit = re.search(r'action="/lines/phones/misses".*?name="unit" value="(\d+)"', story, re.S)[1]
    fields = {"unit": unit, "serial": "A-0007", "reason": "scratch at the edge", "defects": ["scratch"], **sent}
    return visit("ines").post("/lines/phones/misses", fields)


def test_an_inspector_reports_it_and_the_board_tells(visit):
    assert report(visit).headers["location"] == "/lines/phones/units/A-0007"
    assert "Unit A-0007 was passed wrongly, says ines: scratch at the edge. Hold it" in visit("erin").get("/").text
    assert (
        "scratch at the edge" in visit("judy").get("/adjudicate").text
        or "Nothing" in visit("judy").get("/adjudicate").text
    )
    assert "Report a miss" not in visit("ines").get("/lines/phones/units/A-0007").text
    assert report_again(visit).status_code == 422


def report_again(visit):
    return visit("ines").post("/lines/phones/misses", {"unit": "1", "reason": "again and again", "defects": ["dent"]})


@pytest.mark.parametrize(
    ("sent", "words"), [({"reason": " "}, "what is wrong"), ({"defects": []}, "Name the defect"), ({"unit": "9"}, "")]
)
def test_what_is_missing_is_said_in_words(visit, sent, words):
    answer = report(visit, **sent)
    assert answer.status_code in (404, 422)
    assert words in answer.text


def test_a_unit_that_waits_cannot_be_reported(visit, plant):
    plant.unit("A-0008", score=0.1)
    assert "/misses" not in visit("erin").get("/lines/phones/units/A-0008").text
