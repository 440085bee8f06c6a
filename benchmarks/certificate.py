"""Seconds for a certificate: from arrays of labels to thresholds, bounds and the hash of the labels used."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import numpy as np

from benchmarks.table import bar, show
from inspection.core.certificate import Subject
from inspection.core.certify import certify
from inspection.core.eprocess import RateProcess
from inspection.core.risk import Limits, Risk, Side, tally
from inspection.core.sample import Evidence
from inspection.core.thresholds import curve

LABELS, BAR, ROUNDS = 100_000, 1.0, 5
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECT = Subject(
    model="m", line="l", recipe="r", cameras=(), window_from=NEW_YEAR, window_to=NEW_YEAR, expires=NEW_YEAR
)


def main() -> None:
    """Print the best of a few rounds; the first, which imports scipy, is not counted."""
    dice = np.random.default_rng(0)
    defective = dice.random(LABELS) < 0.02
    scores = 1 / (1 + np.exp(-dice.normal(np.where(defective, 3.0, -3.0), 1.0)))
    halves = np.where(np.arange(LABELS) < LABELS // 2, 0.1, 0.05)
    units = tuple(f"SN{i:08d}" for i in range(LABELS))
    even = Evidence(units=units, scores=scores, defective=defective)
    uneven = Evidence(units=units, scores=scores, defective=defective, inclusion=halves)
    rows = []
    for name, evidence, definition in (
        ("per unit", even, Risk.PER_UNIT),
        ("per unit, audit shares of 10 % and 5 %", uneven, Risk.PER_UNIT),
        ("per passed unit", even, Risk.PER_PASSED),
    ):
        limits = Limits(escape=0.001, overkill=0.05, definition=definition)
        taken = _best(partial(certify, evidence, limits, SUBJECT))
        rows.append((f"certificate {name}", f"{taken:.3f}", bar(taken <= BAR)))
    taken = _best(lambda: curve(tally(Side.PASS, scores, defective), Risk.PER_UNIT))
    rows.append(("risk-coverage curve", f"{taken:.3f}", "-"))
    rows.append(("10,000 looks of a watch at 0.1 %", f"{_best(_watch):.3f}", "-"))
    show((f"{LABELS:,} labels", "CPU s", f"{BAR:.0f} s"), rows)


def _watch() -> None:
    process = RateProcess(limit=0.001)
    for i in range(10_000):
        process = process.update(i % 1500 == 0)
        process.alarm(0.05)


def _best(work: Callable[[], object]) -> float:
    work()
    seconds = []
    for _ in range(ROUNDS):
        before = time.process_time()
        work()
        seconds.append(time.process_time() - before)
    return min(seconds)


if __name__ == "__main__":
    main()
