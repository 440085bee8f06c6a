"""Channels are set up, tried and taken away by engineers. Their addresses are in no journal entry."""

import secrets
from datetime import datetime

from inspection.core.alarm import InvalidAlarm, Severity
from inspection.core.journal import Change, facts
from inspection.core.line import Unknown
from inspection.core.notify import ChannelKind, check, masked
from inspection.flow import notify
from inspection.store import channels, journal, lines
from inspection.store.channels import KeptChannel
from inspection.store.database import Tx


def add(
    tx: Tx, *, name: str, kind: ChannelKind, url: str, line: str, least: Severity, by: str, now: datetime
) -> str:  # fmt: skip
    """Add a channel, of one line or of all where `line` is empty; the key that signs a webhook's messages, shown once.
    Raises InvalidAlarm, Unknown."""
    check(name, kind, url)
    if any(one.channel.name == name for one in channels.all_of_them(tx)):
        raise InvalidAlarm("There is a channel of this name already: choose another name.")
    line_id = lines.in_force(tx, line).id if line else None
    key = secrets.token_urlsafe(32) if kind is ChannelKind.WEBHOOK else ""
    channels.add(tx, name, kind, url, key, line_id, least, by, now)
    told = facts(kind=kind, address=masked(kind, url), line=line, least=least)
    journal.append(tx, now, Change(subject=f"channel/{name}", event="channel_added", actor=by, facts=told))
    return key


def remove(tx: Tx, *, channel_id: int, by: str, now: datetime) -> None:
    """Take a channel away, with what is on its way to it. Raises Unknown."""
    name = _known(tx, channel_id).channel.name
    channels.remove(tx, channel_id)
    journal.append(tx, now, Change(subject=f"channel/{name}", event="channel_removed", actor=by))


def try_out(tx: Tx, *, channel_id: int, by: str, now: datetime) -> None:
    """Send a message that tells of nothing; an Alertmanager is told at once what fires. Raises Unknown."""
    kept = _known(tx, channel_id)
    if kept.channel.kind is ChannelKind.ALERTMANAGER:
        channels.went(tx, channel_id, now, kept.error, now)
    else:
        channels.post(tx, channel_id, notify.TEST, f"{by} tries this channel.", now, now)
    journal.append(tx, now, Change(subject=f"channel/{kept.channel.name}", event="channel_tried", actor=by))


def _known(tx: Tx, channel_id: int) -> KeptChannel:
    found = channels.find(tx, channel_id)
    if found is None:
        raise Unknown("There is no such channel: somebody has taken it away.")
    return found
