"""A second detector for the eye: it marks the chart, and raises no alarm."""

from collections.abc import Sequence

DELTA, CLOCK = 0.002, 4


def changes(values: Sequence[float]) -> tuple[int, ...]:
    """Where the mean of the values has changed, by ADWIN (Bifet and Gavaldà, 2007): at these indices a window of recent
    values was found to differ from those before, with a chance of false alarm of 0.002 for each look. It finds small
    changes that last, also inside the limits, and knows no baseline, so what it marks is not always a fault."""
    from river.drift import ADWIN  # slow to import, and pages alone want it

    detector, found = ADWIN(delta=DELTA, clock=CLOCK), list[int]()  # type: ignore[no-untyped-call]
    for at, value in enumerate(values):
        detector.update(value)  # type: ignore[no-untyped-call]
        if detector.drift_detected:
            found.append(at)
    return tuple(found)
