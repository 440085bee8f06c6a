"""Concept drift of a line's model, against the limits that its guards hold it to."""

from dataclasses import dataclass
from datetime import datetime

from inspection.core.concept import Course, Stretch, courses, stretches
from inspection.core.level import FREEDOM
from inspection.flow import guard
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.reports import concept


@dataclass(frozen=True, kw_only=True)
class Concept:
    """What blind labels say of the model in force over time. At `trips_at` a guard's log E takes freedom away, where
    the AI has some (`decides`)."""

    labels: int
    stretches: tuple[Stretch, ...]
    courses: tuple[Course, ...]
    trips_at: float
    decides: bool


def over_time(tx: Tx, line: str, now: datetime) -> Concept:
    """Agreement and escapes in stretches of labels, and the guards' evidence over the same labels. For engineers alone:
    it moves by each label. Raises Unknown."""
    known = lines.in_force(tx, line)
    found = concept.judged(tx, known, now)
    return Concept(
        labels=len(found), stretches=stretches(found), courses=courses(found, guard.limits(tx, known, now)),
        trips_at=guard.TRIPS_AT, decides=FREEDOM[known.policy.terms.level].ai_decides,
    )  # fmt: skip
