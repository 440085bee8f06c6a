"""Guards lower a line by themselves, in the transaction of what tripped them."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.predict import Failure
from inspection.flow import guard, label, policy
from inspection.store import alarms as kept
from inspection.store import certificates, journal, lines
from inspection.store.database import Database
from tests.plant import MODEL, Plant


@pytest.fixture
def plant(any_db: Database) -> Plant:
    """A line at partial automation, by override, all of whose units are audited."""
    made = Plant(any_db, views=("front",))
    made.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    made.write(lambda tx: tx.exec_driver_sql("UPDATE policy SET override = true"))
    return made


def level(plant: Plant) -> Level:
    return plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level


def alarms(plant: Plant) -> list[str]:
    return [alarm.kind for alarm in plant.read(lambda tx: kept.firing(tx, plant.camera.line_id))]


@pytest.mark.parametrize(
    ("score", "verdict", "kind", "most"), [(0.1, Verdict.REJECT, "escapes", 6), (0.9, Verdict.PASS, "overkill", 8)]
)
def test_audits_that_contradict_the_ai_lower_the_line_at_once(
    plant: Plant, score: float, verdict: Verdict, kind: str, most: int
) -> None:
    counted = 0
    while level(plant) is Level.PARTIAL_AUTOMATION:
        plant.label_many(1, verdict, score, name=f"u{counted}")
        counted += 1
        assert counted <= most
    assert counted >= 2
    assert kind in alarms(plant)
    entries = plant.read(lambda tx: journal.entries(tx, subject="line/phones"))
    told = [e.change for e in entries if e.change.event == "policy_changed"][-1]
    assert told.actor == "guard"
    assert "more than the limit of" in told.reason


def test_audits_that_agree_lower_nothing(plant: Plant) -> None:
    plant.label_many(40)
    plant.label_many(10, Verdict.REJECT, 0.9, name="bad")
    assert level(plant) is Level.PARTIAL_AUTOMATION
    assert alarms(plant) == []


def test_another_policy_begins_anew_and_is_not_charged_with_units_of_the_one_before(plant: Plant) -> None:
    plant.label_many(1, Verdict.REJECT)
    plant.unit("late", 0.1)
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0, pass_below=0.2)
    plant.write(lambda tx: tx.exec_driver_sql("UPDATE policy SET override = true"))
    held = plant.claim()
    assert held is not None
    plant.answer(held, Verdict.REJECT)
    assert level(plant) is Level.PARTIAL_AUTOMATION
    plant.label_many(1, Verdict.REJECT, name="new")
    assert level(plant) is Level.PARTIAL_AUTOMATION


def test_a_model_that_often_gives_no_answer_is_taken_off(plant: Plant) -> None:
    for number in range(24):
        plant.image(f"u{number}", "front", **({"failure": Failure.DEADLINE} if number % 4 == 0 else {}))
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 1
    assert level(plant) is not Level.PARTIAL_AUTOMATION
    assert "model" in alarms(plant)


def test_a_few_failures_or_old_ones_take_nothing_off(plant: Plant) -> None:
    for number in range(40):
        plant.image(f"u{number}", "front", **({"failure": Failure.DEADLINE} if number % 10 == 0 else {}))
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 0
    for number in range(40):
        plant.image(f"v{number}", "front", failure=Failure.ERROR)
    plant.later(minutes=20)
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 0
    assert level(plant) is Level.PARTIAL_AUTOMATION


def test_units_that_wait_too_long_are_an_alarm_and_the_level_stays(plant: Plant) -> None:
    plant.unit("u", 0.5)
    plant.write(lambda tx: guard.watch(tx, now=plant.now))
    assert alarms(plant) == []
    plant.later(hours=2)
    plant.write(lambda tx: guard.watch(tx, now=plant.now))
    assert alarms(plant) == ["backlog"]
    assert level(plant) is Level.PARTIAL_AUTOMATION


def test_an_override_that_is_lowered_by_a_person_stays_one_and_is_left_alone(plant: Plant) -> None:
    narrower = Terms(
        level=Level.PARTIAL_AUTOMATION, model=MODEL, pass_below=0.2, reject_above=0.7, audit_share=1.0
    )  # fmt: skip
    plant.write(
        lambda tx: policy.change(tx, line="phones", terms=narrower, by="erin", reason="To be safe.", now=plant.now)
    )
    assert plant.read(lambda tx: lines.in_force(tx, "phones")).policy.override
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 0
    assert level(plant) is Level.PARTIAL_AUTOMATION


def test_an_answer_that_is_taken_back_was_never_heard(plant: Plant) -> None:
    ines = plant.person("ines")
    plant.unit("u", 0.1)
    for _ in range(8):
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.REJECT)
        plant.write(lambda tx: label.undo(tx, person=ines, now=plant.now))
    assert level(plant) is Level.PARTIAL_AUTOMATION
    process = plant.read(lambda tx: certificates.guard(tx, plant.camera.line_id, "escapes")).process
    assert (process.events, process.trials) == (0, 0)


def test_after_a_trip_the_guards_begin_anew(plant: Plant) -> None:
    number = 0
    while level(plant) is Level.PARTIAL_AUTOMATION:
        plant.label_many(1, Verdict.REJECT, name=f"bad{number}")
        number += 1
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    plant.write(lambda tx: tx.exec_driver_sql("UPDATE policy SET override = true"))
    plant.label_many(1, name="fine")
    assert level(plant) is Level.PARTIAL_AUTOMATION


def test_a_model_that_is_being_loaded_and_images_without_a_part_are_no_fault_of_it(plant: Plant) -> None:
    for number in range(40):
        plant.image(f"u{number}", "front", failure=(Failure.LOADING, Failure.NO_PART)[number % 2])
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 0
