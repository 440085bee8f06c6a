"""A miss is reported: an alarm, a blind look by somebody else in disguise, and what follows when it is confirmed."""

import pytest

from inspection.core.adjudicate import WAITS, Case, InvalidDispute
from inspection.core.decide import Verdict
from inspection.core.label import InvalidLabel
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.flow import adjudicate, label, miss, review
from inspection.flow.review import Held
from inspection.store import alarms as kept
from inspection.store import certificates, journal, lines
from inspection.store.reports import review as sheets
from inspection.store.reports import sight, story
from inspection.store.reports import units as listing
from tests.plant import MODEL, Plant

WHY = "A scratch along the left edge."


@pytest.fixture
def plant(any_plant: Plant) -> Plant:
    """A line in shadow where ivan has passed S-0001."""
    any_plant.level(Level.SHADOW)
    any_plant.unit("S-0001", 0.1)
    held = any_plant.claim("ivan")
    assert held is not None
    any_plant.answer(held, Verdict.PASS, "ivan")
    any_plant.later(minutes=5)
    return any_plant


def report(
    plant: Plant, serial: str = "S-0001", by: str = "erin", reason: str = WHY, types: tuple[str, ...] = ("dent",),
    minutes: float = 10,
) -> int:  # fmt: skip
    """The report's number, as many minutes later: within ten somebody gets the unit in disguise."""
    unit, person = plant.find(serial), plant.person(by)
    number = plant.write(
        lambda tx: miss.report(
            tx, line="phones", unit_id=unit.id, defect_types=types, reason=reason, person=person, now=plant.now
        )
    )
    plant.later(minutes=minutes)
    return number


def claim(plant: Plant, name: str = "ines") -> Held | None:
    person = plant.person(name)
    return plant.write(lambda tx: review.claim(tx, person_id=person.id, line=None, now=plant.now, known_share=0))


def watch(plant: Plant) -> int:
    return plant.write(lambda tx: miss.watch(tx, now=plant.now))


def test_a_look_in_the_last_moments_of_a_report_still_settles_it(plant: Plant) -> None:
    report(plant, minutes=0)
    plant.later(days=WAITS.days, seconds=-20)
    held = claim(plant)
    assert held is not None
    plant.later(seconds=5)
    plant.answer(held, Verdict.REJECT)
    plant.later(seconds=33)
    assert watch(plant) == 1


def waiting(plant: Plant) -> list[Case]:
    return plant.read(lambda tx: adjudicate.waiting(tx, plant.now))


def alarms(plant: Plant) -> list[tuple[str, str]]:
    return [(alarm.kind, alarm.subject) for alarm in plant.read(kept.firing)]


def test_a_report_raises_an_alarm_and_is_told(plant: Plant) -> None:
    report(plant)
    assert alarms(plant) == [("reported_miss", "S-0001")]
    told = plant.read(lambda tx: journal.entries(tx, subject="line/phones/unit/S-0001"))[-1].change
    assert (told.event, told.actor, told.before, told.after, told.reason) == (
        "miss_reported", "erin", "pass", "reject", WHY
    )  # fmt: skip


def test_somebody_else_gets_it_blind_and_in_disguise(plant: Plant) -> None:
    report(plant)
    assert claim(plant, "ivan") is None, "who has judged it does not look again"
    assert claim(plant, "erin") is None, "nor who reports it"
    plant.unit("S-0733", 0.1)
    held = claim(plant)
    assert held is not None
    assert (held.unit_id, held.shows_ai) == (plant.find("S-0001").id, False)
    sheet = plant.read(lambda tx: sheets.sheet(tx, held.task_id))
    assert sheet is not None
    assert sheet.serial not in ("S-0001", "S-0733")
    assert sheet.opened_at == plant.find("S-0733").opened_at
    ines = plant.person("ines")
    with plant.db.read() as tx:
        listed = listing.find(tx, listing.UnitFilter(line="phones"), plant.now, inspector=True).units
        with pytest.raises(Unknown):
            story.story_for(tx, "phones", "S-0001", ines.id, plant.now, inspector=True)
    assert listed == ()
    ordinary = claim(plant, "erin")
    assert ordinary is not None
    assert ordinary.unit_id == plant.find("S-0733").id


