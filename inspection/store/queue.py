"""The review queue: tasks, given out by lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, insert, or_, select, update

from inspection.core.known import IN_DISGUISE
from inspection.core.moment import micros, moment
from inspection.core.review import Load, TaskState
from inspection.store.records import DOUBT, LABEL, LINE, TASK
from inspection.store.transaction import Prepared, Tx


@dataclass(frozen=True, kw_only=True)
class Task:
    """A review that a person owes a unit."""

    id: int
    line_id: int
    unit_id: int
    reason: str
    state: TaskState
    opened_at: datetime
    ready_at: datetime
    due_at: datetime
    lease: str | None
    leased_by: int | None
    leased_until: datetime | None
    saw_ai: bool


_COLUMNS = (
    TASK.c.id,
    TASK.c.line_id,
    TASK.c.unit_id,
    TASK.c.reason,
    TASK.c.state,
    TASK.c.opened_at,
    TASK.c.ready_at,
    TASK.c.due_at,
    TASK.c.lease,
    TASK.c.leased_by,
    TASK.c.leased_until,
    TASK.c.saw_ai,
)
_NAMES = tuple(column.key for column in _COLUMNS)
_LIVE = or_(TASK.c.state == "open", TASK.c.state == "leased")
# Past units in disguise owe nobody a review. (Prepared statements cannot take an IN.)
OWED = and_(*(TASK.c.reason != reason for reason in IN_DISGUISE))
_IN_HAND = (TASK.c.closed_at.is_(None), TASK.c.leased_by.is_not(None))  # as their index says it
_LIVE_TASK_OF = Prepared(select(*_COLUMNS).where(TASK.c.unit_id == bindparam("unit"), _LIVE, OWED))
_OPEN = Prepared(insert(TASK).inline())
_OLDEST = Prepared(
    select(func.min(TASK.c.ready_at)).where(
        TASK.c.line_id == bindparam("line"), _LIVE, OWED, TASK.c.ready_at <= bindparam("now")
    )
)


def live_task(tx: Tx, unit_id: int) -> Task | None:
    """The review that a unit waits for, if any."""
    row = _LIVE_TASK_OF.run(tx, {"unit": unit_id}).fetchone()
    return None if row is None else _task(row)


def in_hand(tx: Tx, unit_id: int) -> bool:
    """Whether somebody has the unit in hand or is to get it, for its own review or in disguise."""
    return tx.execute(select(TASK.c.id).where(TASK.c.unit_id == unit_id, _LIVE).limit(1)).first() is not None


def get(tx: Tx, task_id: int) -> Task | None:
    """The task of that id."""
    row = tx.execute(select(*_COLUMNS).where(TASK.c.id == task_id)).one_or_none()
    return None if row is None else _task(row)


def open_task(
    tx: Tx, line_id: int, unit_id: int, reason: str, ready_at: datetime, due_at: datetime, now: datetime
) -> None:
    """Put a unit into the queue, to be given out from `ready_at` on, in the order of `due_at`."""
    values = {
        "line_id": line_id, "unit_id": unit_id, "reason": reason, "state": "open", "opened_at": micros(now),
        "ready_at": micros(ready_at), "due_at": micros(due_at),
    }  # fmt: skip
    _OPEN.run(tx, values)


def open_showing(tx: Tx, line_id: int, unit_id: int, reason: str, ready_at: datetime, now: datetime) -> Task:
    """A task that shows a past unit: to be given out at once, and to nobody else."""
    values = {
        "line_id": line_id, "unit_id": unit_id, "reason": reason, "state": "open", "opened_at": micros(now),
        "ready_at": micros(ready_at), "due_at": micros(ready_at),
    }  # fmt: skip
    return _task(tx.execute(insert(TASK).values(values).returning(*_COLUMNS)).one())


def end_showings(tx: Tx, which: ColumnElement[bool], now: datetime) -> None:
    """Take past units out of people's hands."""
    query = update(TASK).where(~OWED, _LIVE, which)
    tx.execute(query.values(state=str(TaskState.CANCELLED), closed_at=micros(now)))


def of_unit(unit_id: int) -> ColumnElement[bool]:
    """That show this unit."""
    return TASK.c.unit_id == unit_id


def lapsed(line_id: int, now: datetime) -> ColumnElement[bool]:
    """Whose lease on the line has run out."""
    here = TASK.c.line_id + 0 == line_id  # by no index of lines, which would read all that waits
    return and_(here, *_IN_HAND, TASK.c.leased_until <= micros(now))


def make_ready(tx: Tx, task_id: int, ready_at: datetime, due_at: datetime) -> None:
    """Change from when on a task is given out."""
    tx.execute(update(TASK).where(TASK.c.id == task_id).values(ready_at=micros(ready_at), due_at=micros(due_at)))


def held_by(tx: Tx, person_id: int, now: datetime) -> Task | None:
    """The task a person holds by a lease that still runs."""
    query = select(*_COLUMNS).where(*_IN_HAND, TASK.c.leased_by == person_id, TASK.c.leased_until > micros(now))
    row = tx.execute(query.order_by(TASK.c.id).limit(1)).one_or_none()
    return None if row is None else _task(row)


