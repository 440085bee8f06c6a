"""Rules of a line's alarms: there from the start, changed by engineers, and asked again and again."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from inspection.core.alarm import STANDING, InvalidAlarm, Severity, State, begin, check_reason, observe
from inspection.core.journal import Change, facts, plain
from inspection.core.line import Unknown
from inspection.core.moment import micros
from inspection.core.rule import Action, Comparison, Rule
from inspection.flow import alarm, notify, policy
from inspection.store import alarms, hosts, journal, lines, rules
from inspection.store.alarms import Alarm
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.rules import KeptRule
from inspection.store.watched import FIGURES, RUNNING
from inspection.store.watched_asked import PER_MINUTE, SECONDS, SHARE

T = TypeVar("T")
ABOVE, BELOW = Comparison.ABOVE, Comparison.BELOW
TELL, MEND, TRAIN = (Action.NOTIFY,), (Action.NOTIFY, Action.MAINTENANCE), (Action.NOTIFY, Action.RETRAINING)
EVERY = timedelta(minutes=5)  # readings are kept
_MINUTES = timedelta(minutes=1)
FIRST_RULES = (
    Rule(figure="null_outputs", comparison=ABOVE, threshold=0.05, hysteresis=0.02, hold=2 * _MINUTES, actions=TELL),
    Rule(figure="unfit_share", comparison=ABOVE, threshold=0.1, hysteresis=0.05, hold=5 * _MINUTES, actions=MEND),
    Rule(figure="clock_skew", comparison=ABOVE, threshold=60.0, hysteresis=30.0, hold=5 * _MINUTES, actions=MEND),
    Rule(figure="repeated", comparison=ABOVE, threshold=0.3, hysteresis=0.2, actions=MEND),  # a frozen camera
    Rule(figure="no_part", comparison=ABOVE, threshold=0.2, hysteresis=0.1, hold=5 * _MINUTES, actions=MEND),
    Rule(figure="overrides", comparison=ABOVE, threshold=0.2, hysteresis=0.05, hold=10 * _MINUTES, actions=TRAIN),
    Rule(figure="reject_rate", comparison=ABOVE, threshold=0.5, hysteresis=0.1, hold=10 * _MINUTES, actions=TELL),
    Rule(figure="queue_age", comparison=ABOVE, threshold=1800.0, hysteresis=600.0, actions=TELL),
    Rule(figure="disk_left", comparison=BELOW, threshold=0.1, hysteresis=0.02, severity=Severity.CRITICAL),
    Rule(figure=RUNNING, comparison=BELOW, threshold=0.1, hold=10 * _MINUTES, enabled=False),  # many lines rest
)


def first(tx: Tx, line: LineInForce, by: str, now: datetime) -> list[KeptRule]:
    """The line's rules; where it never had any, those that each line begins with."""
    kept = rules.of_line(tx, line.id)
    if kept:
        return kept
    for rule in FIRST_RULES:
        rules.add(tx, line.id, rule, by, "", now)
    told = facts(rules=[describe(rule) for rule in FIRST_RULES])
    subject = f"line/{line.line.name}/alarm-rule"
    journal.append(tx, now, Change(subject=subject, event="alarm_rules_set", actor=by, facts=told))
    return rules.of_line(tx, line.id)


def add(tx: Tx, *, line: str, rule: Rule, by: str, reason: str, now: datetime) -> int:
    """Give a line another rule; its id. Raises InvalidAlarm or Unknown."""
    known, why = lines.in_force(tx, line), plain(check_reason(reason))
    _check(rule)
    number = rules.add(tx, known.id, rule, by, why, now)
    _tell(tx, line, number, "alarm_rule_added", by, "", describe(rule), why, now)
    return number


def change(tx: Tx, *, line: str, rule_id: int, rule: Rule, by: str, reason: str, now: datetime, **told: object) -> None:
    """Put other terms in a rule's place. Raises InvalidAlarm or Unknown."""
    kept, why = find(tx, line, rule_id), plain(check_reason(reason))
    _check(rule)
    if rule == kept.rule:
        raise InvalidAlarm("The rule says so already: nothing was changed.")
    rules.change(tx, rule_id, rule, by, why, now)
    _tell(tx, line, rule_id, "alarm_rule_changed", by, describe(kept.rule), describe(rule), why, now, **told)


