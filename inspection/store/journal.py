"""The journal: appended to within the transaction it tells of, sealed entry by entry."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import insert, select

from inspection.core.journal import GENESIS, Change, Entry, first_broken, seal
from inspection.core.moment import micros
from inspection.store.tables import JournalRow
from inspection.store.transaction import Prepared, Tx, memory_of

_JOURNAL = JournalRow.__table__  # type: ignore[attr-defined]
_HEAD = select(_JOURNAL.c.seq, _JOURNAL.c.seal).order_by(_JOURNAL.c.seq.desc()).limit(1)
_APPEND = Prepared(insert(_JOURNAL).inline())
_PAGE = 5000


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
    query = select(_JOURNAL).where(_JOURNAL.c.seq > after).order_by(_JOURNAL.c.seq).limit(limit)
    if subject:
        query = query.where(
            (_JOURNAL.c.subject == subject) | _JOURNAL.c.subject.startswith(subject + "/", autoescape=True)
        )
    return [_entry(row) for row in tx.execute(query)]


def last_seq(tx: Tx) -> int:
    """The number of the last entry, 0 for an empty journal."""
    row = tx.execute(_HEAD).one_or_none()
    return 0 if row is None else int(row.seq)


def verify(tx: Tx) -> tuple[int, str | None]:
    """Walk the whole journal: how many entries it has, and words for the first broken one (None when all fit)."""
    count, before = 0, GENESIS
    for page in _pages(tx):
        broken = first_broken(page, before, count)
        if broken:
            return count, broken
        count, before = count + len(page), page[-1].seal
    return count, None


def _pages(tx: Tx) -> Iterator[Sequence[Entry]]:
    page = entries(tx)
    while page:
        yield page
        page = entries(tx, after=page[-1].seq)


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
