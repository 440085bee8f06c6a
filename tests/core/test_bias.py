"""Automation bias: the difference of two shares against published examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.bias import Bias, difference, wilson


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090), ((10, 10, 0, 20), 0.6791, 1.0),
     ((5, 56, 0, 29), -0.0381, 0.1926)],
)  # fmt: skip
def test_the_interval_is_that_of_newcombes_examples(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    """Table II of Newcombe (1998), method 10."""
    found = difference(*counts)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_it_holds_the_difference_and_turns_with_the_sides(of: int, other: int, data: st.DataObject) -> None:
    first, second = data.draw(st.integers(0, of)), data.draw(st.integers(0, other))
    found, turned = difference(first, of, second, other), difference(second, other, first, of)
    assert -1 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert (turned.low, turned.high) == (pytest.approx(-found.high), pytest.approx(-found.low))
    assert 0 <= found.p <= 1 + 1e-12


def test_little_says_nothing() -> None:
    assert Bias().difference is None
    assert Bias().seen is None
    few = Bias(shown=9, went_along=9, hidden=50, said_so_too=0)
    assert (few.enough, few.difference) == (False, None)


def test_people_who_follow_are_seen_to_follow() -> None:
    found = Bias(shown=40, went_along=30, hidden=40, said_so_too=4).difference
    assert found is not None
    assert (found.value, found.low > 0.4, found.p < 0.001) == (0.65, True, True)
    even = Bias(shown=40, went_along=4, hidden=40, said_so_too=4).difference
    assert even is not None
    assert even.low < 0 < even.high


def test_wilsons_interval_stays_between_none_and_all() -> None:
    assert wilson(0, 10) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert wilson(10, 10)[1] == pytest.approx(1)


def test_a_side_without_cases_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        difference(0, 0, 1, 2)
