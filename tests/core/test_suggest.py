"""Thresholds from good days."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.alarm import InvalidAlarm
from inspection.core.rule import Comparison, Rule
from inspection.core.suggest import Day, days_before, fires, suggest

RULE = Rule(figure="reject_rate", comparison=Comparison.ABOVE, threshold=0.5, hold=timedelta(minutes=10))


def day(number: int, values: list[float], left_out: str = "") -> Day:
    start = datetime.combine(date(2026, 1, number), time(6), UTC)
    readings = tuple((start + timedelta(minutes=5 * i), value) for i, value in enumerate(values))
    return Day(day=start.date(), readings=readings, left_out=left_out)


def usual(number: int, level: float = 0.1, left_out: str = "") -> Day:
    dice = Random(number)
    return day(number, [level + dice.uniform(-0.02, 0.02) for _ in range(60)], left_out)


@pytest.mark.parametrize("comparison", list(Comparison))
@given(st.integers(1, 5), st.floats(0.05, 0.9))
def test_a_suggested_rule_keeps_still_on_the_good_days(comparison: Comparison, seed: int, level: float) -> None:
    days = [usual(seed + i, level) for i in range(5)]
    found = suggest(Rule(figure="x", comparison=comparison, threshold=0.0), days)
    assert found.new_fires == 0
    assert abs(found.new.threshold - level) < 0.2, "and it is near what is usual"


def test_bad_days_are_left_out_and_named() -> None:
    days = [usual(1), usual(2), usual(3), usual(4, 0.9, "alarm"), usual(5, 0.8, "policy")]
    found = suggest(RULE, days)
    assert found.new.threshold < 0.2
    assert [(one.day.day, one.left_out) for one in found.left_out] == [(4, "alarm"), (5, "policy")]
    assert [one.day for one in found.good] == [1, 2, 3]
    assert suggest(RULE, [usual(1), usual(2), usual(3), usual(4, 0.9)]).new.threshold > 0.9


def test_a_short_peak_does_not_count_where_the_rule_waits() -> None:
    peak = [0.1] * 50 + [0.9] + [0.1] * 50
    assert suggest(RULE, [day(i, peak) for i in (1, 2, 3)]).new.threshold < 0.2
    at_once = Rule(figure="reject_rate", comparison=Comparison.ABOVE, threshold=0.5)
    assert suggest(at_once, [day(i, peak) for i in (1, 2, 3)]).new.threshold > 0.9


def test_how_often_a_rule_would_have_fired() -> None:
    waves = day(1, ([0.1] * 5 + [0.6] * 5) * 4)
    assert fires(RULE, [waves, waves]) == 8
    slow = Rule(figure="x", comparison=Comparison.ABOVE, threshold=0.5, hysteresis=0.45, hold=timedelta(minutes=10))
    assert fires(slow, [waves]) == 1, "it has never come back far enough"
    found = suggest(RULE, [waves, day(2, [0.1] * 60), day(3, [0.1] * 60)])
    assert (found.old_fires, found.new_fires) == (4, 0)


def test_too_little_suggests_nothing() -> None:
    with pytest.raises(InvalidAlarm, match="2 good days"):
        suggest(RULE, [usual(1), usual(2), usual(3, 0.1, "alarm")])
    with pytest.raises(InvalidAlarm, match="30 readings"):
        suggest(RULE, [day(i, [0.1] * 10) for i in (1, 2, 3)])


def test_a_share_stays_a_share_and_days_are_whole() -> None:
    assert suggest(RULE, [usual(i, 0.97) for i in (1, 2, 3)], highest=0.99).new.threshold == 0.99
    assert [day.day for day in days_before(datetime(2026, 1, 4, 12, tzinfo=UTC), 3)] == [1, 2, 3]


def test_a_rule_that_fires_every_day_is_loosened_by_days_on_which_nothing_else_fired() -> None:
    days = [usual(number, left_out="itself") for number in range(1, 6)] + [usual(6, 0.9, "alarm"), usual(7)]
    tight = Rule(figure="x", comparison=Comparison.ABOVE, threshold=0.09)
    found = suggest(tight, days)
    assert found.new.threshold > 0.12
    assert found.new_fires == 0
    assert [one.day for one in found.own] == [1, 2, 3, 4, 5]
    assert [one.left_out for one in found.left_out] == ["alarm"]
    enough = suggest(tight, [*days, usual(8), usual(9)])
    assert enough.own == (), "days that are good beyond doubt are enough"
