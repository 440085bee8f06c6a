"""Concept drift of a line's model, against the limits that its guards hold it to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from inspection.core.concept import Course, Judged, Stretch, courses, stretches
from inspection.core.level import FREEDOM
from inspection.flow import guard
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.reports import concept


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What concept drift is reckoned from: the blind labels that count, in order, and the guards' limits."""

    judged: tuple[Judged, ...]
    limits: Mapping[str, float]
    decides: bool


@dataclass(frozen=True, kw_only=True)
class Concept:
    """What blind labels say of the model in force over time. At `trips_at` a guard's log E takes freedom away, where
    the AI has some (`decides`)."""

    labels: int
    stretches: tuple[Stretch, ...]
    courses: tuple[Course, ...]
    trips_at: float
    decides: bool


def labels(tx: Tx, line: str, now: datetime) -> Labels:
    """Read them. For engineers alone: it moves by each label. Raises Unknown."""
    known = lines.in_force(tx, line)
    return Labels(
        judged=tuple(concept.judged(tx, known, now)), limits=guard.limits(tx, known, now),
        decides=FREEDOM[known.policy.terms.level].ai_decides,
    )  # fmt: skip


def over_time(read: Labels) -> Concept:
    """Agreement and escapes in stretches of labels, and the guards' evidence over the same labels. It takes a while,
    and needs no transaction."""
    return Concept(
        labels=len(read.judged), stretches=stretches(read.judged), courses=courses(read.judged, read.limits),
        trips_at=guard.TRIPS_AT, decides=read.decides,
    )  # fmt: skip
