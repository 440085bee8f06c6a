"""Alarms go from state to state, each change with its journal entry in the same transaction."""

from collections.abc import Callable
from datetime import datetime

from inspection.core.alarm import (
    SEVERITY,
    Severity,
    Standing,
    State,
    acknowledge,
    check_reason,
    lapse,
    resolve,
    shelve,
    unshelve,
)
from inspection.core.journal import Change, facts, plain
from inspection.core.line import Unknown
from inspection.core.moment import micros
from inspection.core.rule import ASKS, Action
from inspection.flow import notify
from inspection.store import alarms, journal, lines, requests
from inspection.store.alarms import Alarm
from inspection.store.database import Tx
from inspection.store.lines import LineInForce

BY = "monitor"
LIGHT = "light"
DRIFT = "drift"
ALWAYS = {LIGHT: (Action.NOTIFY, Action.MAINTENANCE)}
"""What alarms that no rule raises ask for: a lamp that drifts is mended, never trained for."""


def fire(tx: Tx, line: LineInForce, kind: str, subject: str, text: str, now: datetime, **told: object) -> bool:
    """Raise an alarm that a person must clear, once until that is done; whether it is new."""
    new = alarms.fire(tx, line.id, kind, subject, text, now)
    if new is not None:
        tell(tx, line.line.name, kind, subject, "alarm_raised", BY, "", State.FIRING, text, now, **told)
        begun(tx, line, new, kind, text, ALWAYS.get(kind, (Action.NOTIFY,)), SEVERITY.get(kind, Severity.CRITICAL), now)
        if kind == LIGHT:  # the model may have noticed before the chart did
            withdraw(tx, line, Action.RETRAINING, DRIFT, "The light has drifted: mend it first, then look again.", now)
    return new is not None


def begun(
    tx: Tx, line: LineInForce, alarm_id: int, kind: str, text: str, actions: tuple[Action, ...],
    severity: Severity, now: datetime,
) -> None:  # fmt: skip
    """An alarm begins to fire: 1 it joins those of its kind of these minutes, 2 people are told of the group, each
    once, 3 and asked for what mends it."""
    group = alarms.join_group(tx, alarm_id, kind, now)
    if Action.NOTIFY in actions:
        notify.firing(tx, line.id, group, severity, now)
    for action in actions:
        if action in ASKS:
            ask(tx, line, action, kind, text, alarm_id, now)


def ask(tx: Tx, line: LineInForce, action: Action, cause: str, text: str, alarm_id: int | None, now: datetime) -> None:
    """Ask people for maintenance or a training, once for a cause until it is done."""
    asked = requests.ask(tx, line.id, action, cause, text, alarm_id, now)
    if asked is not None:
        change = Change(
            subject=f"line/{line.line.name}/request/{asked}", event=f"{action}_asked", actor=BY, after="waiting",
            reason=text, facts=facts(cause=cause),
        )  # fmt: skip
        journal.append(tx, now, change)
        notify.asked(tx, line.id, action, text, now)


def withdraw(tx: Tx, line: LineInForce, action: Action, cause: str, reason: str, now: datetime) -> None:
    """Ask no longer for what was asked for that cause."""
    for one in requests.waiting(tx, line.id):
        if (one.kind, one.cause) == (action, cause):
            requests.done(tx, one.id, BY, reason, now)
            change = Change(
                subject=f"line/{line.line.name}/request/{one.id}", event=f"{action}_withdrawn", actor=BY,
                before="waiting", after="withdrawn", reason=reason,
            )  # fmt: skip
            journal.append(tx, now, change)


def done(tx: Tx, *, line: str, request_id: int, by: str, note: str, now: datetime) -> None:
    """Somebody has done what a line asked for. Raises Unknown or InvalidAlarm."""
    known = lines.in_force(tx, line)
    asked = next((one for one in requests.waiting(tx, known.id) if one.id == request_id), None)
    if asked is None:
        raise Unknown("This request is not there any more: somebody has done it.")
    said = plain(check_reason(note))
    requests.done(tx, asked.id, by, said, now)
    subject = f"line/{line}/request/{asked.id}"
    change = Change(
        subject=subject, event=f"{asked.kind}_done", actor=by, before="waiting", after="done", reason=said
    )  # fmt: skip
    journal.append(tx, now, change)


