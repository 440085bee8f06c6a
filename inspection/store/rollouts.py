"""Rollouts: where each stands, and the labelled units that its two policies are compared on."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from inspection.core.compare import Record
from inspection.core.decide import Verdict
from inspection.core.level import FREEDOM, Level
from inspection.core.moment import micros, moment
from inspection.core.policy import Policy
from inspection.core.rollout import Measured, Measurement, Pause, Phase, Plan, Rollout, Step, Strategy
from inspection.store import lines
from inspection.store.records import IMAGE, LABEL, LINE, POLICY, ROLLOUT, UNIT, dump
from inspection.store.transaction import Tx

_DECIDED_BY_AI = [str(level) for level in Level if FREEDOM[level].ai_decides]


@dataclass(frozen=True, kw_only=True)
class KeptRollout:
    """A rollout as its row has it: which policy it brings to which line, where it stands, and what was measured."""

    id: int
    line_id: int
    line: str
    number: int
    stable: Policy
    candidate: Policy
    candidate_id: int
    rollout: Rollout
    record: Record
    last_label_id: int
    measured: Measurement | None
    measured_at: datetime | None
    by: str
    reason: str
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A unit with the first blind label that counts."""

    label_id: int
    unit_id: int
    truth: Verdict


def add(
    tx: Tx, line: lines.LineInForce, candidate_id: int, salt: str, rollout: Rollout, by: str, reason: str, now: datetime
) -> int:
    """Begin a rollout on a line that has none under way; its number."""
    last = tx.execute(select(func.max(ROLLOUT.c.number)).where(ROLLOUT.c.line_id == line.id)).scalar()
    newest = tx.execute(select(func.max(LABEL.c.id)).where(LABEL.c.line_id == line.id)).scalar()
    values = {
        "line_id": line.id, "number": (last or 0) + 1, "stable_id": line.policy_id, "candidate_id": candidate_id,
        "salt": salt, "plan": plan_body(rollout.plan), **_state(rollout, now), "record": dump(asdict(Record())),
        "last_label_id": newest or 0, "measured": "{}", "by": by, "reason": reason, "at": micros(now),
    }  # fmt: skip
    rollout_id = tx.execute(insert(ROLLOUT).values(values).returning(ROLLOUT.c.id)).scalar_one()
    tx.execute(update(LINE).where(LINE.c.id == line.id).values(rollout_id=rollout_id))
    lines.forget(tx)
    return int(values["number"])


def keep(
    tx: Tx,
    kept: KeptRollout,
    rollout: Rollout,
    now: datetime,
    *,
    record: Record | None = None,
    last_label_id: int | None = None,
    measured: Measurement | None = None,
) -> None:
    """Write where a rollout stands now; one that is over lets go of its line, all in one transaction."""
    values = _state(rollout, now)
    if measured is not None:
        values |= {"measured": dump(asdict(measured)), "measured_at": micros(now)}
    if record is not None:
        values |= {"record": dump(asdict(record)), "last_label_id": last_label_id or kept.last_label_id}
    tx.execute(update(ROLLOUT).where(ROLLOUT.c.id == kept.id).values(values))
    if not rollout.live:
        tx.execute(update(LINE).where(LINE.c.id == kept.line_id).values(rollout_id=None))
    lines.forget(tx)


def live(tx: Tx, line_id: int | None = None) -> list[KeptRollout]:
    """The rollouts under way, or that of one line."""
    query = _query().where(LINE.c.rollout_id == ROLLOUT.c.id)
    if line_id is not None:
        query = query.where(LINE.c.id == line_id)
    return [_kept(tx, row) for row in tx.execute(query.order_by(ROLLOUT.c.id))]


def of_line(tx: Tx, line_id: int, limit: int = 20) -> list[KeptRollout]:
    """A line's rollouts, newest first."""
    query = _query().where(ROLLOUT.c.line_id == line_id).order_by(ROLLOUT.c.id.desc()).limit(limit)
    return [_kept(tx, row) for row in tx.execute(query)]


def replaced_by(tx: Tx, policy_id: int) -> int | None:
    """The id of the policy that a completed rollout has replaced by that one; None where it came in another way."""
    done = (ROLLOUT.c.candidate_id == policy_id) & (ROLLOUT.c.phase == str(Phase.DONE))
    return tx.execute(select(ROLLOUT.c.stable_id).where(done)).scalar()


