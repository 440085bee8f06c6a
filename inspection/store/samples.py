"""What a line trains from: images put in by hand, and those that people have judged."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, delete, exists, insert, select

from inspection.core.decide import Verdict
from inspection.core.moment import micros
from inspection.core.train import UNNAMED, Outline, Sample
from inspection.store.database import Tx
from inspection.store.records import DISPUTE, IMAGE, LABEL, SAMPLE, SHOWING, UNIT, dump, findings_from


def add(tx: Tx, line_id: int, sample: Sample, by: str, now: datetime, *, simulated: bool = False) -> bool:
    """Keep an image to train from; False when the line has it already."""
    same = (SAMPLE.c.line_id == line_id) & (SAMPLE.c.view == sample.view) & (SAMPLE.c.sha256 == sample.sha256)
    if tx.execute(select(SAMPLE.c.id).where(same)).first() is not None:
        return False
    values = {
        **sample.__dict__,
        "regions": dump(sample.regions),
        "line_id": line_id,
        "by": by,
        "at": micros(now),
        "simulated": simulated,
    }
    tx.execute(insert(SAMPLE).values(values))
    return True


def remove(tx: Tx, line_id: int, digest: str) -> int:
    """Take an image out of what the line trains from; how many entries went."""
    return int(tx.execute(delete(SAMPLE).where(SAMPLE.c.line_id == line_id, SAMPLE.c.sha256 == digest)).rowcount)


def put_in(tx: Tx, line_id: int, digest: str | None = None) -> list[Sample]:
    """What the line trains from: the images put in by hand, or those of one content."""
    columns = (SAMPLE.c.view, SAMPLE.c.sha256, SAMPLE.c.name, SAMPLE.c.defect, SAMPLE.c.regions, SAMPLE.c.group)
    query = select(*columns).where(SAMPLE.c.line_id == line_id).order_by(SAMPLE.c.id)
    if digest is not None:
        query = query.where(SAMPLE.c.sha256 == digest)
    return [Sample(**{**row._mapping, "regions": _regions(row.regions)}) for row in tx.execute(query)]


def _regions(body: str) -> tuple[Outline, ...]:
    return tuple(tuple((int(x), int(y)) for x, y in outline) for outline in json.loads(body))


def rejected(tx: Tx, line_id: int, limit: int, *, one_view: bool) -> list[Sample]:
    """Images of the line's newest units that a person has rejected for a defect, fit ones only, with what was drawn.

    Which image of a unit shows the defect is known where a person marked it there, or where the line has one view and
    nothing was marked on another image.
    """
    newest = _judged(line_id, "reject", limit)
    query = (
        select(IMAGE.c.id, IMAGE.c.view, IMAGE.c.sha256, newest.c.serial, LABEL.c.defect_types, LABEL.c.findings)
        .join(newest, newest.c.id == IMAGE.c.unit_id)
        .join(LABEL, LABEL.c.unit_id == newest.c.id)
        .where(LABEL.c.effective)
        .where(LABEL.c.verdict == "reject", IMAGE.c.seen_by_person, IMAGE.c.unfit.is_(None))
        .where(*([] if one_view else [LABEL.c.findings != "[]"]))
        .order_by(newest.c.opened_at.desc(), IMAGE.c.id.desc())
        .limit(limit)
    )
    return [sample for row in tx.execute(query) if (sample := _sample(row, one_view)) is not None]


def _sample(row: Any, one_view: bool) -> Sample | None:
    drawn = findings_from(row.findings)
    here = [one for one in drawn if one.image_id == row.id]
    if not here and (drawn or not one_view):
        return None
    named = [one.defect_type for one in here if one.defect_type] + json.loads(row.defect_types)
    return Sample(
        view=row.view,
        sha256=row.sha256,
        name=row.serial,
        defect=named[0] if named else UNNAMED,
        regions=tuple(one.outline or _corners(one.box) for one in here),
        group=row.serial,
    )


def _corners(box: tuple[int, int, int, int]) -> Outline:
    left, top, right, bottom = box
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _judged(line_id: int, verdict: str, images: int) -> Subquery:
    """The line's newest units that people judged so: enough for that many images, where most of them are fit."""
    columns = (UNIT.c.id, UNIT.c.serial, UNIT.c.verdict, UNIT.c.opened_at)
    query = select(*columns).where(UNIT.c.line_id == line_id, UNIT.c.person_verdict == verdict)
    return query.order_by(UNIT.c.opened_at.desc()).limit(5 * images).subquery()


def _not_found_defective(unit_id: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """That somebody has not settled as defective since."""
    reject = str(Verdict.REJECT)
    return [~exists().where(table.c.unit_id == unit_id, table.c.truth == reject) for table in (SHOWING, DISPUTE)]


def passed(tx: Tx, line_id: int, limit: int) -> list[Sample]:
    """Images of the line's newest units that a person has passed, fit ones only."""
    newest = _judged(line_id, "pass", limit)
    query = (
        select(IMAGE.c.view, IMAGE.c.sha256, newest.c.serial.label("name"), newest.c.serial.label("group"))
        .join(newest, newest.c.id == IMAGE.c.unit_id)
        .where(newest.c.verdict == "pass", *_not_found_defective(newest.c.id))
        .where(IMAGE.c.seen_by_person, IMAGE.c.unfit.is_(None))
        .order_by(newest.c.opened_at.desc(), IMAGE.c.id.desc())
        .limit(limit)
    )
    return [Sample(**row._mapping) for row in tx.execute(query)]
