"""The blind labels of a line's model in order, with what the model said of the same units."""

from bisect import bisect_right
from datetime import datetime

from sqlalchemy import select

from inspection.core.concept import Judged
from inspection.core.decide import Verdict
from inspection.core.label import UNDO_WITHIN
from inspection.core.ladder import LEAN
from inspection.core.level import FREEDOM, Level
from inspection.core.moment import micros, moment
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.records import LABEL, POLICY, ROLLOUT, UNIT

MOST = 4_000  # of the line's newest blind labels
_POLICIES = 500
_ALL_LABELLED = (Level.HUMAN_ONLY, Level.SHADOW)


def judged(tx: Tx, line: LineInForce, now: datetime) -> list[Judged]:
    """Blind labels that count and cannot be taken back any more, the newest of each unit that the model in force has
    scored, the oldest first.

    Where people inspect every unit blind, each counts; elsewhere audited ones alone do, since the rest are no random
    sample. Where the AI decided, its word is its verdict then; elsewhere what its score leans to. The level of a unit
    that a rollout had taken in is its candidate's."""
    model = line.policy.terms.model
    if model is None:
        return []
    newest = (  # the limit keeps databases from reading all of the line's labels first
        select(LABEL.c.id, LABEL.c.unit_id, LABEL.c.verdict, LABEL.c.at)
        .where(LABEL.c.line_id == line.id, LABEL.c.effective, LABEL.c.saw_ai.is_(False))
        .where(LABEL.c.at <= micros(now - UNDO_WITHIN))
        .order_by(LABEL.c.at.desc())
        .limit(MOST)
        .subquery()
    )
    query = (
        select(
            newest.c.unit_id,
            newest.c.at,
            newest.c.verdict,
            UNIT.c.ai_verdict,
            UNIT.c.score,
            UNIT.c.audited,
            UNIT.c.opened_at,
            POLICY.c.level.label("candidate"),
        )
        .join(UNIT, UNIT.c.id == newest.c.unit_id)
        .outerjoin(ROLLOUT, ROLLOUT.c.id == UNIT.c.rollout_id)
        .outerjoin(POLICY, POLICY.c.id == ROLLOUT.c.candidate_id)
        .where(UNIT.c.model == model, UNIT.c.score.is_not(None))
        .order_by(newest.c.at, newest.c.id)
    )
    levels = _levels(tx, line.id)
    since = [at for at, _ in levels]
    found = dict[int, Judged]()
    for row in tx.execute(query):
        stable = levels[max(bisect_right(since, row.opened_at) - 1, 0)][1]
        level = Level(row.candidate) if row.candidate else stable
        if not row.audited and level not in _ALL_LABELLED:
            continue
        leans = None if FREEDOM[level].ai_decides else "reject" if row.score >= LEAN else "pass"
        said = row.ai_verdict or leans  # a rollout that ends leaves the units it had taken in to the stable policy
        ai = None if said is None else Verdict(said)
        found.pop(row.unit_id, None)
        found[row.unit_id] = Judged(at=moment(row.at), person=Verdict(row.verdict), ai=ai)
    return list(found.values())


def _levels(tx: Tx, line_id: int) -> list[tuple[int, Level]]:
    """The line's newest levels, each with the time from when it was in force, in order."""
    query = select(POLICY.c.in_force_at, POLICY.c.level).where(
        POLICY.c.line_id == line_id, POLICY.c.in_force_at.is_not(None)
    )
    rows = tx.execute(query.order_by(POLICY.c.in_force_at.desc(), POLICY.c.number.desc()).limit(_POLICIES)).all()
    return [(int(at), Level(level)) for at, level in reversed(rows)]
