"""Alarms as rows: raised, moved from state to state, and looked up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, delete, exists, insert, select, update

from inspection.core.alarm import GROUP_WITHIN, SEVERITY, STANDING, Severity, Standing, State, begin
from inspection.core.moment import micros, moment
from inspection.store.records import ALARM
from inspection.store.transaction import Prepared, Tx

_STANDS = ALARM.c.cleared_at.is_(None) & ALARM.c.state.in_(STANDING)
_LAPSED = Prepared(
    select(ALARM.c.id).where(
        ALARM.c.cleared_at.is_(None), ALARM.c.state == str(State.SHELVED), ALARM.c.shelved_until <= bindparam("until")
    )
)


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something a person must look at, until it is resolved. Who shelved or cleared it said why in `reason`."""

    id: int
    line_id: int
    kind: str
    subject: str
    text: str
    severity: Severity
    standing: Standing
    rule_id: int | None
    group_id: int | None
    opened_at: datetime
    acked_by: str | None
    acked_at: datetime | None
    shelved_by: str | None
    reason: str
    cleared_by: str | None
    cleared_at: datetime | None

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.standing.state

    @property
    def shelved_until(self) -> datetime | None:
        """When a shelved one comes back."""
        return self.standing.until


def fire(tx: Tx, line_id: int, kind: str, subject: str, text: str, now: datetime) -> int | None:
    """Raise an alarm that a person must clear, once until that is done; its id, None where it stands already."""
    if open_of(tx, line_id, kind, subject) is not None:
        return None
    severity = SEVERITY.get(kind, Severity.CRITICAL)
    return add(tx, line_id, kind, subject, text, severity, begin(now), now)


def add(
    tx: Tx, line_id: int, kind: str, subject: str, text: str, severity: Severity, standing: Standing, now: datetime,
    rule_id: int | None = None,
) -> int:  # fmt: skip
    """A new alarm, pending or firing; its id."""
    values = {
        "line_id": line_id, "kind": kind, "subject": subject, "text": text, "severity": str(severity),
        "opened_at": micros(now), "rule_id": rule_id, **_standing(standing),
    }  # fmt: skip
    return int(tx.execute(insert(ALARM).values(values).returning(ALARM.c.id)).scalar_one())


def join_group(tx: Tx, alarm_id: int, kind: str, now: datetime) -> int:
    """Put an alarm that begins to fire now into the group of its kind that began in the last minutes and has not ended,
    or let it begin one; the id of the group's first."""
    head, member = ALARM.alias(), ALARM.alias()
    goes_on = exists().where(member.c.group_id == head.c.id, member.c.cleared_at.is_(None), member.c.id != alarm_id)
    known = select(head.c.id).where(
        head.c.kind == kind, head.c.group_id == head.c.id, head.c.opened_at >= micros(now - GROUP_WITHIN), goes_on
    )
    first = tx.execute(known.order_by(head.c.id).limit(1)).scalar()
    group = alarm_id if first is None else int(first)
    tx.execute(update(ALARM).where(ALARM.c.id == alarm_id).values(group_id=group))
    return group


def keep(tx: Tx, alarm_id: int, standing: Standing, **columns: Any) -> None:
    """Write an alarm's new state, with who did what; times as the row has them."""
    tx.execute(update(ALARM).where(ALARM.c.id == alarm_id).values(**_standing(standing), **columns))


def forget(tx: Tx, alarm_id: int) -> None:
    """Drop a pending alarm that never fired; the journal tells of it."""
    tx.execute(delete(ALARM).where(ALARM.c.id == alarm_id, ALARM.c.state == State.PENDING))


def open_of(tx: Tx, line_id: int, kind: str, subject: str) -> Alarm | None:
    """The alarm of a kind and subject that has not been resolved, pending ones too."""
    same = (ALARM.c.line_id == line_id, ALARM.c.kind == kind, ALARM.c.subject == subject)
    found = _read(tx, *same, ALARM.c.cleared_at.is_(None))
    return found[0] if found else None


def of_rules(tx: Tx, line_id: int) -> dict[int, Alarm]:
    """The alarms of a line's rules that have not been resolved, by rule."""
    found = _read(tx, ALARM.c.line_id == line_id, ALARM.c.cleared_at.is_(None), ALARM.c.rule_id.is_not(None))
    return {one.rule_id: one for one in found if one.rule_id is not None}


def standing(tx: Tx, line_id: int | None = None) -> list[Alarm]:
    """Alarms that have not been resolved, shelved ones too, newest first: of a line, or of all."""
    return _read(tx, _STANDS, *([] if line_id is None else [ALARM.c.line_id == line_id]))


def firing(tx: Tx, line_id: int | None = None) -> list[Alarm]:
    """Those of them that nobody has put aside."""
    return [one for one in standing(tx, line_id) if one.state is not State.SHELVED]


def shelved(tx: Tx, until: datetime) -> list[Alarm]:
    """Alarms whose time on the shelf ends by then."""
    due = [row[0] for row in _LAPSED.run(tx, {"until": micros(until)}).fetchall()]
    return _read(tx, ALARM.c.id.in_(due)) if due else []


def alarm(tx: Tx, alarm_id: int) -> Alarm | None:
    """The alarm of that id, while it stands."""
    found = _read(tx, ALARM.c.id == alarm_id, _STANDS)
    return found[0] if found else None


def of_group(tx: Tx, group_id: int) -> list[Alarm]:
    """All alarms of a group, newest first, resolved ones too."""
    return _read(tx, ALARM.c.group_id == group_id)


def history(tx: Tx, line_id: int | None, limit: int, before: int | None = None) -> list[Alarm]:
    """Alarms that were resolved, the newest first: of a line or of all, older than the alarm `before`."""
    where: list[ColumnElement[bool]] = [ALARM.c.cleared_at.is_not(None)]
    where += [] if line_id is None else [ALARM.c.line_id == line_id]
    where += [] if before is None else [ALARM.c.id < before]
    return _read(tx, *where, limit=limit)


def _read(tx: Tx, *where: ColumnElement[bool], limit: int | None = None) -> list[Alarm]:
    query = select(ALARM).where(*where).order_by(ALARM.c.id.desc()).limit(limit)
    return [_alarm(row) for row in tx.execute(query).mappings()]


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "state": str(one.state), "since": micros(one.since), "active": one.active, "by_hand": one.by_hand,
        "shelved_until": None if one.until is None else micros(one.until),
        "cleared_at": micros(one.since) if one.state is State.RESOLVED else None,
    }  # fmt: skip


def _alarm(r: RowMapping) -> Alarm:
    names = ("id", "line_id", "kind", "subject", "text", "rule_id", "group_id", "acked_by", "shelved_by", "reason")
    same: dict[str, Any] = {name: r[name] for name in (*names, "cleared_by")}
    return Alarm(
        **same, acked_at=_when(r["acked_at"]), cleared_at=_when(r["cleared_at"]), opened_at=moment(r["opened_at"]),
        severity=Severity(r["severity"]),
        standing=Standing(
            state=State(r["state"]), since=moment(r["since"]), active=r["active"], by_hand=r["by_hand"],
            until=_when(r["shelved_until"]),
        ),
    )  # fmt: skip


def _when(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
