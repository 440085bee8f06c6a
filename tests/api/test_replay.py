"""What if, through the API."""

from typing import Any

import httpx
import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from tests.api.conftest import Served


@pytest.fixture
def erin(served: Served) -> httpx.Client:
    """An engineer of a line in shadow with twenty good and ten bad units, one of which scored low."""
    served.plant.level(Level.SHADOW, audit_share=0.05)
    served.plant.label_many(20)
    served.plant.label_many(9, Verdict.REJECT, 0.9, "bad")
    served.plant.label_many(1, Verdict.REJECT, 0.2, "hidden")
    return served.as_("erin")


def test_past_units_are_decided_again_under_other_terms(erin: httpx.Client) -> None:
    asked = {
        "level": "partial_automation", "pass_below": 0.3, "reject_above": 0.7, "escape": 1000, "overkill": 5,
        "hour": 30,
    }  # fmt: skip
    answer = erin.post("/lines/phones/replay", json=asked)
    assert answer.status_code == 200
    told = answer.json()
    was, would = told["in_force"], told["what_if"]
    assert (was["automated"], was["referred"], was["escapes"]["share"]) == (0, 30, 0)
    assert (would["automated"], would["passed"], would["rejected"]) == (1.0, 21, 9)
    assert would["escapes"]["share"] == pytest.approx(1 / 30)
    assert would["escapes"]["low"] < 1 / 30 < would["escapes"]["high"]
    assert would["cost"] > 1000 > was["cost"] > 0
    assert (told["differences"], told["different"]) == (0, [])
    assert erin.get("/lines/phones").json()["level"] == "shadow"


def test_a_past_decision_that_was_altered_is_named(served: Served, erin: httpx.Client) -> None:
    served.plant.write(lambda tx: tx.exec_driver_sql("UPDATE image SET outcome = 'pass' WHERE id = 3").rowcount)
    told = erin.post("/lines/phones/replay", json={}).json()
    assert (told["differences"], told["different"][0]["image"], told["different"][0]["policy"]) == (1, 3, 3)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"level": "full_automation", "reject_above": None}, "reject_above"), ({"units": 0}, "units"),
        ({"hour": -1}, "hour"), ({"days": "many"}, "days"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(erin: httpx.Client, asked: dict[str, Any], words: str) -> None:
    answer = erin.post("/lines/phones/replay", json=asked)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