def find(tx: Tx, line: str, rule_id: int) -> KeptRule:
    """The line's rule of that id. Raises Unknown."""
    kept = next((one for one in rules.of_line(tx, lines.in_force(tx, line).id) if one.id == rule_id), None)
    if kept is None:
        raise Unknown(f"Line {line!r} has no such rule.")
    return kept


def _check(rule: Rule) -> None:
    figure = FIGURES.get(rule.figure)
    if figure is None:
        raise InvalidAlarm(f"There is no figure {rule.figure!r}. Choose one of: {', '.join(FIGURES)}.")
    if Action.RETRAINING in rule.actions and not figure.trains:
        raise InvalidAlarm(
            "This figure can ask for maintenance, never for retraining: no model mends a lamp or a clock."
        )


def describe(rule: Rule) -> str:
    """A rule in one line, as the journal keeps it."""
    on = "" if rule.enabled else " (off)"
    hand = ", ended by hand" if rule.by_hand else ""
    return (
        f"{rule.figure} {rule.comparison} {rule.threshold:g}, back by {rule.hysteresis:g}, for "
        f"{rule.hold.total_seconds():g} s, {rule.severity}, {'+'.join(rule.actions) or 'nothing'}{hand}{on}"
    )


def _tell(
    tx: Tx, line: str, number: int, event: str, by: str, before: str, after: str, reason: str, now: datetime,
    **told: object,
) -> None:  # fmt: skip
    change = Change(
        subject=f"line/{line}/alarm-rule/{number}", event=event, actor=by, before=before, after=after, reason=reason,
        facts=facts(**told),
    )  # fmt: skip
    journal.append(tx, now, change)


class Store(Protocol):
    """The database, as the watch needs it."""

    def read(self) -> AbstractContextManager[Tx]:
        """A consistent look at it."""

    def write(self, run: Callable[[Tx], T]) -> T:
        """Run a flow; its changes are durable when this returns."""


def watch(db: Store, *, host: str, disk_left: float, now: datetime) -> int:
    """1 ask the figures of every line's rules, while others write, 2 act on what has changed and keep the figures every
    few minutes; how many alarms began or ended. Servers that share a database go by the fullest of their disks."""
    with db.read() as tx:
        others = hosts.least_disk(tx, host, now)
        least = disk_left if others is None else min(others, disk_left)
        asked = {line.id: _asked(tx, line, least, now) for line in lines.all_in_force(tx)}

    def act(tx: Tx) -> int:
        hosts.seen(tx, host, disk_left, now)
        return sum(_act(tx, line_id, *found, now) for line_id, found in asked.items())

    return db.write(act)


def figures(
    tx: Tx, line: LineInForce, names: Iterable[str], disk_left: float | None, now: datetime
) -> dict[str, float | None]:
    """What the figures of these names are now. Of a line that does not run most say nothing: that is no drift."""
    runs = bool(FIGURES[RUNNING].ask(tx, line, now))
    found = (FIGURES[name] for name in names if name in FIGURES)
    return {one.name: one.ask(tx, line, now, disk_left) if runs or one.rests else None for one in found}


def _asked(tx: Tx, line: LineInForce, disk_left: float, now: datetime) -> tuple[dict[str, float | None], bool]:
    """The figures that the line's rules ask for, or all of them where they are due to be written down; whether so."""
    kept, last = rules.of_line(tx, line.id), rules.last_reading(tx, line.id, RUNNING)
    due = last is None or now - last >= EVERY
    names = dict.fromkeys(FIGURES if due or not kept else [one.rule.figure for one in kept if one.rule.enabled])
    return figures(tx, line, names, disk_left, now), due


