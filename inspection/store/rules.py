"""Rules of alarms, and what their figures were over time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, delete, insert, select, update

from inspection.core.alarm import Severity
from inspection.core.moment import micros, moment
from inspection.core.rule import Action, Comparison, Rule
from inspection.store.database import Tx
from inspection.store.records import ALARM, ALARM_RULE, POLICY, READING, RECIPE, dump

KEEP_READINGS = timedelta(days=100)


@dataclass(frozen=True, kw_only=True)
class KeptRule:
    """A line's rule as it stands, and what its figure was when it was last asked."""

    id: int
    line_id: int
    rule: Rule
    by: str
    reason: str
    at: datetime
    last_value: float | None
    last_at: datetime | None


def of_line(tx: Tx, line_id: int) -> list[KeptRule]:
    """All rules of a line, those out of use too."""
    query = select(ALARM_RULE).where(ALARM_RULE.c.line_id == line_id).order_by(ALARM_RULE.c.id)
    return [_rule(row) for row in tx.execute(query).mappings()]


def add(tx: Tx, line_id: int, rule: Rule, by: str, reason: str, now: datetime) -> int:
    """A new rule; its id."""
    values = {"line_id": line_id, "by": by, "reason": reason, "at": micros(now), **_columns(rule)}
    return int(tx.execute(insert(ALARM_RULE).values(values).returning(ALARM_RULE.c.id)).scalar_one())


def change(tx: Tx, rule_id: int, rule: Rule, by: str, reason: str, now: datetime) -> None:
    """Put other terms in a rule's place; the journal keeps the old ones."""
    values = {"by": by, "reason": reason, "at": micros(now), **_columns(rule)}
    tx.execute(update(ALARM_RULE).where(ALARM_RULE.c.id == rule_id).values(values))


def asked(tx: Tx, rule_id: int, value: float | None, now: datetime) -> None:
    """Keep what the rule's figure was."""
    values = {"last_value": value, "last_at": micros(now)}
    tx.execute(update(ALARM_RULE).where(ALARM_RULE.c.id == rule_id).values(values))


def last_reading(tx: Tx, line_id: int, figure: str) -> datetime | None:
    """When a figure was last written down."""
    query = select(READING.c.at).where(READING.c.line_id == line_id, READING.c.figure == figure)
    at = tx.execute(query.order_by(READING.c.at.desc()).limit(1)).scalar()
    return None if at is None else moment(at)


def write_down(tx: Tx, line_id: int, values: Mapping[str, float], now: datetime) -> None:
    """Keep a line's figures, and drop all that are too old to be asked for."""
    rows = [{"line_id": line_id, "figure": name, "value": value, "at": micros(now)} for name, value in values.items()]
    if rows:
        tx.execute(insert(READING), rows)
    tx.execute(delete(READING).where(READING.c.at < micros(now - KEEP_READINGS)))


def readings(tx: Tx, line_id: int, figure: str, since: datetime, until: datetime) -> list[tuple[datetime, float]]:
    """What a figure was, in order."""
    query = (
        select(READING.c.at, READING.c.value)
        .where(READING.c.line_id == line_id, READING.c.figure == figure)
        .where(READING.c.at >= micros(since), READING.c.at < micros(until))
        .order_by(READING.c.at)
    )
    return [(moment(at), value) for at, value in tx.execute(query)]


def changes(
    tx: Tx, line_id: int, since: datetime, until: datetime, rule_id: int, word: str
) -> list[tuple[datetime, str]]:
    """When alarms stood or began on a line, and when its recipe or policy changed, each with the word for it; first
    the alarms of one rule, by a word of their own."""
    span = (micros(since), micros(until))
    known = [
        (at, "recipe")
        for at in _times(
            tx, select(RECIPE.c.at).where(RECIPE.c.line_id == line_id, RECIPE.c.number > 1, RECIPE.c.at.between(*span))
        )
    ]
    known += [
        (at, "policy")
        for at in _times(
            tx, select(POLICY.c.in_force_at).where(POLICY.c.line_id == line_id, POLICY.c.in_force_at.between(*span))
        )
    ]
    query = select(ALARM.c.rule_id, ALARM.c.opened_at, ALARM.c.cleared_at).where(
        ALARM.c.line_id == line_id,
        ALARM.c.state != "pending",
        ALARM.c.opened_at <= span[1],
        (ALARM.c.cleared_at.is_(None)) | (ALARM.c.cleared_at >= span[0]),
    )
    own = list[tuple[datetime, str]]()
    for number, opened, cleared in tx.execute(query):
        at, end = max(moment(opened), since), until if cleared is None else moment(cleared)
        while at.date() <= end.date() and at < until:
            if number == rule_id:
                own.append((at, word))
            else:
                known.append((at, "alarm"))
            at += timedelta(days=1)
    return own + known


def _times(tx: Tx, query: object) -> Iterable[datetime]:
    return [moment(at) for at in tx.execute(query).scalars()]  # type: ignore[call-overload]


def _columns(rule: Rule) -> dict[str, object]:
    return {
        "figure": rule.figure, "comparison": str(rule.comparison), "threshold": rule.threshold,
        "hysteresis": rule.hysteresis, "hold_s": rule.hold.total_seconds(), "severity": str(rule.severity),
        "actions": dump([str(action) for action in rule.actions]), "by_hand": rule.by_hand, "enabled": rule.enabled,
    }  # fmt: skip


def _rule(r: RowMapping) -> KeptRule:
    rule = Rule(
        figure=r["figure"], comparison=Comparison(r["comparison"]), threshold=r["threshold"],
        hysteresis=r["hysteresis"], hold=timedelta(seconds=r["hold_s"]), severity=Severity(r["severity"]),
        actions=tuple(Action(one) for one in json.loads(r["actions"])), by_hand=r["by_hand"], enabled=r["enabled"],
    )  # fmt: skip
    return KeptRule(
        id=r["id"], line_id=r["line_id"], rule=rule, by=r["by"], reason=r["reason"], at=moment(r["at"]),
        last_value=r["last_value"], last_at=None if r["last_at"] is None else moment(r["last_at"]),
    )  # fmt: skip
