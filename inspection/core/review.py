"""The review queue: what a task is, in which order tasks are given out, and what its inspector may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

from inspection.core.level import FREEDOM, Level
from inspection.core.route import share_of

LEASE = timedelta(minutes=5)
MIXED_WITHIN = timedelta(minutes=10)


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


def due(level: Level, audited: bool, ready: datetime, salt: str, serial: str) -> datetime:
    """When a review is due: reviews are given out in that order. Units that hold up the line are due when they are
    ready. Where the AI decides, audits are mixed in among those that come up to ten minutes later, at random by a
    salted hash: never starved, never in groups, and the same whatever the AI said of them."""
    if not (audited and FREEDOM[level].ai_decides):
        return ready
    return ready + share_of(salt, f"due {serial}") * MIXED_WITHIN


def look_from(reported: datetime, salt: str, number: int) -> datetime:
    """From when on somebody gets a reported unit in disguise: everybody hears the alarm, and must not guess that the
    next unit is the one."""
    return reported + share_of(salt, f"look {number}") * MIXED_WITHIN


@dataclass(frozen=True, kw_only=True)
class Load:
    """How much waits for people, since how many seconds the oldest does, and how many reviews came in and went out in
    the last hour."""

    waiting: int
    oldest_s: float | None
    came: int
    done: int

    @property
    def clears_s(self) -> float | None:
        """In how many seconds nothing will wait if all goes on as in the last hour; None when it never will."""
        if not self.waiting:
            return 0.0
        return 3600.0 * self.waiting / (self.done - self.came) if self.done > self.came else None

    @property
    def late(self) -> bool:
        """Whether people should come and help: the oldest has waited for ten minutes, and it will not be over soon."""
        return (self.oldest_s or 0.0) > 600 and (self.clears_s is None or self.clears_s > 3600)


def together(loads: Iterable[Load]) -> Load:
    """The load of several lines as one."""
    loads = list(loads)
    oldest = max((load.oldest_s for load in loads if load.oldest_s is not None), default=None)
    waiting, came, done = (sum(getattr(load, name) for load in loads) for name in ("waiting", "came", "done"))
    return Load(waiting=waiting, oldest_s=oldest, came=came, done=done)


def lease_until(now: datetime, typical_seconds: float | None) -> datetime:
    """When a lease ends: three times the usual time for a review, between one and sixty minutes."""
    if typical_seconds is None:
        return now + LEASE
    return now + min(max(timedelta(seconds=3 * typical_seconds), timedelta(minutes=1)), timedelta(hours=1))


def lease_of(salt: str, task_id: int, person_id: int, nonce: str, saw_ai: bool) -> str:
    """The lease of a task given to a person: it says who held it and what was shown, however late the answer comes."""
    kind = "a" if saw_ai else "b"
    mark = int(share_of(salt, f"lease {task_id} {person_id} {nonce} {kind}") * 2**52)
    return f"{nonce}-{kind}{mark:013x}"


def held_once(lease: str, salt: str, task_id: int, person_id: int) -> bool | None:
    """Whether the AI was shown under a lease that this person was given of that task; None for any other lease."""
    nonce, _, rest = lease.rpartition("-")
    saw_ai = rest.startswith("a")
    return (
        saw_ai if compare_digest(lease.encode(), lease_of(salt, task_id, person_id, nonce, saw_ai).encode()) else None
    )


def free(state: TaskState, leased_until: datetime | None, now: datetime) -> bool:
    """Whether a task may be given out."""
    return state is TaskState.OPEN or (state is TaskState.LEASED and leased_until is not None and leased_until <= now)
