"""Known-answer units in inspectors' work: like any blind unit in form, and without effect on anything but the count."""

import dataclasses
from datetime import timedelta

import pytest

from inspection.core.decide import Verdict
from inspection.core.known import InvalidKnown, Misses, Readings
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.core.review import Refusal
from inspection.flow import adjudicate, guard, known, label, review
from inspection.flow.review import Held
from inspection.store import alarms as raised
from inspection.store import certificates, disputes, journal, lines
from inspection.store import known as kept
from inspection.store.database import Tx
from inspection.store.reports import review as report
from inspection.store.reports import sight, story
from inspection.store.reports import units as listing
from tests.plant import MODEL, Plant

WHY = "Two experts looked at it."


@pytest.fixture
def plant(any_plant: Plant) -> Plant:
    """A line in shadow with one defective unit that is known, and another that waits."""
    any_plant.level(Level.SHADOW)
    any_plant.unit("S-0001", 0.9)
    held = any_plant.claim("ivan")
    assert held is not None
    any_plant.answer(held, Verdict.REJECT, "ivan")
    any_plant.later(minutes=5)
    return any_plant


def choose(plant: Plant, serial: str = "S-0001", *, defective: bool = True, reason: str = WHY) -> int:
    unit = plant.find(serial)
    return plant.write(
        lambda tx: known.add(
            tx, line="phones", unit_id=unit.id, defective=defective, reason=reason, by="erin", now=plant.now
        )
    )


def claim(plant: Plant, name: str = "ines", share: float = 1.0, second: float = 0.0) -> Held:
    """What the person gets, with known units and second readings before those shares of tasks."""

    person = plant.person(name)
    shares = {"known_share": share, "second_share": second}
    held = plant.write(lambda tx: review.claim(tx, person_id=person.id, line=None, now=plant.now, **shares))
    assert held is not None
    return held


def undo(plant: Plant) -> Held:
    person = plant.person("ines")
    return plant.write(lambda tx: label.undo(tx, person=person, now=plant.now))


def misses(plant: Plant) -> Misses:
    """All that was said until now."""

    def look(tx: Tx) -> Misses:
        on = lines.in_force(tx, "phones")
        return kept.misses(tx, on.id, on.recipe_id, plant.now - timedelta(days=365), plant.now)

    return plant.read(look)


