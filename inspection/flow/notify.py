"""People are told of alarms: a message is written with what it tells of, and sent in the background."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from inspection.core.alarm import Severity, State
from inspection.core.journal import Change, facts
from inspection.core.notify import (
    GATHER,
    MOST_ATTEMPTS,
    RESEND,
    Channel,
    ChannelKind,
    Letter,
    SendFailed,
    pause,
)
from inspection.store import alarms, channels, journal, lines
from inspection.store.alarms import Alarm
from inspection.store.channels import KeptChannel, Message
from inspection.store.database import Tx

T = TypeVar("T")
Send = Callable[[Channel, Letter], None]
SendAlerts = Callable[[Channel, Sequence[Mapping[str, Any]]], None]
CLAIM = timedelta(minutes=2)  # longer than any attempt
FIRING, RESOLVED, TEST = "alarm_firing", "alarm_resolved", "test"


class Store(Protocol):
    """The database, as the sender needs it."""

    def write(self, run: Callable[[Tx], T]) -> T:
        """Run a flow; its changes are durable when this returns."""


def firing(tx: Tx, line_id: int, group_id: int, severity: Severity, now: datetime) -> None:
    """An alarm of a group fires: every channel that hears of its line and severity, and has not been told of the group,
    is told a little later of all that have come by then."""
    told = channels.told(tx, group_id)
    for one in _of(tx, line_id, severity):
        if one.id in told:
            continue
        channels.post(tx, one.id, FIRING, "", now, now + GATHER, line_id, group_id)


def again(tx: Tx, one: Alarm, event: str, now: datetime) -> None:
    """A group fires again after its time on the shelf, or the last of it has ended: who was told hears of it."""
    if one.group_id is None:
        return
    if event == RESOLVED and any(other.state is not State.RESOLVED for other in alarms.of_group(tx, one.group_id)):
        return
    for channel_id in channels.told(tx, one.group_id):
        channels.post(tx, channel_id, event, "", now, now, one.line_id, one.group_id)


def asked(tx: Tx, line_id: int, event: str, text: str, now: datetime) -> None:
    """People are asked for maintenance or a training: a message of its own."""
    for one in _of(tx, line_id, Severity.CRITICAL):
        channels.post(tx, one.id, event, text, now, now, line_id)


def _of(tx: Tx, line_id: int, severity: Severity) -> list[Channel]:
    """The channels that hear of a line's alarms by messages. An Alertmanager is told again and again instead."""
    known = (kept.channel for kept in channels.all_of_them(tx))
    return [one for one in known if one.kind is not ChannelKind.ALERTMANAGER and _hears(one, line_id, severity)]


def _hears(one: Channel, line_id: int, severity: Severity) -> bool:
    return one.line_id in (None, line_id) and severity.rank >= one.least.rank


def send_once(db: Store, send: Mapping[ChannelKind, Send], alerts: SendAlerts, clock: Callable[[], datetime]) -> bool:
    """Send one message or tell one Alertmanager; whether there was any: 1 claim it, 2 send it outside of any
    transaction, 3 keep how that went."""
    now = clock()
    message = db.write(lambda tx: _claimed(tx, now))
    if message is not None:
        found, channel, letter = message
        error = _attempt(lambda: send[channel.kind](channel, letter))
        db.write(lambda tx: _sent(tx, found, channel, error, clock()))
        return True
    due = db.write(lambda tx: _resend(tx, now))
    if due is not None:
        kept, told = due
        error = _attempt(lambda: alerts(kept.channel, told))
        db.write(lambda tx: _told(tx, kept, error, clock()))
    return due is not None


def _attempt(send: Callable[[], None]) -> str:
    """What went wrong, without any address; empty where nothing did."""
    try:
        send()
    except SendFailed as failed:
        return str(failed)
    except Exception as error:  # its words may hold the address
        return f"The message could not be sent ({type(error).__name__})."
    return ""


def _claimed(tx: Tx, now: datetime) -> tuple[Message, Channel, Letter] | None:
    found = channels.claim(tx, now, now + CLAIM)
    kept = None if found is None else channels.find(tx, found.channel_id)
    if found is None or kept is None:
        return None
    return found, kept.channel, letter(tx, found)


