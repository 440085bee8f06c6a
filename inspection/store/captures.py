"""Captured images as rows: how each came to its unit, and what was decided; the hot path, in plain Core statements."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, insert, select, update

from inspection.core.capture import Capture, Quality
from inspection.core.decide import Decision, Judged, Outcome
from inspection.core.ingest import Fingerprint, StoredImage
from inspection.core.moment import micros, moment
from inspection.store import places
from inspection.store.records import IMAGE, UNIT, number
from inspection.store.transaction import Prepared, Tx
from inspection.store.units import Unit

_MEMORY = 3  # pictures on each side; more would take a folder of a few test images for a frozen camera
_NEARBY = 32  # images among which they are looked for: some may still be examined, some are not measured at all


@dataclass(frozen=True, kw_only=True)
class KnownImage:
    """An image that is already stored, as a repeated capture needs it."""

    id: int
    unit_id: int
    fingerprint: Fingerprint


_KNOWN = Prepared(
    select(IMAGE.c.id, IMAGE.c.unit_id, IMAGE.c.sha256, IMAGE.c.view, UNIT.c.serial)
    .join(UNIT, UNIT.c.id == IMAGE.c.unit_id)
    .where(IMAGE.c.line_id == bindparam("line"), IMAGE.c.capture_id == bindparam("capture"))
)
_JUDGED = Prepared(
    select(IMAGE.c.view, IMAGE.c.outcome, IMAGE.c.seen_by_person)
    .where(IMAGE.c.unit_id == bindparam("unit"))
    .order_by(IMAGE.c.id)
)
_DECIDE = Prepared(
    update(IMAGE)
    .where(IMAGE.c.id == bindparam("image"), IMAGE.c.decided_at.is_(None))
    .values(
        policy_id=bindparam("policy"),
        outcome=bindparam("outcome_"),
        reason=bindparam("reason_"),
        detail=bindparam("detail_"),
        decided_at=bindparam("at"),
    )
)
_UNDECIDED = Prepared(
    select(IMAGE.c.id)
    .where(IMAGE.c.decided_at.is_(None), IMAGE.c.received_at < bindparam("before"))
    .order_by(IMAGE.c.id)
    .limit(bindparam("most"))
)
_ADD = Prepared(insert(IMAGE).returning(IMAGE.c.id))
_FIGURES = tuple(Quality.__dataclass_fields__)
_QUALITY = Prepared(
    update(IMAGE)
    .where(IMAGE.c.id == bindparam("image"))
    .values({name: bindparam(name + "_") for name in (*_FIGURES, "unfit")})
)


def _near(beyond: ColumnElement[bool], *, back: bool) -> Prepared:
    """Pictures next to an image on one side."""
    query = select(*places.PLACE, IMAGE.c.picture, IMAGE.c.unit_id)
    order = [column.desc() if back else column for column in places.PLACE]
    few = query.where(beyond).order_by(*order).limit(_NEARBY).subquery()
    same = (few.c.camera_id == bindparam("camera"), few.c.view == bindparam("view_"), few.c.picture.is_not(None))
    return Prepared(
        select(few.c.picture, few.c.unit_id).where(*same).order_by(few.c.id.desc() if back else few.c.id).limit(_MEMORY)
    )


_HERE: tuple[Any, ...] = (bindparam("camera"), bindparam("view_"), bindparam("image"))
_BEFORE = _near(places.before(*_HERE), back=True)
_AFTER = _near(places.after(*_HERE), back=False)
_UNIT_OF = Prepared(select(IMAGE.c.unit_id).where(IMAGE.c.id == bindparam("image")))
_EYE_OF = Prepared(select(IMAGE.c.unit_id, IMAGE.c.camera_id, IMAGE.c.view).where(IMAGE.c.id == bindparam("image")))


def known_image(tx: Tx, line_id: int, capture_id: str) -> KnownImage | None:
    """The image stored under a capture id, if any."""
    row = _KNOWN.run(tx, {"line": line_id, "capture": capture_id}).fetchone()
    if row is None:
        return None
    image_id, unit_id, digest, view, serial = row
    same = Fingerprint(sha256=digest, serial=serial, view=view)
    return KnownImage(id=image_id, unit_id=unit_id, fingerprint=same)


def add_image(
    tx: Tx,
    unit: Unit,
    camera_id: int,
    capture: Capture,
    stored: StoredImage,
    decided: tuple[int, Decision] | None,
    skew_s: float,
    now: datetime,
) -> int:
    """Add an image to its unit, with the policy's id and decision where that is known at once; its id."""
    policy_id, decision = decided or (None, None)
    values = {
        **stored.__dict__,
        "line_id": unit.line_id,
        "unit_id": unit.id,
        "camera_id": camera_id,
        "capture_id": capture.capture_id,
        "view": capture.view,
        "captured_at": micros(capture.captured_at),
        "received_at": micros(now),
        "skew_s": skew_s,
        "simulated": capture.simulated,
        "policy_id": policy_id,
        "outcome": str(decision.outcome) if decision else None,
        "reason": str(decision.reason) if decision else "",
        "detail": decision.detail if decision else "",
        "decided_at": micros(now) if decision else None,
    }
    return int(_ADD.run(tx, values).fetchone()[0])


