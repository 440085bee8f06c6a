"""Which parts make the score: the first mix of the list that is not clearly worse than the best one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluate import auroc
from models.mix import ANOMALY, CELLS, KERNEL, TUNED, choose, difference_error

DEFECTIVE, ALONE = np.arange(60) < 15, np.arange(60)


def figures(seed: int, gain: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=60) + gain * DEFECTIVE


def test_the_error_of_a_difference_is_what_resampling_gives() -> None:
    dice, many = np.random.default_rng(0), 4000
    defective = np.arange(400) < 100
    common = dice.normal(size=400) + defective
    one, other = common + 0.7 * dice.normal(size=400), common + 0.7 * dice.normal(size=400)
    found = []
    for _ in range(many):
        rows = np.concatenate(
            [dice.choice(np.flatnonzero(defective == kind), (defective == kind).sum()) for kind in (0, 1)]
        )
        found.append(auroc(defective[rows], one[rows]) - auroc(defective[rows], other[rows]))
    assert difference_error(defective, one, other, np.arange(400)) == pytest.approx(np.std(found), rel=0.1)


def test_images_of_one_group_are_no_more_evidence_than_one_of_them() -> None:
    one, other = figures(1, 1.0), figures(2, 1.0)
    alone = difference_error(DEFECTIVE, one, other, ALONE)
    four = [np.repeat(each, 4) for each in (DEFECTIVE, one, other)]
    assert difference_error(*four, np.repeat(ALONE, 4)) == pytest.approx(alone, rel=0.05)
    assert difference_error(*four, np.arange(240)) == pytest.approx(alone / 2, rel=0.05)


def test_one_group_tells_nothing() -> None:
    one, other = figures(1, 1.0), figures(2, 1.0)
    for kind in (DEFECTIVE, ~DEFECTIVE):
        assert difference_error(DEFECTIVE, one, other, np.where(kind, 0, ALONE + 1)) == np.inf
        assert difference_error(DEFECTIVE, one, other, np.where(kind, ALONE % 2, ALONE + 2)) < 1


@given(st.integers(0, 99), st.floats(0, 3))
def test_a_score_does_not_differ_from_itself_nor_from_its_like(seed: int, gain: float) -> None:
    raw = figures(seed, gain)
    assert difference_error(DEFECTIVE, raw, raw, ALONE) == 0
    assert difference_error(DEFECTIVE, raw, np.exp(raw), ALONE) == pytest.approx(0, abs=1e-9)


def test_a_part_that_helps_by_chance_hardly_ever_changes_the_mix() -> None:
    chosen = []
    for draw in range(0, 400, 4):
        parts = {part: figures(draw + k, 1.5) for k, part in enumerate((ANOMALY, KERNEL, TUNED, CELLS))}
        choice = choose(parts, DEFECTIVE, ALONE)
        assert max(trial.auroc for trial in choice.trials) >= choice.trial.auroc
        chosen.append(choice.trial is choice.trials[0])
    assert sum(chosen) >= 85


def test_a_part_that_clearly_helps_does() -> None:
    parts = {ANOMALY: figures(1, 0.2), KERNEL: figures(2, 0.2), TUNED: figures(3, 0.2), CELLS: figures(4, 6.0)}
    assert "cells" in choose(parts, DEFECTIVE, ALONE).trial.mix.weights
    parts = {ANOMALY: figures(1, 6.0), KERNEL: figures(2, -2.0), TUNED: figures(3, -2.0)}
    assert choose(parts, DEFECTIVE, ALONE).trial.words == "anomaly"


def test_each_part_weighs_as_much_as_it_tells() -> None:
    alike = {part: figures(k, 1.5) for k, part in enumerate((ANOMALY, KERNEL, TUNED))}
    weights = choose(alike, DEFECTIVE, ALONE).trials[0].mix.weights
    assert set(weights) == set(alike)
    assert min(weights.values()) > 0.4
    weights = choose({**alike, TUNED: figures(9, 8.0)}, DEFECTIVE, ALONE).trials[0].mix.weights
    assert weights[TUNED] == 1
    assert max(weights.get(KERNEL, 0), weights.get(ANOMALY, 0)) < 0.2
    assert ANOMALY not in choose({**alike, ANOMALY: figures(9, -1.0)}, DEFECTIVE, ALONE).trials[0].mix.weights


@given(st.integers(0, 200))
def test_a_part_that_is_nearly_always_right_is_not_drowned_by_the_others(seed: int) -> None:
    parts = {ANOMALY: figures(seed, 0.5), KERNEL: figures(seed + 1, 0.5), TUNED: figures(seed + 2, 7.0)}
    choice = choose(parts, DEFECTIVE, ALONE)
    assert choice.trial.auroc >= auroc(DEFECTIVE, parts[TUNED]) - 0.005
