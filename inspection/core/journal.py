"""The journal's hash chain: each entry seals the one before it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

GENESIS = "0" * 64
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def plain(words: str) -> str:
    """Free text as every database keeps it: what is no character, such as NUL, is replaced."""
    if words.isprintable():
        return words
    return words.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of state: who or what changed which subject from what to what, and why."""

    subject: str
    event: str
    actor: str
    before: str = ""
    after: str = ""
    reason: str = ""
    facts: str = "{}"

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", plain(self.reason))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A change as the journal keeps it; `at` is microseconds since 1970 in UTC, `seal` a SHA-256 in hex."""

    seq: int
    at: int
    change: Change
    seal: str


def facts(**values: Any) -> str:
    """Facts of a change as canonical JSON, so that equal facts give equal seals."""
    return _ENCODER.encode(values)


def seal(before: str, seq: int, at: int, change: Change) -> str:
    """The entry's seal over the seal before it and every one of its own fields, each with its length in front."""
    c = change
    fields = (before, str(seq), str(at), c.subject, c.event, c.actor, c.before, c.after, c.reason, c.facts)
    return sha256("".join(f"{len(field)}:{field}" for field in fields).encode("utf-8", "surrogatepass")).hexdigest()


def first_broken(entries: Iterable[Entry], before: str = GENESIS, seq: int = 0) -> str | None:
    """Walk entries in order, from the one after `seq` sealed `before`; words for the first that does not fit."""
    for entry in entries:
        seq += 1
        if entry.seq != seq:
            return f"Entry {seq} is missing: the journal goes on with entry {entry.seq}."
        if entry.seal != seal(before, seq, entry.at, entry.change):
            return f"Entry {seq} ({entry.change.event} of {entry.change.subject}) or the one before it was altered."
        before = entry.seal
    return None
