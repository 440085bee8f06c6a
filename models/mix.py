"""One score from several opinions: which parts, and how much of each, as cross-validation finds best."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from models.evaluate import auroc, recall_at

Doubles = NDArray[np.float64]

ANOMALY, KERNEL, TUNED, CELLS = "anomaly", "kernel", "tuned", "cells"
_BASES = ((TUNED, KERNEL), (TUNED,), (TUNED, CELLS), (TUNED, CELLS, KERNEL), (CELLS,), (KERNEL,))
_ANOMALY_WEIGHTS = (0.5, 0.25, 0.0)
_WEIGHED = (TUNED, KERNEL, ANOMALY)
_LEAST_NOISE, _LEAST_WEIGHT = 0.05, 0.05
_PREFERENCE = 2.0  # standard errors of the difference that a mix further up in the list may lack


@dataclass(frozen=True, kw_only=True)
class Mix:
    """A weighted sum of parts, each centred and scaled so that good and defective images count the same."""

    weights: Mapping[str, float]
    centres: Mapping[str, float]
    spreads: Mapping[str, float]

    def raw(self, parts: Mapping[str, Doubles]) -> Doubles:
        """The sum for each image."""
        scaled = [w * (parts[p] - self.centres[p]) / self.spreads[p] for p, w in self.weights.items()]
        return np.asarray(np.sum(scaled, axis=0), np.float64)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a mix reached on images that none of its parts had seen."""

    mix: Mix
    auroc: float
    recall_5: float

    @property
    def words(self) -> str:
        """The mix as people read it."""
        return " + ".join(part if weight == 1 else f"{weight:g} {part}" for part, weight in self.mix.weights.items())


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The mix chosen, all that were tried, and why."""

    trial: Trial
    trials: tuple[Trial, ...]
    reason: str


def choose(parts: Mapping[str, Doubles], defective: NDArray[np.bool_], groups: NDArray[np.int64]) -> Choice:
    """Choose among all mixes of the held-out parts at hand: the first in the list that is not clearly worse than the
    best one. The list begins with what has done well on many lines; few labels must not chase noise, and images of one
    group, such as one part or one recording, are no independent labels."""
    scales = {part: _scale(figures, defective) for part, figures in parts.items()}
    trials = tuple(_trial(weights, scales, parts, defective) for weights in _weights(scales))
    best = max(trials, key=lambda t: t.auroc)
    highest = best.mix.raw(parts)
    margins = [_PREFERENCE * difference_error(defective, highest, trial.mix.raw(parts), groups) for trial in trials]
    chosen, margin = next((t, m) for t, m in zip(trials, margins, strict=True) if t.auroc >= best.auroc - m)
    alone = trials[-1]
    reason = (
        f"{chosen.words}: AUROC {chosen.auroc:.3f} on held-out images, of {len(trials)} mixes tried "
        f"(best {best.auroc:.3f}, anomaly alone {alone.auroc:.3f}; a lack of {margin:.3f} may be chance)."
    )
    return Choice(trial=chosen, trials=trials, reason=reason)


def _weights(scales: Mapping[str, "_Scale"]) -> Iterator[dict[str, float]]:
    yield _weighed(scales)
    for base in _BASES:
        if set(base) <= set(scales):
            for weight in _ANOMALY_WEIGHTS:
                yield {**dict.fromkeys(base, 1.0), **({ANOMALY: weight} if weight else {})}
    yield {ANOMALY: 1.0}


def _weighed(scales: Mapping[str, "_Scale"]) -> dict[str, float]:
    """Each part by its signal over its noise, as Fisher's discriminant (1936) weighs parts that err independently: one
    that is nearly always right is not drowned in the noise of those that are not."""
    weights = {part: scales[part].signal / scales[part].noise for part in _WEIGHED if part in scales}
    most = max(weights.values())
    if most <= 0:
        return {ANOMALY: 1.0}
    return {part: round(w / most, 2) for part, w in weights.items() if w >= _LEAST_WEIGHT * most}


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """The middle between good and defective images, and the distance from it; in units of that distance defective
    images lie at `signal` and good ones at -`signal` on average, and vary by `noise` (a variance) around it."""

    centre: float
    spread: float
    signal: float

    @property
    def noise(self) -> float:
        return max(1 - self.signal**2, _LEAST_NOISE)


def _scale(figures: Doubles, defective: NDArray[np.bool_]) -> _Scale:
    good, bad = figures[~defective], figures[defective]
    centre = float((good.mean() + bad.mean()) / 2)
    spread = max(sqrt((((good - centre) ** 2).mean() + ((bad - centre) ** 2).mean()) / 2), 1e-6)
    return _Scale(centre=centre, spread=spread, signal=float(bad.mean() - good.mean()) / 2 / spread)


def _trial(
    weights: Mapping[str, float], scales: Mapping[str, _Scale], parts: Mapping[str, Doubles],
    defective: NDArray[np.bool_],
) -> Trial:  # fmt: skip
    mix = Mix(
        weights=dict(weights), centres={part: scales[part].centre for part in weights},
        spreads={part: scales[part].spread for part in weights},
    )  # fmt: skip
    raw = mix.raw(parts)
    return Trial(mix=mix, auroc=auroc(defective, raw), recall_5=recall_at(defective, raw, 0.05))


def difference_error(defective: NDArray[np.bool_], one: Doubles, other: Doubles, groups: NDArray[np.int64]) -> float:
    """Standard error of the difference between the AUROCs of two scores of the same images (DeLong et al., 1988);
    images of one group move together (Obuchowski, 1997). Infinite where all good or all defective ones are one group:
    they cannot tell."""
    placed = []
    for raw in (one, other):
        good, bad = np.sort(raw[~defective]), np.sort(raw[defective])
        above = (np.searchsorted(good, raw, "left") + np.searchsorted(good, raw, "right")) / (2 * len(good))
        below = 1 - (np.searchsorted(bad, raw, "left") + np.searchsorted(bad, raw, "right")) / (2 * len(bad))
        placed.append(np.where(defective, above, below))
    apart = placed[0] - placed[1]
    pulls = np.zeros(len(apart))
    for kind in (defective, ~defective):
        count = len(np.unique(groups[kind]))
        if count < 2:
            return inf
        pulls[kind] = (apart[kind] - apart[kind].mean()) / len(apart[kind]) * sqrt(count / (count - 1))
    return sqrt(float((np.bincount(groups, pulls) ** 2).sum()))


def standard_error(area: float, bad: int, good: int) -> float:
    """Of an AUROC from so many defective and good images (Hanley and McNeil, 1982)."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (bad - 1) * (q1 - area**2) + (good - 1) * (q2 - area**2)
    return sqrt(max(variance, 0) / (bad * good))
