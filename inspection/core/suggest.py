"""Thresholds suggested from good days: what a figure was on days without alarms or changes, and how often a rule would
have fired in them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median

from inspection.core.alarm import InvalidAlarm, State, begin, observe
from inspection.core.rule import Comparison, Rule

SPANS = (7, 14, 28)  # days to look back
ITSELF = "itself"
FEWEST_DAYS, FEWEST_READINGS = 3, 100
MARGIN, LEAST_MARGIN = 0.2, 0.02  # of the way from the median to the worst; of the worst itself

Reading = tuple[datetime, float]


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day in UTC with what the figure was, and why it is left out: `alarm`, `recipe`, `policy`, `no_figures`, or
    `itself` where no alarm stood but the rule's own."""

    day: date
    readings: tuple[Reading, ...]
    left_out: str = ""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A rule's threshold as it is and as the good days suggest it, with how often each would have fired in them. `own`
    are those of them on which the rule itself fired: only a person can say that these were good."""

    old: Rule
    new: Rule
    good: tuple[date, ...]
    own: tuple[date, ...]
    left_out: tuple[Day, ...]
    readings: int
    old_fires: int
    new_fires: int


def fires(rule: Rule, days: Sequence[Day]) -> int:
    """How often the rule's alarm would have begun to fire, each day by itself."""
    count = 0
    for day in days:
        one = None
        for at, value in day.readings:
            if one is None:
                one = begin(at, hold=rule.hold, by_hand=False) if rule.true(value, told=False) else None
                count += one is not None and one.state is State.FIRING
                continue
            told = one.state is not State.PENDING
            after = observe(one, rule.true(value, told=told), at, rule.hold)
            count += one.state is State.PENDING and after.state is State.FIRING
            one = None if after.state is State.RESOLVED else after
    return count


def suggest(rule: Rule, days: Sequence[Day], highest: float = math.inf) -> Suggestion:
    """The tightest threshold at which the rule would have kept still on the good days, with a margin of a fifth of the
    way from the median to there; at most `highest`. A rule that is too tight fires nearly every day: where too few days
    are left, those count on which nothing but the rule itself fired. Raises InvalidAlarm where the days say too
    little."""
    good = [day for day in days if not day.left_out]
    if len(good) < FEWEST_DAYS:
        good = [day for day in days if day.left_out in ("", ITSELF)]
    values = sorted(value for day in good for _, value in day.readings)
    if len(good) < FEWEST_DAYS or len(values) < FEWEST_READINGS:
        raise InvalidAlarm(
            f"There are {len(good)} good days with {len(values)} readings; a suggestion needs {FEWEST_DAYS} and "
            f"{FEWEST_READINGS}. Look further back, or wait."
        )
    above = rule.comparison is Comparison.ABOVE
    still = _tightest(rule, good, values if above else values[::-1])
    away = max(MARGIN * abs(still - median(values)), LEAST_MARGIN * abs(still), 1e-6)
    threshold = min(_outwards(still + away if above else still - away, up=above), highest)
    if min(values) >= 0:
        threshold = max(threshold, 0.0)
    new = replace(rule, threshold=threshold)
    return Suggestion(
        old=rule, new=new, good=tuple(day.day for day in good), left_out=tuple(day for day in days if day not in good),
        own=tuple(day.day for day in good if day.left_out),
        readings=len(values), old_fires=fires(rule, good), new_fires=fires(new, good),
    )  # fmt: skip


def _tightest(rule: Rule, good: Sequence[Day], values: Sequence[float]) -> float:
    """The first of the values, from the mildest on, at which nothing fires: found by halving."""
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        if fires(replace(rule, threshold=values[middle]), good):
            low = middle + 1
        else:
            high = middle
    return values[low]


def _outwards(value: float, *, up: bool) -> float:
    """Rounded to two digits, away from what is usual."""
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return round((math.ceil if up else math.floor)(value / step - (1e-9 if up else -1e-9)) * step, 12)


def days_before(now: datetime, count: int) -> list[date]:
    """The last whole days in UTC, in order; today is not over."""
    return [now.date() - timedelta(days=back) for back in range(count, 0, -1)]
