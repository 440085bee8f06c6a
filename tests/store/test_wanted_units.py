"""Units are found by what is known of them, on both databases, and no search reads more than it may."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.store.reports import units
from inspection.store.reports.units import Found, UnitFilter
from tests.plant import Plant

Find = Callable[..., Found]


@pytest.fixture
def find(any_plant: Plant) -> Find:
    def run(inspector: bool = False, before: int | None = None, limit: int = 50, scan: int = 50_000, **asked) -> Found:
        wanted = UnitFilter(**asked)
        return any_plant.read(
            lambda tx: units.find(tx, wanted, any_plant.now, inspector=inspector, before=before, limit=limit, scan=scan)
        )

    return run


def serials(found: Found) -> list[str]:
    return [unit.serial for unit in found.units]


def judged(plant: Plant, serial: str, score: float, verdict: Verdict, name: str = "ines") -> None:
    """A unit that the AI settles and a person audits."""
    plant.unit(serial, score)
    held = plant.claim(name)
    assert held is not None
    plant.answer(held, verdict, name)
    plant.later(seconds=31)


@pytest.fixture
def audits(any_plant: Plant) -> Plant:
    any_plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    judged(any_plant, "agreed", 0.1, Verdict.PASS)
    judged(any_plant, "escape", 0.2, Verdict.REJECT)
    judged(any_plant, "overkill", 0.9, Verdict.PASS)
    return any_plant


def test_by_serial_from_its_beginning_or_exactly(any_plant: Plant, find: Find) -> None:
    for serial in ("A-1", "A-10", "a-1", "AB1", "A_1"):
        any_plant.unit(serial)
        any_plant.later(seconds=1)
    assert serials(find(serial="A-1")) == ["A-10", "A-1"]
    assert serials(find(serial="A-1", exact=True)) == ["A-1"]
    assert serials(find(serial="A_")) == ["A_1"]
    assert serials(find(serial="%")) == []


def test_a_beginning_that_many_share_is_looked_for_newest_first(
    any_plant: Plant, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspection.store.reports.wanted.FEW", 2)
    for number in range(5):
        any_plant.unit(f"A-{number}")
        any_plant.later(seconds=1)
    assert serials(find(serial="A-", limit=2)) == ["A-4", "A-3"]


def test_by_time_the_end_not_included(any_plant: Plant, find: Find) -> None:
    starts = []
    for number in range(4):
        starts.append(any_plant.now)
        any_plant.unit(f"A-{number}")
        any_plant.later(minutes=1)
    assert serials(find(since=starts[1], until=starts[3])) == ["A-2", "A-1"]
    assert serials(find(line="phones", since=starts[3])) == ["A-3"]
    assert serials(find(until=starts[1])) == ["A-0"]


@pytest.mark.usefixtures("audits")
def test_by_what_people_and_the_ai_said(find: Find) -> None:
    assert serials(find(disagreement="ai_person")) == ["overkill", "escape"]
    assert serials(find(disagreement="escape")) == ["escape"]
    assert serials(find(disagreement="overkill")) == ["overkill"]
    assert serials(find(verdict="reject")) == ["overkill", "escape"]  # what the AI rejected is not let through
    assert serials(find(verdict="reject", by="person")) == ["escape"]
    assert serials(find(defect="scratch")) == ["escape"]
    assert serials(find(defect="dent")) == []
    assert serials(find(score_from=0.2, score_to=0.5)) == ["escape"]
    assert serials(find(audited=True)) == ["overkill", "escape", "agreed"]
    assert serials(find(audited=False)) == []
    escaped = find(disagreement="escape").units[0]
    assert (escaped.ai_verdict, escaped.person_verdict) == (Verdict.PASS, Verdict.REJECT)


def test_by_two_people_who_said_different_things(any_plant: Plant, find: Find) -> None:
    any_plant.unit("one")
    held = any_plant.claim("ines")
    assert held is not None
    any_plant.later(minutes=30)
    other = any_plant.claim("ivan")
    assert other is not None
    any_plant.answer(other, Verdict.REJECT, "ivan")
    any_plant.answer(held, Verdict.PASS, "ines")
    any_plant.unit("two")
    any_plant.later(minutes=1)
    assert serials(find(disagreement="people")) == ["one"]


def test_by_view_and_with_the_pictures_of_that_view_alone(any_plant: Plant, find: Find) -> None:
    any_plant.unit("both")
    any_plant.image("half", "back")
    assert serials(find(view="front")) == ["both"]
    assert [len(unit.image_ids) for unit in find(view="back").units] == [1, 1]
    assert [len(unit.image_ids) for unit in find().units] == [1, 2]


def test_pages_follow_one_another_without_a_gap(audits: Plant, find: Find) -> None:
    for number in range(5):
        audits.unit(f"same-time-{number}")
    seen, before = [], None
    for _ in range(9):
        page = find(limit=3, before=before)
        seen += serials(page)
        if (before := page.next) is None:
            break
    assert sorted(seen) == sorted({*seen})
    assert len(seen) == 8
    assert seen[-3:] == ["overkill", "escape", "agreed"]


def test_a_search_that_no_index_answers_stops_and_says_how_far_it_looked(any_plant: Plant, find: Find) -> None:
    any_plant.level(Level.PARTIAL_AUTOMATION)
    any_plant.unit("old-reject", 0.9)
    any_plant.later(seconds=1)
    for number in range(7):
        any_plant.unit(f"A-{number}", 0.1)
        any_plant.later(seconds=1)
    first = find(verdict="reject", scan=4)
    assert first.units == ()
    assert first.looked_to == find(serial="A-3").units[0].opened_at
    second = find(verdict="reject", scan=4, before=first.next)
    assert serials(second) == ["old-reject"]
    assert find(verdict="reject", scan=4, before=second.next).next is None


@pytest.mark.parametrize(
    "asked",
    [
        {"score_from": 0.0}, {"audited": True}, {"disagreement": "ai_person"}, {"disagreement": "escape"},
        {"verdict": "pass"}, {"verdict": "reject"}, {"by": "ai"}, {"reason": "all_views_passed"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("inspector", [False, True])
def test_no_filter_tells_what_a_blind_review_must_not_know(
    any_plant: Plant, find: Find, asked: dict, inspector: bool
) -> None:
    any_plant.level(Level.FULL_AUTOMATION, reject_above=0.5, pass_below=None, audit_share=1.0)
    any_plant.unit("waits", 0.1)
    any_plant.unit("held", 0.9)
    assert any_plant.claim() is not None
    assert serials(find(inspector=inspector, **asked)) == []
    if inspector:
        assert serials(find(inspector=True)) == serials(find(inspector=True, verdict="pending")) == []
        return
    shown = find(inspector=False).units
    assert {(one.verdict, one.score, one.ai_verdict, one.audited) for one in shown} == {(None, None, None, None)}
    assert sorted(serials(find(inspector=False, verdict="pending"))) == ["held", "waits"]


def test_a_person_who_can_still_take_it_back_is_not_told_whether_the_ai_agreed(any_plant: Plant, find: Find) -> None:
    any_plant.level(Level.FULL_AUTOMATION, reject_above=0.5, pass_below=None, audit_share=1.0)
    any_plant.unit("A-1", 0.9)
    held = any_plant.claim()
    assert held is not None
    any_plant.answer(held, Verdict.PASS)
    assert serials(find(disagreement="overkill")) == []
    any_plant.later(seconds=31)
    assert serials(find(disagreement="overkill")) == ["A-1"]


def test_an_unknown_line_is_said_to_be_unknown(find: Find) -> None:
    with pytest.raises(Unknown, match="no line 'nowhere'"):
        find(line="nowhere")


def test_an_empty_filter_and_one_of_line_and_time_ask_for_all() -> None:
    from inspection.store.reports.wanted import bare

    assert bare(UnitFilter(line="phones"))
    assert not any(bare(replace(UnitFilter(), **{name: value})) for name, value in (("serial", "A"), ("view", "top")))
