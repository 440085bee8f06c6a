"""Figures against their plain definitions."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models import evaluate

LABELLED = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40)


def split(pairs: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    defective = np.array([bad for bad, _ in pairs])
    assume(0 < defective.sum() < len(defective))
    return defective, np.array([float(score) for _, score in pairs])


@given(LABELLED)
def test_auroc_is_the_share_of_pairs_in_order(pairs: list[tuple[bool, int]]) -> None:
    defective, scores = split(pairs)
    ahead = scores[defective][:, None] - scores[~defective][None]
    assert evaluate.auroc(defective, scores) == pytest.approx(((ahead > 0) + 0.5 * (ahead == 0)).mean())


@given(LABELLED)
def test_average_precision_sums_precision_over_recall(pairs: list[tuple[bool, int]]) -> None:
    defective, scores = split(pairs)
    total, before = 0.0, 0
    for threshold in sorted(set(scores), reverse=True):
        taken = scores >= threshold
        found = int(defective[taken].sum())
        total += (found - before) / defective.sum() * found / taken.sum()
        before = found
    assert evaluate.average_precision(defective, scores) == pytest.approx(total)


@given(LABELLED, st.sampled_from([0.0, 0.01, 0.05, 0.3]))
def test_recall_never_rejects_more_good_ones_than_allowed(pairs: list[tuple[bool, int]], allowed: float) -> None:
    defective, scores = split(pairs)
    recalls = [
        (scores[defective] >= threshold).mean()
        for threshold in [*scores, np.inf]
        if (scores[~defective] >= threshold).mean() <= allowed
    ]
    assert evaluate.recall_at(defective, scores, allowed) == pytest.approx(max(recalls))


def test_a_perfect_model_has_perfect_figures() -> None:
    found = evaluate.figures(np.array([False] * 50 + [True] * 50), np.arange(100.0))
    assert found == evaluate.Figures(auroc=1, average_precision=1, recall_1=1, recall_5=1)


def test_figures_need_both_kinds() -> None:
    with pytest.raises(evaluate.Undefined, match="good and defective"):
        evaluate.auroc(np.array([True, True]), np.array([0.1, 0.2]))
