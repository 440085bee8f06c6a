"""What labels prove about the AI: exact bounds on escapes and overkill, and thresholds that keep them.

The numbers count units whose labels were given blind, so that the model could not lead its own judge.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A unit with the model's score (of its worst view) and the truth a person gave."""

    score: float
    defective: bool


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`events` in `trials`, with the one-sided upper bound at the stated confidence (Clopper and Pearson, 1934)."""

    events: int
    trials: int
    upper: float


def rate(events: int, trials: int, delta: float = 0.05) -> Rate:
    """A rate with its exact upper bound, held with confidence 1 - delta; without trials the bound is 1."""
    from scipy.special import betaincinv  # late: half a second of every start otherwise

    upper = 1.0 if events >= trials else float(betaincinv(events + 1, trials - events, 1 - delta))
    return Rate(events=events, trials=trials, upper=upper)


def labels_needed(limit: float, delta: float = 0.05) -> int:
    """How many clean labels prove a rate of at most `limit`: the least n with (1 - limit)^n <= delta."""
    if not 0 < limit < 1 or not 0 < delta < 1:
        raise ValueError("limit and delta lie between 0 and 1.")
    return math.ceil(math.log(delta) / math.log1p(-limit))


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """Thresholds that keep escapes and overkill (per unit) within their limits; None where no threshold is proved."""

    pass_below: float | None
    reject_above: float | None


def suggest(graded: Sequence[Graded], escape_limit: float, overkill_limit: float, delta: float = 0.05) -> Suggestion:
    """Fixed-sequence test from the strictest threshold outward, stopping at the first that fails (Angelopoulos et al.,
    Learn then Test, 2021). The risk is per unit: P(defective and passed) and P(good and rejected)."""
    scores = np.array([g.score for g in graded], dtype=np.float64)
    defective = np.array([g.defective for g in graded], dtype=bool)
    low = _last_proved(scores, defective, escape_limit, delta)
    high = _last_proved(-scores, ~defective, overkill_limit, delta)
    high = None if high is None else -high
    if low is not None and high is not None and low >= high:
        low = _under(scores, high)
    return Suggestion(pass_below=low, reject_above=high)


def _last_proved(scores: NDArray[np.float64], bad: NDArray[np.bool_], limit: float, delta: float) -> float | None:
    """The largest score t such that `bad` units with scores <= t stay within the limit, ties counted together."""
    from scipy.special import bdtr  # late, as above

    candidates, place = np.unique(scores, return_inverse=True)
    events = np.cumsum(np.bincount(place, weights=bad, minlength=len(candidates)))
    failed = (bdtr(events, len(scores), limit) > delta) | ~np.isfinite(candidates)
    proved = len(candidates) if not failed.any() else int(np.argmax(failed))
    return float(candidates[proved - 1]) if proved else None


def _under(scores: NDArray[np.float64], high: float) -> float | None:
    below = scores[scores < high]
    return float(below.max()) if below.size else None
