"""Exact bounds, and thresholds that keep them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from inspection.core.evidence import Graded, labels_needed, rate, suggest


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


def a_line(n: int, prevalence: float, seed: int) -> list[Graded]:
    dice = np.random.default_rng(seed)
    defective = dice.random(n) < prevalence
    raw = np.where(defective, dice.normal(2.2, 1, n), dice.normal(-2, 1, n))
    return [Graded(score=float(1 / (1 + np.exp(-r))), defective=bool(d)) for r, d in zip(raw, defective, strict=True)]


def test_thresholds_keep_their_limits_as_often_as_stated() -> None:
    broken = proposed = 0
    future = a_line(200_000, 0.05, 999)
    scores = np.array([g.score for g in future])
    bad = np.array([g.defective for g in future])
    for seed in range(200):
        found = suggest(a_line(1500, 0.05, seed), escape_limit=0.01, overkill_limit=0.05)
        proposed += found.pass_below is not None
        if found.pass_below is not None:
            broken += float(np.mean(bad & (scores <= found.pass_below))) > 0.01
    assert proposed > 190
    assert broken <= binom.ppf(0.999, 200, 0.05)


def test_too_few_labels_prove_no_threshold() -> None:
    good = [Graded(score=i / 1000, defective=False) for i in range(labels_needed(0.01) - 1)]
    assert suggest(good, 0.01, 0.05).pass_below is None
    assert suggest([], 0.01, 0.05).pass_below is None
    assert suggest([*good, Graded(score=0.0, defective=False)], 0.01, 0.05).pass_below is not None


def test_a_score_that_is_no_number_becomes_no_threshold() -> None:
    graded = [Graded(score=0.1, defective=False)] * 600 + [Graded(score=float("nan"), defective=False)]
    assert suggest(graded, 0.01, 0.05).pass_below == 0.1
    assert suggest([Graded(score=float("nan"), defective=True)] * 600, 0.01, 0.05).reject_above is None


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


cases = st.lists(
    st.builds(Graded, score=st.sampled_from([i / 10 for i in range(11)]), defective=st.booleans()), max_size=300
)


@settings(max_examples=100, deadline=None)
@given(graded=cases, escape=st.floats(0.01, 0.3), overkill=st.floats(0.01, 0.3))
def test_what_is_suggested_passes_its_own_test_at_every_stricter_threshold(
    graded: list[Graded], escape: float, overkill: float
) -> None:
    found, n = suggest(graded, escape, overkill), len(graded)
    for score in {g.score for g in graded}:
        escapes = sum(g.defective and g.score <= score for g in graded)
        kills = sum(not g.defective and g.score >= score for g in graded)
        if found.pass_below is not None and score <= found.pass_below:
            assert rate(escapes, n).upper <= escape * (1 + 1e-9)
        if found.reject_above is not None and score >= found.reject_above:
            assert rate(kills, n).upper <= overkill * (1 + 1e-9)


def test_equal_scores_stand_or_fall_together() -> None:
    tied = [Graded(score=0.2, defective=i < 60) for i in range(600)]
    assert suggest(tied, 0.01, 0.05).pass_below is None


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_two_thresholds_never_cross(seed: int) -> None:
    found = suggest(a_line(800, 0.3, seed), 0.2, 0.2)
    if found.pass_below is not None and found.reject_above is not None:
        assert found.pass_below < found.reject_above
