"""Who is told of alarms, by which way, and when another attempt is made. Addresses of channels are secrets."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from inspection.core.alarm import InvalidAlarm, Severity
from inspection.core.line import LINE_NAME

MOST_ATTEMPTS = 8
GATHER = timedelta(seconds=15)  # alarms of one kind that come meanwhile go into the same message
RESEND = timedelta(minutes=1)  # an Alertmanager forgets what is not sent again
ALLOWED = frozenset((
    "mailto", "mailtos", "slack", "msteams", "workflows", "tgram", "ntfy", "ntfys", "mmost", "mmosts", "matrix",
    "matrixs", "rocket", "rockets", "gchat", "zulip", "discord", "feishu", "lark", "dingtalk", "wecombot", "pover",
    "opsgenie", "pagerduty", "signal", "signals", "twilio", "gotify", "gotifys",
))  # fmt: skip
"""Apprise's schemes that lead to people; its others run programs or write to this machine."""


class ChannelKind(StrEnum):
    """By which way."""

    APPRISE = "apprise"
    WEBHOOK = "webhook"
    ALERTMANAGER = "alertmanager"


class SendFailed(Exception):
    """A message did not get through; the words name no address."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A way to people, of one line or of all, for alarms of at least that severity. `url` and `key` are secrets."""

    id: int
    name: str
    kind: ChannelKind
    url: str = field(repr=False)
    key: str = field(default="", repr=False)
    line_id: int | None = None
    least: Severity = Severity.WARNING

    @property
    def shown(self) -> str:
        """As much of its address as may be seen."""
        return masked(self.kind, self.url)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a channel is given: words for people, and the same as fields."""

    title: str
    text: str
    facts: dict[str, Any]


def check(name: str, kind: ChannelKind, url: str) -> None:
    """Raise InvalidAlarm for a channel that cannot be used; the words never repeat its address."""
    if not LINE_NAME.fullmatch(name):
        raise InvalidAlarm("A channel is named by 1 to 64 lower-case letters, digits, _ or -, such as 'night-shift'.")
    scheme, colon, rest = url.partition("://")
    if not colon or not rest or not url.isprintable() or " " in url or len(url) > 2000:
        raise InvalidAlarm("The address of a channel is a URL, such as https://... or mailtos://...")
    if kind is ChannelKind.APPRISE and (scheme not in ALLOWED or "://" in rest):
        raise InvalidAlarm(f"Channels of this kind begin with one of: {', '.join(sorted(ALLOWED))}.")
    if kind is not ChannelKind.APPRISE and scheme not in ("http", "https"):
        raise InvalidAlarm("The address of this channel begins with https:// or http://.")


def masked(kind: ChannelKind, url: str) -> str:
    """The scheme of an address, and of a web address the host: paths, names and parameters may be secrets."""
    scheme, _, rest = url.partition("://")
    if kind is ChannelKind.APPRISE:
        return f"{scheme}://\u2026"
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return f"{scheme}://{host}/\u2026"


def answered(status: int) -> SendFailed:
    """The receiver has another HTTP status than one of success."""
    return SendFailed(f"The receiver answered {status}.")


def unreachable(error: Exception) -> SendFailed:
    """The receiver does not answer; of the error only its kind is told, since its words may hold the address."""
    return SendFailed(f"The receiver could not be reached ({type(error).__name__}).")


def untaken() -> SendFailed:
    """Apprise only says that it did not work."""
    return SendFailed("The receiver did not take the message, or could not be reached.")


def pause(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 10 seconds, then three times as long each time, to an hour."""
    return min(timedelta(seconds=10 * 3 ** min(attempts - 1, 6)), timedelta(hours=1))
