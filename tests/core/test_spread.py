"""Quantiles from counts by size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.metrics import SECONDS
from inspection.core.spread import Spread, bin_of, together


def spread(*seconds: float) -> Spread:
    counts = [0] * (len(SECONDS) + 1)
    for one in seconds:
        counts[bin_of(one)] += 1
    return Spread(counts=tuple(counts), total_s=sum(seconds))


def test_a_time_belongs_to_the_first_bound_that_it_does_not_pass():
    assert [bin_of(0.0), bin_of(0.001), bin_of(0.0011), bin_of(1e9)] == [0, 0, 1, len(SECONDS)]


def test_quantiles_lie_even_within_a_bin_as_in_promql():
    four = spread(0.06, 0.07, 0.08, 0.09)  # the bin from 0.05 to 0.1
    assert four.quantile(0.5) == pytest.approx(0.075)
    assert four.quantile(1.0) == pytest.approx(0.1)


def test_no_times_have_no_quantile_and_the_longest_have_the_last_bound():
    assert Spread().quantile(0.5) is None
    assert spread(1e9).quantile(0.5) == SECONDS[-1]


@given(st.lists(st.floats(0, 2000), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_in_the_bin_of_the_real_one(times, share):
    found = spread(*times).quantile(share)
    real = sorted(times)[min(len(times) - 1, max(0, -int(-share * len(times) // 1) - 1))]
    low = SECONDS[bin_of(real) - 1] if bin_of(real) else 0.0
    high = SECONDS[min(bin_of(real), len(SECONDS) - 1)]
    assert min(low, high) <= found <= high


def test_spreads_add_and_take_away():
    one, two = spread(0.2), spread(3.0, 0.2)
    assert together([one, two]).count == 3
    assert together([one, two]) - one == two