def test_a_known_unit_comes_before_one_that_is_due_and_looks_like_it(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    plant.later(seconds=1)
    held = claim(plant)
    sheet = plant.read(lambda tx: report.sheet(tx, held.task_id))
    assert sheet is not None
    assert held.unit_id == plant.find("S-0001").id
    assert sheet.serial not in ("S-0001", "S-0733")
    assert sheet.serial.startswith("S-0")
    due = plant.find("S-0733")
    assert {image.captured_at for image in sheet.images} == {sheet.opened_at} == {due.opened_at}
    plant.answer(held, Verdict.REJECT)
    ordinary = claim(plant)
    other = plant.read(lambda tx: report.sheet(tx, ordinary.task_id))
    assert other is not None
    assert other.serial == "S-0733"
    told = ("visit", "line", "line_title", "simulated", "opened_at", "views", "missing_views", "shows_ai", "suspicious")
    assert all(getattr(sheet, name) == getattr(other, name) for name in told)
    blank = {"image_id": 0}
    assert [dataclasses.replace(one, **blank) for one in sheet.images] == [
        dataclasses.replace(one, **blank) for one in other.images
    ]


def test_where_reviews_show_the_ai_a_known_unit_is_blind_all_the_same(plant: Plant) -> None:
    choose(plant)
    plant.level(Level.AI_ASSIST)
    plant.unit("S-0733", 0.1)
    assert not claim(plant).shows_ai


def test_what_is_said_of_it_is_counted_and_changes_nothing_else(plant: Plant) -> None:
    number = choose(plant)
    plant.unit("S-0733", 0.1)
    before = plant.find("S-0001")
    labels = plant.read(lambda tx: tx.exec_driver_sql("SELECT count(*) FROM label").scalar())
    story = plant.read(lambda tx: journal.entries(tx, subject="line/phones/unit/S-0001"))
    answered = plant.answer(claim(plant), Verdict.PASS)
    assert (answered.effective, answered.disposition.verdict) == (True, Verdict.PASS)
    assert answered.serial != "S-0001"
    assert plant.find("S-0001") == before
    assert plant.read(lambda tx: tx.exec_driver_sql("SELECT count(*) FROM label").scalar()) == labels
    assert plant.read(lambda tx: journal.entries(tx, subject="line/phones/unit/S-0001")) == story
    assert misses(plant) == Misses(defective_shown=1, found=0)
    told = plant.read(lambda tx: journal.entries(tx, subject=f"line/phones/known/{number}"))
    assert [(e.change.event, e.change.actor, e.change.after) for e in told] == [
        ("known_unit_added", "erin", "defective"),
        ("known_unit_judged", "ines", "missed"),
    ]
    ines = plant.person("ines")
    assert plant.read(lambda tx: report.queue_state(tx, ines.id, plant.now)).done_by_me == 1


def test_good_ones_count_apart(plant: Plant) -> None:
    choose(plant, defective=False)
    plant.unit("S-0733", 0.1)
    plant.answer(claim(plant), Verdict.REJECT)
    assert misses(plant) == Misses(good_shown=1, rejected=1)


def test_one_is_given_once_before_a_task_and_not_again_for_a_month(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    plant.answer(claim(plant), Verdict.REJECT)
    ordinary = claim(plant)
    assert ordinary.unit_id == plant.find("S-0733").id
    plant.answer(ordinary, Verdict.PASS)
    plant.unit("S-0734", 0.1)
    later = claim(plant)
    assert later.unit_id == plant.find("S-0734").id
    plant.answer(later, Verdict.PASS)
    plant.later(days=31)
    plant.unit("S-0735", 0.1)
    assert claim(plant).unit_id == plant.find("S-0001").id


def test_who_chose_it_is_not_shown_it(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    assert claim(plant, "erin").unit_id == plant.find("S-0733").id


def test_an_answer_can_be_taken_back_and_takes_no_other_with_it(plant: Plant) -> None:
    choose(plant)
    for serial in ("S-0733", "S-0734"):
        plant.unit(serial, 0.1)
        plant.later(seconds=1)
    first = claim(plant, share=0.0)
    plant.answer(first, Verdict.PASS)
    plant.later(seconds=2)
    shown = claim(plant)
    plant.answer(shown, Verdict.PASS)
    again = undo(plant)
    assert again.task_id == shown.task_id
    assert misses(plant) == Misses()
    assert plant.find("S-0733").person_verdict is Verdict.PASS
    plant.answer(again, Verdict.REJECT)
    assert misses(plant) == Misses(defective_shown=1, found=1)
    plant.later(seconds=31)
    with pytest.raises(Refusal, match="within 30 seconds"):
        undo(plant)


def test_after_an_answer_to_another_unit_that_one_is_taken_back(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    plant.answer(claim(plant), Verdict.REJECT)
    plant.later(seconds=1)
    plant.answer(claim(plant), Verdict.PASS)
    again = undo(plant)
    assert again.unit_id == plant.find("S-0733").id
    assert misses(plant).found == 1


def test_one_whose_lease_ran_out_goes_to_nobody_else(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    held = claim(plant)
    plant.later(hours=2)
    assert claim(plant, "erin").unit_id == plant.find("S-0733").id
    assert not plant.answer(held, Verdict.PASS).effective
    assert misses(plant) == Misses()


def test_one_that_is_given_back_goes_to_nobody_else(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    held = claim(plant)
    plant.write(lambda tx: review.give_back(tx, task_id=held.task_id, lease=held.lease, now=plant.now))
    for name in ("ines", "erin"):
        plant.later(seconds=1)
        other = claim(plant, name)
        assert other.unit_id == plant.find("S-0733").id
        plant.write(lambda tx, it=other: review.give_back(tx, task_id=it.task_id, lease=it.lease, now=plant.now))
    assert not plant.answer(held, Verdict.PASS).effective


def test_one_that_is_retired_is_taken_out_of_the_hands_and_out_of_the_count(plant: Plant) -> None:
    number = choose(plant)
    for serial in ("S-0733", "S-0734"):
        plant.unit(serial, 0.1)
        plant.later(seconds=1)
    plant.answer(claim(plant), Verdict.REJECT)
    assert misses(plant).found == 1
    plant.later(days=31)
    held = claim(plant, share=1.0)
    plant.answer(held, Verdict.PASS)
    again = claim(plant)
    assert again.unit_id == plant.find("S-0001").id
    plant.write(lambda tx: known.retire(tx, line="phones", number=number, by="erin", now=plant.now))
    assert not plant.answer(again, Verdict.REJECT).effective
    assert misses(plant) == Misses()


def test_who_judged_it_when_it_came_is_not_shown_it(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    assert claim(plant, "ivan").unit_id == plant.find("S-0733").id


def test_a_unit_in_somebodys_hands_as_a_known_one_still_gets_a_review_of_its_own(plant: Plant) -> None:
    plant.image("S-0002", "front", 0.1)
    plant.later(minutes=1)
    held = plant.claim("ivan")
    assert held is not None
    plant.answer(held, Verdict.PASS, "ivan")
    choose(plant, "S-0002", defective=False)
    plant.unit("S-0733", 0.1)
    shown = claim(plant)
    plant.image("S-0002", "back", 0.1)
    assert plant.find("S-0002").verdict is None
    plant.later(seconds=1)
    due = [plant.claim("ivan"), claim(plant, "erin", share=0.0)]
    assert plant.find("S-0002").id in [one.unit_id for one in due if one is not None]
    assert plant.answer(shown, Verdict.PASS).effective
    assert plant.find("S-0002").verdict is None, "what is said of it as a known unit settles nothing"


def test_each_unit_counts_once_and_not_before_its_grace_is_over(plant: Plant) -> None:
    choose(plant)
    for day in range(2):
        plant.unit(f"S-073{day}", 0.1)
        plant.later(days=31)
        plant.answer(claim(plant), Verdict.PASS if day else Verdict.REJECT)
        plant.answer(claim(plant, share=0.0), Verdict.PASS)
    soon = plant.read(lambda tx: known.misses(tx, lines.in_force(tx, "phones"), plant.now))
    assert (soon.defective_shown, soon.found) == (1, 1)
    plant.later(seconds=31)
    assert plant.read(lambda tx: known.misses(tx, lines.in_force(tx, "phones"), plant.now)).found == 0
    assert plant.read(lambda tx: known.measured(tx, line="phones", now=plant.now)).shown == 1


def test_until_its_grace_is_over_nothing_beside_the_sheet_tells_of_it(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    ines = plant.person("ines")

    def told() -> tuple[bool, bool, bool]:
        """Whether the AI's opinion, the unit in the list, and its story can be seen."""
        unit_id = plant.find("S-0001").id
        with plant.db.read() as tx:
            ai = sight.may_show_ai(tx, unit_id, ines.id, plant.now, inspector=True)
            listed = listing.find(tx, listing.UnitFilter(line="phones"), plant.now, inspector=True).units
            try:
                story.story_for(tx, "phones", "S-0001", ines.id, plant.now, inspector=True)
            except Unknown:
                return ai, "S-0001" in [item.serial for item in listed], False
        return ai, "S-0001" in [item.serial for item in listed], True

    assert told() == (True, True, True)
    held = claim(plant)
    assert told() == (False, False, False)
    plant.answer(held, Verdict.PASS)
    assert told() == (False, False, False)
    plant.later(seconds=31)
    assert told() == (True, True, True)


def test_only_a_settled_unit_of_this_line_with_a_reason_is_known(plant: Plant) -> None:
    plant.unit("S-0733", 0.1)
    with pytest.raises(InvalidKnown, match="waits for a verdict"):
        choose(plant, "S-0733")
    with pytest.raises(InvalidKnown, match="how its truth is known"):
        choose(plant, reason=" ")
    number = choose(plant)
    with pytest.raises(InvalidKnown, match="retire it first"):
        choose(plant)
    retire = lambda: plant.write(  # noqa: E731
        lambda tx: known.retire(tx, line="phones", number=number, by="erin", now=plant.now)
    )
    retire()
    with pytest.raises(InvalidKnown, match="no known unit"):
        retire()
    assert claim(plant).unit_id == plant.find("S-0733").id
    choose(plant, defective=False)
    listed = plant.read(lambda tx: kept.of_line(tx, plant.camera.line_id, plant.now))
    assert [(one.defective, one.retired_at is None) for one in listed] == [(False, True), (True, False)]


def test_a_shown_unit_gets_images_of_its_own_and_keeps_its_place(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    claim(plant)
    other = claim(plant, "ivan")
    assert other.unit_id == plant.find("S-0733").id, "the unit that was due waits for nobody"


def read_again(plant: Plant, verdict: Verdict, number: int = 0) -> None:
    """Ines reads the newest unit that another has judged, in place of one that is due."""
    plant.unit(f"S-08{number:02}", 0.1)
    plant.later(seconds=1)
    plant.answer(claim(plant, share=0.0, second=1.0), verdict)


def differences(plant: Plant) -> list[disputes.Difference]:
    return plant.read(lambda tx: disputes.differences(tx, plant.camera.line_id, plant.now))


def test_a_unit_is_read_again_by_another_person_once_and_blind(plant: Plant) -> None:
    plant.unit("S-0733", 0.1)
    held = claim(plant, second=1.0)
    assert (held.unit_id, held.shows_ai) == (plant.find("S-0001").id, False)
    sheet = plant.read(lambda tx: report.sheet(tx, held.task_id))
    assert sheet is not None
    assert sheet.serial not in ("S-0001", "S-0733")
    before = plant.find("S-0001")
    plant.answer(held, Verdict.PASS)
    assert plant.find("S-0001") == before
    assert claim(plant, second=1.0).unit_id == plant.find("S-0733").id
    plant.unit("S-0734", 0.1)
    assert claim(plant, "erin", second=1.0).unit_id == plant.find("S-0734").id


def test_nobody_reads_their_own_label_again_nor_an_old_one(plant: Plant) -> None:
    plant.unit("S-0733", 0.1)
    assert claim(plant, "ivan", second=1.0).unit_id == plant.find("S-0733").id
    plant.later(days=2)
    plant.unit("S-0734", 0.1)
    assert claim(plant, "erin", second=1.0).unit_id != plant.find("S-0001").id


def test_what_differs_is_settled_and_a_defect_that_was_passed_is_told(plant: Plant) -> None:
    plant.unit("S-0500", 0.1)
    held = plant.claim("ivan")
    assert held is not None
    plant.answer(held, Verdict.PASS, "ivan")
    plant.later(minutes=1)
    read_again(plant, Verdict.REJECT)
    (one,) = differences(plant)
    assert (one.serial, one.first, one.second, one.first_by, one.second_by) == (
        "S-0500", Verdict.PASS, Verdict.REJECT, "ivan", "ines"
    )  # fmt: skip
    settle = lambda why=WHY: plant.write(  # noqa: E731
        lambda tx: adjudicate.settle(
            tx, kind="second", number=one.number, defective=True, reason=why, by="erin", now=plant.now
        )
    )
    with pytest.raises(InvalidKnown, match="does not wait"):
        settle()
    plant.later(seconds=31)
    with pytest.raises(InvalidKnown, match="how its truth is known"):
        settle("")
    settle()
    assert differences(plant) == []
    assert "S-0500" in [alarm.subject for alarm in plant.read(lambda tx: raised.firing(tx)) if alarm.kind == "escape"]
    found = plant.read(lambda tx: known.measured(tx, line="phones", now=plant.now))
    assert (found.found, found.shown) == (0, 1)


def test_readings_that_agree_count_for_people_and_good_ones_for_nobody(plant: Plant) -> None:
    read_again(plant, Verdict.REJECT)
    plant.later(seconds=31)
    found = plant.read(lambda tx: known.found_by_people(tx, lines.in_force(tx, "phones"), plant.now))
    assert found is not None
    assert (found.found, found.shown) == (1, 1)
    assert differences(plant) == []


def test_a_unit_judged_with_the_ai_in_sight_is_read_again_and_tells_nothing_of_what_people_find(plant: Plant) -> None:
    plant.level(Level.AI_ASSIST)
    plant.unit("S-0500", 0.1)
    held = plant.claim("ivan")
    assert held is not None
    assert held.shows_ai
    plant.answer(held, Verdict.REJECT, "ivan")
    plant.later(minutes=1)
    read_again(plant, Verdict.REJECT)
    plant.later(seconds=31)
    shown = plant.read(lambda tx: tx.exec_driver_sql("SELECT unit_id FROM showing").scalar_one())
    assert shown == plant.find("S-0500").id
    assert plant.read(lambda tx: known.readings(tx, lines.in_force(tx, "phones"), plant.now)) == Readings()


def test_a_second_reading_can_be_taken_back(plant: Plant) -> None:
    read_again(plant, Verdict.PASS)
    assert len(differences(plant)) == 1
    again = undo(plant)
    assert differences(plant) == []
    plant.answer(again, Verdict.REJECT)
    told = plant.read(lambda tx: journal.entries(tx, subject="line/phones/second"))
    assert [(e.change.event, e.change.after) for e in told] == [
        ("second_reading", "differs"),
        ("judgement_undone", ""),
        ("second_reading", "same"),
    ]


def passed_then_rejected(plant: Plant) -> None:
    """Ivan passes S-0500, and Ines rejects it when she reads it again."""
    plant.unit("S-0500", 0.1)
    held = plant.claim("ivan")
    assert held is not None
    plant.answer(held, Verdict.PASS, "ivan")
    plant.later(minutes=1)
    read_again(plant, Verdict.REJECT)


def test_a_unit_that_was_passed_and_is_then_rejected_raises_an_alarm_until_it_is_settled(plant: Plant) -> None:
    def alarms() -> list[str]:
        plant.write(lambda tx: guard.watch(tx, now=plant.now))
        return [alarm.subject for alarm in plant.read(lambda tx: raised.firing(tx)) if alarm.kind == "second_reading"]

    passed_then_rejected(plant)
    assert alarms() == [], "what can be taken back tells nothing yet"
    plant.later(seconds=31)
    assert alarms() == ["S-0500"]
    (one,) = differences(plant)
    plant.write(lambda tx: adjudicate.settle(
        tx, kind="second", number=one.number, defective=False, reason=WHY, by="erin", now=plant.now
    ))  # fmt: skip
    assert alarms() == []


def test_a_unit_that_proved_defective_after_its_label_is_defective_in_the_evidence(plant: Plant) -> None:
    def defective() -> bool:
        with plant.db.read() as tx:
            on = lines.in_force(tx, "phones")
            since = plant.now - timedelta(days=1)
            found = certificates.evidence(tx, on.id, on.recipe_id, MODEL, since, plant.now)
        return bool(found.defective[found.units.index("S-0500#1")])

    passed_then_rejected(plant)
    plant.later(seconds=31)
    assert not defective()
    (one,) = differences(plant)
    plant.write(lambda tx: adjudicate.settle(
        tx, kind="second", number=one.number, defective=True, reason=WHY, by="erin", now=plant.now
    ))  # fmt: skip
    assert defective()
