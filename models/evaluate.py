"""How well scores tell defective from good: AUROC, average precision and recall at few false rejects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
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


def pixel_auroc(masks: Sequence[NDArray[np.bool_]], maps: Sequence[NDArray[np.floating]]) -> float:
    """AUROC over all pixels; each image's mask and map have the same (rows, columns)."""
    return auroc(np.concatenate([m.ravel() for m in masks]), np.concatenate([m.ravel() for m in maps]))


def aupro(
    masks: Sequence[NDArray[np.bool_]], maps: Sequence[NDArray[np.floating]], limit: float = 0.3, steps: int = 200
) -> float:
    """Area under the mean share of each defect region found, over the share of good pixels marked, from 0 to `limit`
    and divided by it (Bergmann et al., 2020)."""
    good = np.concatenate([m[~mask].ravel() for mask, m in zip(masks, maps, strict=True)])
    regions = [m[labels == k] for mask, m in zip(masks, maps, strict=True) for labels, k in _regions(mask)]
    if not regions or not len(good):
        raise Undefined("AUPRO needs outlined defects and good pixels.")
    # A share `a` of good pixels lies above the (1 - a) quantile.
    marked = np.linspace(0, limit, steps)
    thresholds = np.quantile(good, 1 - marked)
    ordered = [np.sort(region) for region in regions]
    found = np.mean([1 - np.searchsorted(r, thresholds, side="right") / len(r) for r in ordered], axis=0)
    return float(np.trapezoid(found, marked) / limit)


def _regions(mask: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.int64], int]]:
    labels, count = label(mask, structure=np.ones((3, 3)))
    yield from ((np.asarray(labels, np.int64), k) for k in range(1, count + 1))


def _counts(defective: NDArray[np.bool_]) -> tuple[int, int]:
    bad = int(defective.sum())
    if bad in (0, len(defective)):
        raise Undefined("These figures need good and defective images.")
    return bad, len(defective) - bad
