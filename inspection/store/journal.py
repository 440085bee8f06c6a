"""The journal: appended to within the transaction it tells of, sealed entry by entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, insert, or_, select

from inspection.core.journal import GENESIS, Change, Entry, first_broken, seal
from inspection.core.moment import micros
from inspection.store.tables import JournalRow
from inspection.store.transaction import Prepared, Tx, memory_of

_JOURNAL = JournalRow.__table__  # type: ignore[attr-defined]
_HEAD = select(_JOURNAL.c.seq, _JOURNAL.c.seal).order_by(_JOURNAL.c.seq.desc()).limit(1)
_APPEND = Prepared(insert(_JOURNAL).inline())
_PAGE = 5000
_FEW = 2000


def append(tx: Tx, now: datetime, *changes: Change) -> None:
    """Seal the changes, in order, to the end of the journal: at once, or with all of the group's at its end."""
    at = micros(now)
    memory = memory_of(tx)
    if memory is None:
        _seal(tx, [(at, change) for change in changes])
    else:
        memory.entries += [(at, change) for change in changes]


def write_down(tx: Tx) -> None:
    """Seal what the group has remembered: the head is read once and one statement adds all."""
    memory = memory_of(tx)
    if memory is not None:
        _seal(tx, memory.entries)
        memory.entries.clear()


def _seal(tx: Tx, changes: Sequence[tuple[int, Change]]) -> None:
    if not changes:
        return
    seq, before = tx.execute(_HEAD).one_or_none() or (0, GENESIS)
    rows = []
    for at, change in changes:
        seq += 1
        before = seal(before, seq, at, change)
        rows.append({"seq": seq, "at": at, "seal": before, **change.__dict__})
    _APPEND.run_many(tx, rows)


def entries(tx: Tx, after: int = 0, limit: int = _PAGE, subject: str = "") -> Sequence[Entry]:
    """Entries after `after`, in order; only those of a subject or of what lies under it, where one is given."""
    query = select(_JOURNAL).where(_JOURNAL.c.seq > after, *_under(tx, subject)).order_by(_JOURNAL.c.seq).limit(limit)
    return [_entry(row) for row in tx.execute(query)]


def newest(tx: Tx, before: int | None = None, limit: int = _PAGE, subject: str = "") -> Sequence[Entry]:
    """The last entries before `before`, or of all, in order; of a subject or of what lies under it, where one is
    given."""
    earlier = [] if before is None else [_JOURNAL.c.seq < before]
    query = select(_JOURNAL).where(*earlier, *_under(tx, subject)).order_by(_JOURNAL.c.seq.desc()).limit(limit)
    return [_entry(row) for row in tx.execute(query)][::-1]


def of(tx: Tx, subject: str, limit: int) -> Sequence[Entry]:
    """The first entries of a subject alone, in order."""
    by_number = _JOURNAL.c.seq + 0  # sorted for: read in order, the whole journal might be
    query = select(_JOURNAL).where(_JOURNAL.c.subject == subject).order_by(by_number).limit(limit)
    return [_entry(row) for row in tx.execute(query)]


def _under(tx: Tx, subject: str) -> list[ColumnElement[bool]]:
    """Of a subject and of what lies under it: looked up where that is little, else looked for on the way."""
    if not subject:
        return []
    below = and_(_JOURNAL.c.subject >= subject + "/", _JOURNAL.c.subject < subject + "0")  # "0" comes after "/"
    parts = [select(_JOURNAL.c.seq).where(which) for which in (_JOURNAL.c.subject == subject, below)]
    found = [seq for part in parts for seq in tx.execute(part.limit(_FEW + 1)).scalars()]
    if len(found) <= _FEW:
        return [_JOURNAL.c.seq.in_(found)]
    told = _JOURNAL.c.subject + ""  # an index that leads to nearly all would have to sort them
    return [or_(told == subject, and_(told >= subject + "/", told < subject + "0"))]


def last_seq(tx: Tx) -> int:
    """The number of the last entry, 0 for an empty journal."""
    row = tx.execute(_HEAD).one_or_none()
    return 0 if row is None else int(row.seq)


@dataclass(frozen=True, kw_only=True)
class Walked:
    """How far entries fit: up to `seq`, with its `seal`; whether the journal ends there, and words for what is broken
    after it."""

    seq: int
    seal: str
    complete: bool
    broken: str | None = None


def verify(tx: Tx) -> tuple[int, str | None]:
    """Walk the whole journal: how many entries it has, and words for the first broken one (None when all fit)."""
    walked = Walked(seq=0, seal=GENESIS, complete=False)
    while not walked.complete and walked.broken is None:
        walked = verify_part(tx, walked.seq, walked.seal, _PAGE)
    return walked.seq, walked.broken


def verify_part(tx: Tx, seq: int, before: str, limit: int) -> Walked:
    """Walk up to `limit` entries from the one after `seq` on, which is sealed `before`. Where they do not fit, it stops
    at the last page of 5000 that does."""
    last = seq + limit
    while seq < last:
        page = entries(tx, after=seq, limit=min(_PAGE, last - seq))
        broken = first_broken(page, before, seq)
        if broken or not page:
            return Walked(seq=seq, seal=before, complete=not broken, broken=broken)
        seq, before = seq + len(page), page[-1].seal
    return Walked(seq=seq, seal=before, complete=last_seq(tx) == seq)


def _entry(row: object) -> Entry:
    r = row._mapping  # type: ignore[attr-defined]
    change = Change(
        subject=r["subject"],
        event=r["event"],
        actor=r["actor"],
        before=r["before"],
        after=r["after"],
        reason=r["reason"],
        facts=r["facts"],
    )
    return Entry(seq=r["seq"], at=r["at"], change=change, seal=r["seal"])
