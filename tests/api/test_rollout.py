"""Rollouts through the API: begun, watched, let on, and ended."""

from typing import Any

import httpx
import pytest

from inspection.core.compare import Proof
from inspection.core.level import Level
from inspection.flow import rollout
from tests.api.conftest import Served

WANTED = {
    "deadline_ms": 900, "steps": "100!", "shadow_samples": 1, "min_samples": 1, "expected": 3,
    "reason": "Another deadline, to be tried.",
}  # fmt: skip
PLACE = "/lines/phones/rollout"


@pytest.fixture
def erin(served: Served) -> httpx.Client:
    served.plant.level(Level.SHADOW)
    return served.as_("erin")


def test_a_rollout_is_begun_and_aborted(erin: httpx.Client) -> None:
    assert erin.get(PLACE).json() == {"live": None, "past": []}
    begun = erin.post(PLACE, json=WANTED)
    assert begun.status_code == 201
    told = begun.json()
    assert (told["number"], told["phase"], told["weight"], told["steps"]) == (1, "shadow", 0, "100!")
    assert (told["candidate"]["number"], told["candidate"]["terms"]["deadline_ms"]) == (4, 900)
    assert erin.get(PLACE).json()["live"] == told
    assert erin.get("/lines/phones").json()["rollout"]["candidate"] == 4
    ended = erin.post(f"{PLACE}/abort", json={"reason": "Had enough."}).json()
    assert (ended["phase"], erin.get(PLACE).json()["live"]) == ("aborted", None)


def test_a_rollout_that_waits_is_let_go_on(served: Served, erin: httpx.Client) -> None:
    erin.post(PLACE, json=WANTED)
    plant, proof = served.plant, Proof(worse=False, as_good=True, detail="All alike.")
    plant.write(lambda tx: tx.exec_driver_sql(
        "UPDATE rollout SET record = replace(record, '\"samples\":0', '\"samples\":5')"
    ))  # fmt: skip
    plant.write(lambda tx: rollout.tick(tx, now=plant.now, test=lambda *_: proof))
    told = erin.get(PLACE).json()["live"]
    assert (told["pause"], told["outcome"], told["detail"]) == ("gate", "successful", "All alike.")
    let = erin.post(f"{PLACE}/approve", json={"reason": "Looks good."}).json()
    assert (let["phase"], let["weight"]) == ("baking", 100)


@pytest.mark.parametrize(
    ("wanted", "status", "words"),
    [
        ({"steps": "5, 50"}, 422, "last step"), ({"steps": "some"}, 422, "no steps"), ({"margin": 7}, 422, "margin"),
        ({"shadow_samples": 0}, 422, "at least one"), ({"expected": 1}, 409, "Look at it again"),
        ({"strategy": "big_bang"}, 422, "strategy"), ({"reason": ""}, 422, "Write the reason"),
    ],
)  # fmt: skip
def test_what_cannot_be_begun_is_told(erin: httpx.Client, wanted: dict[str, Any], status: int, words: str) -> None:
    answer = erin.post(PLACE, json={**WANTED, **wanted})
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_what_is_not_under_way_is_neither_let_on_nor_aborted(erin: httpx.Client) -> None:
    for act in ("approve", "abort"):
        answer = erin.post(f"{PLACE}/{act}", json={"reason": "Just so."})
        assert (answer.status_code, "No rollout" in answer.json()["detail"]) == (422, True)
