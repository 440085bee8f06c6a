"""Unsure: the unit goes to somebody else with the note, keeps its place, and never comes back to who was unsure."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import InvalidLabel
from inspection.core.level import Level
from inspection.core.people import Role
from inspection.core.review import Refusal
from inspection.flow import people, review
from inspection.flow.review import Held
from inspection.store import journal
from inspection.store.database import Tx
from inspection.store.reports import review as report
from tests.plant import Plant


def unsure(plant: Plant, held: Held | None, name: str = "ines", note: str = "odd gloss") -> None:
    assert held is not None
    person = plant.person(name)
    plant.write(
        lambda tx: review.unsure(
            tx, task_id=held.task_id, lease=held.lease, person=person, note=note, now=plant.now
        )
    )  # fmt: skip


def sheet(plant: Plant, held: Held | None) -> report.Sheet:
    assert held is not None
    found = plant.read(lambda tx: report.sheet(tx, held.task_id))
    assert found is not None
    return found


@pytest.fixture
def two_units(any_plant: Plant) -> Plant:
    any_plant.unit("S1")
    any_plant.later(seconds=1)
    any_plant.unit("S2")
    return any_plant


def test_it_goes_to_the_next_person_first_with_the_note_and_never_back(two_units: Plant) -> None:
    held = two_units.claim("ines")
    assert held is not None
    unsure(two_units, held)
    mine, theirs = two_units.claim("ines"), two_units.claim("ivan")
    assert (sheet(two_units, mine).serial, sheet(two_units, mine).doubts) == ("S2", ())
    assert (sheet(two_units, theirs).serial, sheet(two_units, theirs).doubts) == ("S1", ("odd gloss",))
    assert theirs is not None
    assert two_units.answer(theirs, Verdict.REJECT, "ivan").effective
    entries = two_units.read(lambda tx: journal.entries(tx, subject="line/phones/unit/S1", limit=50))
    (told,) = [one.change for one in entries if one.change.event == "unit_doubted"]
    assert (told.actor, told.reason) == ("ines", "odd gloss")


def test_where_everybody_is_unsure_it_stays_in_the_queue_as_such_for_an_adjudicator(two_units: Plant) -> None:
    for name in ("ines", "ivan"):
        held = two_units.claim(name)
        while held is not None:
            unsure(two_units, held, name, note="")
            held = two_units.claim(name)
    person = two_units.person("ines")
    state = two_units.read(lambda tx: report.queue_state(tx, person.id, two_units.now))
    assert (state.load.waiting, state.lines[0].second_opinions) == (2, 2)

    def judy(tx: Tx) -> None:
        people.add(tx, name="judy", role=Role.ADJUDICATOR, hashed="-", by="setup", now=two_units.now)

    two_units.write(judy)
    assert sheet(two_units, two_units.claim("judy")).doubts == ("", "")


def test_only_who_holds_a_unit_can_be_unsure_of_it_and_a_note_has_a_limit(two_units: Plant) -> None:
    held = two_units.claim("ines")
    with pytest.raises(Refusal, match="somebody else"):
        unsure(two_units, held, "ivan")
    with pytest.raises(InvalidLabel, match="1000 characters"):
        unsure(two_units, held, note="n" * 1001)
    assert two_units.claim("ines") == held
    two_units.later(hours=2)
    assert two_units.claim("ivan") is not None
    with pytest.raises(Refusal, match="somebody else"):
        unsure(two_units, held)


def test_a_note_of_somebody_who_saw_the_ai_is_not_told_to_one_who_must_not(plant: Plant) -> None:
    plant.level(Level.AI_ASSIST, audit_share=1e-9)
    plant.unit("S1", 0.9)
    unsure(plant, plant.claim("ines"), note="the mark at the top says 0.9")
    plant.level(Level.SHADOW)
    seen = sheet(plant, plant.claim("ivan"))
    assert (seen.shows_ai, seen.doubts) == (False, ("",))


def test_the_images_fetched_beforehand_are_those_that_come(two_units: Plant) -> None:
    held = two_units.claim("ines")
    assert held is not None
    person = two_units.person("ines")

    def look(tx: Tx) -> int | None:
        return review.upcoming(tx, person_id=person.id, line=None, now=two_units.now, held=held.task_id)

    expected = two_units.read(look)
    two_units.answer(held, Verdict.PASS)
    after = two_units.claim("ines")
    assert after is not None
    assert after.unit_id == expected
