"""Known-answer units: past units whose truth is known, mixed into inspectors' work to measure what they miss."""

import re
from dataclasses import dataclass
from hashlib import blake2b

from inspection.core.route import share_of

TASK_REASON = "known_answer"
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


def due(salt: str, task_id: int, person_id: int, share: float) -> bool:
    """Whether a person is to get a known unit before a task: drawn once for the two of them, by hash."""
    return share_of(salt, f"known {task_id} {person_id}") < share


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
