"""Units in a list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from inspection.core.decide import Verdict
from inspection.core.moment import moment
from inspection.store import lines, queue
from inspection.store.database import Tx
from inspection.store.records import IMAGE, UNIT
from inspection.store.reports import sight

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class UnitItem:
    """One unit in a list. Where the AI must stay unseen, a unit that waits for a person tells nothing but that."""

    unit_id: int
    serial: str
    visit: int
    verdict: Verdict | None
    by: str
    reason: str
    audited: bool | None
    score: float | None
    waiting: bool
    opened_at: datetime
    settled_at: datetime | None
    simulated: bool
    image_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class UnitFilter:
    """Which units are wanted; empty fields ask for all."""

    serial: str = ""
    verdict: str = ""
    by: str = ""
    reason: str = ""
    audited: bool | None = None
    before_id: int | None = None


def recent(
    tx: Tx, line: str, wanted: UnitFilter, now: datetime, *, inspector: bool, limit: int = PAGE
) -> tuple[UnitItem, ...]:
    """The line's newest units that fit the filter; go on with `before_id`, the last one's id.

    Units whose AI opinion must stay unknown (see `sight.hidden`) are left out of any filter that would tell it, and
    those that an inspector may have before the eyes in disguise altogether.
    """
    known = lines.in_force(tx, line)
    waiting = sight.reviewed(queue.OWED)
    hidden = sight.hidden(sight.shown_at(known), now, inspector=inspector)
    blank = and_(hidden, or_(waiting, UNIT.c.person_verdict.is_(None)))
    query = select(*UNIT.c, waiting.label("waiting"), hidden.label("hidden"), blank.label("blank"))
    seen = [~sight.in_disguise(now)] if inspector else []
    query = _filtered(query.where(UNIT.c.line_id == known.id, *seen), wanted, hidden, blank)
    rows = tx.execute(query.order_by(UNIT.c.id.desc()).limit(limit)).all()
    images = _image_ids(tx, [row.id for row in rows])
    return tuple(_item(row._mapping, images.get(row.id, ()), inspector=inspector) for row in rows)


def _filtered(
    query: Select[Any], wanted: UnitFilter, hidden: ColumnElement[bool], blank: ColumnElement[bool]
) -> Select[Any]:
    if wanted.serial:
        query = query.where(UNIT.c.serial.startswith(wanted.serial, autoescape=True))
    if wanted.before_id is not None:
        query = query.where(UNIT.c.id < wanted.before_id)
    if wanted.audited is not None:
        query = query.where(UNIT.c.audited == wanted.audited, ~hidden)
    if wanted.verdict == "pending":
        return query.where(or_(UNIT.c.verdict.is_(None), blank))
    for column in ("verdict", "by", "reason"):
        if value := getattr(wanted, column):
            query = query.where(UNIT.c[column] == value, ~blank)
    return query


def _item(row: Any, images: tuple[int, ...], *, inspector: bool) -> UnitItem:
    hide, unknown = row["blank"], row["hidden"] or inspector
    settled = row["settled_at"]
    return UnitItem(
        unit_id=row["id"],
        serial=row["serial"],
        visit=row["visit"],
        verdict=Verdict(row["verdict"]) if row["verdict"] and not hide else None,
        by="person" if hide else row["by"],
        reason="waits_for_review" if hide else row["reason"],
        audited=None if unknown else row["audited"],
        score=None if unknown else row["score"],
        waiting=row["waiting"],
        opened_at=moment(row["opened_at"]),
        settled_at=moment(settled) if settled is not None and not hide else None,
        simulated=row["simulated"],
        image_ids=images,
    )


def _image_ids(tx: Tx, unit_ids: list[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    query = select(IMAGE.c.unit_id, IMAGE.c.id).where(IMAGE.c.unit_id.in_(unit_ids)).order_by(IMAGE.c.id)
    for unit_id, image_id in tx.execute(query):
        found[unit_id] = (*found.get(unit_id, ()), image_id)
    return found
