"""Alarms of a line or of all: listed in groups, taken in hand, put aside, cleared, and what they ask people to do."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, AsInspector, Id, LineName, Text
from inspection.core.alarm import Severity, State
from inspection.core.line import Unknown
from inspection.flow import alarm as flow
from inspection.store import alarms, lines
from inspection.store.database import Tx
from inspection.store.reports import alarms as report
from inspection.store.reports.alarms import Told

router = APIRouter(tags=["alarms"], route_class=SmallBody)
Before = Annotated[int | None, Query(ge=1, lt=2**63, description="Only past alarms older than this one.")]


class StandingAlarm(BaseModel):
    """An alarm and where it stands."""

    id: int
    line: str
    kind: str
    subject: str
    text: str
    severity: Severity
    state: State
    group: int = Field(description="Alarms of one kind that began within minutes have the same.")
    since: datetime
    acknowledged_by: str | None
    shelved_by: str | None
    shelved_until: datetime | None
    resolved_by: str | None
    resolved_at: datetime | None
    reason: str = Field(description="Why it was shelved, or what was done.")


class RequestBody(BaseModel):
    """Work that a line asks for."""

    id: int
    line: str
    kind: str = Field(description="maintenance or retraining")
    text: str
    at: datetime


class AlarmsBody(BaseModel):
    """What stands, what is asked for, and what is past, the newest first."""

    standing: list[StandingAlarm]
    requests: list[RequestBody]
    past: list[StandingAlarm]
    older: int | None = Field(description="Send it as `before` for older ones.")


class Aside(BaseModel):
    """For how long an alarm is put aside, and why."""

    model_config = ConfigDict(extra="forbid")
    hours: int = Field(ge=1, le=168)
    reason: Text


class Done(BaseModel):
    """What was done."""

    model_config = ConfigDict(extra="forbid")
    note: Text


class Mended(BaseModel):
    """What was done about an alarm."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field(description="What was done; it is kept in the journal.")


@router.get("/alarms", responses=PEOPLE_PROBLEMS)
def get_alarms(caller: AsInspector, before: Before = None) -> AlarmsBody:
    """The alarms of all lines."""
    return caller.read(lambda tx: _body(tx, None, before))


@router.get("/lines/{line}/alarms", responses=PEOPLE_PROBLEMS)
def get_line_alarms(caller: AsInspector, line: LineName, before: Before = None) -> AlarmsBody:
    """The alarms of a line."""
    return caller.read(lambda tx: _body(tx, line, before))


@router.post("/alarms/groups/{group}/ack", status_code=204, responses=PEOPLE_PROBLEMS)
def ack_group(caller: AsInspector, group: Id) -> None:
    """Say that somebody looks after all alarms of a group."""
    caller.write(lambda tx: flow.ack_group(tx, group_id=group, by=caller.person.name, now=caller.now))


@router.post("/lines/{line}/alarms/{alarm}/shelve", status_code=204, responses=PEOPLE_PROBLEMS)
def shelve(caller: AsEngineer, line: LineName, alarm: Id, aside: Aside) -> None:
    """Put an alarm aside for some hours, after which it fires again."""
    until = caller.now + timedelta(hours=aside.hours)

    def act(tx: Tx) -> None:
        _check(tx, line, alarm)
        flow.put_aside(
            tx, alarm_id=alarm, until=until, by=caller.person.name, reason=aside.reason, now=caller.now
        )  # fmt: skip

    caller.write(act)


@router.post("/lines/{line}/alarms/{alarm}/unshelve", status_code=204, responses=PEOPLE_PROBLEMS)
def unshelve(caller: AsEngineer, line: LineName, alarm: Id) -> None:
    """Let a shelved alarm fire again before its time."""

    def act(tx: Tx) -> None:
        _check(tx, line, alarm)
        flow.take_back(tx, alarm_id=alarm, by=caller.person.name, now=caller.now)

    caller.write(act)


@router.post("/lines/{line}/alarms/{alarm}/ack", status_code=204, responses=PEOPLE_PROBLEMS)
def acknowledge(caller: AsInspector, line: LineName, alarm: Id) -> None:
    """Say that somebody looks after the alarm."""

    def act(tx: Tx) -> None:
        _check(tx, line, alarm)
        flow.ack(tx, alarm_id=alarm, by=caller.person.name, now=caller.now)

    caller.write(act)


@router.post("/lines/{line}/alarms/{alarm}/clear", status_code=204, responses=PEOPLE_PROBLEMS)
def clear(caller: AsEngineer, line: LineName, alarm: Id, mended: Mended) -> None:
    """Say what was done about the alarm, which ends it."""

    def act(tx: Tx) -> None:
        _check(tx, line, alarm)
        flow.clear(tx, alarm_id=alarm, by=caller.person.name, reason=mended.reason, now=caller.now)

    caller.write(act)


@router.post("/lines/{line}/requests/{number}/done", status_code=204, responses=PEOPLE_PROBLEMS)
def request_done(caller: AsEngineer, line: LineName, number: Id, done: Done) -> None:
    """Say that what the line asked for is done."""
    caller.write(
        lambda tx: flow.done(
            tx, line=line, request_id=number, by=caller.person.name, note=done.note, now=caller.now
        )
    )  # fmt: skip


def _check(tx: Tx, line: str, alarm: int) -> None:
    if all(one.id != alarm for one in alarms.standing(tx, lines.in_force(tx, line).id)):
        raise Unknown(f"No alarm {alarm} stands on line {line!r}: somebody may have cleared it.")


def _body(tx: Tx, line: str | None, before: int | None) -> AlarmsBody:
    page = report.page(tx, line, before)
    standing = [*(one for group in page.groups for one in group.members), *page.shelved]
    asked = [
        RequestBody(
            id=one.request.id, line=one.line, kind=one.request.kind, text=one.request.text, at=one.request.at
        )
        for one in page.asked
    ]  # fmt: skip
    return AlarmsBody(
        standing=[_alarm(one) for one in standing], requests=asked, past=[_alarm(one) for one in page.past],
        older=page.older,
    )  # fmt: skip


def _alarm(told: Told) -> StandingAlarm:
    one = told.alarm
    return StandingAlarm(
        id=one.id, line=told.line, kind=one.kind, subject=one.subject, text=one.text, severity=one.severity,
        state=one.state, group=one.group_id or one.id, since=one.opened_at, acknowledged_by=one.acked_by,
        shelved_by=one.shelved_by, shelved_until=one.shelved_until, resolved_by=one.cleared_by,
        resolved_at=one.cleared_at, reason=one.reason,
    )  # fmt: skip
