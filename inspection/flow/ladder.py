"""How a line stands before a step up: what is known of its model, and what is still missing."""

from datetime import datetime

from inspection.core.label import UNDO_WITHIN
from inspection.core.ladder import Condition, Standing, conditions
from inspection.core.level import FREEDOM, Level
from inspection.core.policy import Terms, raises
from inspection.flow import certificate
from inspection.store import lines, models
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.reports import ladder as report


def next_step(tx: Tx, name: str, now: datetime) -> tuple[Level | None, tuple[Condition, ...]]:
    """The level above that of the line of that name, None at the top, and what it asks for: for automation a
    certificate that holds. Whether thresholds lie within it is checked when they are chosen."""
    known = lines.in_force(tx, name)
    rung = known.policy.terms.level.rung + 1
    if rung == len(Level):
        return None, ()
    level = list(Level)[rung]
    registry = models.all_of_line(tx, known.id)
    model = known.policy.terms.model or (registry[0].artefact if registry else None)
    unproved = certificate.held(tx, known, model, now)[1] if FREEDOM[level].ai_decides else ""
    return level, conditions(level, _standing(tx, known, model, unproved, now))


def missing(tx: Tx, known: LineInForce, terms: Terms, now: datetime) -> tuple[str, ...]:
    """What stands against these terms, in sentences; nothing where they are proved, or give no more freedom. Another
    model needs what the step up to its level needs."""
    before = known.policy.terms
    if not raises(before, terms):
        return ()
    unproved = certificate.unproved(tx, known, terms, now) if FREEDOM[terms.level].ai_decides else ""
    if terms.level.rung <= before.level.rung and terms.model == before.model:
        return (unproved,) if unproved else ()
    standing = _standing(tx, known, terms.model, unproved, now)
    return tuple(one.text for one in conditions(terms.level, standing) if not one.met)


def _standing(tx: Tx, known: LineInForce, model: str | None, unproved: str, now: datetime) -> Standing:
    failures, predictions = report.failures(tx, known.id, model)
    agreed, blind = report.agreement(
        tx, known.id, model, certificate.evidence_begins(tx, known, now), now - UNDO_WITHIN
    )
    return Standing(
        has_model=model is not None, predictions=predictions, failures=failures, blind=blind, agreed=agreed,
        unproved=unproved,
    )  # fmt: skip
