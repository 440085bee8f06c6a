"""Scores mean the same for every view: where good images lie on the curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models import calibrate

FIGURES = arrays(np.float64, st.integers(2, 60), elements=st.floats(-1e3, 1e3, width=32))


@given(FIGURES, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_score_lies_between_0_and_1_and_never_falls(good: np.ndarray, one: float, other: float) -> None:
    curve = calibrate.fit_curve(good)
    low, high = curve.score(min(one, other)), curve.score(max(one, other))
    assert 0 <= low <= high <= 1


@given(FIGURES)
def test_the_median_good_image_scores_15_percent(good: np.ndarray) -> None:
    curve = calibrate.fit_curve(good)
    assert curve.score(float(np.median(good))) == pytest.approx(0.15, abs=0.01) or curve.width == pytest.approx(1e-6)


def test_about_one_good_image_in_a_thousand_scores_half() -> None:
    shares = []
    for seed in range(20):
        dice = np.random.default_rng(seed)
        curve = calibrate.fit_curve(dice.normal(size=80))
        shares.append((curve.scores(dice.normal(size=20_000)) >= 0.5).mean())
    assert 0.0001 < np.mean(shares) < 0.004


@given(FIGURES)
def test_a_limit_lies_above_most_good_images(good: np.ndarray) -> None:
    assert calibrate.upper_limit(good) >= np.quantile(good, 0.9)


def test_a_scale_ignores_a_few_wild_values() -> None:
    calm = np.random.default_rng(1).normal(10, 2, 100)
    wild = np.append(calm, [1e6] * 5)
    assert calibrate.scale_of(wild).centre == pytest.approx(10, abs=1)
    assert calibrate.scale_of(wild).spread == pytest.approx(2, abs=0.5)


def test_figures_without_spread_have_a_scale_all_the_same() -> None:
    scale = calibrate.scale_of(np.full(12, 5.0))
    assert scale.spread > 0
    assert np.isfinite(calibrate.standard(np.array([5.0, 6.0]), scale)).all()


def test_far_out_finds_the_lone_ones() -> None:
    values = np.append(np.random.default_rng(2).normal(size=60), [12.0, 15.0])
    assert np.flatnonzero(calibrate.far_out(values)).tolist() == [60, 61]


def test_novelty_asks_for_more_than_the_good_images_show() -> None:
    assert calibrate.novelty_limit(np.random.default_rng(3).normal(size=60)) >= 8
    assert calibrate.novelty_limit(np.array([0.0] * 50 + [30.0] * 10)) > 30
