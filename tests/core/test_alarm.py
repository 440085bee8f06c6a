"""States of alarms: whatever happens in whatever order, none is lost and none ends that a person must end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.alarm import (
    LONGEST_SHELF,
    STANDING,
    InvalidAlarm,
    Standing,
    State,
    acknowledge,
    begin,
    check_reason,
    lapse,
    observe,
    resolve,
    shelve,
    unshelve,
)

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
HOLD = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
EVENTS = st.sampled_from(["true", "false", "nothing", "ack", "shelve", "unshelve", "lapse"])


def step(one: Standing, event: str, now: datetime, hold: timedelta = HOLD) -> Standing:
    try:
        if event in ("true", "false", "nothing"):
            return observe(one, {"true": True, "false": False, "nothing": None}[event], now, hold)
        if event == "ack":
            return acknowledge(one, now)
        if event == "shelve":
            return shelve(one, now + 3 * MINUTE, now)
        return unshelve(one, now) if event == "unshelve" else lapse(one, now)
    except InvalidAlarm:
        return one


@given(st.lists(st.tuples(EVENTS, st.integers(0, 20)), max_size=40))
def test_nothing_but_a_person_ends_an_alarm_that_a_person_must_end(events: list[tuple[str, int]]) -> None:
    one, now = begin(NOW, by_hand=True), NOW
    for event, minutes in events:
        now += minutes * MINUTE
        one = step(one, event, now)
        assert one.state in STANDING, event
    assert resolve(one, now).state is State.RESOLVED


@given(st.lists(st.tuples(EVENTS, st.integers(0, 20)), max_size=40), st.booleans())
def test_while_its_rule_stays_true_an_alarm_is_never_lost(events: list[tuple[str, int]], by_hand: bool) -> None:
    one, now = observe(begin(NOW, hold=HOLD, by_hand=by_hand), True, NOW + HOLD, HOLD), NOW + HOLD
    assert one.state is State.FIRING
    for event, minutes in events:
        now += minutes * MINUTE
        one = step(one, "true" if event == "false" else event, now)
        assert one.state in STANDING
    later = lapse(one, now + LONGEST_SHELF)
    assert later.state in (State.FIRING, State.ACKNOWLEDGED), "a shelved one comes back"


@given(st.lists(st.tuples(EVENTS, st.integers(0, 20)), max_size=40))
def test_a_shelved_alarm_comes_back_if_it_is_still_so_and_only_then(events: list[tuple[str, int]]) -> None:
    one, now = shelve(begin(NOW, by_hand=False), NOW + 90 * MINUTE, NOW), NOW
    for event, minutes in events:
        now += minutes * MINUTE
        if event in ("true", "false", "nothing") and now < NOW + 90 * MINUTE:
            one = step(one, event, now)
            assert one.state is State.SHELVED
    back = lapse(one, NOW + 90 * MINUTE)
    assert back.state is (State.FIRING if one.active else State.RESOLVED)


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), st.integers(0, 9)), max_size=30))
def test_pending_fires_after_being_true_for_long_enough_without_a_break(said: list[tuple[bool | None, int]]) -> None:
    one, now = begin(NOW, hold=HOLD), NOW
    for true, minutes in said:
        now += minutes * MINUTE
        one = observe(one, true, now, HOLD)
        if not true:
            assert one.state is State.RESOLVED
            return
        if one.state is State.FIRING:
            assert now - NOW >= HOLD
            return
        assert now - NOW < HOLD


def test_what_fires_by_a_rule_ends_with_it_but_not_because_the_line_rests() -> None:
    one = begin(NOW, by_hand=False)
    assert observe(one, None, NOW, HOLD).state is State.FIRING
    assert observe(acknowledge(one, NOW), False, NOW, HOLD).state is State.RESOLVED


def test_people_cannot_do_what_makes_no_sense() -> None:
    fires, pending = begin(NOW), begin(NOW, hold=HOLD)
    for act in (
        lambda: acknowledge(pending, NOW), lambda: shelve(pending, NOW + MINUTE, NOW), lambda: resolve(pending, NOW),
        lambda: unshelve(fires, NOW), lambda: shelve(fires, NOW, NOW), lambda: resolve(resolve(fires, NOW), NOW),
        lambda: shelve(fires, NOW + LONGEST_SHELF + MINUTE, NOW), lambda: check_reason("  x "),
        lambda: acknowledge(shelve(fires, NOW + MINUTE, NOW), NOW),
    ):  # fmt: skip
        with pytest.raises(InvalidAlarm):
            act()
