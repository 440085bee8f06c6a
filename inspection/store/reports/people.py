"""Who and what may send and sign in: people and cameras."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from inspection.core.moment import moment
from inspection.core.people import Role
from inspection.store.database import Tx
from inspection.store.records import CAMERA, LABEL, LINE, PERSON, SESSION


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody who may sign in, or could once; `seen_at` is when a session of theirs was last used, if one is open."""

    name: str
    role: Role
    simulated: bool
    must_change: bool
    has_pin: bool
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None
    judged_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Device:
    """A camera that may send images of its line."""

    line: str
    line_title: str
    name: str
    simulated: bool
    created_at: datetime


def everybody(tx: Tx) -> list[Colleague]:
    """All people: those who may sign in first, by name."""
    seen = select(func.max(SESSION.c.seen_at)).where(SESSION.c.person_id == PERSON.c.id).scalar_subquery()
    judged = (
        select(LABEL.c.at).where(LABEL.c.person_id == PERSON.c.id).order_by(LABEL.c.id.desc()).limit(1)
    ).scalar_subquery()
    query = select(*PERSON.c, seen.label("seen_at"), judged.label("judged_at"))
    return [
        Colleague(
            name=row.name, role=Role(row.role), simulated=row.simulated, must_change=row.must_change,
            has_pin=row.pin_hash != "", created_at=moment(row.created_at), disabled_at=_moment(row.disabled_at),
            seen_at=_moment(row.seen_at or None), judged_at=_moment(row.judged_at),
        )
        for row in tx.execute(query.order_by(PERSON.c.disabled_at.is_not(None), PERSON.c.name))
    ]  # fmt: skip


def cameras(tx: Tx) -> list[Device]:
    """All cameras whose tokens hold, by line."""
    query = select(LINE.c.name.label("line"), LINE.c.title, CAMERA.c.name, CAMERA.c.simulated, CAMERA.c.created_at)
    query = query.join(LINE, LINE.c.id == CAMERA.c.line_id).where(CAMERA.c.revoked_at.is_(None))
    return [
        Device(
            line=row.line, line_title=row.title, name=row.name, simulated=row.simulated,
            created_at=moment(row.created_at),
        )
        for row in tx.execute(query.order_by(LINE.c.name, CAMERA.c.name))
    ]  # fmt: skip


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else moment(micros)
