"""Whether a model's figures have shifted: sizes, distances and chances, against scipy, and when it alarms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial.distance import cdist

from benchmarks.shift import HEALTHY, autocorrelated, delays, false_alarms, independent, product_mix, vectors
from inspection.core.shift import BINS, BLOCKS, Drift, Shift, Trend, advance, deciles, histogram, psi, shift

FIGURES = arrays(np.float64, st.integers(10, 80), elements=st.floats(-1e3, 1e3, width=32))


def seen(size: float, p: float = 0.002) -> Shift:
    return Shift(psi=size, distance=1.0, p=p, reference=800, newest=400)


def looks(*sizes: float, p: float = 0.002) -> list[Drift]:
    trend, told = None, []
    for size in sizes:
        trend = advance(trend, seen(size, p))
        told.append(trend.state)
    return told


@given(FIGURES, FIGURES)
def test_distance_and_psi_are_what_they_are_called(old, new):
    found = shift(old, new, seed=1, rounds=19)
    assert found.distance == pytest.approx(stats.wasserstein_distance(old, new), abs=1e-6, rel=1e-6)
    assert found.psi >= 0
    assert 1 / 20 <= found.p <= 1
    assert (found.reference, found.newest) == (len(old), len(new))


@given(FIGURES)
def test_what_is_alike_has_not_shifted(old):
    found = shift(old, old, seed=1, rounds=19)
    assert found.psi == pytest.approx(0)
    assert found.distance == pytest.approx(0, abs=1e-9)
    assert found.p == 1


@given(FIGURES, FIGURES)
def test_psi_does_not_ask_for_the_unit(old, new):
    """A power of two changes no digit."""
    assert psi(old * 8, new * 8) == pytest.approx(psi(old, new))


def test_the_energy_distance_is_scipys():
    dice = np.random.default_rng(5)
    old, new = dice.standard_normal((60, 1)), dice.standard_normal((40, 1)) + 0.5
    found = shift(old, new, seed=1, rounds=9)
    assert math.sqrt(found.distance) == pytest.approx(stats.energy_distance(old[:, 0], new[:, 0]))
    old, new = dice.standard_normal((60, 5)), dice.standard_normal((40, 5)) * 2
    apart = 2 * cdist(old, new).mean() - cdist(old, old).mean() - cdist(new, new).mean()
    assert shift(old, new, seed=1, rounds=9).distance == pytest.approx(apart)


def test_psi_of_two_samples_of_one_law_is_as_large_as_theory_says():
    """Yurdakul and Naranjo, 2020; half an image more in each bin takes a little off."""
    dice = np.random.default_rng(1)
    found = [psi(dice.standard_normal(800), dice.standard_normal(400)) for _ in range(300)]
    assert np.mean(found) == pytest.approx((BINS - 1) * (1 / 800 + 1 / 400), rel=0.1)


def test_an_empty_bin_counts_half_an_image():
    """All of 100 new figures in the last of ten bins that held ten of a hundred each."""
    full, empty, before = 100.5 / 105, 0.5 / 105, 10.5 / 105
    expected = (full - before) * math.log(full / before) + 9 * (empty - before) * math.log(empty / before)
    assert psi(np.arange(100), np.full(100, 99.0)) == pytest.approx(expected)


def test_figures_that_are_all_the_same_shift_both_ways():
    """A model that answers 0 nearly always has one value that fills many bins."""
    same = np.zeros(100)
    assert psi(same, same) == 0
    assert psi(same, same + 1) > 1
    assert psi(same, same - 1) > 1
    assert len(deciles(same)) == 2


def test_p_is_uniform_on_healthy_images_and_blocks_keep_it_so_on_those_that_are_alike():
    """Single images dealt anew would call nearly half of all healthy stretches a shift at 5 %."""

    def found(stream, at: float) -> float:
        series = [stream(run, 1500) for run in range(60)]
        return float(np.mean([shift(x[:1000], x[1000:], seed=1, rounds=99).p <= at for x in series]))

    at_5 = [found(independent, 0.05), found(lambda seed, images: autocorrelated(seed, images, 0.9), 0.05)]
    at_50 = found(independent, 0.5)
    assert at_5[0] <= 0.12
    assert at_5[1] <= 0.15
    assert min(at_5) >= 1 / 60, "a p that is never small finds nothing"
    assert 0.3 <= at_50 <= 0.7


def test_blocks_are_dealt_whole(monkeypatch):
    from inspection.core import shift as rule

    monkeypatch.setattr(rule, "BLOCKS", 100)  # one image each
    x = [autocorrelated(run, 300, 0.95) for run in range(30)]
    lied = np.mean([shift(one[:200], one[200:], seed=1, rounds=99).p <= 0.05 for one in x])
    monkeypatch.setattr(rule, "BLOCKS", BLOCKS)
    true = np.mean([shift(one[:200], one[200:], seed=1, rounds=99).p <= 0.05 for one in x])
    assert lied > 0.5
    assert true < lied / 2


def test_the_same_seed_gives_the_same_chance():
    old, new = independent(1, 400), independent(2, 200)
    assert shift(old, new, seed=3) == shift(old, new, seed=3)


def test_a_drift_takes_size_and_chance():
    assert looks(0.09, 0.5, p=0.02) == [Drift.STEADY, Drift.STEADY], "by chance"
    assert looks(0.09) == [Drift.STEADY], "certain, and too small to matter"


def test_warn_at_a_small_shift_and_alarm_at_two_large_ones_of_three():
    assert looks(0.12) == [Drift.WARNING]
    assert looks(0.3, 0.01, 0.3) == [Drift.WARNING, Drift.STEADY, Drift.ALARM]
    assert looks(0.3, 0.01, 0.01, 0.3)[-1] is Drift.WARNING
    assert looks(1.2) == [Drift.ALARM], "a lens that is knocked does not wait"


def test_an_alarm_ends_well_inside_its_limit():
    alarmed = Trend(state=Drift.ALARM, far=(True, True))
    assert advance(alarmed, seen(0.2)).state is Drift.ALARM
    assert advance(Trend(state=Drift.ALARM, far=(False, False)), seen(0.2)).state is Drift.WARNING
    assert advance(Trend(state=Drift.WARNING, far=(False, False)), seen(0.08)).state is Drift.WARNING
    assert advance(Trend(state=Drift.WARNING, far=(False, False)), seen(0.07)).state is Drift.STEADY


def test_histograms_take_what_lies_beyond():
    assert histogram([-1, 0.1, 0.5, 0.99, 7], [0, 0.5, 1]) == (2, 3)


@pytest.mark.parametrize(("line", "at_most"), list(zip(list(HEALTHY)[:5], (0, 0.5, 1, 1, 0.5), strict=True)))
def test_a_healthy_line_is_left_in_peace(line: str, at_most: float) -> None:
    """Bounds on what docs/drift.md says."""
    assert false_alarms(HEALTHY[line], runs=1 if "features" in line else 2, seed=100) <= at_most


@pytest.mark.parametrize(("by", "within"), [(1.0, 1200), (2.0, 600)])
@pytest.mark.parametrize("stream", [independent, autocorrelated, product_mix])
def test_a_change_is_found_in_time(stream, by: float, within: int) -> None:  # type: ignore[no-untyped-def]
    assert max(delays(stream, by, runs=3, seed=100, most=within + 400)) <= within


def test_features_that_move_are_found_in_time() -> None:
    assert max(delays(vectors, 0.7, runs=1, seed=100, most=1200)) <= 800
