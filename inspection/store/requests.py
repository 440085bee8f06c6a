"""What alarms ask people to do: maintenance of a line, or a new training of its model."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from inspection.core.moment import micros, moment
from inspection.store.database import Tx
from inspection.store.records import REQUEST


@dataclass(frozen=True, kw_only=True)
class Request:
    """Work that a line asks for, until somebody says that it is done."""

    id: int
    line_id: int
    kind: str
    cause: str
    text: str
    at: datetime


def ask(tx: Tx, line_id: int, kind: str, cause: str, text: str, alarm_id: int | None, now: datetime) -> int | None:
    """Ask for it, once for a cause until it is done; the request's id, None where it has been asked for already."""
    same = (REQUEST.c.line_id == line_id, REQUEST.c.kind == kind, REQUEST.c.cause == cause)
    if tx.execute(select(REQUEST.c.id).where(*same, REQUEST.c.done_at.is_(None))).first() is not None:
        return None
    values = {
        "line_id": line_id, "kind": kind, "cause": cause, "text": text, "alarm_id": alarm_id, "at": micros(now),
    }  # fmt: skip
    return int(tx.execute(insert(REQUEST).values(values).returning(REQUEST.c.id)).scalar_one())


def waiting(tx: Tx, line_id: int | None = None) -> list[Request]:
    """What is asked for and not done, the newest first: of a line, or of all."""
    columns = (REQUEST.c.id, REQUEST.c.line_id, REQUEST.c.kind, REQUEST.c.cause, REQUEST.c.text, REQUEST.c.at)
    query = select(*columns).where(REQUEST.c.done_at.is_(None)).order_by(REQUEST.c.id.desc()).limit(200)
    if line_id is not None:
        query = query.where(REQUEST.c.line_id == line_id)
    return [Request(**{**row._mapping, "at": moment(row.at)}) for row in tx.execute(query)]


def done(tx: Tx, request_id: int, by: str, note: str, now: datetime) -> None:
    """Somebody has done it."""
    values = {"done_by": by, "done_at": micros(now), "note": note}
    tx.execute(update(REQUEST).where(REQUEST.c.id == request_id).values(values))
