"""Channels to people, and the outbox of messages to them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, delete, insert, select, update

from inspection.core.alarm import Severity
from inspection.core.moment import micros, moment
from inspection.core.notify import Channel, ChannelKind
from inspection.store.database import Tx
from inspection.store.records import CHANNEL, MESSAGE

KEEP_MESSAGES = timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class KeptChannel:
    """A channel with who set it up, when it last got something through, and what went wrong since."""

    channel: Channel
    by: str
    at: datetime
    ok_at: datetime | None
    error: str
    failed: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message on its way. `group_id` names the alarms it tells of."""

    id: int
    channel_id: int
    event: str
    line_id: int | None
    group_id: int | None
    text: str
    at: datetime
    attempts: int


def all_of_them(tx: Tx) -> list[KeptChannel]:
    """All channels, by name."""
    return [_channel(row) for row in tx.execute(select(CHANNEL).order_by(CHANNEL.c.name)).mappings()]


def find(tx: Tx, channel_id: int) -> KeptChannel | None:
    """The channel of that id."""
    return next((one for one in all_of_them(tx) if one.channel.id == channel_id), None)


def add(
    tx: Tx, name: str, kind: ChannelKind, url: str, key: str, line_id: int | None, least: Severity, by: str,
    now: datetime,
) -> int:  # fmt: skip
    """A new channel; its id."""
    values = {
        "name": name, "kind": str(kind), "url": url, "key": key, "line_id": line_id, "least": str(least), "by": by,
        "at": micros(now), "error": "", "failed": 0, "due_at": micros(now),
    }  # fmt: skip
    return int(tx.execute(insert(CHANNEL).values(values).returning(CHANNEL.c.id)).scalar_one())


def remove(tx: Tx, channel_id: int) -> None:
    """Forget a channel, its secrets, and what is on its way to it."""
    tx.execute(delete(MESSAGE).where(MESSAGE.c.channel_id == channel_id))
    tx.execute(delete(CHANNEL).where(CHANNEL.c.id == channel_id))


def post(
    tx: Tx, channel_id: int, event: str, text: str, now: datetime, due: datetime, line_id: int | None = None,
    group_id: int | None = None,
) -> None:  # fmt: skip
    """Put a message into the outbox."""
    values = {
        "channel_id": channel_id, "event": event, "text": text, "at": micros(now), "due_at": micros(due),
        "line_id": line_id, "group_id": group_id, "attempts": 0, "sent": False,
    }  # fmt: skip
    tx.execute(insert(MESSAGE).values(values))


def told(tx: Tx, group_id: int) -> list[int]:
    """The channels that were, or are to be, told of a group of alarms."""
    query = select(MESSAGE.c.channel_id).where(MESSAGE.c.group_id == group_id, MESSAGE.c.event == "alarm_firing")
    return list(tx.execute(query.distinct()).scalars())


def claim(tx: Tx, now: datetime, until: datetime) -> Message | None:
    """The next message that is due, given to one sender until that moment; the attempt is counted."""
    query = select(MESSAGE).where(MESSAGE.c.ended_at.is_(None), MESSAGE.c.due_at <= micros(now))
    row = tx.execute(query.order_by(MESSAGE.c.due_at, MESSAGE.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    mine = (MESSAGE.c.id == row.id) & (MESSAGE.c.due_at == row.due_at) & MESSAGE.c.ended_at.is_(None)
    values = {"due_at": micros(until), "attempts": row.attempts + 1}
    if tx.execute(update(MESSAGE).where(mine).values(values)).rowcount != 1:
        return None
    return Message(
        id=row.id, channel_id=row.channel_id, event=row.event, line_id=row.line_id, group_id=row.group_id,
        text=row.text, at=moment(row.at), attempts=row.attempts + 1,
    )  # fmt: skip


def again(tx: Tx, message_id: int, due: datetime) -> None:
    """Send a message again then."""
    tx.execute(update(MESSAGE).where(MESSAGE.c.id == message_id).values(due_at=micros(due)))


def ended(tx: Tx, message_id: int, now: datetime, *, sent: bool) -> None:
    """A message got through, or is given up; those that ended long ago are dropped."""
    tx.execute(update(MESSAGE).where(MESSAGE.c.id == message_id).values(ended_at=micros(now), sent=sent))
    tx.execute(delete(MESSAGE).where(MESSAGE.c.ended_at < micros(now - KEEP_MESSAGES)))


def claim_resend(tx: Tx, now: datetime, until: datetime) -> KeptChannel | None:
    """An Alertmanager that is to be told again, given to one sender until that moment."""
    for one in all_of_them(tx):
        if one.channel.kind is ChannelKind.ALERTMANAGER and one.due_at <= now:
            mine = (CHANNEL.c.id == one.channel.id) & (CHANNEL.c.due_at == micros(one.due_at))
            if tx.execute(update(CHANNEL).where(mine).values(due_at=micros(until))).rowcount == 1:
                return one
    return None


def went(tx: Tx, channel_id: int, now: datetime, error: str, due: datetime | None = None) -> int:
    """Keep how the last attempt went, with an error or without; how many have failed since one got through."""
    kept = find(tx, channel_id)
    if kept is None:
        return 0
    failed = kept.failed + 1 if error else 0
    values: dict[str, object] = {"error": error, "failed": failed}
    values |= {} if error else {"ok_at": micros(now)}
    values |= {} if due is None else {"due_at": micros(due)}
    tx.execute(update(CHANNEL).where(CHANNEL.c.id == channel_id).values(values))
    return failed


def _channel(r: RowMapping) -> KeptChannel:
    channel = Channel(
        id=r["id"], name=r["name"], kind=ChannelKind(r["kind"]), url=r["url"], key=r["key"], line_id=r["line_id"],
        least=Severity(r["least"]),
    )  # fmt: skip
    return KeptChannel(
        channel=channel, by=r["by"], at=moment(r["at"]), ok_at=None if r["ok_at"] is None else moment(r["ok_at"]),
        error=r["error"], failed=r["failed"], due_at=moment(r["due_at"]),
    )  # fmt: skip
