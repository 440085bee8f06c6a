"""How often the brightness chart alarms on a healthy camera, and how soon on a lamp that goes, on simulated windows.

python -m benchmarks.drift [WEEKS]

One window a minute, in grey levels; the baseline is learned from the first windows, as on a line. Times are windows.
"""

import math
import sys
from collections.abc import Callable, Iterator
from itertools import count, islice
from statistics import median

import numpy as np

from benchmarks.table import show
from inspection.core.monitor import MIN_BASELINE_WINDOWS, Light, advance, learn

LEVEL, NOISE, DAY = 120.0, 0.5, 1440
WEEK = 7 * DAY
Stream = Iterator[float]


def independent(seed: int) -> Stream:
    """Noise of its own in each window."""
    dice = np.random.default_rng(seed)
    while True:
        yield from LEVEL + NOISE * dice.standard_normal(DAY)


def autocorrelated(seed: int, phi: float = 0.9, deviation: float = 0.8) -> Stream:
    """Each window close to the one before: AR(1), with that deviation over all."""
    dice, x = np.random.default_rng(seed), 0.0
    while True:
        for kick in dice.standard_normal(DAY) * deviation * math.sqrt(1 - phi**2):
            x = phi * x + kick
            yield LEVEL + x


def product_mix(seed: int, apart: float = 3.0) -> Stream:
    """Two products of different brightness, drawn anew each half hour, measured over the whole image."""
    dice = np.random.default_rng(seed)
    while True:
        yield from LEVEL + apart * (dice.random() < 0.5) + NOISE * dice.standard_normal(30)


def day_and_night(seed: int, swing: float = 2.5) -> Stream:
    """Daylight that falls in: a wave of a day, up and down by `swing`."""
    noise = independent(seed)
    start = np.random.default_rng(seed).random() * DAY
    return (next(noise) + swing * math.sin(2 * math.pi * (start + t) / DAY) for t in count())


def after(healthy: Stream, windows: int, fault: Callable[[int], float]) -> Stream:
    """A healthy camera for so many windows, then with what is added to it by the windows since."""
    return (value + (fault(t - windows) if t >= windows else 0.0) for t, value in enumerate(healthy))


HEALTHY = {
    "independent noise": independent,
    "autocorrelated noise (AR 1, .9)": autocorrelated,
    "two products 3 grey levels apart": product_mix,
    "daylight, 2.5 grey levels up and down": day_and_night,
    "daylight, 6 grey levels up and down": lambda seed: day_and_night(seed, 6.0),
}
FAULTS: dict[str, Callable[[int], float]] = {
    "a lamp that loses 1 grey level an hour": lambda t: -t / 60,
    "a lamp that loses 1 grey level a day": lambda t: -t / DAY,
    "a step of 8 grey levels": lambda _t: -8.0,
    "a step of 15 grey levels": lambda _t: -15.0,
    "a lamp that goes out": lambda _t: -80.0,
}


def alarms(values: Stream, windows: int) -> list[int]:
    """At which windows after the baseline the chart went into alarm."""
    base = learn(list(islice(values, MIN_BASELINE_WINDOWS)))
    assert base is not None
    chart, before, found = None, Light.STEADY, []
    for at, value in enumerate(islice(values, windows)):
        chart = advance(chart, base, value)
        if chart.light is Light.ALARM and before is not Light.ALARM:
            found.append(at)
        before = chart.light
    return found


def false_alarms(stream: Callable[[int], Stream], weeks: int, seed: int = 0) -> float:
    """Alarms a week of a healthy camera; each week with a baseline of its own."""
    return sum(len(alarms(stream(seed + week), WEEK)) for week in range(weeks)) / weeks


def delays(stream: Callable[[int], Stream], fault: Callable[[int], float], runs: int, seed: int = 0) -> list[int]:
    """Windows from the fault to the alarm, a day after the baseline; those that alarmed before are left out."""
    found = []
    for run in range(runs):
        healthy = stream(seed + run)
        values = after(healthy, MIN_BASELINE_WINDOWS + DAY, fault)
        first = next(iter(alarms(values, 15 * DAY)), None)
        if first is not None and first >= DAY:
            found.append(first - DAY + 1)
    return found


def main(weeks: int = 20) -> None:
    """Print both tables."""
    show(("healthy camera", "alarms a week"), [(name, f"{false_alarms(s, weeks):.2f}") for name, s in HEALTHY.items()])
    print()
    rows = []
    for name, fault in FAULTS.items():
        told = [delays(stream, fault, weeks) for stream in (independent, autocorrelated)]
        rows.append((name, *(f"{median(one):.0f} ({min(one)} to {max(one)})" if one else "-" for one in told)))
    show(("fault", "windows to the alarm, independent", "autocorrelated"), rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20)