def next_free(tx: Tx, person_id: int, line: str | None, now: datetime, skip: tuple[int, ...] = ()) -> Task | None:
    """The task that is due first, that nobody holds and that the person has not been unsure of."""
    free = or_(TASK.c.state == "open", (TASK.c.state == "leased") & (TASK.c.leased_until <= micros(now)))
    unsure = exists().where(DOUBT.c.unit_id == TASK.c.unit_id, DOUBT.c.person_id == person_id)
    # "closed_at IS NULL" is what the index of open tasks asks for.
    query = select(*_COLUMNS).where(TASK.c.closed_at.is_(None), free, OWED, TASK.c.ready_at <= micros(now), ~unsure)
    query = query.where(TASK.c.id.not_in(skip))
    if line is not None:
        query = query.where(TASK.c.line_id == select(LINE.c.id).where(LINE.c.name == line).scalar_subquery())
    row = tx.execute(query.order_by(TASK.c.due_at, TASK.c.id).limit(1)).one_or_none()
    return None if row is None else _task(row)


def doubt(tx: Tx, task: Task, person_id: int, note: str, now: datetime) -> None:
    """Keep that a person is unsure of a task's unit."""
    values = {
        "unit_id": task.unit_id, "task_id": task.id, "person_id": person_id, "note": note, "saw_ai": task.saw_ai,
        "at": micros(now),
    }  # fmt: skip
    tx.execute(insert(DOUBT).values(values))


def load(tx: Tx, line_id: int, now: datetime) -> Load:
    """How much of a line waits for people, and how much came and went in the last hour. Past units in disguise come and
    go like any other: in hand they wait, and judged they wait no more."""
    hour = micros(now - timedelta(hours=1))
    live = TASK.c.state.in_(("open", "leased"))
    counts = or_(OWED, TASK.c.leased_until > micros(now))
    count, oldest = tx.execute(
        select(func.count(), func.min(TASK.c.ready_at)).where(
            TASK.c.line_id == line_id, live, counts, TASK.c.ready_at <= micros(now)
        )
    ).one()
    counted = select(func.count()).where(TASK.c.line_id == line_id)
    return Load(
        waiting=count,
        oldest_s=(now - moment(oldest)).total_seconds() if oldest is not None else None,
        came=tx.execute(counted.where(TASK.c.opened_at > hour)).scalar_one(),
        done=tx.execute(counted.where(TASK.c.closed_at > hour)).scalar_one(),
    )


def second_opinions(tx: Tx, line_id: int) -> int:
    """How many of a line's units wait for somebody else, because a person was unsure."""
    unsure = exists().where(DOUBT.c.task_id == TASK.c.id)
    query = select(func.count()).where(TASK.c.line_id == line_id, TASK.c.closed_at.is_(None), OWED, unsure)
    return int(tx.execute(query).scalar_one())


def lease(tx: Tx, task_id: int, token: str, person_id: int, until: datetime, saw_ai: bool) -> None:
    """Give a task to a person until that moment."""
    values = {
        "state": "leased",
        "lease": token,
        "leased_by": person_id,
        "leased_until": micros(until),
        "saw_ai": saw_ai,
    }
    tx.execute(update(TASK).where(TASK.c.id == task_id).values(**values))


def extend(tx: Tx, task_id: int, token: str, until: datetime) -> bool:
    """Renew a lease; False when the task has gone to somebody else or is done."""
    mine = (TASK.c.id == task_id) & (TASK.c.lease == token) & (TASK.c.state == "leased")
    return tx.execute(update(TASK).where(mine).values(leased_until=micros(until))).rowcount == 1


def release(tx: Tx, task_id: int, ready_at: datetime | None = None) -> None:
    """Put a task back into the queue, at the end of it where `ready_at` is given."""
    values: dict[str, object] = {
        "state": "open",
        "lease": None,
        "leased_by": None,
        "leased_until": None,
        "saw_ai": False,
        "closed_at": None,
    }
    if ready_at is not None:
        values["ready_at"] = values["due_at"] = micros(ready_at)
    tx.execute(update(TASK).where(TASK.c.id == task_id).values(**values))


def close(tx: Tx, task_id: int, state: TaskState, now: datetime) -> None:
    """End a task."""
    tx.execute(update(TASK).where(TASK.c.id == task_id).values(state=str(state), closed_at=micros(now)))


def oldest_ready(tx: Tx, line_id: int, now: datetime) -> datetime | None:
    """Since when the line's oldest unit waits for a person, if any does."""
    oldest = _OLDEST.run(tx, {"line": line_id, "now": micros(now)}).fetchone()[0]
    return None if oldest is None else moment(oldest)


def typical_seconds(tx: Tx, line_id: int) -> float | None:
    """The mean time of the line's last 50 labels."""
    recent = select(LABEL.c.seconds).where(LABEL.c.line_id == line_id).order_by(LABEL.c.at.desc()).limit(50).subquery()
    mean = tx.execute(select(func.avg(recent.c.seconds))).scalar()
    return None if mean is None else float(mean)


def _task(row: Sequence[Any]) -> Task:
    r = dict(zip(_NAMES, row, strict=True))
    r["saw_ai"] = bool(r["saw_ai"])
    r["state"] = TaskState(r["state"])
    for name in ("opened_at", "ready_at", "due_at", "leased_until"):
        r[name] = moment(r[name]) if r[name] is not None else None
    return Task(**r)
