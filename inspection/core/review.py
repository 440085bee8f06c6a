"""The review queue: what a task is, in which order tasks are given out, and what its inspector may see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inspection.core.level import FREEDOM, Level

LEASE = timedelta(minutes=5)


class Refusal(Exception):
    """A review action that cannot be done now; the message says what to do instead."""


class TaskState(StrEnum):
    """Where a review task is. A lease that has run out counts as open again."""

    OPEN = "open"
    LEASED = "leased"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What the inspector of a unit is given beside the images: the AI's suggestion and heatmap, or nothing."""

    ai: bool


def sight(level: Level, audited: bool) -> Sight:
    """Blind wherever the level or the audit says so; the server then sends no trace of the model's opinion."""
    return Sight(ai=FREEDOM[level].shows_ai and not audited)


def lease_until(now: datetime, typical_seconds: float | None) -> datetime:
    """When a lease ends: three times the usual time for a review, between one and sixty minutes."""
    if typical_seconds is None:
        return now + LEASE
    return now + min(max(timedelta(seconds=3 * typical_seconds), timedelta(minutes=1)), timedelta(hours=1))


def free(state: TaskState, leased_until: datetime | None, now: datetime) -> bool:
    """Whether a task may be given out."""
    return state is TaskState.OPEN or (state is TaskState.LEASED and leased_until is not None and leased_until <= now)
