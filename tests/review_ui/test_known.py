"""Known units: chosen on a unit's story, counted on the page Proof, and told to nobody who judges them."""

import re

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.people import Role


@pytest.fixture(autouse=True)
def unit(plant):
    """A rejected unit that can be known, and one that waits."""
    plant.person("ivan", Role.INSPECTOR)
    plant.line()
    plant.level(Level.SHADOW, model=plant.model())
    images = plant.unit("A-0007", score=0.9)
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("scratch",), seconds=2.0), seen=images)
    plant.wait(60)
    plant.unit("A-0815", score=0.1)
    return "A-0007"


def choose(visit, **other):
    story = visit("erin").get("/lines/phones/units/A-0007").text
    unit_id = re.search(r'name="unit" value="(\d+)"', story)[1]
    return visit("erin").post(
        "/lines/phones/known", {"unit": unit_id, "truth": "defective", "reason": "x-ray", **other}
    )


def judge(plant, verdict):
    """An inspector judges a known unit that comes before the one that is due, half a minute ago."""
    given = Label(verdict=verdict, defect_types=("scratch",) if verdict is Verdict.REJECT else (), seconds=2.0)
    plant.answer("ivan", given, known=1.0)
    plant.wait(31)


def test_it_is_chosen_counted_and_retired(visit, plant):
    assert choose(visit).headers["location"].endswith("/proof#misses")
    page = visit("erin").get("/lines/phones/proof").text
    assert "A-0007" in page
    assert "0 right of 0" in page
    judge(plant, Verdict.REJECT)
    page = visit("erin").get("/lines/phones/proof").text
    assert "1 right of 1" in page
    assert 'name="shown" value="1"' in page
    assert 'name="found" value="1"' in page
    retire = re.search(r'action="(/lines/phones/known/\d+/retire)"', page)[1]
    assert visit("erin").post(retire).status_code == 303
    page = visit("erin").get("/lines/phones/proof").text
    assert "A-0007" not in page


def test_inspectors_are_not_told(visit, plant):
    choose(visit)
    judge(plant, Verdict.PASS)
    page = visit("ines").get("/lines/phones/proof").text
    assert "0 of 1" not in page
    assert "A-0007" not in page
    assert "Use as a known unit" not in visit("ines").get("/lines/phones/units/A-0007").text


@pytest.mark.parametrize(
    ("sent", "words"),
    [({"truth": "maybe"}, "Choose whether"), ({"reason": " "}, "how its truth is known"), ({"unit": "77"}, "")],
)
def test_what_cannot_be_is_said_in_words(visit, sent, words):
    answer = choose(visit, **sent)
    assert answer.status_code in (404, 422)
    assert words in answer.text


def test_a_number_that_is_none_is_refused(visit):
    assert "no known unit 9" in visit("erin").post("/lines/phones/known/9/retire").text


def test_two_readings_that_differ_wait_for_an_adjudicator(visit, plant):
    given = Label(verdict=Verdict.PASS, defect_types=(), seconds=2.0)
    plant.answer("ivan", given, second=1.0)
    plant.wait(31)
    page = visit("erin").get("/lines/phones/proof").text
    assert "To be settled: 1" in page
    assert 'href="/adjudicate">Settle them' in page
