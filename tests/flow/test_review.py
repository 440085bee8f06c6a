"""Leases: nobody gets what somebody holds, nothing is lost, late answers are kept but do not count."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import InvalidLabel, Label
from inspection.core.level import Level
from inspection.core.review import Refusal
from inspection.flow import adjudicate, label, review
from inspection.store.reports import integrity
from inspection.store.reports import story as reports
from tests.plant import Plant


@pytest.fixture
def two_units(any_plant: Plant) -> Plant:
    any_plant.unit("S1")
    any_plant.later(seconds=1)
    any_plant.unit("S2")
    return any_plant


def test_two_people_never_hold_one_unit(two_units: Plant) -> None:
    first, second = two_units.claim("ines"), two_units.claim("ivan")
    assert first is not None
    assert second is not None
    assert first.unit_id != second.unit_id
    assert two_units.claim("ines") == first, "who holds a unit is given the same one"


def test_a_lease_that_ran_out_goes_on_and_the_late_answer_does_not_count(two_units: Plant) -> None:
    lost = two_units.claim("ines")
    assert lost is not None
    two_units.later(hours=2)
    taken = two_units.claim("ivan")
    assert taken is not None
    assert taken.unit_id == lost.unit_id
    late = two_units.answer(lost, Verdict.PASS, "ines")
    assert not late.effective
    assert two_units.find("S1").verdict is None
    assert two_units.answer(taken, Verdict.REJECT, "ivan").effective
    (visit,) = two_units.read(lambda tx: reports.story(tx, "phones", "S1"))
    assert [(one.person, one.effective) for one in visit.labels] == [("ines", False), ("ivan", True)]
    assert visit.verdict is Verdict.REJECT


def test_a_lease_that_ran_out_but_nobody_took_still_counts(two_units: Plant) -> None:
    held = two_units.claim()
    assert held is not None
    two_units.later(hours=2)
    assert two_units.answer(held, Verdict.PASS).effective


def test_a_heartbeat_keeps_the_lease(two_units: Plant) -> None:
    held = two_units.claim()
    assert held is not None
    for _ in range(5):
        two_units.later(minutes=4)
        two_units.write(lambda tx: review.keep(tx, task_id=held.task_id, lease=held.lease, now=two_units.now))
    other = two_units.claim("ivan")
    assert other is not None
    assert other.unit_id != held.unit_id
    with pytest.raises(Refusal, match="somebody else"):
        two_units.write(lambda tx: review.keep(tx, task_id=held.task_id, lease="stolen", now=two_units.now))


def test_a_unit_given_back_goes_behind_the_others(two_units: Plant) -> None:
    held = two_units.claim()
    assert held is not None
    two_units.later(seconds=5)
    two_units.write(lambda tx: review.give_back(tx, task_id=held.task_id, lease=held.lease, now=two_units.now))
    after = two_units.claim()
    assert after is not None
    assert after.unit_id != held.unit_id


def test_the_last_answer_can_be_taken_back_for_a_while(two_units: Plant) -> None:
    held = two_units.claim()
    assert held is not None
    two_units.answer(held, Verdict.PASS)
    two_units.claim()
    two_units.later(seconds=29)
    person = two_units.person("ines")
    again = two_units.write(lambda tx: label.undo(tx, person=person, now=two_units.now))
    assert again.unit_id == held.unit_id
    assert two_units.find("S1").verdict is None
    assert two_units.answer(again, Verdict.REJECT).effective
    assert two_units.find("S1").verdict is Verdict.REJECT
    two_units.later(seconds=31)
    with pytest.raises(Refusal, match="30 seconds"):
        two_units.write(lambda tx: label.undo(tx, person=person, now=two_units.now))
    assert two_units.claim("ivan") is not None, "the unit that was put down for the undo is free again"


def test_an_answer_must_fit_the_line(two_units: Plant) -> None:
    held = two_units.claim()
    assert held is not None
    person = two_units.person("ines")
    for wrong in (Label(verdict=Verdict.REJECT), Label(verdict=Verdict.REJECT, defect_types=("rust",))):
        with pytest.raises(InvalidLabel):
            two_units.write(
                lambda tx, wrong=wrong: label.answer(
                    tx, task_id=held.task_id, lease=held.lease, person=person, label=wrong, seen=(), now=two_units.now
                )
            )
    assert two_units.answer(held, Verdict.PASS).effective, "a refused answer does not use up the lease"


def test_images_that_were_not_shown_are_not_covered_by_the_verdict(plant: Plant) -> None:
    plant.level(Level.SHADOW)
    receipts = [plant.image("S1", view) for view in plant.views]
    held = plant.claim()
    assert held is not None
    person, given = plant.person("ines"), Label(verdict=Verdict.PASS)
    plant.write(
        lambda tx: label.answer(
            tx, task_id=held.task_id, lease=held.lease, person=person, label=given, seen=[receipts[0].image_id],
            now=plant.now,
        )
    )  # fmt: skip
    assert plant.find("S1").verdict is None
    assert plant.claim() is not None


def test_what_was_answered_or_taken_away_cannot_be_given_back(two_units: Plant) -> None:
    held = two_units.claim()
    assert held is not None
    two_units.answer(held, Verdict.PASS)
    with pytest.raises(Refusal, match="no longer yours"):
        two_units.write(lambda tx: review.give_back(tx, task_id=held.task_id, lease=held.lease, now=two_units.now))
    next_one = two_units.claim("ivan")
    assert next_one is not None
    assert next_one.unit_id != held.unit_id


def half_answered(plant: Plant) -> None:
    """A unit that ines passed by its front alone, so that its back waits for another look."""
    plant.level(Level.SHADOW)
    front, _ = (plant.image("S1", view) for view in plant.views)
    held = plant.claim("ines")
    assert held is not None
    person, given = plant.person("ines"), Label(verdict=Verdict.PASS)
    plant.write(
        lambda tx: label.answer(
            tx, task_id=held.task_id, lease=held.lease, person=person, label=given, seen=[front.image_id],
            now=plant.now,
        )
    )  # fmt: skip


def undo(plant: Plant, name: str) -> review.Held:
    person = plant.person(name)
    return plant.write(lambda tx: label.undo(tx, person=person, now=plant.now))


def test_an_answer_taken_back_leaves_one_review_open(plant: Plant) -> None:
    half_answered(plant)
    undo(plant, "ines")
    assert plant.read(integrity.units) == (1, [])
    assert plant.claim("ivan") is None


def test_an_answer_cannot_be_taken_back_from_under_somebody_who_looks_at_the_unit(plant: Plant) -> None:
    half_answered(plant)
    held = plant.claim("ivan")
    assert held is not None
    with pytest.raises(Refusal, match="Somebody else"):
        undo(plant, "ines")
    assert plant.answer(held, Verdict.REJECT, "ivan").effective


def test_an_answer_cannot_be_taken_back_once_another_followed(plant: Plant) -> None:
    half_answered(plant)
    held = plant.claim("ivan")
    assert held is not None
    plant.answer(held, Verdict.REJECT, "ivan")
    with pytest.raises(Refusal, match="Somebody else"):
        undo(plant, "ines")
    assert plant.find("S1").verdict is Verdict.REJECT
    assert undo(plant, "ivan").unit_id == held.unit_id


@pytest.mark.parametrize("name", ["ines", "ivan"])
def test_nobody_gives_an_opinion_on_what_they_never_held(two_units: Plant, name: str) -> None:
    held = two_units.claim("ines")
    assert held is not None
    made_up = replace(held, lease="made up") if name == "ines" else held
    with pytest.raises(Refusal, match="not given to you"):
        two_units.answer(made_up, Verdict.REJECT, name)
    assert two_units.answer(held, Verdict.PASS, "ines").effective
    assert two_units.read(lambda tx: adjudicate.waiting(tx, two_units.now + timedelta(hours=1))) == []
