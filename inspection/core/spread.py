"""How times are spread: counts by size, from which quantiles are read."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inspection.core.metrics import SECONDS, Metric

Series = tuple[Metric, tuple[str, ...]]
"""A metric under one set of label values."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Counts of times in seconds, one for each of SECONDS' upper bounds and one beyond the last; and their sum."""

    counts: tuple[int, ...] = (0,) * (len(SECONDS) + 1)
    total_s: float = 0.0

    @property
    def count(self) -> int:
        """How many times there are."""
        return sum(self.counts)

    def __add__(self, other: "Spread") -> "Spread":
        return Spread(
            counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)),
            total_s=self.total_s + other.total_s,
        )

    def __sub__(self, earlier: "Spread") -> "Spread":
        return Spread(
            counts=tuple(a - b for a, b in zip(self.counts, earlier.counts, strict=True)),
            total_s=self.total_s - earlier.total_s,
        )

    def quantile(self, share: float) -> float | None:
        """The time in seconds that this share of times is below, even within its bin, as PromQL's histogram_quantile
        reads it: the last bound where it lies beyond. None where there are no times."""
        rank, below = share * self.count, 0
        if not self.count:
            return None
        for i, upper in enumerate(SECONDS):
            if below + self.counts[i] >= rank and self.counts[i]:
                lower = SECONDS[i - 1] if i else 0.0
                return lower + (upper - lower) * (rank - below) / self.counts[i]
            below += self.counts[i]
        return SECONDS[-1]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What was counted and timed up to a moment, or between two."""

    counts: Mapping[Series, int]
    times: Mapping[Series, Spread]


def bin_of(seconds: float) -> int:
    """The number of the bin that a time falls into."""
    return bisect_left(SECONDS, seconds)


def together(spreads: Iterable[Spread]) -> Spread:
    """All of them as one."""
    return sum(spreads, Spread())
