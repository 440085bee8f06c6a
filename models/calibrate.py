"""From distances to a score: robust scales from held-out good images, and a curve that puts them where they belong."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

TYPICAL_SCORE = 0.15
LIMIT_SCORE = 0.5
_LIMIT_SHARE = 0.001
_TAIL_SHARE = 0.1
_MAD_TO_SIGMA = 1.4826
_NOVELTY_FLOOR = 8.0
_NOVELTY_MARGIN = 2.0
_NEWTON_STEPS = 50
_RIDGE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A robust centre and spread of one figure over good images."""

    centre: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A logistic from a raw figure to a score between 0 and 1: 0.5 at `middle`, steeper for a smaller `width`."""

    middle: float
    width: float

    def score(self, raw: float) -> float:
        """The score of a raw figure."""
        return float(_logistic(np.float64((raw - self.middle) / self.width)))

    def scores(self, raw: NDArray[np.floating]) -> Doubles:
        """The scores of raw figures."""
        return _logistic((raw.astype(np.float64) - self.middle) / self.width)


def _logistic(x: Doubles | np.float64) -> Doubles:
    """1 / (1 + exp(-x)), for any x without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), np.float64)


def scale_of(values: NDArray[np.floating]) -> Scale:
    """Median and scaled median absolute deviation, never zero."""
    centre = float(np.median(values))
    spread = float(np.median(np.abs(values - centre))) * _MAD_TO_SIGMA
    return Scale(centre=centre, spread=max(spread, 1e-3 * abs(centre), 1e-6))


def standard(values: NDArray[np.floating], scale: Scale) -> Doubles:
    """Robust z: spreads above the centre."""
    return (np.asarray(values, np.float64) - scale.centre) / scale.spread


def upper_limit(values: NDArray[np.floating], share: float = _LIMIT_SHARE) -> float:
    """The value that a `share` of good images exceeds, beyond what was seen by an exponential tail."""
    start = float(np.quantile(values, 1 - _TAIL_SHARE))
    beyond = values[values > start] - start
    mean_excess = float(beyond.mean()) if len(beyond) else 0.0
    floor = 0.3 * scale_of(values).spread
    return start + max(mean_excess, floor) * float(np.log(_TAIL_SHARE / share))


def fit_curve(raw: NDArray[np.floating]) -> Curve:
    """The curve that gives the median good image 0.15 and the one in a thousand 0.5."""
    middle, centre = upper_limit(raw), float(np.median(raw))
    return Curve(middle=middle, width=max((centre - middle) / math.log(TYPICAL_SCORE / (1 - TYPICAL_SCORE)), 1e-6))


def novelty_limit(novelty: NDArray[np.floating]) -> float:
    """From which robust z on an image is unlike all good ones; well beyond any of these, for defects are no novelty."""
    return max(_NOVELTY_FLOOR, _NOVELTY_MARGIN * upper_limit(novelty))


def far_out(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which values lie more than three interquartile ranges above the upper quartile (Tukey's far out)."""
    lower, upper = np.quantile(values, (0.25, 0.75))
    return np.asarray(values > upper + 3 * max(upper - lower, 1e-6), np.bool_)


def fit_platt(raw: NDArray[np.floating], defective: NDArray[np.bool_]) -> Curve:
    """The logistic that fits held-out figures best, good and defective images weighing the same (Platt, 1999): 0.5 is
    where a defect is as likely as not when half of all images have one. It never falls."""
    x, bad, good = np.asarray(raw, np.float64), int(defective.sum()), int((~defective).sum())
    wanted = np.where(defective, (bad + 1) / (bad + 2), 1 / (good + 2))
    weight = np.where(defective, 0.5 / bad, 0.5 / good)
    centre, spread = float(x.mean()), max(float(x.std()), 1e-9)
    design = np.column_stack([(x - centre) / spread, np.ones_like(x)])
    slope = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        p = _logistic(design @ slope)
        gradient = design.T @ (weight * (p - wanted)) + _RIDGE * slope
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + _RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        slope -= step / max(1.0, float(np.abs(step).max()))
    steep = max(float(slope[0]), 1e-3) / spread
    return Curve(middle=centre - float(slope[1]) / steep, width=1 / steep)


def reliability(scores: Doubles, defective: NDArray[np.bool_], bins: int = 10) -> list[dict[str, float]]:
    """The reliability diagram of scores: in each tenth, how many images, their mean score, and the share of defects as
    it would be if half of all images had one."""
    weight = np.where(defective, 0.5 / max(defective.sum(), 1), 0.5 / max((~defective).sum(), 1))
    place = np.minimum((scores * bins).astype(int), bins - 1)
    return [
        {
            "from": k / bins, "to": (k + 1) / bins, "images": int((place == k).sum()),
            "score": round(float(np.average(scores[place == k], weights=weight[place == k])), 4),
            "defective": round(float(np.average(defective[place == k], weights=weight[place == k])), 4),
        }
        for k in range(bins) if (place == k).any()
    ]  # fmt: skip
