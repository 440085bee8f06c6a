"""Units in a list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, select

from inspection.core.decide import Verdict
from inspection.core.moment import moment
from inspection.store import lines, queue
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.records import IMAGE, UNIT
from inspection.store.reports import sight, wanted
from inspection.store.reports.wanted import UnitFilter as UnitFilter

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class UnitItem:
    """One unit in a list. Where the AI must stay unseen, a unit that waits for a person tells nothing but that; while
    it is before somebody's eyes in disguise, nothing that people said of it either. `line` is its name."""

    unit_id: int
    line: str
    line_title: str
    serial: str
    visit: int
    verdict: Verdict | None
    by: str
    reason: str
    ai_verdict: Verdict | None
    person_verdict: Verdict | None
    audited: bool | None
    model: str | None
    score: float | None
    hidden: bool
    disguised: bool
    waiting: bool
    opened_at: datetime
    settled_at: datetime | None
    simulated: bool
    image_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """Units of one page; `next` goes on after them, None at the end. `looked_to` is how far back was looked where that
    is not to the last of the units shown."""

    units: tuple[UnitItem, ...]
    next: int | None
    looked_to: datetime | None


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What can be asked for: lines by name with their titles, defect types and views of them."""

    lines: tuple[tuple[str, str], ...]
    defects: tuple[str, ...]
    views: tuple[str, ...]


def choices(tx: Tx, line: str = "") -> Choices:
    """What the filter offers, over all lines or of one; raises Unknown."""
    known = lines.all_in_force(tx)
    recipes = [one.line.recipe for one in ([lines.in_force(tx, line)] if line else known)]
    return Choices(
        lines=tuple((one.line.name, one.line.title) for one in known),
        defects=tuple(dict.fromkeys(kind for recipe in recipes for kind in recipe.defect_types)),
        views=tuple(dict.fromkeys(view for recipe in recipes for view in recipe.views)),
    )


def find(
    tx: Tx, asked: UnitFilter, now: datetime, *, inspector: bool, before: int | None = None, limit: int = PAGE,
    scan: int = wanted.SCAN,
) -> Found:  # fmt: skip
    """The newest units that fit, after the unit `before`; raises Unknown where there is no such line.

    Units whose AI opinion must stay unknown (see `sight.hidden`) are left out of any filter that would tell it. What
    inspectors find is settled: a unit that waits or was judged just now is as unknown to them as the serial of one in
    disguise, which would tell by being the only one not found. Where no index answers, at most `scan` units are looked
    through, so that no question holds the server up however many there are.
    """
    chosen = [lines.in_force(tx, asked.line)] if asked.line else lines.all_in_force(tx)
    known = {one.id: one for one in chosen}
    if not known:
        return Found(units=(), next=None, looked_to=None)
    hidden, disguised = _hidden(chosen, now, inspector=inspector), sight.in_disguise(now)
    waiting = sight.reviewed(queue.OWED)
    blank = and_(hidden, waiting | UNIT.c.person_verdict.is_(None))
    serials, few = wanted.of_serial(tx, asked, list(known))
    within = [*wanted.scope(asked, list(known)), *wanted.after(tx, before)]
    bounded = not (few or wanted.indexed(asked) or wanted.bare(asked))
    floor = _floor(tx, within, scan) if bounded else None
    if floor is not None:
        within += wanted.down_to(floor.opened_at, floor.id)
    marks = (waiting.label("waiting"), hidden.label("hidden"), disguised.label("disguised"), blank.label("blank"))
    query = select(*UNIT.c, *marks).where(*within, *serials, *wanted.of_fields(asked, hidden, blank, now))
    if inspector:
        query = query.where(~hidden, ~sight.in_hand(now))
    rows = tx.execute(wanted.newest_first(query).limit(limit)).all()
    images = _image_ids(tx, [row.id for row in rows], asked.view)
    items = tuple(_item(row._mapping, known[row.line_id], images.get(row.id, ()), inspector=inspector) for row in rows)
    if len(rows) == limit:
        return Found(units=items, next=rows[-1].id, looked_to=None)
    if floor is None:
        return Found(units=items, next=None, looked_to=None)
    return Found(units=items, next=floor.id, looked_to=moment(floor.opened_at))


def _hidden(known: list[LineInForce], now: datetime, *, inspector: bool) -> ColumnElement[bool]:
    """Whether the AI's opinion of a unit must stay unknown, whatever its line shows in reviews."""
    shown = [one.id for one in known if sight.shown_at(one)]
    if inspector or not shown:
        return sight.hidden(False, now, inspector=inspector)
    if len(shown) == len(known):
        return sight.hidden(True, now, inspector=inspector)
    kinds = (sight.hidden(kind, now, inspector=False) for kind in (True, False))
    return case((UNIT.c.line_id.in_(shown), next(kinds)), else_=next(kinds))


def _floor(tx: Tx, within: list[ColumnElement[bool]], scan: int) -> Any:
    """The unit that is looked at last, by the index of times alone; None where there are fewer."""
    query = select(UNIT.c.opened_at, UNIT.c.id).where(*within)
    return tx.execute(wanted.newest_first(query).offset(scan - 1).limit(1)).one_or_none()


def _item(row: Any, line: LineInForce, images: tuple[int, ...], *, inspector: bool) -> UnitItem:
    hide, unknown = row["blank"], row["hidden"] or inspector
    settled = row["settled_at"]
    return UnitItem(
        unit_id=row["id"],
        line=line.line.name,
        line_title=line.line.title,
        serial=row["serial"],
        visit=row["visit"],
        verdict=Verdict(row["verdict"]) if row["verdict"] and not hide else None,
        by="person" if hide else row["by"],
        reason="waits_for_review" if hide else row["reason"],
        ai_verdict=Verdict(row["ai_verdict"]) if row["ai_verdict"] and not unknown else None,
        person_verdict=Verdict(row["person_verdict"]) if row["person_verdict"] and not row["disguised"] else None,
        audited=None if unknown else row["audited"],
        model=None if unknown else row["model"],
        score=None if unknown else row["score"],
        hidden=bool(unknown),
        disguised=bool(row["disguised"]),
        waiting=row["waiting"],
        opened_at=moment(row["opened_at"]),
        settled_at=moment(settled) if settled is not None and not hide else None,
        simulated=row["simulated"],
        image_ids=images,
    )


def _image_ids(tx: Tx, unit_ids: list[int], view: str) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    query = select(IMAGE.c.unit_id, IMAGE.c.id).where(IMAGE.c.unit_id.in_(unit_ids))
    if view:
        query = query.where(IMAGE.c.view == view)
    for unit_id, image_id in tx.execute(query.order_by(IMAGE.c.id)):
        found[unit_id] = (*found.get(unit_id, ()), image_id)
    return found
