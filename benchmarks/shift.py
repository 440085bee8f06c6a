"""How often data drift is alarmed on a healthy line, and how soon after a change, on simulated images.

python -m benchmarks.shift [RUNS]

Figures in their own standard deviations; the reference is learned from the first images, as on a line. PSI and p do not
depend on the unit, nor for single figures on the form of their distribution. A line that sends more images in a week
has more looks, and so more alarms, in it: what is told is alarms in 10,000 images.
"""

import math
import sys
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import show
from inspection.core.shift import NEWEST, REFERENCE, STEP, Drift, advance, shift

RUN = 10_000  # images of a healthy line
ROUNDS = 199
LOT = 25
Figures = NDArray[np.float64]
Stream = Callable[[int, int], Figures]  # of a seed, so many images


def independent(seed: int, images: int) -> Figures:
    """Each image on its own."""
    return np.random.default_rng(seed).standard_normal(images)


def autocorrelated(seed: int, images: int, phi: float = 0.6) -> Figures:
    """Each image close to the one before: AR(1)."""
    kicks, x = np.random.default_rng(seed).standard_normal(images), 0.0
    found = np.empty(images)
    for i, kick in enumerate(kicks):
        x = phi * x + math.sqrt(1 - phi**2) * kick
        found[i] = x
    return found


def product_mix(seed: int, images: int, apart: float = 1.0) -> Figures:
    """Lots of 25 of one of two products, whose share goes from 30 % to 70 % and back within 5,000 images."""
    dice = np.random.default_rng(seed)
    lots = np.arange(images // LOT + 1)
    share = 0.5 + 0.2 * np.sin(2 * math.pi * (lots * LOT / 5000 + dice.random()))
    return np.asarray(dice.standard_normal(images) + apart * np.repeat(dice.random(len(lots)) < share, LOT)[:images])


def long_runs(seed: int, images: int) -> Figures:
    """One product for 480 images, then the other, a standard deviation apart."""
    noise = np.random.default_rng(seed).standard_normal(images)
    return np.asarray(noise + (np.arange(images) // 480 + seed) % 2)


def vectors(seed: int, images: int) -> Figures:
    """Sixteen numbers an image, each autocorrelated."""
    return np.stack([autocorrelated(seed * 100 + i, images) for i in range(16)], axis=1)


HEALTHY: dict[str, Stream] = {
    "independent images": independent,
    "autocorrelated (AR 1, .6)": autocorrelated,
    "autocorrelated (AR 1, .9)": lambda seed, images: autocorrelated(seed, images, 0.9),
    "lots of two products, mix of 30 to 70 %": product_mix,
    "features: 16 numbers (AR 1, .6)": vectors,
    "one product for 480 images, then the other": long_runs,
}
CHANGES = {"half a standard deviation": 0.5, "one": 1.0, "two": 2.0}


def states(figures: Figures, first: int = 0) -> Iterator[tuple[int, Drift]]:
    """What each look says, by how many images came since the reference; looks begin at `first`."""
    trend = None
    for end in range(REFERENCE + max(first, NEWEST), len(figures) + 1, STEP):
        trend = advance(trend, shift(figures[:REFERENCE], figures[end - NEWEST : end], seed=end, rounds=ROUNDS))
        yield end - REFERENCE, trend.state


def false_alarms(stream: Stream, runs: int, seed: int = 0) -> float:
    """Alarms in 10,000 images of a healthy line, the mean of so many runs; each with a reference of its own."""
    found = 0
    for run in range(runs):
        told = [state is Drift.ALARM for _, state in states(stream(seed + run, REFERENCE + RUN))]
        found += sum(now and not before for before, now in zip([False, *told], told, strict=False))
    return found / runs


def delays(stream: Stream, by: float, runs: int, seed: int = 0, most: int = 3000) -> list[int]:
    """Images from a change to the alarm, `most` where there is none by then."""
    found = []
    for run in range(runs):
        figures = stream(seed + run, REFERENCE + NEWEST + most)
        figures[REFERENCE + NEWEST :] += by
        told = (at - NEWEST for at, state in states(figures) if state is Drift.ALARM and at > NEWEST)
        found.append(next(told, most))
    return found


def main(runs: int = 20) -> None:
    """Print both tables."""
    rows = [(name, f"{false_alarms(stream, runs):.2f}") for name, stream in HEALTHY.items()]
    show(("healthy line", "alarms in 10,000 images"), rows)
    print()
    told = []
    for name, by in CHANGES.items():
        each = [delays(stream, by, runs) for stream in (independent, autocorrelated, product_mix)]
        told.append((name, *(f"{median(one):.0f} ({min(one)} to {max(one)})" for one in each)))
    show(("change", "images to the alarm, independent", "autocorrelated", "lots"), told)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20)
