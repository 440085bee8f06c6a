"""The pages of the lines' books."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Exists, exists, insert, select, update

from inspection.core.moment import micros
from inspection.store.records import BOOK, IMAGE
from inspection.store.transaction import Tx


@dataclass(frozen=True, kw_only=True)
class Shot:
    """An image as far as the book asks for it."""

    unit_id: int
    view: str


def shot(tx: Tx, image_id: int, line_id: int) -> Shot | None:
    """The line's image of that id."""
    query = select(IMAGE.c.unit_id, IMAGE.c.view).where(IMAGE.c.id == image_id, IMAGE.c.line_id == line_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else Shot(unit_id=row.unit_id, view=row.view)


def add(
    tx: Tx, line_id: int, image_id: int, shown: Shot, *, defect: str, counts: bool, words: str, by: str, now: datetime
) -> int:
    """Keep a page; its number."""
    values = {
        "line_id": line_id, "unit_id": shown.unit_id, "image_id": image_id, "view": shown.view, "defect": defect,
        "counts": counts, "words": words, "by": by, "at": micros(now),
    }  # fmt: skip
    return int(tx.execute(insert(BOOK).values(values).returning(BOOK.c.id)).scalar_one())


def retire(tx: Tx, line_id: int, number: int, now: datetime) -> bool:
    """Take a page out; whether it was in."""
    mine = (BOOK.c.id == number) & (BOOK.c.line_id == line_id) & BOOK.c.retired_at.is_(None)
    return tx.execute(update(BOOK).where(mine).values(retired_at=micros(now))).rowcount == 1


def retire_reference(tx: Tx, line_id: int, view: str, now: datetime) -> None:
    """Take the reference of a view out."""
    mine = (BOOK.c.line_id == line_id) & (BOOK.c.view == view) & (BOOK.c.defect == "") & BOOK.c.retired_at.is_(None)
    tx.execute(update(BOOK).where(mine).values(retired_at=micros(now)))


def shows(unit_id: object) -> Exists:
    """Whether the unit is in a book: whoever has seen it there would know it again."""
    return exists().where(BOOK.c.unit_id == unit_id, BOOK.c.retired_at.is_(None))
