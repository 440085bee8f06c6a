"""The training of a line that waits or runs, and how long it still takes."""

from dataclasses import dataclass
from datetime import datetime

from inspection.core.pace import Left, left
from inspection.store import lines, models
from inspection.store.database import Tx
from inspection.store.models import Job


@dataclass(frozen=True, kw_only=True)
class Running:
    """A training that waits or runs: the seconds since it first began, None while it waits, and what is left."""

    job: Job
    elapsed: float | None
    left: Left


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
