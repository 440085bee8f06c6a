"""Simulated lines whose risks are known exactly: scores on a grid of levels, with a law for good and for defective."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from inspection.core.risk import Risk


@dataclass(frozen=True, kw_only=True)
class Law:
    """A line: `levels` equally spaced scores from 0 to 1 that good and defective units take with probabilities drawn
    from normal laws `apart` standard deviations from one another; `prevalence` of the units are defective."""

    prevalence: float
    levels: int = 2000
    apart: float = 4.0

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        return np.linspace(0, 1, self.levels)

    @cached_property
    def chances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Chance of each level and good, and of each level and defective."""
        edges = np.concatenate([[-np.inf], (self.scores[1:] + self.scores[:-1]) / 2, [np.inf]])
        spread = 1 / (self.apart + 4)
        good, bad = (np.diff(norm.cdf(edges, mean, spread)) for mean in (2 * spread, 1 - 2 * spread))
        return (1 - self.prevalence) * good, self.prevalence * bad

    def draw(self, n: int, dice: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores and truths of n units."""
        good, bad = self.chances
        at = np.searchsorted(np.cumsum(np.concatenate([good, bad]))[:-1], dice.random(n))
        return self.scores[at % self.levels], at >= self.levels

    def escape_risk(self, pass_below: float | None, definition: Risk) -> float:
        """The true risk of passing what scores at most `pass_below`."""
        good, bad = self.chances
        passed = np.zeros(self.levels, bool) if pass_below is None else self.scores <= pass_below
        return _risk(good, bad, passed, definition)

    def overkill_risk(self, reject_above: float | None, definition: Risk) -> float:
        """The true risk of rejecting what scores at least `reject_above`."""
        good, bad = self.chances
        rejected = np.zeros(self.levels, bool) if reject_above is None else self.scores >= reject_above
        return _risk(bad, good, rejected, definition)

    def automated(self, pass_below: float | None, reject_above: float | None) -> float:
        """The share of units that the AI settles."""
        low = -1.0 if pass_below is None else pass_below
        high = 2.0 if reject_above is None else reject_above
        good, bad = self.chances
        return float((good + bad)[(self.scores <= low) | (self.scores >= high)].sum())

    def oracle(self, escape: float, overkill: float) -> float:
        """What somebody who knows the line could automate within both limits per unit."""
        good, bad = self.chances
        low = np.cumsum(bad) <= escape
        high = np.cumsum(good[::-1])[::-1] <= overkill
        return float((good + bad)[low | high].sum())


def _risk(
    right: NDArray[np.float64], wrong: NDArray[np.float64], decided: NDArray[np.bool_], definition: Risk
) -> float:
    errors = float(wrong[decided].sum())
    of = {
        Risk.PER_UNIT: 1.0,
        Risk.PER_DEFECTIVE: float(wrong.sum()),
        Risk.PER_PASSED: float((right + wrong)[decided].sum()),
    }[definition]
    return errors / of if errors else 0.0