def judged(tx: Tx, unit_id: int) -> list[Judged]:
    """The unit's images as its disposition sees them, in order of arrival."""
    return [
        Judged(view=view, outcome=Outcome(outcome) if outcome else None, seen_by_person=bool(seen))
        for view, outcome, seen in _JUDGED.run(tx, {"unit": unit_id})
    ]


def decide_image(tx: Tx, image_id: int, policy_id: int, decision: Decision, now: datetime) -> bool:
    """Put the decision on an image, once; whether this was the first."""
    values = {
        "image": image_id,
        "policy": policy_id,
        "outcome_": str(decision.outcome),
        "reason_": str(decision.reason),
        "detail_": decision.detail,
        "at": micros(now),
    }
    return bool(_DECIDE.run(tx, values).rowcount == 1)


def add_quality(tx: Tx, image_id: int, quality: Quality, unfit: str | None) -> None:
    """Keep the quality figures of an image."""
    figures = {name: getattr(quality, name) for name in _FIGURES}
    kept = {f"{name}_": number(value) if isinstance(value, float) else value for name, value in figures.items()}
    _QUALITY.run(tx, {"image": image_id, "unfit_": unfit, **kept})


def repeats(tx: Tx, image_id: int, picture: int | None) -> bool:
    """Whether one of the pictures next to this one that the same camera sent of the same view, of another unit, is the
    same in every pixel. No sensor that works does that. Those that came later count too, for images that come at once
    are examined in any order."""
    if picture is None:
        return False
    unit, camera, view = _EYE_OF.run(tx, {"image": image_id}).fetchone()
    here = {"image": image_id, "camera": camera, "view_": view}
    near = [row for side in (_BEFORE, _AFTER) for row in side.run(tx, here).fetchall()]
    return any(same == picture and other != unit for same, other in near)


def first_received(tx: Tx) -> datetime | None:
    """When the first image of all came in."""
    found = tx.execute(select(IMAGE.c.received_at).order_by(IMAGE.c.id).limit(1)).scalar()
    return None if found is None else moment(found)


def sizes(tx: Tx, unit_id: int) -> dict[int, tuple[int, int]]:
    """The (width, height) of a unit's images, by their ids."""
    query = select(IMAGE.c.id, IMAGE.c.width, IMAGE.c.height).where(IMAGE.c.unit_id == unit_id)
    return {row.id: (row.width, row.height) for row in tx.execute(query)}


def unit_of_image(tx: Tx, image_id: int) -> int:
    """The id of the unit that an image shows."""
    return int(_UNIT_OF.run(tx, {"image": image_id}).fetchone()[0])


def undecided(tx: Tx, before: datetime, limit: int = 500) -> list[int]:
    """Images received before that moment that nobody has decided on."""
    return [row[0] for row in _UNDECIDED.run(tx, {"before": micros(before), "most": limit}).fetchall()]
