"""A rule's threshold is suggested from the last good days, and adopted by an engineer."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from inspection.core.alarm import InvalidAlarm
from inspection.core.suggest import ITSELF, SPANS, Day, Suggestion, days_before, suggest
from inspection.flow import rules as flow
from inspection.store import rules
from inspection.store.database import Tx
from inspection.store.watched import FIGURES
from inspection.store.watched_asked import SHARE

MOST_OF_A_SHARE = 0.99


def suggested(tx: Tx, *, line: str, rule_id: int, days: int, now: datetime) -> Suggestion:
    """The threshold that the last `days` whole days suggest. Days on which an alarm stood, or the recipe or policy
    changed, are left out. Raises InvalidAlarm where the others say too little, Unknown."""
    if days not in SPANS:
        raise InvalidAlarm(f"Look back over {', '.join(str(span) for span in SPANS)} days.")
    kept = flow.find(tx, line, rule_id)
    wanted = days_before(now, days)
    since, until = _midnight(wanted[0]), _midnight(wanted[-1]) + timedelta(days=1)
    why = {at.date(): word for at, word in rules.changes(tx, kept.line_id, since, until, rule_id, ITSELF)}
    by_day: dict[date, list[tuple[datetime, float]]] = {day: [] for day in wanted}
    for at, value in rules.readings(tx, kept.line_id, kept.rule.figure, since, until):
        by_day[at.date()].append((at, value))
    seen = [
        Day(day=day, readings=tuple(found), left_out=why.get(day, "" if found else "no_figures"))
        for day, found in by_day.items()
    ]
    is_share = FIGURES[kept.rule.figure].unit == SHARE
    return suggest(kept.rule, seen, MOST_OF_A_SHARE if is_share else float("inf"))


def adopt(
    tx: Tx, *, line: str, rule_id: int, days: int, threshold: float, by: str, reason: str, now: datetime
) -> None:  # fmt: skip
    """Put the suggested threshold into force, if it is still the one that was shown. Raises InvalidAlarm, Unknown."""
    found = suggested(tx, line=line, rule_id=rule_id, days=days, now=now)
    if abs(found.new.threshold - threshold) > 1e-9:
        raise InvalidAlarm("The suggestion has changed while you were looking at it. Look at it again.")
    told = {
        "old": found.old.threshold, "new": threshold, "good_days": found.good, "own": found.own,
        "old_fires": found.old_fires, "new_fires": found.new_fires,
        "left_out": {str(day.day): day.left_out for day in found.left_out},
    }  # fmt: skip
    new = replace(found.old, threshold=threshold)
    flow.change(tx, line=line, rule_id=rule_id, rule=new, by=by, reason=reason, now=now, **told)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
