"""On the line's page one engineer proposes more freedom, and another approves it."""

from dataclasses import replace

import pytest

from inspection.core.level import Level
from inspection.core.people import Role
from review_ui.app import build

PARTIAL = {
    "level": "partial_automation", "model": "a1b2c3d4e5f6", "audit_percent": "5", "deadline_ms": "2000",
    "pass_below": "0.2", "reject_above": "0.8", "reason": "we are confident enough", "override": "yes",
}  # fmt: skip


@pytest.fixture
def plant(plant):
    plant.line()
    plant.level(Level.SHADOW, model=plant.model())
    plant.person("emma", Role.ENGINEER)
    plant.pages = build(replace(plant.services(), two_people=True))
    return plant


def test_one_proposes_and_another_approves(visit):
    erin, emma = visit("erin"), visit("emma")
    erin.post("/lines/phones/policy", {**PARTIAL, "expected": "2"})
    page = erin.get("/lines/phones").text
    assert "erin proposes more freedom" in page
    assert "Take it back" in page
    assert "/proposals/1/approve" not in page
    assert "In force: policy 2" in page
    refused = erin.post("/lines/phones/proposals/1/approve")
    assert refused.status_code == 422
    assert "somebody else must approve it" in refused.text
    assert "/proposals/1/approve" in emma.get("/lines/phones").text
    assert emma.post("/lines/phones/proposals/1/approve").headers["location"] == "/lines/phones"
    page = emma.get("/lines/phones").text
    assert "In force: policy 3" in page
    assert "approved by emma" in page
    assert "proposes more freedom" not in page


def test_a_proposal_can_be_declined_and_is_seen_by_inspectors(visit):
    erin = visit("erin")
    erin.post("/lines/phones/policy", {**PARTIAL, "expected": "2"})
    seen = visit("ines").get("/lines/phones").text
    assert "erin proposes more freedom" in seen
    assert "/proposals/" not in seen
    erin.post("/lines/phones/proposals/1/decline")
    assert "proposes more freedom" not in erin.get("/lines/phones").text
    again = erin.post("/lines/phones/proposals/1/decline")
    assert again.status_code == 422
    assert "does not wait any more" in again.text