def labelled_after(tx: Tx, kept: KeptRollout, until: datetime, limit: int = 500) -> tuple[list[Labelled], int]:
    """Units labelled after the last one counted, in order, and the id of the last label looked at.

    A unit counts by its first blind label that counts, and only where a person was bound to see it whatever its score:
    in an audit, or at a level where people decide. Units opened before the rollout were not asked about both models.
    Labels younger than `until` may still be taken back: nothing after the first of them is read.
    """
    columns = (LABEL.c.id, LABEL.c.unit_id, LABEL.c.verdict, LABEL.c.effective, LABEL.c.saw_ai, LABEL.c.at)
    query = (
        select(*columns, UNIT.c.opened_at, UNIT.c.audited)
        .join(UNIT, UNIT.c.id == LABEL.c.unit_id)
        .where(LABEL.c.line_id == kept.line_id, LABEL.c.id > kept.last_label_id)
    )
    found, last = [], kept.last_label_id
    for row in tx.execute(query.order_by(LABEL.c.id).limit(limit)).all():
        if row.at > micros(until):
            break
        last = row.id
        if row.effective and not row.saw_ai and row.opened_at >= micros(kept.at) and _counts(tx, row):
            found.append(Labelled(label_id=row.id, unit_id=row.unit_id, truth=Verdict(row.verdict)))
    return found, last


def _counts(tx: Tx, row: Any) -> bool:
    earlier = select(LABEL.c.id).where(LABEL.c.unit_id == row.unit_id, LABEL.c.effective, LABEL.c.id < row.id)
    if tx.execute(earlier.limit(1)).first() is not None:
        return False
    by_ai = (
        select(IMAGE.c.id)
        .join(POLICY, POLICY.c.id == IMAGE.c.policy_id)
        .where(IMAGE.c.unit_id == row.unit_id, POLICY.c.level.in_(_DECIDED_BY_AI))
    )
    return bool(row.audited) or tx.execute(by_ai.limit(1)).first() is None


def plan_body(plan: Plan) -> str:
    """A plan as the JSON of its row."""
    return dump(asdict(plan))


def plan_from(body: str) -> Plan:
    """The plan in a row's JSON."""
    b = json.loads(body)
    steps = tuple(Step(**step) for step in b["steps"])
    return Plan(**{**b, "strategy": Strategy(b["strategy"]), "steps": steps})


def _state(rollout: Rollout, now: datetime) -> dict[str, Any]:
    return {
        "phase": str(rollout.phase), "step": rollout.step, "weight": rollout.weight if rollout.live else 0.0,
        "pause": None if rollout.pause is None else str(rollout.pause), "since": micros(rollout.since or now),
        "failed": rollout.failed, "inconclusive": rollout.inconclusive, "errors": rollout.errors,
        "ended_at": None if rollout.live else micros(now),
    }  # fmt: skip


def _query() -> Select[Any]:
    return select(ROLLOUT, LINE.c.name.label("line")).join(LINE, LINE.c.id == ROLLOUT.c.line_id)


def _kept(tx: Tx, r: Any) -> KeptRollout:
    rollout = Rollout(
        plan=plan_from(r.plan), phase=Phase(r.phase), step=r.step, pause=Pause(r.pause) if r.pause else None,
        since=moment(r.since), failed=r.failed, inconclusive=r.inconclusive, errors=r.errors,
    )  # fmt: skip
    said = json.loads(r.measured)
    measured = Measurement(**{**said, "outcome": Measured(said["outcome"])}) if said else None
    same = {name: getattr(r, name) for name in ("id", "line_id", "line", "number", "last_label_id", "by", "reason")}
    return KeptRollout(
        stable=lines.policy(tx, r.stable_id), candidate=lines.policy(tx, r.candidate_id), rollout=rollout,
        candidate_id=r.candidate_id, record=Record(**json.loads(r.record)), measured=measured,
        measured_at=None if r.measured_at is None else moment(r.measured_at), at=moment(r.at),
        ended_at=None if r.ended_at is None else moment(r.ended_at), **same,
    )  # fmt: skip
