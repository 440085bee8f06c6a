"""Units and their images in full, a batch at a time, for what leaves the system."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from inspection.core.export import ExportedImage, file_name
from inspection.core.moment import moment
from inspection.core.predict import Finding
from inspection.store.database import Tx
from inspection.store.records import CAMERA, IMAGE, LABEL, PREDICTION, UNIT, findings_from
from inspection.store.reports import units
from inspection.store.reports.units import UnitFilter, UnitItem

BATCH = 200


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Images of some units, with the places that people drew on each, by its id; `next` goes on after them."""

    images: tuple[ExportedImage, ...]
    places: dict[int, tuple[Finding, ...]]
    next: int | None


def batch(tx: Tx, wanted: UnitFilter, now: datetime, before: int | None, limit: int = BATCH) -> Batch:
    """Images of the newest units that fit, after the unit `before`, as an engineer may know them."""
    found = units.find(tx, wanted, now, inspector=False, before=before, limit=limit)
    labels = _labels(tx, [unit.unit_id for unit in found.units if not unit.disguised])
    rows = _images(tx, [unit.unit_id for unit in found.units])
    images, places = list[ExportedImage](), dict[int, tuple[Finding, ...]]()
    for unit in found.units:
        types, drawn = labels.get(unit.unit_id, ((), ()))
        own, views = rows[unit.unit_id], set[str]()
        for row in own:
            if not wanted.view or row["view"] == wanted.view:
                images.append(_image(unit, row, types, again=row["id"] if row["view"] in views else None))
                on_it = tuple(place for place in drawn if _is_on(place, row["id"], len(own)))
                places |= {row["id"]: tuple(finding for finding, _ in on_it)} if on_it else {}
            views.add(row["view"])
    return Batch(images=tuple(images), places=places, next=found.next)


def _is_on(place: tuple[Finding, int | None], image_id: int, images: int) -> bool:
    """Where nobody has said on which image a place is, it is on the only one."""
    return place[1] == image_id or (place[1] is None and images == 1)


def _images(tx: Tx, unit_ids: list[int]) -> dict[int, list[Any]]:
    score = select(PREDICTION.c.score).where(PREDICTION.c.image_id == IMAGE.c.id, PREDICTION.c.model == UNIT.c.model)
    query = (
        select(
            *IMAGE.c,
            CAMERA.c.name.label("camera"),
            score.order_by(PREDICTION.c.id.desc()).limit(1).scalar_subquery().label("score"),
        )
        .join(CAMERA, CAMERA.c.id == IMAGE.c.camera_id)
        .join(UNIT, UNIT.c.id == IMAGE.c.unit_id)
        .where(IMAGE.c.unit_id.in_(unit_ids))
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in tx.execute(query.order_by(IMAGE.c.id)).mappings():
        found[row["unit_id"]].append(row)
    return found


def _labels(tx: Tx, unit_ids: list[int]) -> dict[int, tuple[tuple[str, ...], tuple[tuple[Finding, int | None], ...]]]:
    """Defect types and drawn places of the newest label that counts, each place with its image's id if it is known."""
    columns = (LABEL.c.unit_id, LABEL.c.defect_types, LABEL.c.findings)
    query = select(*columns).where(LABEL.c.unit_id.in_(unit_ids), LABEL.c.effective).order_by(LABEL.c.id)
    found = {}
    for row in tx.execute(query):
        where = (place.get("image_id") for place in json.loads(row.findings))
        drawn = tuple(zip(findings_from(row.findings), where, strict=True))
        found[row.unit_id] = tuple(json.loads(row.defect_types)), drawn
    return found


def _image(unit: UnitItem, row: Any, types: tuple[str, ...], again: int | None) -> ExportedImage:
    return ExportedImage(
        line=unit.line,
        serial=unit.serial,
        visit=unit.visit,
        view=row["view"],
        image_id=row["id"],
        file=file_name(unit.line, unit.serial, unit.visit, row["view"], row["media_type"], again),
        verdict=unit.verdict,
        decided_by=unit.by,
        reason=unit.reason,
        ai_verdict=unit.ai_verdict,
        person_verdict=unit.person_verdict,
        defect_types=types,
        audited=unit.audited,
        unit_score=unit.score,
        image_score=None if unit.hidden else row["score"],
        outcome=None if unit.hidden else row["outcome"],
        opened_at=unit.opened_at,
        settled_at=unit.settled_at,
        captured_at=moment(row["captured_at"]),
        camera=row["camera"],
        width=row["width"],
        height=row["height"],
        bytes=row["size"],
        media_type=row["media_type"],
        sha256=row["sha256"],
        simulated=unit.simulated,
    )
