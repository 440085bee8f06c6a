"""Known units through the API: chosen, judged blind, counted, retired."""

import httpx
import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.flow import review
from tests.api.conftest import Served
from tests.api.test_review import judge, take

WANTED = {"serial": "S-1", "defective": True, "reason": "Two experts saw it."}


@pytest.fixture
def erin(served: Served) -> httpx.Client:
    """An engineer, where one unit has been rejected."""
    served.plant.level(Level.SHADOW)
    served.plant.unit("S-1", 0.9)
    ines = served.as_("ines")
    judge(ines, take(ines), "reject", defect_types=["scratch"])
    return served.as_("erin")


def test_a_known_unit_is_chosen_listed_and_retired(erin: httpx.Client) -> None:
    made = erin.post("/lines/phones/known", json=WANTED)
    assert made.status_code == 201
    assert (made.json()["serial"], made.json()["defective"], made.json()["shown"]) == ("S-1", True, 0)
    number = made.json()["number"]
    assert "retire it first" in erin.post("/lines/phones/known", json=WANTED).json()["detail"]
    assert erin.post(f"/lines/phones/known/{number}/retire").status_code == 204
    assert erin.post(f"/lines/phones/known/{number}/retire").status_code == 422
    (listed,) = erin.get("/lines/phones/known").json()
    assert listed["retired_at"] is not None


def test_without_any_judged_nothing_is_measured(erin: httpx.Client) -> None:
    assert erin.get("/lines/phones/proof").json()["misses"]["defective_shown"] == 0
    refused = erin.post("/lines/phones/certificates", json={"measured": True})
    assert (refused.status_code, "no known defective unit" in refused.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"serial": "S-9"}, 404), ({"serial": "\x00"}, 404), ({"reason": " "}, 422), ({"x": 1}, 422)],
)
def test_what_cannot_be_is_refused_in_words(erin: httpx.Client, changes: dict[str, object], status: int) -> None:
    answer = erin.post("/lines/phones/known", json={**WANTED, **changes})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_two_readings_that_differ_are_settled(served: Served, erin: httpx.Client) -> None:
    plant = served.plant
    plant.later(minutes=1)
    plant.unit("S-2", 0.1)
    person = plant.person("ivan")
    held = plant.write(lambda tx: review.claim(tx, person_id=person.id, line=None, now=plant.now, second_share=1.0))
    assert held is not None
    plant.answer(held, Verdict.PASS, "ivan")
    assert erin.get("/adjudicate").json() == []
    plant.later(seconds=31)
    (one,) = erin.get("/adjudicate").json()
    assert [(said["person"], said["verdict"]) for said in one["opinions"]] == [("ines", "reject"), ("ivan", "pass")]
    assert (one["serial"], one["kind"], len(one["pictures"])) == ("S-1", "second", 2)
    truth = {"defective": True, "reason": "Two experts saw it.", "defect_types": ["scratch"]}
    settle = f"/adjudicate/second/{one['number']}"
    assert "Its types are" in erin.post(settle, json={**truth, "defect_types": ["rust"]}).json()["detail"]
    assert erin.post(settle, json=truth).status_code == 204
    assert erin.post(settle, json=truth).status_code == 422
    assert erin.get("/lines/phones/proof").json()["readings"] == {"read": 1, "both": 0, "second_only": 0, "differ": 0}