def ack(tx: Tx, *, alarm_id: int, by: str, now: datetime) -> None:
    """Somebody takes the alarm in hand."""
    _move(tx, _known(tx, alarm_id), acknowledge, "alarm_acknowledged", by, "", now, acked_by=by, acked_at=micros(now))


def ack_group(tx: Tx, *, group_id: int, by: str, now: datetime) -> int:
    """Somebody takes all alarms of a group in hand; how many fired. Raises Unknown where none does."""
    fires = [one for one in alarms.of_group(tx, group_id) if one.state is State.FIRING]
    if not fires:
        raise Unknown("None of these alarms fires any more: somebody looks after them.")
    for one in fires:
        _move(tx, one, acknowledge, "alarm_acknowledged", by, "", now, acked_by=by, acked_at=micros(now))
    return len(fires)


def put_aside(tx: Tx, *, alarm_id: int, until: datetime, by: str, reason: str, now: datetime) -> None:
    """Shelve an alarm: nobody is told of it until then, when it fires again. What it did to its line stays done."""
    said = plain(check_reason(reason))

    def move(one: Standing, at: datetime) -> Standing:
        return shelve(one, until, at)

    _move(tx, _known(tx, alarm_id), move, "alarm_shelved", by, said, now, until=until, shelved_by=by)


def take_back(tx: Tx, *, alarm_id: int, by: str, now: datetime) -> None:
    """Take an alarm off the shelf before its time."""
    _move(tx, _known(tx, alarm_id), unshelve, "alarm_unshelved", by, "", now, **_UNKNOWN)


def clear(tx: Tx, *, alarm_id: int, by: str, reason: str, now: datetime) -> None:
    """Somebody says that what the alarm told of is mended, and how."""
    said = plain(check_reason(reason))
    end(tx, _known(tx, alarm_id), by, said, now)


def end(tx: Tx, one: Alarm, by: str, reason: str, now: datetime) -> None:
    """An alarm is resolved."""
    _move(tx, one, resolve, "alarm_cleared", by, reason, now, cleared_by=by)


def watch(tx: Tx, *, now: datetime) -> int:
    """Let alarms whose time on the shelf is over fire again, or end if what they told of has ended; how many."""
    due = alarms.shelved(tx, now)
    for one in due:
        event = "alarm_raised" if lapse(one.standing, now).state is State.FIRING else "alarm_ended"
        _move(tx, one, lapse, event, BY, "Its time on the shelf is over.", now, **_UNKNOWN)
    return len(due)


_UNKNOWN = {"acked_by": None, "acked_at": None, "shelved_by": None}  # nobody looks after one that fires again


def _move(
    tx: Tx, one: Alarm, move: Callable[[Standing, datetime], Standing], event: str, by: str, reason: str, now: datetime,
    *, until: datetime | None = None, **columns: object,
) -> None:  # fmt: skip
    moved = move(one.standing, now)
    alarms.keep(tx, one.id, moved, reason=reason, **columns)
    line = lines.in_force_by_id(tx, one.line_id).line.name
    told = {} if until is None else {"until": until}
    tell(tx, line, one.kind, one.subject, event, by, one.state, moved.state, reason, now, **told)
    if moved.state in (State.FIRING, State.RESOLVED):
        notify.again(tx, one, notify.RESOLVED if moved.state is State.RESOLVED else notify.FIRING, now)


def tell(
    tx: Tx, line: str, kind: str, subject: str, event: str, by: str, before: str, after: str, reason: str,
    now: datetime, **told: object,
) -> None:  # fmt: skip
    """Write an alarm's change of state to the journal."""
    change = Change(
        subject=f"line/{line}/alarm/{kind}/{subject}", event=event, actor=by, before=before, after=after,
        reason=reason, facts=facts(**told),
    )  # fmt: skip
    journal.append(tx, now, change)


def _known(tx: Tx, alarm_id: int) -> Alarm:
    found = alarms.alarm(tx, alarm_id)
    if found is None:
        raise Unknown("This alarm is not there any more: somebody has cleared it.")
    return found
