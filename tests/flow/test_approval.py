"""Where two people are asked for, nobody gives the AI more freedom alone."""

from typing import Any

import pytest

from inspection.core.level import Level
from inspection.core.policy import InvalidPolicy, Terms
from inspection.flow import approval, policy
from inspection.store import journal, lines, proposals, rollouts
from tests.flow.rollouts import PLAN
from tests.plant import MODEL, Plant

WHY = "The labels of last week say so."


def terms(level: Level = Level.PARTIAL_AUTOMATION, **other: Any) -> Terms:
    return Terms(**{"level": level, "model": MODEL, "pass_below": 0.3, "reject_above": 0.7, **other})


def submit(plant: Plant, asked: Terms | None = None, **other: Any) -> int | None:
    how = {"by": "erin", "reason": WHY, "accept_override": True, "two_people": True, **other}
    return plant.write(
        lambda tx: approval.submit(tx, line="phones", terms=asked or terms(), now=plant.now, **how)
    )  # fmt: skip


def waits(plant: Plant) -> proposals.Proposal | None:
    return plant.read(lambda tx: proposals.waiting(tx, plant.camera.line_id))


def approve(plant: Plant, by: str, proposal: int | None = None, **other: Any) -> int:
    kept = waits(plant)
    number = proposal if proposal is not None else kept.id if kept else 0
    return plant.write(
        lambda tx: approval.approve(tx, line="phones", proposal=number, by=by, now=plant.now, **other)
    )  # fmt: skip


def level(plant: Plant) -> Level:
    return plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level


@pytest.fixture
def plant(any_plant: Plant) -> Plant:
    any_plant.level(Level.SHADOW)
    return any_plant


def test_more_freedom_waits_for_somebody_else(plant: Plant) -> None:
    assert submit(plant) is None
    assert level(plant) is Level.SHADOW
    with pytest.raises(InvalidPolicy, match="somebody else"):
        approve(plant, "erin")
    assert level(plant) is Level.SHADOW
    approve(plant, "emma")
    in_force = plant.read(lambda tx: lines.in_force(tx, "phones")).policy
    assert (in_force.terms, in_force.by, in_force.override) == (terms(), "erin", True)
    assert in_force.reason == f"{WHY} (Proposed by erin, approved by emma.)"
    assert waits(plant) is None
    told = [e.change.event for e in plant.read(lambda tx: journal.entries(tx, subject="line/phones"))]
    assert told[-3:] == ["more_freedom_proposed", "proposal_approved", "policy_changed"]


def test_less_freedom_waits_for_nobody_and_one_person_is_enough_where_one_is_asked_for(plant: Plant) -> None:
    assert submit(plant, terms(Level.HUMAN_ONLY, model=None)) is not None
    assert level(plant) is Level.HUMAN_ONLY
    assert submit(plant, two_people=False) is not None
    assert level(plant) is Level.PARTIAL_AUTOMATION


def test_a_proposal_is_checked_as_the_change_would_be(plant: Plant) -> None:
    with pytest.raises(InvalidPolicy, match="more freedom than is proved"):
        submit(plant, accept_override=False)
    with pytest.raises(InvalidPolicy, match="meanwhile"):
        submit(plant, expected=1)
    assert waits(plant) is None


def test_a_newer_proposal_takes_the_place_of_an_older_one(plant: Plant) -> None:
    submit(plant)
    old = waits(plant)
    assert old is not None
    submit(plant, terms(pass_below=0.2), by="emma")
    with pytest.raises(InvalidPolicy, match="does not wait any more"):
        approve(plant, "erin", old.id)
    approve(plant, "erin")
    assert plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.pass_below == 0.2


def test_what_was_declined_or_overtaken_cannot_be_approved(plant: Plant) -> None:
    submit(plant)
    kept = waits(plant)
    assert kept is not None
    plant.write(lambda tx: approval.decline(tx, line="phones", proposal=kept.id, by="erin", now=plant.now))
    with pytest.raises(InvalidPolicy, match="does not wait any more"):
        approve(plant, "emma", kept.id)
    submit(plant)
    plant.level(Level.HUMAN_ONLY)
    with pytest.raises(InvalidPolicy, match="while you were looking"):
        approve(plant, "emma")
    assert level(plant) is Level.HUMAN_ONLY


def test_a_model_that_is_not_ready_is_not_approved_and_the_proposal_stays(plant: Plant) -> None:
    plant.level(Level.HUMAN_ONLY)
    submit(plant)
    with pytest.raises(InvalidPolicy, match="cannot answer yet"):
        approve(plant, "emma", ready=lambda _: False)
    assert waits(plant) is not None


def test_a_rollout_that_leads_higher_waits_as_well(plant: Plant) -> None:
    assert submit(plant, plan=PLAN) is None
    assert plant.read(lambda tx: rollouts.live(tx)) == []
    approve(plant, "emma")
    (begun,) = plant.read(lambda tx: rollouts.live(tx))
    assert begun.candidate.terms == terms()
    assert begun.rollout.plan == PLAN


def test_no_way_back_up_goes_round_it(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    plant.level(Level.SHADOW)
    with pytest.raises(InvalidPolicy, match="propose it as a change"):
        plant.write(
            lambda tx: policy.rollback(
                tx, line="phones", by="erin", reason="Back up.", now=plant.now, two_people=True
            )
        )  # fmt: skip
