"""What people said of units."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from inspection.core.label import Label
from inspection.core.moment import micros, moment
from inspection.store.database import Tx
from inspection.store.records import LABEL, dump, findings_body


@dataclass(frozen=True, kw_only=True)
class Given:
    """A label as far as undoing it goes."""

    id: int
    unit_id: int
    task_id: int | None
    verdict: str
    saw_ai: bool
    at: datetime


def add(
    tx: Tx,
    *,
    line_id: int,
    unit_id: int,
    task_id: int | None,
    person_id: int,
    label: Label,
    saw_ai: bool,
    effective: bool,
    simulated: bool,
    now: datetime,
) -> int:
    """Keep a label; its id."""
    values = {
        "line_id": line_id,
        "unit_id": unit_id,
        "task_id": task_id,
        "person_id": person_id,
        "verdict": str(label.verdict),
        "defect_types": dump(list(label.defect_types)),
        "findings": findings_body(label.findings),
        "note": label.note,
        "seconds": label.seconds,
        "saw_ai": saw_ai,
        "effective": effective,
        "simulated": simulated,
        "at": micros(now),
    }
    return int(tx.execute(insert(LABEL).values(values).returning(LABEL.c.id)).scalar_one())


def last_effective(tx: Tx, person_id: int) -> Given | None:
    """A person's newest label, if it counts."""
    row = tx.execute(_GIVEN.where(LABEL.c.person_id == person_id)).one_or_none()
    return None if row is None or not row.effective else _given(row)


def counted(tx: Tx, unit_id: int) -> Given | None:
    """A unit's newest label that counts."""
    row = tx.execute(_GIVEN.where(LABEL.c.unit_id == unit_id, LABEL.c.effective)).one_or_none()
    return None if row is None else _given(row)


_NAMES = ("id", "unit_id", "task_id", "verdict", "saw_ai", "at")
_GIVEN = select(*(LABEL.c[name] for name in _NAMES), LABEL.c.effective).order_by(LABEL.c.id.desc()).limit(1)


def _given(row: Any) -> Given:
    return Given(**{**{name: getattr(row, name) for name in _NAMES}, "at": moment(row.at)})


def last_effective_of(tx: Tx, unit_id: int) -> int | None:
    """The id of a unit's newest label that counts."""
    query = select(LABEL.c.id).where(LABEL.c.unit_id == unit_id, LABEL.c.effective).order_by(LABEL.c.id.desc())
    return tx.execute(query.limit(1)).scalar()


def take_back(tx: Tx, label_id: int) -> None:
    """Let a label count no more; it stays on record."""
    tx.execute(update(LABEL).where(LABEL.c.id == label_id).values(effective=False))