def test_the_alarm_does_not_tell_that_the_next_unit_is_the_one(plant: Plant) -> None:
    report(plant, minutes=0)
    plant.unit("S-0733", 0.1)
    held = claim(plant)
    assert held is not None
    assert held.unit_id == plant.find("S-0733").id
    plant.answer(held, Verdict.PASS)
    plant.later(minutes=10)
    again = claim(plant)
    assert again is not None
    assert again.unit_id == plant.find("S-0001").id


def test_its_pictures_are_fetched_ahead_like_those_of_any_unit(plant: Plant) -> None:
    plant.unit("S-0733", 0.1)
    held = claim(plant)
    assert held is not None
    report(plant)
    ines = plant.person("ines")
    ahead = plant.read(
        lambda tx: review.upcoming(tx, person_id=ines.id, line=None, now=plant.now, held=held.task_id, known_share=0)
    )
    plant.answer(held, Verdict.PASS)
    following = claim(plant)
    assert following is not None
    assert ahead == following.unit_id == plant.find("S-0001").id


def test_without_any_unit_due_it_is_shown_all_the_same_and_once(plant: Plant) -> None:
    report(plant)
    held = claim(plant)
    assert held is not None
    assert held.unit_id == plant.find("S-0001").id
    plant.answer(held, Verdict.PASS)
    assert claim(plant) is None
    assert plant.find("S-0001").verdict is Verdict.PASS


def test_one_that_is_given_back_goes_to_another(plant: Plant) -> None:
    plant.write(lambda tx: tx.exec_driver_sql("UPDATE label SET person_id = 3"))  # erin, so that ivan may look
    report(plant, by="erin")
    held = claim(plant)
    assert held is not None
    plant.write(lambda tx: review.give_back(tx, task_id=held.task_id, lease=held.lease, now=plant.now))
    assert claim(plant) is None
    other = claim(plant, "ivan")
    assert other is not None
    assert other.unit_id == held.unit_id


def test_a_look_that_agrees_settles_it_once_it_cannot_be_taken_back(plant: Plant) -> None:
    report(plant)
    held = claim(plant)
    assert held is not None
    plant.answer(held, Verdict.REJECT)
    assert watch(plant) == 0
    plant.later(seconds=31)
    assert watch(plant) == 1
    assert watch(plant) == 0
    assert waiting(plant) == []
    assert alarms(plant) == [("escape", "S-0001")]
    told = plant.read(lambda tx: journal.entries(tx, subject="line/phones/miss"))[-1].change
    assert (told.event, told.actor, told.after) == ("dispute_settled", "ines", "defective")


def test_a_look_that_contradicts_waits_for_an_adjudicator(plant: Plant) -> None:
    number = report(plant)
    held = claim(plant)
    assert held is not None
    plant.answer(held, Verdict.PASS)
    plant.later(seconds=31)
    assert watch(plant) == 0
    (case,) = waiting(plant)
    assert (case.kind, case.number) == ("miss", number)
    assert [(one.person, one.verdict) for one in case.opinions] == [("erin", Verdict.REJECT), ("ines", Verdict.PASS)]


def test_a_look_that_is_taken_back_and_given_again_counts_as_the_last(plant: Plant) -> None:
    report(plant)
    held = claim(plant)
    assert held is not None
    plant.answer(held, Verdict.PASS)
    ines = plant.person("ines")
    again = plant.write(lambda tx: label.undo(tx, person=ines, now=plant.now))
    assert again.task_id == held.task_id
    plant.answer(again, Verdict.REJECT)
    plant.later(seconds=31)
    assert watch(plant) == 1


def test_a_look_whose_lease_ran_out_waits_for_others(plant: Plant) -> None:
    report(plant)
    assert claim(plant) is not None
    assert waiting(plant) == [], "somebody looks at it"
    plant.later(hours=2)
    watch(plant)
    assert [case.serial for case in waiting(plant)] == ["S-0001"]


