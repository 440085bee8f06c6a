"""Automation bias: do people go along with a wrong suggestion when they see it?"""

import math
from dataclasses import dataclass

import numpy as np

from inspection.core.agreement import CONFIDENCE, Estimate, proportion

FEWEST = 10  # wrong suggestions on each side; below that nothing is said


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One share less another: its interval (Newcombe, 1998), and the chance that sides without a difference differ as
    much or more (Fisher, two-sided)."""

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, kw_only=True)
class Bias:
    """Of the AI's wrong suggestions, on how many people said the same: of `shown` that they saw `went_along`, of
    `hidden` that they did not see `said_so_too`."""

    shown: int = 0
    went_along: int = 0
    hidden: int = 0
    said_so_too: int = 0

    @property
    def seen(self) -> Estimate | None:
        """The share that went along with a wrong suggestion they saw."""
        return proportion(self.went_along, self.shown)

    @property
    def unseen(self) -> Estimate | None:
        """The share that made the same mistake by themselves."""
        return proportion(self.said_so_too, self.hidden)

    @property
    def enough(self) -> bool:
        """Whether there are enough wrong suggestions on both sides to say anything."""
        return min(self.shown, self.hidden) >= FEWEST

    @property
    def difference(self) -> Difference | None:
        """By how much more often they go along with what they see; None while there is too little."""
        return difference(self.went_along, self.shown, self.said_so_too, self.hidden) if self.enough else None


def difference(first: int, of: int, second: int, of_second: int, confidence: float = CONFIDENCE) -> Difference:
    """The difference of two independent shares, with the score interval without continuity correction: method 10 of
    Newcombe (Statistics in Medicine 17, 1998, 873-890), and Fisher's exact test."""
    if min(of, of_second) < 1:
        raise ValueError("Both sides need at least one case.")
    from scipy.stats import fisher_exact  # late: half a second of every start otherwise

    a, b = first / of, second / of_second
    low_a, high_a = wilson(first, of, confidence)
    low_b, high_b = wilson(second, of_second, confidence)
    return Difference(
        value=a - b,
        low=max(a - b - math.hypot(a - low_a, high_b - b), -1.0),
        high=min(a - b + math.hypot(high_a - a, b - low_b), 1.0),
        p=float(fisher_exact(np.array([[first, of - first], [second, of_second - second]]))[1]),
    )


def wilson(events: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The score interval of a share (Wilson, 1927)."""
    from scipy.special import ndtri  # late, as above

    z = float(ndtri((1 + confidence) / 2))
    share, spread = events / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)
