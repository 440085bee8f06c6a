"""A simulated inspector, who errs at rates that are stated here."""

import random
from itertools import pairwise

from camera.simulated.truth import Unit

FALSE_ALARM = 0.01
# Chance to miss a defect by its severity; in between by straight lines.
MISSES = ((0.05, 0.40), (0.15, 0.15), (0.30, 0.05), (0.60, 0.01))
TYPES_CONFUSED = 0.05


def miss_rate(severity: float) -> float:
    """The chance that one defect of that severity is overlooked."""
    if severity <= MISSES[0][0]:
        return MISSES[0][1]
    for (low, at_low), (high, at_high) in pairwise(MISSES):
        if severity <= high:
            return at_low + (at_high - at_low) * (severity - low) / (high - low)
    return MISSES[-1][1]


def judge(unit: Unit, dice: random.Random) -> tuple[str, tuple[str, ...], float]:
    """Verdict (`pass` or `reject`), the defect types named, and the seconds it took."""
    seen = [defect for defect in unit.defects if dice.random() >= miss_rate(defect.severity)]
    seconds = round(dice.lognormvariate(1.3, 0.4), 1)
    if seen:
        return "reject", tuple(sorted({_named(defect.type, dice) for defect in seen})), seconds
    if not unit.defects and dice.random() < FALSE_ALARM:
        return "reject", ("dust",), seconds
    return "pass", (), seconds


def _named(kind: str, dice: random.Random) -> str:
    return {"scratch": "crack", "stain": "dust"}.get(kind, kind) if dice.random() < TYPES_CONFUSED else kind