def test_an_adjudicator_who_settles_it_first_ends_the_look(plant: Plant) -> None:
    number = report(plant)
    plant.later(seconds=31)
    plant.write(
        lambda tx: adjudicate.settle(
            tx, kind="miss", number=number, defective=False, reason="only dust", by="judy", now=plant.now
        )
    )
    assert claim(plant) is None
    assert alarms(plant) == []


def test_meanwhile_nobody_is_told_what_the_ai_says(plant: Plant) -> None:
    unit, erin = plant.find("S-0001"), plant.person("erin")
    shown = lambda: plant.read(  # noqa: E731
        lambda tx: sight.may_show_ai(tx, unit.id, erin.id, plant.now, inspector=False)
    )
    assert shown()
    report(plant)
    assert not shown()


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [({"reason": " "}, InvalidDispute, "what is wrong"), ({"types": ()}, InvalidLabel, "Name the defect"),
     ({"types": ("rust",)}, InvalidLabel, "Its types are"), ({"serial": "S-0002"}, InvalidDispute, "just now")],
)  # fmt: skip
def test_what_cannot_be_reported_is_said_in_words(plant: Plant, asked: dict, error: type, words: str) -> None:  # type: ignore[type-arg]
    plant.unit("S-0002", 0.1)
    with pytest.raises(error, match=words):
        report(plant, **asked)
    assert alarms(plant) == []


def test_a_unit_is_reported_once_at_a_time(plant: Plant) -> None:
    report(plant)
    with pytest.raises(InvalidDispute, match="just now"):
        report(plant, by="ines")


def test_a_rejected_unit_is_reported_as_good_without_defects(plant: Plant) -> None:
    plant.unit("S-0003", 0.9)
    held = plant.claim("ivan")
    assert held is not None
    plant.answer(held, Verdict.REJECT, "ivan")
    plant.later(seconds=31)
    number = report(plant, "S-0003", types=("dent",))
    row = plant.read(
        lambda tx: tx.exec_driver_sql(f"SELECT claim, defect_types FROM dispute WHERE id = {number}").one()
    )
    assert tuple(row) == ("pass", "[]")


def confirm(plant: Plant, serial: str) -> None:
    """Ivan reports a unit that the AI has passed, and ines finds the same."""
    report(plant, serial, by="ivan")
    held = claim(plant)
    assert held is not None
    plant.answer(held, Verdict.REJECT)
    plant.later(seconds=31)
    watch(plant)


def test_confirmed_misses_outside_the_audit_are_no_evidence_and_lower_the_line_when_too_many(plant: Plant) -> None:
    plant.level(Level.PARTIAL_AUTOMATION)
    plant.write(lambda tx: tx.exec_driver_sql("UPDATE policy SET override = true"))
    for number in range(60):
        plant.unit(f"P-{number:03}", 0.1)
    level = lambda: plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level  # noqa: E731
    confirm(plant, "P-000")
    with plant.db.read() as tx:
        on = lines.in_force(tx, "phones")
        since = plant.now.replace(hour=0)
        assert "P-000#1" not in certificates.evidence(tx, on.id, on.recipe_id, MODEL, since, plant.now).units
    assert level() is Level.PARTIAL_AUTOMATION
    for number in range(1, 10):
        if level() is Level.PARTIAL_AUTOMATION:
            confirm(plant, f"P-{number:03}")
    assert level() is not Level.PARTIAL_AUTOMATION
    assert 3 <= sum(kind == "escape" for kind, _ in alarms(plant)) <= 9
    assert ("escapes", "phones") in alarms(plant)


def test_a_unit_that_the_defect_book_shows_is_left_to_adjudicators(plant: Plant) -> None:
    report(plant)
    unit = plant.find("S-0001")
    plant.write(lambda tx: tx.exec_driver_sql(
        "INSERT INTO book (line_id, unit_id, image_id, view, defect, counts, words, by, at)"
        f" SELECT line_id, unit_id, id, view, '', true, '', 'erin', 0 FROM image WHERE unit_id = {unit.id}"
    ))  # fmt: skip
    assert claim(plant) is None
