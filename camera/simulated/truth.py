"""What is really wrong with each simulated unit: known from its seed alone, before anything is drawn."""

from dataclasses import dataclass

import numpy as np

VIEWS = ("front", "back")
TYPES = ("scratch", "crack", "dent", "dust", "stain", "chip")
SEVERITY = (0.05, 0.6)


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One defect: where (x, y as shares of the phone's length and width), and how bad, from 0 to 1.

    Below 0.15 a severity is at the limit of what can be seen; from 0.5 on it is plain.
    """

    view: str
    type: str
    severity: float
    x: float
    y: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One simulated phone: its number on the line, its serial, its looks, and its defects (none in a good one)."""

    index: int
    serial: str
    seed: int
    colour: int
    defects: tuple[Defect, ...]

    @property
    def defective(self) -> bool:
        """Whether a perfect inspector would reject it."""
        return bool(self.defects)


def make_unit(seed: int, index: int, defect_rate: float) -> Unit:
    """The unit of that number; the same seed, number and rate give the same unit. A higher rate only adds defects."""
    dice = np.random.default_rng([seed, index])
    colour, luck, own = int(dice.integers(0, 4)), dice.random(), int(dice.integers(0, 2**31))
    count = 1 + int(dice.random() < 0.15)
    defects = tuple(_defect(dice) for _ in range(count)) if luck < defect_rate else ()
    serial = f"PH{seed % 1000:03d}-{index:06d}"
    return Unit(index=index, serial=serial, seed=own, colour=colour, defects=defects)


def _defect(dice: np.random.Generator) -> Defect:
    return Defect(
        view=VIEWS[int(dice.integers(0, 2))],
        type=TYPES[int(dice.integers(0, len(TYPES)))],
        severity=round(float(dice.uniform(*SEVERITY)), 3),
        x=float(dice.uniform(0.06, 0.94)),
        y=float(dice.uniform(0.1, 0.9)),
        seed=int(dice.integers(0, 2**31)),
    )
