"""The knobs of a simulated line, for showing what the product does when light, parts or cameras go wrong."""

import math
from collections.abc import Mapping
from typing import Protocol

from inspection.core.line import InvalidLine, Line, Unknown

KNOBS: dict[str, tuple[float, float, float]] = {
    "lamp": (0.2, 1.3, 0.05), "defect_rate": (0.0, 0.6, 0.02), "pace": (2.0, 240.0, 2.0), "unfit": (0.0, 0.5, 0.02),
    "lost": (0.0, 0.5, 0.02), "repeated": (0.0, 0.5, 0.02), "decay": (0.0, 0.02, 0.001),
}  # fmt: skip
"""From, to and by how much each knob turns."""
SWITCHES = ("paused", "frozen", "inspectors")


class DemoControl(Protocol):
    """Turns the knobs of the simulated lines, those of KNOBS and SWITCHES."""

    def state(self) -> Mapping[str, float | bool]:
        """Every knob as it stands: lamp 1 as installed, pace in units per minute, shares from 0 to 1."""

    def set(self, name: str, value: float) -> None:
        """Turn one knob."""


def knobs(control: DemoControl | None, line: Line) -> DemoControl:
    """The knobs of a line; raises Unknown where it has none, as real lines do."""
    if control is None or not line.simulated:
        raise Unknown(f"Line {line.name!r} has no knobs: only the simulated line of 'jidoka demo' has.")
    return control


def turn(control: DemoControl, name: str, value: float) -> None:
    """Turn one knob as far as it goes; raises Unknown where there is none of that name, or no such value."""
    if name not in (*KNOBS, *SWITCHES) or not math.isfinite(value):
        raise Unknown(f"The simulated line has no knob {name!r} to turn there.")
    low, high, _ = KNOBS.get(name, (0.0, 1.0, 1.0))
    try:
        control.set(name, min(max(value, low), high))
    except ValueError as refused:
        raise InvalidLine(str(refused)) from refused
