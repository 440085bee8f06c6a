"""Engineers change how a line decides through the API, with the same rules as on the page."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from inspection.core.level import Level
from inspection.core.people import Role
from inspection.flow import people
from tests.api.conftest import Served

PARTIAL = {
    "level": "partial_automation",
    "pass_below": 0.2,
    "reject_above": 0.8,
    "audit_share": 0.05,
    "reason": "We want to try it.",
}


@pytest.fixture
def erin(served: Served) -> httpx.Client:
    return served.as_("erin")


def change(client: httpx.Client, **wanted: Any) -> httpx.Response:
    known = client.get("/lines/phones").json()["policy"]["number"]
    return client.post("/lines/phones/policies", json={"expected": known, "reason": "For a test.", **wanted})


def test_a_line_tells_how_it_stands(erin: httpx.Client) -> None:
    (line,) = erin.get("/lines").json()
    assert line == erin.get("/lines/phones").json()
    assert (line["level"], line["policy"]["number"], line["models"]) == ("human_only", 2, [1])
    assert line["certificate"] == {"number": None, "expires": None, "why": "There is none for this model yet."}
    assert line["rollout"] is line["proposal"] is None
    assert erin.get("/lines/nowhere").status_code == 404


def test_what_is_left_out_stays_and_the_newest_model_is_taken(erin: httpx.Client) -> None:
    changed = change(erin, level="shadow", pass_below=None)
    assert changed.status_code == 201
    told = changed.json()
    assert (told["number"], told["by"], told["override"]) == (3, "erin", False)
    assert told["terms"] == {
        "level": "shadow", "model": 1, "pass_below": None, "reject_above": 0.7, "audit_share": 0.0,
        "deadline_ms": 2000,
    }  # fmt: skip
    history = erin.get("/lines/phones/policies").json()
    assert history[0] == told
    assert [one["number"] for one in history] == [3, 2, 1]


def test_the_ladder_tells_its_conditions_and_without_them_it_is_an_override(erin: httpx.Client) -> None:
    change(erin, level="shadow")
    ladder = erin.get("/lines/phones/ladder").json()
    assert (ladder["level"], ladder["next"], ladder["met"]) == ("shadow", "ai_assist", False)
    assert {"text": "Predictions without an error: 0 of 20", "met": False} in ladder["conditions"]
    refused = change(erin, **PARTIAL)
    assert refused.status_code == 422
    assert "Predictions without an error: 0 of 20" in refused.json()["detail"]
    assert change(erin, **PARTIAL, override=True).json()["override"] is True


def test_another_change_since_is_told_and_nothing_is_changed(erin: httpx.Client) -> None:
    answer = change(erin, level="shadow", expected=1)
    assert answer.status_code == 409
    assert "policy 2" in answer.json()["detail"]
    assert erin.get("/lines/phones").json()["level"] == "human_only"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"level": "partial_automation", "pass_below": 0.9}, "pass_below must be under"),
        ({"level": "shadow", "audit_share": 2}, "audit share"),
        ({"level": "heaven"}, "level"),
        ({"level": "shadow", "reason": ""}, "Write the reason"),
        ({"level": "human_only"}, "in force already"),
        ({"pas_below": 0.2}, "pas_below"),
        ({"level": "shadow", "reason": "x" * 2001}, "2000 characters"),
    ],
)
def test_terms_that_cannot_be_are_refused_in_words(erin: httpx.Client, wanted: dict[str, Any], words: str) -> None:
    answer = change(erin, **wanted)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_an_unknown_model_is_unknown(erin: httpx.Client) -> None:
    assert change(erin, level="shadow", model=7).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"reason": NaN}', b'{"\\ud800": 1}', b"\xff", b"null"])
def test_bodies_that_are_no_json_object_are_refused(erin: httpx.Client, body: bytes) -> None:
    answer = erin.post("/lines/phones/policies", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert isinstance(answer.json()["detail"], str)


def test_going_back_is_one_call(erin: httpx.Client) -> None:
    change(erin, level="shadow")
    back = erin.post("/lines/phones/rollback", json={"reason": "It was better before."})
    assert (back.status_code, back.json()["terms"]["level"]) == (200, "human_only")
    assert erin.post("/lines/phones/rollback", json={"to": 99}).status_code == 422


def test_where_two_people_are_asked_for_one_proposes_and_another_approves(served: Served, erin: httpx.Client) -> None:
    served.plant.level(Level.SHADOW)
    served.app.state.plant = replace(served.app.state.plant, two_people=True)
    proposed = change(erin, **PARTIAL, override=True)
    assert proposed.status_code == 202
    proposal = proposed.json()
    assert (proposal["by"], proposal["rollout"]) == ("erin", False)
    assert erin.get("/lines/phones").json()["proposal"] == proposal
    address = f"/lines/phones/proposals/{proposal['id']}"
    own = erin.post(f"{address}/approve")
    assert (own.status_code, "somebody else" in own.json()["detail"]) == (422, True)
    assert erin.post(f"{address}/decline").status_code == 204
    assert erin.post(f"{address}/decline").status_code == 422
    plant = served.plant
    plant.write(lambda tx: people.add(tx, name="emma", role=Role.ENGINEER, hashed="-", by="setup", now=plant.now))
    again = change(erin, **PARTIAL, override=True).json()["id"]
    approved = served.as_("emma").post(f"/lines/phones/proposals/{again}/approve")
    assert (approved.status_code, approved.json()["terms"]["level"]) == (200, "partial_automation")
