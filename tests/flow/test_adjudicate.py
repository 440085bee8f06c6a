"""Two said the opposite of one unit: somebody else settles it, blind, and what follows from it follows."""

import pytest

from inspection.core.adjudicate import Case, InvalidDispute
from inspection.core.decide import Verdict
from inspection.core.eprocess import RateProcess
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.people import NotAllowed, Role
from inspection.flow import adjudicate, people, review
from inspection.store import alarms, certificates, disputes, journal, lines, samples
from inspection.store.reports import sight, story
from tests.plant import Plant

WHY = "Two experts looked at it."


@pytest.fixture
def plant(any_plant: Plant) -> Plant:
    any_plant.write(
        lambda tx: people.add(tx, name="judy", role=Role.ADJUDICATOR, hashed="-", by="setup", now=any_plant.now)
    )
    any_plant.level(Level.SHADOW)
    return any_plant


def waiting(plant: Plant) -> list[Case]:
    return plant.read(lambda tx: adjudicate.waiting(tx, plant.now))


def settle(plant: Plant, case: Case, *, defective: bool, by: str = "judy", reason: str = WHY) -> None:
    plant.write(
        lambda tx: adjudicate.settle(
            tx, kind=case.kind, number=case.number, defective=defective, reason=reason, by=by, now=plant.now,
            defect_types=("dent",) if defective else (),
        )
    )  # fmt: skip


def read_again(plant: Plant, serial: str, first: Verdict, second: Verdict, score: float = 0.1) -> None:
    """Ivan judges the unit, and ines the same one later, in disguise."""
    plant.unit(serial, score)
    held = plant.claim("ivan")
    assert held is not None
    plant.answer(held, first, "ivan")
    plant.later(minutes=1)
    plant.unit(f"{serial}-next", 0.1)
    ines = plant.person("ines")
    again = plant.write(lambda tx: review.claim(tx, person_id=ines.id, line=None, now=plant.now, second_share=1.0))
    assert again is not None
    plant.answer(again, second)


def late_answer(plant: Plant, late: Verdict, counted: Verdict) -> None:
    """Ines takes a unit and is away too long; ivan judges it; then ines answers."""
    plant.unit("S-1", 0.1)
    lost = plant.claim()
    assert lost is not None
    plant.later(hours=2)
    held = plant.claim("ivan")
    assert held is not None
    assert held.task_id == lost.task_id
    plant.answer(held, counted, "ivan")
    assert not plant.answer(lost, late).effective


def test_second_readings_that_differ_wait_until_they_cannot_be_taken_back(plant: Plant) -> None:
    read_again(plant, "S-1", Verdict.PASS, Verdict.REJECT)
    assert waiting(plant) == []
    plant.later(seconds=31)
    (case,) = waiting(plant)
    said = [(one.person, one.verdict, one.defect_types) for one in case.opinions]
    assert said == [("ivan", Verdict.PASS, ()), ("ines", Verdict.REJECT, ("scratch",))]
    assert (case.serial, case.line, case.kind) == ("S-1", "phones", "second")


def test_a_late_opinion_that_contradicts_the_one_that_counts_waits(plant: Plant) -> None:
    late_answer(plant, Verdict.REJECT, Verdict.PASS)
    plant.later(seconds=31)
    (case,) = waiting(plant)
    assert [(one.person, one.verdict) for one in case.opinions] == [("ivan", Verdict.PASS), ("ines", Verdict.REJECT)]
    settle(plant, case, defective=True)
    assert waiting(plant) == []
    assert "S-1" in [alarm.subject for alarm in plant.read(alarms.firing) if alarm.kind == "escape"]


def test_a_late_opinion_that_agrees_does_not(plant: Plant) -> None:
    late_answer(plant, Verdict.PASS, Verdict.PASS)
    plant.later(seconds=31)
    assert waiting(plant) == []


def test_nobody_settles_what_they_have_judged_and_nobody_without_a_reason(plant: Plant) -> None:
    read_again(plant, "S-1", Verdict.PASS, Verdict.REJECT)
    plant.later(seconds=31)
    (case,) = waiting(plant)
    for party in ("ivan", "ines"):
        with pytest.raises(NotAllowed, match="Somebody else"):
            settle(plant, case, defective=True, by=party)
    with pytest.raises(InvalidDispute, match="how its truth is known"):
        settle(plant, case, defective=True, reason=" x ")
    settle(plant, case, defective=False)
    with pytest.raises(InvalidDispute, match="does not wait"):
        settle(plant, case, defective=True)
    told = plant.read(lambda tx: journal.entries(tx, subject=f"line/phones/second/{case.number}"))[-1].change
    assert (told.event, told.actor, told.after, told.reason) == ("dispute_settled", "judy", "good", WHY)


def test_what_the_ai_said_stays_unknown_until_it_is_settled(plant: Plant) -> None:
    def told(inspector: bool) -> bool:
        unit, judy = plant.find("S-1"), plant.person("judy")
        return plant.read(lambda tx: sight.may_show_ai(tx, unit.id, judy.id, plant.now, inspector=inspector))

    read_again(plant, "S-1", Verdict.PASS, Verdict.REJECT, score=0.9)
    plant.later(seconds=31)
    assert (told(True), told(False)) == (False, False)
    judy = plant.person("judy")
    visit = plant.read(lambda tx: story.story_for(tx, "phones", "S-1", judy.id, plant.now, inspector=False))[0]
    assert visit.images[0].opinions == ()
    settle(plant, waiting(plant)[0], defective=True)
    assert (told(True), told(False)) == (True, True)


