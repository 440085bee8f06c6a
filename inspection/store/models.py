"""The registry: trained models, and the jobs that train them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from inspection.core.moment import micros, moment
from inspection.core.pace import Stage
from inspection.store.database import Tx
from inspection.store.records import (
    JOB,
    LINE,
    MODEL,
    POLICY,
    ROLLOUT,
    dump,
)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained model of a line; `artefact` is its identity."""

    version: int
    artefact: str
    manifest: str
    card: dict[str, Any]
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Job:
    """A training that waits, runs or is over."""

    id: int
    line_id: int
    line: str
    state: str
    stage: str
    done: int
    total: int
    message: str
    by: str
    at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    stages: tuple[Stage, ...]


def add(tx: Tx, line_id: int, artefact: str, manifest: str, card: dict[str, Any], by: str, now: datetime) -> int:
    """Register a model; its version on the line."""
    known = tx.execute(select(MODEL.c.version).where(MODEL.c.artefact == artefact)).scalar()
    if known is not None:
        return int(known)
    last = tx.execute(select(func.max(MODEL.c.version)).where(MODEL.c.line_id == line_id)).scalar() or 0
    values = {
        "line_id": line_id,
        "version": last + 1,
        "artefact": artefact,
        "manifest": manifest,
        "card": dump(card),
        "by": by,
        "at": micros(now),
    }
    tx.execute(insert(MODEL).values(values))
    return int(last) + 1


def of_line(tx: Tx, line_id: int, artefact: str) -> Model | None:
    """A line's model by its artefact."""
    return next((model for model in all_of_line(tx, line_id) if model.artefact == artefact), None)


def all_of_line(tx: Tx, line_id: int) -> list[Model]:
    """A line's models, newest first."""
    query = select(MODEL).where(MODEL.c.line_id == line_id).order_by(MODEL.c.version.desc())
    return [
        Model(
            version=r.version,
            artefact=r.artefact,
            manifest=r.manifest,
            card=json.loads(r.card),
            by=r.by,
            at=moment(r.at),
        )
        for r in tx.execute(query)
    ]


def wanted(tx: Tx) -> list[str]:
    """The models that should be loaded: those of policies in force, of candidates in a rollout and, for a rollback, of
    the policies in force before, and each line's newest."""
    newest = select(func.max(MODEL.c.id)).group_by(MODEL.c.line_id)
    force, older = POLICY.alias(), POLICY.alias()
    before = (
        select(func.max(older.c.number))
        .where(older.c.line_id == force.c.line_id, older.c.number < force.c.number, older.c.in_force_at.is_not(None))
        .correlate(force)
        .scalar_subquery()
    )
    recent = (
        select(POLICY.c.model)
        .join(LINE, LINE.c.id == POLICY.c.line_id)
        .join(force, force.c.id == LINE.c.policy_id)
        .outerjoin(ROLLOUT, ROLLOUT.c.id == LINE.c.rollout_id)
        .where(POLICY.c.model.is_not(None))
        .where(or_(POLICY.c.number.in_((force.c.number, before)), POLICY.c.id == ROLLOUT.c.candidate_id))
    )
    query = select(MODEL.c.artefact).where(or_(MODEL.c.id.in_(newest), MODEL.c.artefact.in_(recent)))
    return list(tx.execute(query.order_by(MODEL.c.id)).scalars())


_JOBS = select(
    JOB.c.id,
    JOB.c.line_id,
    LINE.c.name.label("line"),
    JOB.c.state,
    JOB.c.stage,
    JOB.c.done,
    JOB.c.total,
    JOB.c.message,
    JOB.c.by,
    JOB.c.at,
    JOB.c.started_at,
    JOB.c.ended_at,
    JOB.c.stages,
).join(LINE, LINE.c.id == JOB.c.line_id)


def add_job(tx: Tx, line_id: int, by: str, now: datetime) -> int:
    """Queue a training; its id."""
    values = {"line_id": line_id, "kind": "train", "state": "queued", "by": by, "at": micros(now)}
    return int(tx.execute(insert(JOB).values(values).returning(JOB.c.id)).scalar_one())


def job(tx: Tx, job_id: int) -> Job | None:
    """The job of that id."""
    row = tx.execute(_JOBS.where(JOB.c.id == job_id)).one_or_none()
    return None if row is None else _job(row)


def jobs(tx: Tx, line_id: int, limit: int = 5) -> list[Job]:
    """A line's newest jobs."""
    return [
        _job(row) for row in tx.execute(_JOBS.where(JOB.c.line_id == line_id).order_by(JOB.c.id.desc()).limit(limit))
    ]


def live_job(tx: Tx, line_id: int) -> Job | None:
    """The line's job that waits or runs."""
    row = tx.execute(_JOBS.where(JOB.c.line_id == line_id, JOB.c.state.in_(("queued", "running")))).first()
    return None if row is None else _job(row)


def claim_job(tx: Tx, claim: str, until: datetime, now: datetime) -> Job | None:
    """Take the oldest job that waits, or whose worker has gone silent."""
    silent = (JOB.c.state == "running") & (JOB.c.claimed_until < micros(now))
    row = tx.execute(_JOBS.where(or_(JOB.c.state == "queued", silent)).order_by(JOB.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    begun = row.started_at or micros(now)
    anew = {"stage": "", "done": 0, "total": 0, "stages": "[]", "started_at": begun}
    values = {"state": "running", "claim": claim, "claimed_until": micros(until), **anew}
    tx.execute(update(JOB).where(JOB.c.id == row.id).values(**values))
    return _job(row)


def last_done(tx: Tx, line_id: int) -> Job | None:
    """The line's newest training that ended with a model."""
    done = _JOBS.where(JOB.c.line_id == line_id, JOB.c.state == "done").order_by(JOB.c.id.desc()).limit(1)
    row = tx.execute(done).one_or_none()
    return None if row is None else _job(row)


def note_progress(tx: Tx, job_id: int, claim: str, stages: Sequence[Stage], until: datetime) -> bool:
    """Tell how far a job is, in the last of its stages; False when it was cancelled or taken over, and must stop."""
    last, body = stages[-1], dump([asdict(stage) for stage in stages])
    told = {"stage": last.name, "done": last.done, "total": last.total, "stages": body}
    return renew_claim(tx, job_id, claim, until, **told)


def renew_claim(tx: Tx, job_id: int, claim: str, until: datetime, **told: Any) -> bool:
    """Keep a job, also one that has nothing to tell; False when it was cancelled or taken over, and must stop."""
    mine = (JOB.c.id == job_id) & (JOB.c.claim == claim) & (JOB.c.state == "running")
    return tx.execute(update(JOB).where(mine).values(claimed_until=micros(until), **told)).rowcount == 1


def end_job(tx: Tx, job_id: int, state: str, message: str, now: datetime, claim: str | None = None) -> bool:
    """End a job that waits or runs, and that is still `claim`'s where one is given; whether it was so."""
    live = (JOB.c.id == job_id) & JOB.c.state.in_(("queued", "running"))
    if claim is not None:
        live &= JOB.c.claim == claim
    values = {"state": state, "message": message, "ended_at": micros(now)}
    return tx.execute(update(JOB).where(live).values(**values)).rowcount == 1


def _job(row: Any) -> Job:
    told = {
        "at": moment(row.at),
        "started_at": None if row.started_at is None else moment(row.started_at),
        "ended_at": None if row.ended_at is None else moment(row.ended_at),
        "stages": tuple(Stage(**stage) for stage in json.loads(row.stages)),
    }
    return Job(**{**row._mapping, **told})
