"""Which units are wanted, as conditions of a query that is bounded however many units there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, literal_column, or_, select, tuple_

from inspection.core.label import UNDO_WITHIN
from inspection.core.moment import micros
from inspection.store.database import Tx
from inspection.store.records import DISPUTE, IMAGE, LABEL, SHOWING, TASK, UNIT, dump
from inspection.store.reports import sight

SCAN = 50_000
"""So many units are looked through for one page at most, where no index finds what is wanted."""
FEW = 2_000
"""A beginning of serials that so many units share at most is looked up, and else looked for."""
DISAGREEMENTS = ("escape", "overkill", "ai_person", "people")
_REJECTED = UNIT.c.person_verdict == literal_column("'reject'")  # as the index of these has it
_LAST = "\U0010ffff"  # sorts behind every character that a serial may have


@dataclass(frozen=True, kw_only=True)
class UnitFilter:
    """Which units are wanted; empty fields ask for all. Times are when a unit was first seen, `until` not included;
    scores are the worst of the unit's images', ends included; `defect` is a type that people rejected it for."""

    line: str = ""
    serial: str = ""
    exact: bool = False
    since: datetime | None = None
    until: datetime | None = None
    verdict: str = ""
    by: str = ""
    reason: str = ""
    audited: bool | None = None
    defect: str = ""
    view: str = ""
    score_from: float | None = None
    score_to: float | None = None
    disagreement: str = ""


def scope(wanted: UnitFilter, line_ids: list[int]) -> list[ColumnElement[bool]]:
    """Lines and times: what an index always answers. With one line named, `=` lets it answer in order as well."""
    of_lines = UNIT.c.line_id == line_ids[0] if len(line_ids) == 1 else UNIT.c.line_id.in_(line_ids)
    found: list[ColumnElement[bool]] = [of_lines] if wanted.line else []
    if wanted.since is not None:
        found.append(UNIT.c.opened_at >= micros(wanted.since))
    if wanted.until is not None:
        found.append(UNIT.c.opened_at < micros(wanted.until))
    return found


def after(tx: Tx, unit_id: int | None) -> list[ColumnElement[bool]]:
    """Older than that unit, in the order of lists; nothing where there is no such unit."""
    if unit_id is None:
        return []
    opened = tx.execute(select(UNIT.c.opened_at).where(UNIT.c.id == unit_id)).scalar()
    if opened is None:
        return [false()]
    return [UNIT.c.opened_at <= opened, tuple_(UNIT.c.opened_at, UNIT.c.id) < tuple_(opened, unit_id)]


def down_to(opened_at: int, unit_id: int) -> list[ColumnElement[bool]]:
    """As new as that unit, or newer. The first condition is what an index is read by."""
    return [UNIT.c.opened_at >= opened_at, tuple_(UNIT.c.opened_at, UNIT.c.id) >= tuple_(opened_at, unit_id)]


def newest_first(query: Select[Any]) -> Select[Any]:
    """The order of lists."""
    return query.order_by(UNIT.c.opened_at.desc(), UNIT.c.id.desc())


def of_serial(tx: Tx, wanted: UnitFilter, line_ids: list[int]) -> tuple[list[ColumnElement[bool]], bool]:
    """The condition on serials, and whether it alone leaves few units."""
    if not wanted.serial:
        return [], False
    same = (
        UNIT.c.serial == wanted.serial
        if wanted.exact
        else and_(UNIT.c.serial >= wanted.serial, UNIT.c.serial < wanted.serial + _LAST)
    )
    some = select(UNIT.c.id).where(UNIT.c.line_id.in_(line_ids), same)
    few = len(tx.execute(some.limit(FEW + 1)).all()) <= FEW
    return [UNIT.c.id.in_(some) if few else same], few


def of_fields(
    wanted: UnitFilter, hidden: ColumnElement[bool], blank: ColumnElement[bool], now: datetime
) -> list[ColumnElement[bool]]:
    """Every other condition. Units whose AI opinion must stay unknown are left out of each that would tell it, and
    those in disguise of each that would tell what people said."""
    found: list[ColumnElement[bool]] = []
    if wanted.view:
        found.append(exists().where(IMAGE.c.unit_id == UNIT.c.id, IMAGE.c.view == wanted.view))
    if wanted.verdict == "pending":
        found.append(or_(UNIT.c.verdict.is_(None), and_(_maybe_blank(now), blank)))
    for column in ("verdict", "by", "reason"):
        value = getattr(wanted, column)
        if value and (column, value) != ("verdict", "pending"):
            found += [UNIT.c[column] == value, ~blank]
    telling = [*_of_scores(wanted), *_of_the_ai_and_people(wanted.disagreement)]
    if wanted.audited is not None:
        telling.append(UNIT.c.audited == wanted.audited)
    said = [_REJECTED, _rejected_for(wanted.defect)] if wanted.defect else []
    if wanted.disagreement == "people":
        said += [UNIT.c.person_verdict.is_not(None), or_(_labels_differ(), _second_differs())]
    told = [*([~hidden] if telling else []), *([~sight.in_disguise(now)] if said else [])]
    return [*found, *telling, *said, *told]


def indexed(wanted: UnitFilter) -> bool:
    """Whether an index leads to the few units that fit, so that no limit to looking is needed."""
    return bool(wanted.defect or _of_the_ai_and_people(wanted.disagreement))


def bare(wanted: UnitFilter) -> bool:
    """Whether every unit of the lines and times fits."""
    return wanted == UnitFilter(line=wanted.line, since=wanted.since, until=wanted.until)


def _maybe_blank(now: datetime) -> ColumnElement[bool]:
    """What every blank unit is: with a review open, just judged in disguise, disputed, or settled without the person
    that it was to be shown to. Cheap, to spare all others the exact question."""
    live = select(TASK.c.unit_id).where(TASK.c.state.in_(("open", "leased")))
    said = select(SHOWING.c.unit_id).where(SHOWING.c.at > micros(now - UNDO_WITHIN))
    open_disputes = select(DISPUTE.c.unit_id).where(DISPUTE.c.truth == "")
    some = or_(*(UNIT.c.id.in_(ids) for ids in (live, said, open_disputes)))
    return or_(some, and_(UNIT.c.audited, UNIT.c.person_verdict.is_(None)))


def _of_scores(wanted: UnitFilter) -> list[ColumnElement[bool]]:
    found = []
    if wanted.score_from is not None:
        found.append(UNIT.c.score >= wanted.score_from)
    if wanted.score_to is not None:
        found.append(UNIT.c.score <= wanted.score_to)
    return found


def _of_the_ai_and_people(kind: str) -> list[ColumnElement[bool]]:
    if kind not in ("ai_person", "escape", "overkill"):
        return []
    found = [UNIT.c.ai_verdict != UNIT.c.person_verdict]
    if kind != "ai_person":
        found.append(UNIT.c.ai_verdict == ("pass" if kind == "escape" else "reject"))
    return found


def _labels_differ() -> ColumnElement[bool]:
    one, other = LABEL.alias("one"), LABEL.alias("other")
    return exists().where(
        one.c.unit_id == UNIT.c.id, other.c.unit_id == UNIT.c.id, one.c.person_id != other.c.person_id,
        one.c.verdict != other.c.verdict,
    )  # fmt: skip


def _second_differs() -> ColumnElement[bool]:
    read = and_(SHOWING.c.unit_id == UNIT.c.id, SHOWING.c.label_id.is_not(None), SHOWING.c.verdict != "")
    return exists().where(read, SHOWING.c.verdict != UNIT.c.person_verdict)


def _rejected_for(defect: str) -> ColumnElement[bool]:
    named = LABEL.c.defect_types.contains(dump(defect), autoescape=True)
    return exists().where(LABEL.c.unit_id == UNIT.c.id, LABEL.c.effective, named)
