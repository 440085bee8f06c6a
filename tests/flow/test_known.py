"""Known-answer units in inspectors' work: like any blind unit in form, and without effect on anything but the count."""

import dataclasses

import pytest

from inspection.core.decide import Verdict
from inspection.core.known import InvalidKnown, Misses
from inspection.core.level import Level
from inspection.core.review import Refusal
from inspection.flow import known, label, review
from inspection.flow.review import Held
from inspection.store import journal
from inspection.store import known as kept
from inspection.store.reports import review as report
from tests.plant import Plant

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


def claim(plant: Plant, name: str = "ines", share: float = 1.0) -> Held:
    """What the person gets, with known units before that share of tasks."""

    person = plant.person(name)
    held = plant.write(lambda tx: review.claim(tx, person_id=person.id, line=None, now=plant.now, known_share=share))
    assert held is not None
    return held


def undo(plant: Plant) -> Held:
    person = plant.person("ines")
    return plant.write(lambda tx: label.undo(tx, person=person, now=plant.now))


def misses(plant: Plant) -> Misses:
    return plant.read(lambda tx: kept.misses(tx, plant.camera.line_id, plant.now.replace(year=2020)))


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


def test_a_lease_that_was_lost_counts_nothing(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    held = claim(plant)
    plant.later(hours=2)
    plant.answer(claim(plant, "ivan", share=0.0), Verdict.PASS, "ivan")
    assert claim(plant, "ivan", share=0.0).task_id == held.task_id
    assert not plant.answer(held, Verdict.PASS).effective
    assert misses(plant) == Misses()


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
    listed = plant.read(lambda tx: kept.of_line(tx, plant.camera.line_id))
    assert [(one.defective, one.retired_at is None) for one in listed] == [(False, True), (True, False)]


def test_a_shown_unit_gets_images_of_its_own_and_keeps_its_place(plant: Plant) -> None:
    choose(plant)
    plant.unit("S-0733", 0.1)
    claim(plant)
    other = claim(plant, "ivan")
    assert other.unit_id == plant.find("S-0733").id, "the unit that was due waits for nobody"
