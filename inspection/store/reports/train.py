"""What a line trains from, and the training that waits or runs, with how long it still takes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from inspection.core.pace import Left, left
from inspection.store import lines, models
from inspection.store.database import Tx
from inspection.store.models import Job
from inspection.store.records import SAMPLE


@dataclass(frozen=True, kw_only=True)
class Running:
    """A training that waits or runs: the seconds since it first began, None while it waits, and what is left."""

    job: Job
    elapsed: float | None
    left: Left


@dataclass(frozen=True, kw_only=True)
class SampleItem:
    """One image put in by hand; `defect` is empty for a good one, `outlined` says that its defect was drawn round."""

    sha256: str
    view: str
    name: str
    defect: str
    outlined: bool
    by: str
    simulated: bool


def samples(tx: Tx, name: str, limit: int, find: str = "") -> tuple[SampleItem, ...]:
    """The newest images put in by hand, or those whose name or type of defect has `find` in it; raises Unknown."""
    known = lines.in_force(tx, name)
    columns = (SAMPLE.c.sha256, SAMPLE.c.view, SAMPLE.c.name, SAMPLE.c.defect, SAMPLE.c.by, SAMPLE.c.simulated)
    query = select(*columns, (SAMPLE.c.regions != "[]").label("outlined")).where(SAMPLE.c.line_id == known.id)
    if find:
        like = (column.icontains(find, autoescape=True) for column in (SAMPLE.c.name, SAMPLE.c.defect))
        query = query.where(or_(*like))
    return tuple(SampleItem(**row._mapping) for row in tx.execute(query.order_by(SAMPLE.c.id.desc()).limit(limit)))


def running(tx: Tx, name: str, now: datetime) -> Running | None:
    """The training of the line of that name; raises Unknown."""
    known = lines.in_force(tx, name)
    job = models.live_job(tx, known.id)
    if job is None:
        return None
    before = models.last_done(tx, known.id)
    started = job.started_at if job.state == "running" else None
    return Running(
        job=job, elapsed=None if started is None else max((now - started).total_seconds(), 0.0),
        left=left(job.stages, now.timestamp(), before.stages if before else ()),
    )  # fmt: skip