def letter(tx: Tx, message: Message) -> Letter:
    """A message in words, with all the alarms of its group as they stand now."""
    members = alarms.of_group(tx, message.group_id) if message.group_id is not None else []
    line = None if message.line_id is None else lines.in_force_by_id(tx, message.line_id).line
    where = line.title if line else "Jidoka"
    text = message.text or (members[-1].text if members else "")
    if len(members) > 1:
        text = f"{text} And {len(members) - 1} more like it."
    known = {
        FIRING: f"Alarm: {where}", RESOLVED: f"Resolved: {where}", TEST: "A test from Jidoka",
        "maintenance": f"Maintenance asked for: {where}", "retraining": f"Retraining asked for: {where}",
    }  # fmt: skip
    told = {
        "event": message.event, "id": message.id, "at": message.at.isoformat(), "line": line.name if line else None,
        "text": text, "count": max(len(members), 1), "alarms": [_facts(tx, one) for one in members[:100]],
    }  # fmt: skip
    return Letter(title=known.get(message.event, where), text=text or "Messages come through.", facts=told)


def _facts(tx: Tx, one: Alarm) -> dict[str, Any]:
    return {
        "id": one.id, "line": lines.in_force_by_id(tx, one.line_id).line.name, "kind": one.kind,
        "subject": one.subject, "severity": str(one.severity), "state": str(one.state), "text": one.text,
        "since": one.opened_at.isoformat(),
    }  # fmt: skip


def _sent(tx: Tx, message: Message, channel: Channel, error: str, now: datetime) -> None:
    channels.went(tx, channel.id, now, error)
    if not error:
        channels.ended(tx, message.id, now, sent=True)
    elif message.attempts < MOST_ATTEMPTS:
        channels.again(tx, message.id, now + pause(message.attempts))
    else:
        channels.ended(tx, message.id, now, sent=False)
        _give_up(tx, channel, message.event, error, now)


def _give_up(tx: Tx, channel: Channel, what: str, error: str, now: datetime) -> None:
    told = facts(attempts=MOST_ATTEMPTS, message=what)
    subject = f"channel/{channel.name}"
    journal.append(
        tx, now, Change(subject=subject, event="message_given_up", actor="notifier", reason=error, facts=told)
    )


def _resend(tx: Tx, now: datetime) -> tuple[KeptChannel, list[dict[str, Any]]] | None:
    kept = channels.claim_resend(tx, now, now + CLAIM)
    if kept is None:
        return None
    since = (kept.ok_at or kept.at) - RESEND
    fires = alarms.firing(tx)
    again = {(one.line_id, one.kind, one.subject, one.severity) for one in fires}  # the last of the same labels counts
    over = [
        one for one in alarms.history(tx, None, 500)
        if one.cleared_at is not None and one.cleared_at >= since
        and (one.line_id, one.kind, one.subject, one.severity) not in again
    ]  # fmt: skip
    told = [*over, *fires]
    return kept, [_alert(tx, one, now) for one in told if _hears(kept.channel, one.line_id, one.severity)]


def _alert(tx: Tx, one: Alarm, now: datetime) -> dict[str, Any]:
    """An alarm as Alertmanager's API v2 has it: labels say which it is, and it ends by itself if not sent again."""
    line = lines.in_force_by_id(tx, one.line_id).line
    labels = {"alertname": one.kind, "line": line.name, "subject": one.subject, "severity": str(one.severity)}
    ends = one.cleared_at or now + 4 * RESEND
    return {
        "labels": labels, "annotations": {"summary": one.text, "line": line.title},
        "startsAt": one.opened_at.isoformat(), "endsAt": ends.isoformat(),
    }  # fmt: skip


def _told(tx: Tx, kept: KeptChannel, error: str, now: datetime) -> None:
    wait = RESEND if not error else max(RESEND, min(pause(kept.failed + 1), 5 * RESEND))
    failed = channels.went(tx, kept.channel.id, now, error, now + wait)
    if failed == MOST_ATTEMPTS:  # it is tried on, but somebody should know
        _give_up(tx, kept.channel, "alerts", error, now)
