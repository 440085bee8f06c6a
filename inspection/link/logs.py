"""Logs: an event's name and its fields, as a line of text or of JSON.

A message is written `log.warning("watch_delayed line=%s reason=%s", line, reason)`: the first word names the event, and
each `name=%s` is a field. Messages of other packages are told as the event `message`.
"""

import json
import logging
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

from inspection.core.metrics import LOG_EVENTS, Meter

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the HTTP request that is being answered here, if any."""
OURS = "jidoka"
_FIELD = re.compile(r"(?:(\w+)=)?%[-+#0 ]*\d*(?:\.\d+)?([sdrfgix%])")
_STANDARD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"})
# Tokens of cameras and people, passwords in addresses, and what follows a secret's name.
_SECRETS = (
    (re.compile(r"\bjd[kp]_[\w-]+"), "(token)"),
    (re.compile(r"(?<=://)([^:/@\s]+):[^@/\s]+(?=@)"), r"\1:(password)"),
    (re.compile(r"(?i)\b(bearer)( )[\w.~+/=-]+"), r"\1\2(hidden)"),
    (re.compile(r"(?i)\b(password|secret|token|cookie)(['\"]?\s*[:=]\s*['\"]?)[^\s'\",;&]+"), r"\1\2(hidden)"),
)
_SECRET_NAME = re.compile(r"(?i)token|password|secret|authorization|cookie|csrf")


def install(form: Literal["text", "json"], level: str, meter: Meter) -> None:
    """Let everything that this process logs go to the standard error, each line an event; count warnings and errors."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(AsJson() if form == "json" else AsText())
    root = logging.getLogger()
    root.handlers = [lines, Counting(meter)]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())


def hidden(text: str) -> str:
    """The text without what looks like a secret."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def event_of(record: logging.LogRecord) -> str:
    """The name of the event; few, for they are written in the source."""
    ours = record.name.split(".")[0] == OURS
    return str(record.msg).split(maxsplit=1)[0] if ours and str(record.msg).strip() else "message"


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of an event: those of its message, what was given besides, and the request. Numbers stay numbers."""
    found: dict[str, Any] = {}
    if event_of(record) == "message":
        found["text"] = hidden(record.getMessage())
    elif isinstance(record.args, tuple):
        names = [name for name, kind in _FIELD.findall(str(record.msg)) if kind != "%"]
        given = zip(names, record.args, strict=False)
        found |= {name or f"value{i}": _plain(name, value) for i, (name, value) in enumerate(given)}
    found |= {name: _plain(name, value) for name, value in vars(record).items() if name not in _STANDARD}
    if REQUEST.get():
        found["request"] = REQUEST.get()
    return found


class AsJson(logging.Formatter):
    """One JSON object a line: at, level, event, logger, the fields, and of an error its trace."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = {"at": _at(record), "level": record.levelname.lower(), "event": event_of(record), "logger": record.name}
        told |= {name: value for name, value in fields_of(record).items() if name not in told}
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
            told["trace"] = hidden("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(told, ensure_ascii=False)


class AsText(logging.Formatter):
    """The same for people: time, level, event, and the fields as name=value; a trace in lines below."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the lines."""
        fields = " ".join(f"{name}={value}" for name, value in fields_of(record).items())
        line = _one_line(f"{_at(record)} {record.levelname} {event_of(record)} {fields}".rstrip())
        if record.exc_info and record.exc_info[0] is not None:
            line += "\n" + hidden("".join(traceback.format_exception(*record.exc_info))).rstrip()
        return line


class Counting(logging.Handler):
    """Counts warnings and errors by event."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(logging.WARNING)
        self._meter = meter

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        event = event_of(record)
        self._meter.count(
            LOG_EVENTS, record.levelname.lower(), record.name.split(".")[0] if event == "message" else event
        )


def _one_line(text: str) -> str:
    """The text with line ends as spaces and what a terminal would obey written out: paths come from anybody."""
    return "".join(c if c.isprintable() else " " if c == "\n" else ascii(c)[1:-1] for c in text)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(name: str, value: object) -> Any:
    if _SECRET_NAME.search(name):
        return "(hidden)"
    return value if isinstance(value, bool | int | float) or value is None else hidden(str(value))
