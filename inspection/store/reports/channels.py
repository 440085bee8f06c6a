"""Channels as pages may show them: without their secrets."""

from dataclasses import dataclass
from datetime import datetime

from inspection.core.alarm import Severity
from inspection.core.notify import ChannelKind
from inspection.store import channels, lines
from inspection.store.database import Tx


@dataclass(frozen=True, kw_only=True)
class ShownChannel:
    """A channel: `address` is as much of its address as may be seen; `line` is empty where it is of all lines."""

    id: int
    name: str
    kind: ChannelKind
    address: str
    line: str
    least: Severity
    by: str
    at: datetime
    ok_at: datetime | None
    error: str


def shown(tx: Tx) -> tuple[ShownChannel, ...]:
    """All channels, by name."""
    names = {line.id: line.line.name for line in lines.all_in_force(tx)}
    return tuple(
        ShownChannel(
            id=one.channel.id, name=one.channel.name, kind=one.channel.kind, address=one.channel.shown,
            line=names.get(one.channel.line_id or 0, ""), least=one.channel.least, by=one.by, at=one.at,
            ok_at=one.ok_at, error=one.error,
        )
        for one in channels.all_of_them(tx)
    )  # fmt: skip


def line_names(tx: Tx) -> tuple[str, ...]:
    """The lines that a channel can be of."""
    return tuple(line.line.name for line in lines.all_in_force(tx))
