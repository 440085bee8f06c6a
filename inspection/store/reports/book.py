"""A line's book, and what lies beside a unit under review: nothing that tells of that unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select

from inspection.core.label import UNDO_WITHIN
from inspection.core.moment import micros, moment
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.records import BOOK, IMAGE, KNOWN, LABEL, LINE, TASK, UNIT

SETTLED_AFTER = timedelta(days=1)  # from then on nobody is given a unit for a second reading


@dataclass(frozen=True, kw_only=True)
class Page:
    """An image of the book: the reference of its view where `defect` is empty, else an example that counts or not."""

    number: int
    image_id: int
    unit_id: int
    serial: str
    view: str
    defect: str
    counts: bool
    words: str
    width: int
    height: int
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Book:
    """The pages of a line's present recipe, by its views and defect types."""

    views: tuple[str, ...]
    defect_types: tuple[str, ...]
    pages: tuple[Page, ...]

    def reference(self, view: str) -> Page | None:
        """How the view looks on a good unit."""
        return next((page for page in self.pages if not page.defect and page.view == view), None)

    def examples(self, defect: str) -> tuple[Page, ...]:
        """What counts as the defect, then what does not."""
        found = [page for page in self.pages if page.defect == defect]
        return tuple(sorted(found, key=lambda page: not page.counts))


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image to compare with."""

    image_id: int
    view: str
    width: int
    height: int


def book(tx: Tx, line: str, without_unit: int | None = None) -> Book:
    """The line's book, without the pages that show a unit under review."""
    on = lines.in_force(tx, line)
    query = (
        select(*BOOK.c, UNIT.c.serial, IMAGE.c.width, IMAGE.c.height)
        .join(UNIT, UNIT.c.id == BOOK.c.unit_id)
        .join(IMAGE, IMAGE.c.id == BOOK.c.image_id)
        .where(BOOK.c.line_id == on.id, BOOK.c.retired_at.is_(None), BOOK.c.unit_id != (without_unit or 0))
        .order_by(BOOK.c.id)
    )
    recipe = on.line.recipe
    return Book(views=recipe.views, defect_types=recipe.defect_types, pages=tuple(map(_page, tx.execute(query))))


def _page(row: Any) -> Page:
    return Page(
        number=row.id, image_id=row.image_id, unit_id=row.unit_id, serial=row.serial, view=row.view,
        defect=row.defect, counts=bool(row.counts), words=row.words, width=row.width, height=row.height, by=row.by,
        at=moment(row.at),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class InHand:
    """The unit that somebody holds."""

    line: str
    line_id: int
    unit_id: int


def in_hands_of(tx: Tx, task_id: int, person_id: int) -> InHand | None:
    """The unit of a task, if this person holds it."""
    held = select(LINE.c.name, TASK.c.line_id, TASK.c.unit_id).join(LINE, LINE.c.id == TASK.c.line_id)
    mine = (TASK.c.id == task_id) & (TASK.c.state == "leased") & (TASK.c.leased_by == person_id)
    row = tx.execute(held.where(mine)).one_or_none() if 0 < task_id < 2**63 else None
    return None if row is None else InHand(line=row.name, line_id=row.line_id, unit_id=row.unit_id)


def last_passed(tx: Tx, line_id: int, person_id: int, without_unit: int, now: datetime) -> tuple[Picture, ...]:
    """The images of the line's last unit that this person passed, or else somebody a day ago: no unit that the person
    may yet be given in disguise."""
    passed = (
        select(LABEL.c.unit_id)
        .join(UNIT, UNIT.c.id == LABEL.c.unit_id)
        .where(
            LABEL.c.line_id == line_id, LABEL.c.effective, LABEL.c.verdict == "pass", LABEL.c.unit_id != without_unit
        )
        .where(UNIT.c.verdict == "pass", UNIT.c.person_verdict == "pass")
        .order_by(LABEL.c.at.desc())
        .limit(1)
    )
    known = exists().where(KNOWN.c.unit_id == LABEL.c.unit_id, KNOWN.c.retired_at.is_(None))
    mine = passed.where(LABEL.c.person_id == person_id, LABEL.c.at <= micros(now - UNDO_WITHIN))
    anyones = passed.where(LABEL.c.at <= micros(now - SETTLED_AFTER), ~known)
    found = tx.execute(mine).scalar() or tx.execute(anyones).scalar()
    if found is None:
        return ()
    shots = select(IMAGE.c.id, IMAGE.c.view, IMAGE.c.width, IMAGE.c.height)
    rows = tx.execute(shots.where(IMAGE.c.unit_id == found, IMAGE.c.seen_by_person).order_by(IMAGE.c.id))
    return tuple(Picture(image_id=row.id, view=row.view, width=row.width, height=row.height) for row in rows)


def references(pages: Iterable[Page]) -> tuple[Picture, ...]:
    """The references among them, as pictures to compare with."""
    return tuple(
        Picture(image_id=page.image_id, view=page.view, width=page.width, height=page.height)
        for page in pages
        if not page.defect
    )
