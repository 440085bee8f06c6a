"""A line's past decided again: bit for bit under its own policies, and otherwise under others."""

from dataclasses import replace

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.core.policy import Terms
from inspection.core.predict import Failure
from inspection.flow import decide
from inspection.store.reports.replay import Past, Window, past
from tests.plant import MODEL, Plant

WIDE = Terms(level=Level.PARTIAL_AUTOMATION, model=MODEL, pass_below=0.55, reject_above=0.6, audit_share=0.2)


@pytest.fixture
def used(any_plant: Plant) -> Plant:
    """A line that has been through every level, with failures, people's answers and a crash."""
    plant = any_plant
    plant.unit("h1")
    plant.level(Level.SHADOW)
    plant.unit("s1", 0.2)
    plant.level(Level.PARTIAL_AUTOMATION)
    for serial, score in (("p1", 0.1), ("p2", 0.5), ("p3", 0.9)):
        plant.unit(serial, score)
    for number, failure in enumerate(Failure):
        plant.image(f"f{number}", "front", failure=failure)
    plant.image("odd", "front", 0.1, novel=True)
    plant.image("blind", "front", 0.1, quality=None)
    plant.image("nan", "front", float("nan"))
    plant.record("cut", "front")
    plant.level(Level.FULL_AUTOMATION)
    plant.unit("a1", 0.69)
    plant.later(minutes=5)
    plant.write(lambda tx: decide.refer_undecided(tx, before=plant.now, now=plant.now))
    plant.write(lambda tx: decide.refer_incomplete(tx, now=plant.now))
    for _ in range(30):
        held = plant.claim()
        if held is None:
            break
        plant.answer(held, Verdict.PASS)
    return plant


def read(plant: Plant, **window: object) -> Past:
    return plant.read(lambda tx: past(tx, "phones", Window(**window)))  # type: ignore[arg-type]


def test_every_past_decision_comes_out_the_same_bit_for_bit(used: Plant) -> None:
    found = read(used)
    decided = [image for unit in found.units for image in unit.images if image.decision is not None]
    assert len(decided) == 24
    assert list(found.differences()) == []


def test_a_decision_altered_in_the_database_is_named(used: Plant) -> None:
    used.write(lambda tx: tx.exec_driver_sql("UPDATE image SET outcome = 'pass' WHERE substr(detail, 1, 6) = '0.5000'"))
    found = read(used)
    assert {one.label for one in found.differences()} == {"p2"}
    assert {found.numbers[one.policy] for one in found.differences()} == {4}


def test_other_thresholds_settle_what_went_to_a_person(used: Plant) -> None:
    replay = read(used).replay()
    told = replay.under(WIDE)
    labelled = {unit.label for unit in replay.units if unit.defective is False}
    assert "p2" in labelled
    assert "p1" not in labelled
    assert told.units == 18
    assert (told.passed, told.rejected) == (3, 2)  # s1, p1, p2; p3 and a1
    assert told.hours is not None
    assert told.escapes.share == 0
    assert told.unknown == 1 + 1  # h1 and what the crash cut off


def test_the_window_may_be_of_units_or_of_time(used: Plant) -> None:
    assert [unit.label for unit in read(used, units=1).units] == ["a1"]
    assert read(used, since=used.now).units == ()
    assert len(read(used, until=used.now).units) == 18
    with pytest.raises(Unknown):
        used.read(lambda tx: past(tx, "nowhere", Window()))


def test_the_terms_in_force_say_what_has_happened(used: Plant) -> None:
    found = read(used)
    told = found.replay().under(replace(found.in_force, level=Level.PARTIAL_AUTOMATION))
    assert told.automated == pytest.approx(3 / 18)  # s1, p1, p3; a1 lies between these thresholds