def test_what_nobody_settles_in_three_months_is_left_as_it_is(plant: Plant) -> None:
    read_again(plant, "S-1", Verdict.PASS, Verdict.REJECT, score=0.9)
    plant.later(days=91)
    unit, judy = plant.find("S-1"), plant.person("judy")
    assert waiting(plant) == []
    assert plant.read(lambda tx: sight.may_show_ai(tx, unit.id, judy.id, plant.now, inspector=True))


def audited(plant: Plant, serial: str, verdict: Verdict, score: float = 0.1) -> None:
    """The AI settles a unit, ivan audits it, and ines reads it again and says the opposite."""
    other = Verdict.PASS if verdict is Verdict.REJECT else Verdict.REJECT
    read_again(plant, serial, verdict, other, score)
    plant.later(seconds=31)


def guards(plant: Plant) -> dict[str, tuple[int, int]]:
    with plant.db.read() as tx:
        line = lines.in_force(tx, "phones")
        kept = {kind: certificates.guard(tx, line.id, kind) for kind in ("escapes", "overkill", "overturns")}
    return {
        kind: (one.process.events, one.process.trials)
        for kind, one in kept.items()
        if one is not None and isinstance(one.process, RateProcess)
    }


@pytest.fixture
def deciding(plant: Plant) -> Plant:
    """The AI decides, by override, and every unit is audited."""
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    plant.write(lambda tx: tx.exec_driver_sql("UPDATE policy SET override = true"))
    return plant


def test_an_audit_that_missed_a_defect_counts_for_the_guards_once_that_is_settled(deciding: Plant) -> None:
    audited(deciding, "S-1", Verdict.PASS)
    assert guards(deciding) == {"escapes": (0, 1), "overkill": (0, 1), "overturns": (0, 1)}
    (case,) = waiting(deciding)
    settle(deciding, case, defective=True)
    assert guards(deciding) == {"escapes": (1, 1), "overkill": (0, 1), "overturns": (1, 1)}


def test_an_audit_that_agreed_with_a_wrong_reject_counts_as_overkill(deciding: Plant) -> None:
    audited(deciding, "S-1", Verdict.REJECT, score=0.9)
    settle(deciding, waiting(deciding)[0], defective=False)
    assert guards(deciding) == {"escapes": (0, 1), "overkill": (1, 1), "overturns": (1, 1)}


def test_what_speaks_for_the_ai_after_all_is_not_made_up_for(deciding: Plant) -> None:
    held = deciding.claim("ivan") if deciding.unit("S-0", 0.1) else None
    assert held is not None
    deciding.answer(held, Verdict.PASS, "ivan")
    deciding.later(days=2)
    audited(deciding, "S-1", Verdict.REJECT)
    before = guards(deciding)
    assert before["escapes"] == (1, 2)
    settle(deciding, waiting(deciding)[0], defective=False)
    assert guards(deciding) == before


def test_a_guard_that_has_begun_anew_since_is_not_charged(deciding: Plant) -> None:
    audited(deciding, "S-1", Verdict.PASS)
    deciding.write(lambda tx: tx.exec_driver_sql("UPDATE guard SET begun_at = begun_at + 120000000"))
    settle(deciding, waiting(deciding)[0], defective=True)
    assert guards(deciding)["escapes"] == (0, 1)


def test_corrections_lower_the_line_when_they_prove_too_much(deciding: Plant) -> None:
    for number in range(6):
        audited(deciding, f"S-{number}", Verdict.PASS)
    for case in waiting(deciding):
        if deciding.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level is Level.PARTIAL_AUTOMATION:
            settle(deciding, case, defective=True)
    assert deciding.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level is not Level.PARTIAL_AUTOMATION
    assert "escapes" in [alarm.kind for alarm in deciding.read(alarms.firing)]


def test_answers_to_past_units_are_kept_in_full(plant: Plant) -> None:
    read_again(plant, "S-1", Verdict.PASS, Verdict.REJECT)
    kept = plant.read(lambda tx: tx.exec_driver_sql("SELECT defect_types, seconds FROM showing").one())
    assert (kept[0], kept[1]) == ('["scratch"]', Label(verdict=Verdict.PASS, seconds=3.0).seconds)


def test_a_unit_that_turned_out_defective_is_no_example_of_a_good_one(plant: Plant) -> None:
    late_answer(plant, Verdict.REJECT, Verdict.PASS)
    plant.later(seconds=31)
    assert plant.read(lambda tx: samples.passed(tx, lines.in_force(tx, "phones").id, 99)) != []
    (case,) = waiting(plant)
    settle(plant, case, defective=True)
    assert plant.read(lambda tx: samples.passed(tx, lines.in_force(tx, "phones").id, 99)) == []


def test_who_has_judged_the_unit_does_not_settle_it_whoever_disputes_it(plant: Plant) -> None:
    late_answer(plant, Verdict.REJECT, Verdict.PASS)
    plant.later(seconds=31)
    (case,) = waiting(plant)
    judy = plant.person("judy")
    assert not plant.read(lambda tx: disputes.has_judged(tx, case.unit_id, judy.name))
    for name in ("ivan", "ines"):
        assert plant.read(lambda tx, name=name: disputes.has_judged(tx, case.unit_id, name))
