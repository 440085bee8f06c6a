"""The journal as people may read it: what tells the AI's opinion of a unit waits until its blind review is over."""

from dataclasses import dataclass
from datetime import datetime

from inspection.core.journal import Entry
from inspection.store import journal
from inspection.store.database import Tx
from inspection.store.reports import sight


@dataclass(frozen=True, kw_only=True)
class Told:
    """Entries in order, the numbers of those that are withheld among them, and those of the first and last one found;
    `whole` is whether there may be more beyond."""

    entries: tuple[Entry, ...]
    withheld: tuple[int, ...]
    first: int | None
    last: int | None
    whole: bool


def after(tx: Tx, seq: int, now: datetime, *, subject: str = "", limit: int = 100) -> Told:
    """The entries after one, of a subject and of all that lies under it."""
    return _told(tx, list(journal.entries(tx, after=seq, limit=limit, subject=subject)), now, limit)


def before(tx: Tx, seq: int | None, now: datetime, *, subject: str = "", limit: int = 100) -> Told:
    """The newest entries before one, or of all."""
    return _told(tx, list(journal.newest(tx, before=seq, limit=limit, subject=subject)), now, limit)


def _told(tx: Tx, found: list[Entry], now: datetime, limit: int) -> Told:
    telling = [one.change.subject for one in found if one.change.event not in sight.UNTELLING]
    unseen = sight.unseen(tx, telling, now, inspector=False)
    told = [one for one in found if one.change.event in sight.UNTELLING or one.change.subject not in unseen]
    held = {one.seq for one in found} - {one.seq for one in told}
    return Told(
        entries=tuple(told), withheld=tuple(sorted(held)), first=found[0].seq if found else None,
        last=found[-1].seq if found else None, whole=len(found) == limit,
    )  # fmt: skip
