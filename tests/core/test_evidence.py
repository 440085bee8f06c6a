"""Exact bounds, and thresholds that keep them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from inspection.core.evidence import (
    audit_share_for,
    labels_needed,
    labels_needed_at,
    lower_bound,
    most_events,
    rate,
    upper_bounds,
)


@pytest.mark.parametrize(
    ("limit", "needed"), [(0.05, 59), (0.02, 149), (0.01, 299), (0.005, 598), (0.001, 2995), (0.0001, 29956)]
)
def test_the_table_of_labels_needed(limit: float, needed: int) -> None:
    assert labels_needed(limit) == needed
    assert binom.cdf(0, needed, limit) <= 0.05 < binom.cdf(0, needed - 1, limit)


@settings(max_examples=50, deadline=None)
@given(trials=st.integers(1, 5000), share=st.floats(0, 1))
def test_the_upper_bound_is_clopper_and_pearsons(trials: int, share: float) -> None:
    events = int(share * trials)
    exact = binomtest(events, trials).proportion_ci(confidence_level=0.90, method="exact")
    assert rate(events, trials).upper == pytest.approx(exact.high, abs=1e-9)


def test_no_trials_prove_nothing() -> None:
    assert rate(0, 0).upper == 1.0


@settings(max_examples=50, deadline=None)
@given(limit=st.floats(1e-4, 0.9), delta=st.floats(1e-6, 0.5))
def test_labels_needed_is_the_least_number_that_proves_the_limit(limit: float, delta: float) -> None:
    needed = labels_needed(limit, delta)
    assert rate(0, needed, delta).upper <= limit * (1 + 1e-9)
    assert needed == 1 or rate(0, needed - 1, delta).upper >= limit * (1 - 1e-9)


@pytest.mark.parametrize("wrong", [{"limit": 0.0}, {"limit": 1.0}, {"limit": 0.1, "delta": 0.0}, {"limit": math.nan}])
def test_limits_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        labels_needed(**wrong)


# The table of methods: zero to five escapes, at 95 % confidence.
@pytest.mark.parametrize(
    ("limit", "needed"),
    [
        (0.05, [59, 93, 124, 153, 181, 208]),
        (0.01, [299, 473, 628, 773, 913, 1049]),
        (0.001, [2995, 4742, 6294, 7752, 9151, 10511]),
    ],
)
def test_each_event_costs_more_labels(limit: float, needed: list[int]) -> None:
    assert [labels_needed(limit, 0.05, events) for events in range(6)] == needed


@settings(max_examples=50, deadline=None)
@given(trials=st.integers(0, 3000), limit=st.floats(1e-3, 0.9), delta=st.floats(1e-4, 0.5))
def test_the_most_events_that_still_prove_a_limit(trials: int, limit: float, delta: float) -> None:
    most = most_events(trials, limit, delta)
    assert most == -1 or binom.cdf(most, trials, limit) <= delta * (1 + 1e-9)
    assert trials == 0 or binom.cdf(most + 1, trials, limit) > delta * (1 - 1e-9)


@settings(max_examples=50, deadline=None)
@given(limit=st.floats(1e-3, 0.5), share=st.floats(0, 0.9))
def test_labels_at_the_observed_rate_prove_it_with_the_events_they_bring(limit: float, share: float) -> None:
    needed = labels_needed_at(share * limit, limit)
    assert needed is not None
    assert rate(int(share * limit * needed), needed).upper <= limit * (1 + 1e-9)


def test_no_number_of_labels_proves_what_is_not_so() -> None:
    assert labels_needed_at(0.01, 0.01) is None
    assert labels_needed_at(0.02, 0.01) is None
    assert labels_needed_at(0.0099999, 0.01) is None
    assert labels_needed_at(0.0, 0.001) == 2995
    # Half of a limit of 1 %: five events take 1,049 labels, which bring 5.2; six take 1,182, which bring 5.9.
    assert labels_needed_at(0.005, 0.01) == labels_needed(0.01, 0.05, 6) == 1182


@settings(max_examples=50, deadline=None)
@given(trials=st.integers(1, 5000), share=st.floats(0, 1))
def test_the_lower_bound_is_clopper_and_pearsons(trials: int, share: float) -> None:
    events = int(share * trials)
    exact = binomtest(events, trials).proportion_ci(confidence_level=0.90, method="exact")
    assert lower_bound(events, trials) == pytest.approx(exact.low, abs=1e-9)


def test_bounds_of_arrays_are_those_of_their_parts() -> None:
    events, trials = np.array([0, 3, 7, 0]), np.array([100, 50, 7, 0])
    each = [rate(int(e), int(t)).upper for e, t in zip(events, trials, strict=True)]
    assert upper_bounds(events, trials).tolist() == each


def test_the_audit_share_that_proves_a_limit_each_week() -> None:
    need = audit_share_for(0.001, 0.05, units_per_week=70_000)
    assert need.labels == 2995
    assert f"{need.share:.1%}" == "4.3%"
    assert audit_share_for(0.001, 0.05, units_per_week=1000).share > 1
    with pytest.raises(ValueError, match="some units"):
        audit_share_for(0.001, 0.05, units_per_week=0)