def _act(tx: Tx, line_id: int, values: Mapping[str, float | None], due: bool, now: datetime) -> int:
    line = lines.in_force_by_id(tx, line_id)
    last = rules.last_reading(tx, line_id, RUNNING)
    due = due and (last is None or now - last >= EVERY)  # another server may have written them down meanwhile
    kept, open_now = first(tx, line, alarm.BY, now), alarms.of_rules(tx, line_id)
    if due:
        rules.write_down(tx, line_id, {name: value for name, value in values.items() if value is not None}, now)
    changed = 0
    for one in kept:
        if one.rule.enabled and one.rule.figure not in values:
            continue  # it was made while the figures were asked
        value = values[one.rule.figure] if one.rule.enabled else None
        if value != one.last_value or one.last_at is None:
            rules.asked(tx, one.id, value, now)
        changed += _ask(tx, line, one, open_now.get(one.id), value, now)
    return changed


def _ask(tx: Tx, line: LineInForce, kept: KeptRule, found: Alarm | None, value: float | None, now: datetime) -> bool:
    """1 the rule says whether its alarm is due, 2 the alarm moves, 3 a rule that lowers the line does so, also while
    its alarm stands: nobody raises a line meanwhile and has it stay there."""
    rule = kept.rule
    told = found is not None and found.state is not State.PENDING
    true = rule.true(value, told=told) if rule.enabled else False
    text = words(rule, value) if true else ""
    moved = _move(tx, line, kept, found, true, text, now)
    stands = alarms.of_rules(tx, line.id).get(kept.id) if moved else found
    if true and Action.LOWER in rule.actions and stands is not None and stands.state in STANDING:
        policy.lower(tx, lines.in_force_by_id(tx, line.id), f"Guard: {text}", now)
    return moved


def _move(
    tx: Tx, line: LineInForce, kept: KeptRule, found: Alarm | None, true: bool | None, text: str, now: datetime
) -> bool:
    rule, subject, name = kept.rule, f"rule-{kept.id}", line.line.name
    if found is None:
        if not true:
            return False
        new = begin(now, hold=rule.hold, by_hand=rule.by_hand)
        number = alarms.add(tx, line.id, rule.figure, subject, text, rule.severity, new, now, kept.id)
        event = "alarm_raised" if new.state is State.FIRING else "alarm_pending"
        alarm.tell(tx, name, rule.figure, subject, event, alarm.BY, "", new.state, text, now)
        if new.state is State.FIRING:
            alarm.begun(tx, line, number, rule.figure, text, rule.actions, rule.severity, now)
        return True
    new = observe(found.standing, true, now, rule.hold)
    if new.state is found.state:
        if new != found.standing:
            alarms.keep(tx, found.id, new)
        return False
    if found.state is State.PENDING and new.state is State.RESOLVED:
        alarms.forget(tx, found.id)
        event = "alarm_passed"
    elif new.state is State.FIRING:
        alarms.keep(tx, found.id, new, text=text, opened_at=micros(now))
        event = "alarm_raised"
    else:
        alarms.keep(tx, found.id, new, cleared_by=alarm.BY)
        notify.again(tx, found, notify.RESOLVED, now)
        event = "alarm_ended"
    alarm.tell(tx, name, found.kind, subject, event, alarm.BY, found.state, new.state, text, now)
    if event == "alarm_raised":
        alarm.begun(tx, line, found.id, rule.figure, text, rule.actions, rule.severity, now)
    return True


def words(rule: Rule, value: float | None) -> str:
    """What an alarm of the rule says."""
    title, now, limit = FIGURES[rule.figure].title, written(rule.figure, value), written(rule.figure, rule.threshold)
    if rule.comparison is ABOVE:
        return f"{title}: {now}, above the limit of {limit}."
    return f"{title}: {now}, below the limit of {limit}."


def written(figure: str, value: float | None) -> str:
    """A figure's value with its unit, the same in every language."""
    if value is None:
        return "\u2013"
    unit = FIGURES[figure].unit
    if unit == SHARE:
        return f"{value * 100:.3g} %"
    if unit == SECONDS:
        return f"{value:.3g} s" if abs(value) < 120 else f"{value / 60:.0f} min"
    return f"{value:.3g}/min" if unit == PER_MINUTE else f"{value:.3g}"
