"""Whether a model's newest figures look like those it began with: size and chance of a shift, and when to alarm."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

REFERENCE = 800  # images that a reference is learned from
NEWEST = 400  # images that are held against it
STEP = 200  # new images from one look to the next
BINS = 10
SMALL, LARGE = 0.1, 0.25  # PSI of a shift worth a look, and of one to act on (Siddiqi, 2006)
JUMP = 1.0  # PSI beyond which one look alarms at once
LEVEL = 0.01  # the highest p that speaks of a shift
INSIDE = 0.75  # of a limit: where PSI must be for a warning or alarm to end
ROUNDS = 499
SCORE_EDGES = tuple(i / 20 for i in range(21))  # of histograms of scores
BLOCKS = 5  # of the newest images, all of the same length

Floats = NDArray[np.float64]


class Drift(StrEnum):
    """What is said of one figure of one view."""

    LEARNING = "learning"
    STEADY = "steady"
    WARNING = "warning"
    ALARM = "alarm"


class Kind(StrEnum):
    """What is watched of a model's opinions."""

    SCORE = "score"
    NOVELTY = "novelty"
    FEATURE = "feature"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many images: of a reference, held against it, and new ones from one look to the next."""

    reference: int = REFERENCE
    newest: int = NEWEST
    step: int = STEP


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How far the newest figures lie from the reference: `psi`, the `distance` in the figure's own unit, the chance `p`
    of one as far or farther if nothing has changed, and how many images of each there were."""

    psi: float
    distance: float
    p: float
    reference: int
    newest: int


@dataclass(frozen=True, kw_only=True)
class Trend:
    """Where a figure stands. `far` holds whether each of the last three looks found a large shift."""

    state: Drift
    far: tuple[bool, ...] = ()


def shift(reference: ArrayLike, newest: ArrayLike, *, seed: int, rounds: int = ROUNDS) -> Shift:
    """Compare numbers (images,) by Wasserstein's distance, or vectors (images, numbers) by the energy distance; both in
    order of time. PSI of vectors is that of the number that moved most. The same seed gives the same p, which is never
    0 (Phipson and Smyth, 2010)."""
    old, new = np.asarray(reference, np.float64), np.asarray(newest, np.float64)
    weights = _regrouped(len(old), len(new), rounds, seed)
    both = np.concatenate([old, new])
    distances = _wasserstein(both, weights) if both.ndim == 1 else _energy(both, weights)
    # Rounding must not tell an equal distance from itself.
    as_far = int((distances[1:] >= distances[0] - 1e-9 * distances.max()).sum())
    columns = zip(old.reshape(len(old), -1).T, new.reshape(len(new), -1).T, strict=True)
    return Shift(
        psi=max(psi(*pair) for pair in columns), distance=float(distances[0]), p=(1 + as_far) / (1 + rounds),
        reference=len(old), newest=len(new),
    )  # fmt: skip


def advance(before: Trend | None, seen: Shift) -> Trend:
    """After one more look. It takes size and chance: among many images any shift is certain, and among few or alike
    ones a large one comes by itself. Warn at a small shift, alarm at two large ones of three looks or one of PSI 1, and
    end once PSI is well inside, so that figures at a limit are one alarm and not many."""
    was = Drift.STEADY if before is None else before.state
    large = LARGE * (INSIDE if was is Drift.ALARM else 1)
    small = SMALL * (INSIDE if was is not Drift.STEADY else 1)
    likely = seen.p <= LEVEL
    far = (*(before.far if before else ()), likely and seen.psi >= large)[-3:]
    if sum(far) >= 2 or (likely and seen.psi >= JUMP):
        return Trend(state=Drift.ALARM, far=far)
    return Trend(state=Drift.WARNING if far[-1] or (likely and seen.psi >= small) else Drift.STEADY, far=far)


def psi(reference: ArrayLike, newest: ArrayLike) -> float:
    """Population stability index over the reference's deciles: the sum of (q - p) ln(q / p) over their shares p and q
    (Siddiqi, Credit Risk Scorecards, 2006). Each bin counts half an image more than it has, so that an empty one is not
    infinite. Without a change it is about (bins - 1) (1 / n + 1 / m) (Yurdakul and Naranjo, 2020)."""
    old, new = np.asarray(reference, np.float64), np.asarray(newest, np.float64)
    edges = deciles(old)
    p, q = (_shares(values, edges) for values in (old, new))
    return float(((q - p) * np.log(q / p)).sum())


def deciles(reference: Floats) -> Floats:
    """The upper edges of all bins but the last, in order. A value that fills more than a bin has one of its own."""
    edges, times = np.unique(np.quantile(reference, np.arange(1, BINS) / BINS), return_counts=True)
    return np.union1d(edges, np.nextafter(edges[times > 1], -math.inf))


def histogram(values: ArrayLike, edges: Sequence[float]) -> tuple[int, ...]:
    """How many values lie in each of the bins that `edges` bound; the first and the last also take what lies beyond."""
    bins = np.searchsorted(np.asarray(edges)[1:-1], np.asarray(values), side="right")
    return tuple(int(n) for n in np.bincount(bins, minlength=len(edges) - 1))


def _shares(values: Floats, edges: Floats) -> Floats:
    counts = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)
    return np.asarray((counts + 0.5) / (len(values) + 0.5 * len(counts)), np.float64)


def _regrouped(old: int, new: int, rounds: int, seed: int) -> Floats:
    """Weights (1 + rounds, old + new) of the images: 1 / n in the one group and -1 / m in the other, first as they came
    and then with blocks of consecutive images dealt anew to both groups. Images near each other are alike, so that
    single images, dealt anew, would make nearly any two stretches of time look different."""
    parts = [np.array_split(np.arange(images), max(1, images * BLOCKS // new)) for images in (old, new)]
    blocks = [*parts[0], *(part + old for part in parts[1])]
    block_of = np.repeat(np.arange(len(blocks)), [len(one) for one in blocks])
    deck = np.tile(np.arange(len(blocks)), (rounds, 1))
    dealt = np.random.default_rng(seed).permuted(deck, axis=1)
    newest = np.vstack([deck[:1], dealt])[:, block_of] >= len(parts[0])
    many = newest.sum(axis=1, keepdims=True)
    return np.asarray(np.where(newest, -1 / many, 1 / (old + new - many)), np.float64)


def _wasserstein(values: Floats, weights: Floats) -> Floats:
    """Wasserstein-1 between both groups of each row of weights: the area between their distribution functions."""
    order = np.argsort(values, kind="stable")
    apart = np.abs(np.cumsum(weights[:, order], axis=1)[:, :-1])
    return np.asarray(apart @ np.diff(values[order]), np.float64)


def _energy(vectors: Floats, weights: Floats) -> Floats:
    """Energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'| (Székely and Rizzo, 2013) of each row of weights w: it is
    -w D w, with D the distances of all pairs."""
    squares = (vectors**2).sum(axis=1)
    apart: Floats = np.sqrt(np.maximum(squares[:, None] + squares - 2 * vectors @ vectors.T, 0))
    np.fill_diagonal(apart, 0.0)
    return np.asarray(np.maximum(-((weights @ apart) * weights).sum(axis=1), 0), np.float64)
