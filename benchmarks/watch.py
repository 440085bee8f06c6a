"""How soon a watch over a rate finds a threefold jump, and how often it cries over nothing, read after every label."""

import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import show
from inspection.core.eprocess import RateProcess

LIMIT, LEVEL, RUNS, AFTER = 0.01, 0.05, 200, 6000
STARTS = ((0.0, 0.0), (10.0, 1.0), (10.0, 0.5), (30.0, 0.3))  # labels before the jump, in 1 / limit; rate, in limits


def main() -> None:
    """Print medians in labels times the limit, so that they hold for small limits of any size."""
    rows = []
    for before, share in STARTS:
        row: list[str] = [f"{before:.0f} / limit at {share:.1f} of the limit" if before else "at once"]
        for restarts in (True, False):
            early, median = _delays(round(before / LIMIT), share * LIMIT, restarts)
            row += [f"{median * LIMIT:.1f} / limit", f"{early / RUNS:.1%}"]
        rows.append(row)
    show(("jump to three times the limit", "median alarm", "false before", "without restarts", "false before"), rows)


def _delays(before: int, rate: float, restarts: bool) -> tuple[int, float]:
    """Runs alarmed before the jump, and the median labels from the jump to the alarm in the others."""
    dice = np.random.default_rng(0)
    chances = np.repeat([rate, 3 * LIMIT], [before, AFTER])
    alarms = [_alarm(dice.random(before + AFTER) < chances, restarts) for _ in range(RUNS)]
    return sum(at <= before for at in alarms), float(np.median([at - before for at in alarms if at > before]))


def _alarm(events: NDArray[np.bool_], restarts: bool) -> float:
    """After how many labels the alarm comes. E rises with events alone, so only there it is read."""
    process = RateProcess(limit=LIMIT, restarts=restarts)
    for at, event in enumerate(events.tolist(), start=1):
        process = process.update(event)
        if event and process.alarm(LEVEL):
            return at
    return math.inf


if __name__ == "__main__":
    main()
