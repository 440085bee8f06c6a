"""Concept drift is read from counted blind labels alone."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.flow import concept, guard, label
from tests.plant import Plant


def over_time(plant: Plant) -> concept.Concept:
    return plant.read(lambda tx: concept.over_time(tx, "phones", plant.now))


def test_a_line_without_a_model_or_labels_has_none(any_plant: Plant) -> None:
    assert over_time(any_plant).labels == 0
    any_plant.level(Level.SHADOW)
    found = over_time(any_plant)
    assert (found.labels, found.stretches, found.decides) == (0, (), False)
    with pytest.raises(Unknown):
        any_plant.read(lambda tx: concept.over_time(tx, "none", any_plant.now))


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
    """An image that came while somebody judged the unit sends it to people again."""
    any_plant.level(Level.SHADOW)
    any_plant.unit("one", 0.1)
    held = any_plant.claim()
    assert held is not None
    any_plant.image("one", "front", 0.1, number=2)
    any_plant.answer(held, Verdict.REJECT)
    again = any_plant.claim()
    if again is not None:
        any_plant.answer(again, Verdict.PASS)
    any_plant.later(seconds=31)
    found = over_time(any_plant)
    assert found.labels == 1
