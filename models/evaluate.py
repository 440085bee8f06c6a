"""How well scores tell defective from good: AUROC, average precision and recall at few false rejects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


class Undefined(ValueError):
    """The figure needs at least one good and one defective image."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures per image; `recall_1` and `recall_5` are the shares of defects found at 1 % and 5 % false rejects."""

    auroc: float
    average_precision: float
    recall_1: float
    recall_5: float


def figures(defective: NDArray[np.bool_], scores: NDArray[np.floating]) -> Figures:
    """All figures of one set of images; higher scores mean more defective."""
    return Figures(
        auroc=auroc(defective, scores),
        average_precision=average_precision(defective, scores),
        recall_1=recall_at(defective, scores, 0.01),
        recall_5=recall_at(defective, scores, 0.05),
    )


def auroc(defective: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """Chance that a defective image scores above a good one, ties counted half."""
    bad, good = _counts(defective)
    return float((rankdata(scores)[defective].sum() - bad * (bad + 1) / 2) / (bad * good))


def average_precision(defective: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """Mean precision over the defects found, from the highest score down; tied scores are taken together."""
    bad, _ = _counts(defective)
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    found = np.cumsum(defective[order])[ends]
    return float((np.diff(found, prepend=0) * found / (ends + 1)).sum() / bad)


def recall_at(defective: NDArray[np.bool_], scores: NDArray[np.floating], false_rejects: float) -> float:
    """Largest share of defects at or above a threshold that at most this share of good images reaches."""
    bad, good = _counts(defective)
    allowed = int(false_rejects * good)
    threshold = np.sort(scores[~defective])[::-1][allowed] if allowed < good else -np.inf
    return float((scores[defective] > threshold).sum() / bad)


def _counts(defective: NDArray[np.bool_]) -> tuple[int, int]:
    bad = int(defective.sum())
    if bad in (0, len(defective)):
        raise Undefined("These figures need good and defective images.")
    return bad, len(defective) - bad
