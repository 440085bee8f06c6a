"""Proposals of more freedom for the AI, which wait for a second person."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from inspection.core.level import Level
from inspection.core.moment import micros, moment
from inspection.core.policy import Terms
from inspection.core.rollout import Plan
from inspection.store.records import PROPOSAL, dump
from inspection.store.rollouts import plan_body, plan_from
from inspection.store.transaction import Tx


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What somebody has proposed: terms to put into force at once, or by a rollout with that plan, in place of the
    policy of the `expected` number."""

    id: int
    expected: int
    terms: Terms
    plan: Plan | None
    by: str
    reason: str
    override: bool
    at: datetime


def add(
    tx: Tx, line_id: int, expected: int, terms: Terms, plan: Plan | None, by: str, reason: str, *, override: bool,
    now: datetime,
) -> int:  # fmt: skip
    """Keep a proposal; its id."""
    values = {
        "line_id": line_id, "expected": expected, "terms": dump(asdict(terms)),
        "plan": "" if plan is None else plan_body(plan), "by": by, "reason": reason, "override": override,
        "at": micros(now), "ended_by": "", "outcome": "",
    }  # fmt: skip
    return int(tx.execute(insert(PROPOSAL).values(values).returning(PROPOSAL.c.id)).scalar_one())


def waiting(tx: Tx, line_id: int) -> Proposal | None:
    """The line's proposal that nobody has approved or declined yet."""
    query = select(PROPOSAL).where(PROPOSAL.c.line_id == line_id, PROPOSAL.c.ended_at.is_(None))
    row = tx.execute(query.order_by(PROPOSAL.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    terms = json.loads(row.terms)
    return Proposal(
        id=row.id, expected=row.expected, terms=Terms(**{**terms, "level": Level(terms["level"])}),
        plan=plan_from(row.plan) if row.plan else None, by=row.by, reason=row.reason, override=bool(row.override),
        at=moment(row.at),
    )  # fmt: skip


def end(tx: Tx, line_id: int, by: str, outcome: str, now: datetime) -> None:
    """End what waits on a line."""
    query = update(PROPOSAL).where(PROPOSAL.c.line_id == line_id, PROPOSAL.c.ended_at.is_(None))
    tx.execute(query.values(ended_at=micros(now), ended_by=by, outcome=outcome))
