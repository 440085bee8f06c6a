"""Rules of alarms."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.alarm import InvalidAlarm
from inspection.core.rule import Action, Comparison, Rule

ABOVE = Rule(figure="x", comparison=Comparison.ABOVE, threshold=10.0, hysteresis=2.0)
BELOW = Rule(figure="x", comparison=Comparison.BELOW, threshold=10.0, hysteresis=2.0)


def test_once_told_it_stays_until_the_figure_is_back_by_the_hysteresis() -> None:
    assert [ABOVE.true(value, told=False) for value in (9, 10, 10.1)] == [False, False, True]
    assert [ABOVE.true(value, told=True) for value in (7.9, 8, 8.1, 9)] == [False, False, True, True]
    assert [BELOW.true(value, told=False) for value in (9.9, 10, 11)] == [True, False, False]
    assert [BELOW.true(value, told=True) for value in (11.9, 12, 12.1)] == [True, False, False]


def test_of_nothing_nothing_is_said() -> None:
    assert ABOVE.true(None, told=True) is None
    assert ABOVE.true(math.nan, told=False) is None


@given(st.floats(-100, 100))
def test_whoever_would_be_told_stays_told(value: float) -> None:
    for rule in (ABOVE, BELOW):
        assert rule.true(value, told=True) or not rule.true(value, told=False)


@pytest.mark.parametrize(
    "terms",
    [
        {"threshold": math.nan}, {"threshold": math.inf}, {"hysteresis": -1.0}, {"hold": timedelta(days=2)},
        {"hold": timedelta(seconds=-1)}, {"actions": (Action.NOTIFY, Action.NOTIFY)},
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(InvalidAlarm):
        Rule(**{"figure": "x", "comparison": Comparison.ABOVE, "threshold": 1.0, **terms})  # type: ignore[arg-type]
