"""Concept drift is read from counted blind labels alone."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.core.rollout import Step
from inspection.flow import concept, guard, label
from tests.flow.rollouts import Trial, plan, terms
from tests.plant import MODEL, Plant


def over_time(plant: Plant) -> concept.Concept:
    return concept.over_time(plant.read(lambda tx: concept.labels(tx, "phones", plant.now)))


def test_a_line_without_a_model_or_labels_has_none(any_plant: Plant) -> None:
    assert over_time(any_plant).labels == 0
    any_plant.level(Level.SHADOW)
    found = over_time(any_plant)
    assert (found.labels, found.stretches, found.decides) == (0, (), False)
    with pytest.raises(Unknown):
        any_plant.read(lambda tx: concept.labels(tx, "none", any_plant.now))


def test_in_shadow_what_the_model_leans_to_is_compared(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    any_plant.label_many(4, Verdict.PASS, 0.1)
    any_plant.label_many(2, Verdict.REJECT, 0.9, "bad")
    any_plant.label_many(1, Verdict.REJECT, 0.1, "escape")
    found = over_time(any_plant)
    (stretch,) = found.stretches
    assert (stretch.agreed.events, stretch.agreed.of) == (6, 7)
    assert stretch.escapes.events == 1
    assert found.trips_at == guard.TRIPS_AT
    assert {one.kind: one.limit for one in found.courses}["escapes"] == guard.ESCAPE_LIMIT


def test_a_label_that_can_be_taken_back_is_not_told(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    any_plant.label_many(3)
    any_plant.unit("new", 0.1)
    held = any_plant.claim()
    assert held is not None
    any_plant.answer(held, Verdict.REJECT)
    assert over_time(any_plant).labels == 3
    any_plant.later(seconds=31)
    assert over_time(any_plant).labels == 4


def test_a_label_that_was_taken_back_counts_nowhere(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    any_plant.unit("one", 0.1)
    held = any_plant.claim()
    assert held is not None
    any_plant.answer(held, Verdict.REJECT)
    ines = any_plant.person("ines")
    any_plant.write(lambda tx: label.undo(tx, person=ines, now=any_plant.now))
    any_plant.later(seconds=31)
    assert over_time(any_plant).labels == 0


def test_where_the_ai_decides_audits_alone_count_with_its_verdict_then(any_plant: Plant) -> None:
    any_plant.level(Level.FULL_AUTOMATION, audit_share=1.0)
    any_plant.label_many(3, Verdict.PASS, 0.1)
    any_plant.label_many(1, Verdict.REJECT, 0.6, "escape")
    found = over_time(any_plant)
    (stretch,) = found.stretches
    assert found.decides
    assert stretch.escapes.events == 1, "0.6 passes at full automation with its threshold at 0.7"
    assert (stretch.agreed.events, stretch.agreed.of) == (3, 4)


def test_what_was_judged_with_the_ai_in_sight_does_not_count(any_plant: Plant) -> None:
    any_plant.level(Level.AI_ASSIST)
    any_plant.label_many(3)
    assert over_time(any_plant).labels == 0


def test_a_unit_that_is_judged_again_counts_once_with_its_newest_label(any_plant: Plant) -> None:
    """Who has not seen all of its images has not settled it, so it goes to people again."""
    any_plant.level(Level.SHADOW)
    any_plant.unit("one", 0.1)
    ines = any_plant.person("ines")
    for verdict in (Verdict.PASS, Verdict.REJECT):
        held = any_plant.claim()
        assert held is not None
        given = Label(verdict=verdict, defect_types=("scratch",) if verdict is Verdict.REJECT else (), seconds=3.0)
        any_plant.write(
            lambda tx, held=held, given=given: label.answer(
                tx, task_id=held.task_id, lease=held.lease, person=ines, label=given, seen=(), now=any_plant.now
            )
        )
        any_plant.later(seconds=31)
    found = over_time(any_plant)
    assert found.labels == 1
    assert found.stretches[0].escapes.events == 1, "the newest says reject"


def test_a_unit_that_was_referred_and_not_audited_is_no_random_sample(any_plant: Plant) -> None:
    """Also where the line has been lowered since, so that whoever judges it does so blind."""
    any_plant.level(Level.FULL_AUTOMATION)
    any_plant.later(seconds=1)
    for view in any_plant.views:
        any_plant.image("one", view, 0.1, novel=True)
    any_plant.later(seconds=1)
    any_plant.level(Level.SHADOW)
    held = any_plant.claim()
    assert held is not None
    any_plant.answer(held, Verdict.REJECT)
    any_plant.later(seconds=31)
    assert over_time(any_plant).labels == 0
    any_plant.label_many(1)
    assert over_time(any_plant).labels == 1


def test_who_saw_the_ai_is_no_judge_of_it(any_plant: Plant) -> None:
    """A unit that came in shadow, and is judged after the line was raised."""
    any_plant.level(Level.SHADOW)
    any_plant.unit("one", 0.1)
    any_plant.later(seconds=1)
    any_plant.level(Level.AI_ASSIST)
    held = any_plant.claim()
    assert held is not None
    any_plant.answer(held, Verdict.PASS)
    any_plant.later(seconds=31)
    with any_plant.db.read() as tx:
        saw_ai = bool(tx.exec_driver_sql("SELECT saw_ai FROM label").scalar())
    assert over_time(any_plant).labels == (0 if saw_ai else 1)
    assert saw_ai


def test_escapes_of_a_rollouts_candidate_are_escapes_and_no_agreements(any_plant: Plant) -> None:
    """The candidate lets 0.6 pass, which a line in shadow would take for a leaning to reject."""
    trial = Trial(any_plant, Level.SHADOW)
    trial.start(plan(steps=(Step(weight=99.9999), Step(weight=100))), terms(Level.FULL_AUTOMATION, MODEL))
    trial.at("canary")
    before = over_time(any_plant).labels
    trial.labelled(3, Verdict.REJECT, old=0.6)
    any_plant.later(seconds=31)
    found = over_time(any_plant)
    assert trial.plant.find("U0007").ai_verdict is Verdict.PASS
    assert found.labels == before + 3
    assert found.stretches[-1].escapes.events == 3
    assert found.stretches[-1].agreed.events == before
