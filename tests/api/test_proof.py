"""Certificates through the API: made from labels, or refused with what is missing."""

from typing import Any

import httpx
import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from tests.api.conftest import Served

ASKED = {"escape": 0.1, "overkill": 0.3, "escape_per_defective": None, "confidence": 0.9}


@pytest.fixture
def erin(served: Served) -> httpx.Client:
    """An engineer of a line in shadow with thirty labelled units."""
    served.plant.level(Level.SHADOW)
    served.plant.label_many(20)
    served.plant.label_many(10, Verdict.REJECT, 0.9, "bad")
    served.plant.later(seconds=31)
    return served.as_("erin")


def test_a_line_without_a_certificate_says_what_is_missing(erin: httpx.Client) -> None:
    told = erin.get("/lines/phones/proof").json()
    assert (told["certificate"], told["why"]) == (None, "There is none for this model yet.")
    assert (told["model"], told["labels"], told["defective"]) == (1, 30, 10)
    assert told["lacks"][0]["words"] == "to pass: 30 labels do not prove 1.000% per unit; 269 more labels needed."
    assert told["audit"]["labels"] == 299
    assert len(told["curve"]["thresholds"]) == len(told["curve"]["upper"]) > 0


def test_enough_labels_make_a_certificate_that_opens_the_way_up(erin: httpx.Client) -> None:
    made = erin.post("/lines/phones/certificates", json=ASKED)
    assert made.status_code == 201
    told = made.json()
    assert (told["number"], told["model"], told["holds"], told["by"]) == (1, 1, True, "erin")
    assert (told["used"], told["defective"], told["automated"]) == (30, 10, 1.0)
    assert told["escapes"][0]["trials"] == 30
    assert erin.get("/lines/phones/certificates").json() == [told]
    assert erin.get("/lines/phones/proof").json()["certificate"] == told
    assert erin.get("/lines/phones").json()["certificate"]["number"] == 1


def test_too_few_labels_are_refused_with_how_many_more_it_takes(erin: httpx.Client) -> None:
    refused = erin.post("/lines/phones/certificates", json={"escape": 0.001, "overkill": 0.001})
    assert refused.status_code == 409
    told = refused.json()
    assert told["given"] == 30
    assert [one["side"] for one in told["lacks"]] == ["pass", "reject"]
    assert "2965 more labels needed" in told["detail"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"escape": 0}, "escape"),
        ({"escape": 2}, "escape"),
        ({"definition": "per_moon"}, "definition"),
        ({"found": 3}, "how many known defects"),
        ({"found": 3, "shown": 2}, "from none to all"),
        ({"days": 0}, "days"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_cannot_be_asked_is_told(erin: httpx.Client, asked: dict[str, Any], words: str) -> None:
    answer = erin.post("/lines/phones/certificates", json=asked)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_guards_tell_what_audits_have_said(served: Served, erin: httpx.Client) -> None:
    served.plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    served.plant.label_many(1, name="audited")
    guards = {one["kind"]: one for one in erin.get("/lines/phones/proof").json()["guards"]}
    assert (guards["escapes"]["events"], guards["escapes"]["trials"]) == (0, 1)


def test_a_model_that_is_not_there_is_unknown(erin: httpx.Client) -> None:
    assert erin.post("/lines/phones/certificates", json={"model": 9}).status_code == 404
    assert erin.get("/lines/phones/proof", params={"model": 9}).status_code == 404
    assert erin.get("/lines/phones/proof", params={"model": 1}).status_code == 200
