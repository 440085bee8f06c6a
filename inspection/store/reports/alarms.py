"""Alarms as pages show them: grouped, with what people are asked to do, what is past, and a line's rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inspection.core.alarm import Severity, State
from inspection.core.stage import Stage
from inspection.store import alarms, lines, requests, rules
from inspection.store.alarms import Alarm
from inspection.store.database import Tx
from inspection.store.requests import Request
from inspection.store.rules import KeptRule
from inspection.store.watched import FIGURES, stage_of
from inspection.store.watched_asked import Figure

PAGE = 50
ALL_FIGURES = FIGURES
_HOUR_BEGINS = 5  # minutes, as often as figures are written down
_HOUR_TOLD = timedelta(minutes=75)  # until the next hour's has surely come


@dataclass(frozen=True, kw_only=True)
class Told:
    """An alarm with the name and title of its line."""

    alarm: Alarm
    line: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Alarms of one kind that began within a few minutes, and the stage of the pipeline they speak of; `fires` is
    whether nobody has taken one of them in hand."""

    id: int
    kind: str
    stage: Stage
    severity: Severity
    since: datetime
    fires: bool
    members: tuple[Told, ...]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Work that a line asks for."""

    request: Request
    line: str
    title: str


@dataclass(frozen=True, kw_only=True)
class AlarmPage:
    """The alarms of a line or of all; `older` is the alarm before which the history goes on."""

    groups: tuple[Group, ...]
    shelved: tuple[Told, ...]
    asked: tuple[Asked, ...]
    past: tuple[Told, ...]
    older: int | None


@dataclass(frozen=True, kw_only=True)
class WatchedRule:
    """A rule with its figure, what that is (`value`, at `at`; None where nothing can be said), and what it was in the
    last day."""

    kept: KeptRule
    figure: Figure
    value: float | None
    at: datetime | None
    day: tuple[tuple[datetime, float], ...]


def page(tx: Tx, line: str | None, before: int | None = None) -> AlarmPage:
    """The alarms of the line of that name, or of all lines. Raises Unknown."""
    on = None if line is None else lines.in_force(tx, line).id
    names = {one.id: one.line for one in lines.all_in_force(tx)}

    def told(one: Alarm) -> Told:
        return Told(alarm=one, line=names[one.line_id].name, title=names[one.line_id].title)

    standing = [told(one) for one in alarms.standing(tx, on)]
    past = alarms.history(tx, on, PAGE + 1, before)
    return AlarmPage(
        groups=_grouped([one for one in standing if one.alarm.state is not State.SHELVED]),
        shelved=tuple(one for one in standing if one.alarm.state is State.SHELVED),
        asked=tuple(
            Asked(request=one, line=names[one.line_id].name, title=names[one.line_id].title)
            for one in requests.waiting(tx, on)
        ),
        past=tuple(told(one) for one in past[:PAGE]),
        older=past[PAGE - 1].id if len(past) > PAGE else None,
    )


def _grouped(standing: list[Told]) -> tuple[Group, ...]:
    """What nobody looks after first, then the most severe, then the newest."""
    found: dict[int, list[Told]] = {}
    for one in standing:
        found.setdefault(one.alarm.group_id or one.alarm.id, []).append(one)
    groups = [
        Group(
            id=number, kind=members[0].alarm.kind, stage=stage_of(members[0].alarm.kind),
            since=min(one.alarm.opened_at for one in members),
            severity=max((one.alarm.severity for one in members), key=lambda one: one.rank),
            fires=any(one.alarm.state is State.FIRING for one in members), members=tuple(members),
        )
        for number, members in found.items()
    ]  # fmt: skip
    return tuple(sorted(groups, key=lambda one: (not one.fires, -one.severity.rank, -one.since.timestamp())))


def watched(tx: Tx, line: str, now: datetime) -> tuple[WatchedRule, ...]:
    """The line's rules. Raises Unknown."""
    on = lines.in_force(tx, line).id
    return tuple(_watched(tx, one, now) for one in rules.of_line(tx, on) if one.rule.figure in FIGURES)


def _watched(tx: Tx, kept: KeptRule, now: datetime) -> WatchedRule:
    """Of figures made of what the AI said, only what they were as a clock hour began: the difference of two that slide
    by seconds would be its opinion of single units. The rule itself goes by what they are now."""
    figure = FIGURES[kept.rule.figure]
    day = rules.readings(tx, kept.line_id, figure.name, now - timedelta(days=1), now)
    if not figure.of_ai:
        return WatchedRule(kept=kept, figure=figure, value=kept.last_value, at=kept.last_at, day=tuple(day))
    hours = _begun_hours(day)
    newest = hours[-1] if hours and now - hours[-1][0] <= _HOUR_TOLD else None
    at, value = newest if newest is not None and kept.rule.enabled else (None, None)
    return WatchedRule(kept=kept, figure=figure, value=value, at=at, day=hours)


def _begun_hours(readings: Sequence[tuple[datetime, float]]) -> tuple[tuple[datetime, float], ...]:
    """The first reading of each clock hour that has one in its first minutes, so that no two share most of a window."""
    found: dict[datetime, tuple[datetime, float]] = {}
    for at, value in readings:
        if at.minute <= _HOUR_BEGINS:
            found.setdefault(at.replace(minute=0, second=0, microsecond=0), (at, value))
    return tuple(found.values())
