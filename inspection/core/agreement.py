"""How well people agree: shares, kappas and Gwet's AC1 in closed form, each with an interval.

Ratings of many raters come as counts, one row for each item and one column for each category; rows may have different
numbers of raters. What cannot be said (nothing rated twice, one category only) is None, never a number that is none.
Kappa falls where one category is rare although people agree as before; AC1 does not, so both are told.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inspection.core.evidence import lower_bound, rate

CONFIDENCE = 0.95
GOOD, MARGINAL = 0.9, 0.7


class Band(StrEnum):
    """An agreement in a word: good from .9 on, marginal from .7 on."""

    GOOD = "good"
    MARGINAL = "marginal"
    UNACCEPTABLE = "unacceptable"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure with its two-sided interval, from so many items."""

    value: float
    low: float
    high: float
    items: int

    @property
    def band(self) -> Band:
        """The figure in a word."""
        if self.value >= GOOD:
            return Band.GOOD
        return Band.MARGINAL if self.value >= MARGINAL else Band.UNACCEPTABLE


def proportion(events: int, trials: int, confidence: float = CONFIDENCE) -> Estimate | None:
    """A share with its exact interval (Clopper and Pearson, 1934); None without trials."""
    if trials == 0:
        return None
    tail = (1 - confidence) / 2
    low, high = lower_bound(events, trials, tail), rate(events, trials, tail).upper
    return Estimate(value=events / trials, low=low, high=high, items=trials)


def cohen(table: ArrayLike, confidence: float = CONFIDENCE) -> Estimate | None:
    """Cohen's kappa of two raters (1960); `table[i][j]` counts items that the first called i and the second j.

    Its variance is that of Fleiss, Cohen and Everitt (1969). None without items, and where both always use the same
    single category: chance then explains everything.
    """
    counts = _counts(table)
    if counts.shape[0] != counts.shape[1]:
        raise ValueError("Both raters choose from the same categories: the table is square.")
    items = int(counts.sum())
    if items == 0:
        return None
    p = counts / items
    first, second = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float(np.trace(p)), float(first @ second)
    if chance >= 1:
        return None
    on = np.diag(p) @ ((1 - chance) - (first + second) * (1 - observed)) ** 2
    apart = p * (second[:, None] + first[None, :]) ** 2
    off = (1 - observed) ** 2 * (apart.sum() - np.trace(apart))
    variance = (on + off - (observed * chance - 2 * chance + observed) ** 2) / (items * (1 - chance) ** 4)
    from scipy.special import ndtri  # late: half a second of every start otherwise

    width = float(ndtri((1 + confidence) / 2)) * math.sqrt(max(float(variance), 0.0))
    return _around(observed, chance, width, items, confidence)


def fleiss(ratings: ArrayLike, confidence: float = CONFIDENCE) -> Estimate | None:
    """Fleiss' kappa of any number of raters (1971), who need not be the same for each item.

    Its variance is Gwet's linearised one (Handbook of Inter-Rater Reliability, 4th ed., 2014, ch. 5). That of Fleiss,
    Nee and Landis (1979) holds only where there is no agreement at all: it tests, and gives no interval.
    """
    said = _Ratings.of(ratings)
    return None if said is None else said.chance_corrected(said.share, confidence)


def ac1(ratings: ArrayLike, confidence: float = CONFIDENCE) -> Estimate | None:
    """Gwet's AC1 of any number of raters, with its linearised variance (Gwet, 2008)."""
    said = _Ratings.of(ratings)
    if said is None:
        return None
    return said.chance_corrected((1 - said.share) / (len(said.share) - 1), confidence)


def observed(ratings: ArrayLike) -> float | None:
    """Of two ratings of one item, drawn at random, the share that are the same; None where nothing was rated twice."""
    said = _Ratings.of(ratings)
    return None if said is None else said.observed


@dataclass(frozen=True, kw_only=True)
class _Ratings:
    """Items by categories, as shares of each item's ratings; `each` is the agreement within an item that was rated
    twice or more, `share` that of each category over all items."""

    rated: NDArray[np.float64]
    twice: NDArray[np.bool_]
    each: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, ratings: ArrayLike) -> "_Ratings | None":
        counts = _counts(ratings)
        if counts.shape[1] < 2:
            raise ValueError("Agreement needs two categories at least.")
        counts = counts[counts.sum(axis=1) > 0]
        raters = counts.sum(axis=1)
        twice = raters >= 2
        if not twice.any():
            return None
        pairs = np.where(twice, raters * (raters - 1), 1)
        each = np.where(twice, (counts * (counts - 1)).sum(axis=1) / pairs, 0.0)
        rated = counts / raters[:, None]
        return cls(rated=rated, twice=twice, each=each, share=rated.mean(axis=0))

    @property
    def observed(self) -> float:
        return float(self.each.sum() / self.twice.sum())

    def chance_corrected(self, per_rating: NDArray[np.float64], confidence: float) -> Estimate | None:
        """The agreement beyond chance; `per_rating` is the chance that a rating of each category is met by another."""
        items, chance = len(self.rated), float(self.share @ per_rating)
        if chance >= 1 - 1e-12:
            return None
        value = (self.observed - chance) / (1 - chance)
        if items < 2:
            return Estimate(value=value, low=-1.0, high=1.0, items=items)
        within = items / self.twice.sum() * (self.each - chance * self.twice) / (1 - chance)
        met = self.rated @ per_rating
        linear = within - 2 * (1 - value) * (met - chance) / (1 - chance)
        variance = float(((linear - value) ** 2).sum()) / (items * (items - 1))
        from scipy.special import stdtrit  # late, as above

        width = float(stdtrit(items - 1, (1 + confidence) / 2)) * math.sqrt(variance)
        return _around(self.observed, chance, width, int(self.twice.sum()), confidence)


def _around(agreed: float, chance: float, width: float, items: int, confidence: float) -> Estimate:
    """The coefficient with its interval. A variance of 0 tells nothing: where all agree, the interval then begins where
    the exact one of the agreement itself begins, under the same chance; elsewhere everything is open."""
    value = (agreed - chance) / (1 - chance)
    if agreed >= 1 - 1e-12:
        width = (1 - lower_bound(items, items, (1 - confidence) / 2)) / (1 - chance)
    elif width < 1e-6:
        width = 2.0
    return Estimate(value=value, low=max(value - width, -1.0), high=min(value + width, 1.0), items=items)


def _counts(table: ArrayLike) -> NDArray[np.float64]:
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2:
        raise ValueError("Ratings come as a table: items or one rater's categories, by categories.")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.round(counts)).any():
        raise ValueError("Ratings are counted: whole numbers from 0 on.")
    return counts
