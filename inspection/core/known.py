"""Past units mixed into inspectors' work to measure what they miss: known-answer units, and second readings."""

import re
from dataclasses import dataclass
from hashlib import blake2b

from inspection.core.route import share_of

KNOWN_ANSWER, SECOND_READING, REPORTED_MISS = "known_answer", "second_reading", "reported_miss"
IN_DISGUISE = (KNOWN_ANSWER, SECOND_READING, REPORTED_MISS)  # reasons of tasks that show a past unit
SHARE = 0.02  # of all reviews, on lines that have known units
_DIGITS = re.compile(r"\d{1,3}(?=\D*$)")


class InvalidKnown(ValueError):
    """A unit that cannot be used as a known one; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Misses:
    """What inspectors said of known units, each counted once: of `defective_shown` defective ones they found `found`,
    and of `good_shown` good ones they rejected `rejected`."""

    defective_shown: int = 0
    found: int = 0
    good_shown: int = 0
    rejected: int = 0


@dataclass(frozen=True, kw_only=True)
class Readings:
    """Second readings, by what came of them: of units that the second inspector rejected, the first one had rejected
    `both` too and passed `second_only`, but for those that turned out to be good; `differ` of all `read` wait to be
    settled."""

    read: int = 0
    both: int = 0
    second_only: int = 0
    differ: int = 0


def due(salt: str, kind: str, task_id: int, person_id: int, share: float) -> bool:
    """Whether a person is to get a unit of that kind before a task: drawn once for the two of them, by hash."""
    return share_of(salt, f"{kind} {task_id} {person_id}") < share


def disguise(serial: str, key: str) -> str:
    """A serial as the line writes them, near one that is due and other than it: its last digits, three at most, are
    drawn by `key`. One without digits has nothing to vary, and gets a number."""
    drawn = int.from_bytes(blake2b(key.encode(), digest_size=4).digest(), "big")
    last = _DIGITS.search(serial)
    if last is None:
        return f"{serial}{drawn % 90 + 10}"
    size = 10 ** len(last[0])
    other = (int(last[0]) + 1 + drawn % (size - 1)) % size
    return f"{serial[: last.start()]}{other:0{len(last[0])}d}{serial[last.end() :]}"
