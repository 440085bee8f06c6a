"""Good images are put in, and models are trained from them in the background."""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from inspection.core.capture import VIEW
from inspection.core.journal import Change, facts, plain
from inspection.core.line import Recipe, Unknown
from inspection.core.pace import Stage, noted
from inspection.core.train import (
    Cancelled,
    Outline,
    Progress,
    Sample,
    Trained,
    Untrainable,
    agreed,
    check_enough,
    check_labels,
    manifest_hash,
)
from inspection.store import journal, lines, models, samples
from inspection.store.database import Database, Tx
from inspection.store.images import ImageStore
from inspection.store.models import Job

log = logging.getLogger("jidoka")
CLAIM = timedelta(minutes=2)
LOOK_EVERY = timedelta(seconds=0.5)  # for whether a training was cancelled, while it has nothing to tell
UNFORESEEN = "Something broke that nobody foresaw. Train again; if it breaks again, the server's log tells more."
MAX_PASSED = 400
MAX_REJECTED = 400


class Trainer(Protocol):
    """Makes an artefact from good images; raises Untrainable or Cancelled."""

    def __call__(
        self,
        *,
        line: str,
        recipe: Recipe,
        samples: list[Sample],
        read: Callable[[str], bytes],
        progress: Progress,
        cancelled: Callable[[], bool],
    ) -> Trained:
        """Train by the recipe on samples whose bytes `read(sha256)` gives."""


def add_sample(
    tx: Tx, *, line: str, view: str, name: str, sha256: str, by: str, now: datetime, simulated: bool = False,
    defect: str = "", regions: tuple[Outline, ...] = (), group: str = "",
) -> bool:  # fmt: skip
    """Add a stored image to what the line trains from, of a good part unless a defect is named; False when it is there
    already. A type of the recipe is spelt as the recipe has it. Raises Untrainable where the image is there with the
    opposite label."""
    known = lines.in_force(tx, line)
    if not VIEW.fullmatch(view) or view not in known.line.recipe.views:
        raise Untrainable(f"Line {line!r} has no view {view!r}. Its views are: {', '.join(known.line.recipe.views)}.")
    sample = Sample(
        view=view, sha256=sha256, name=plain(name[:200]), defect=spelt(plain(defect[:100]), known.line.recipe),
        regions=regions, group=plain(group[:200]),
    )  # fmt: skip
    check_labels([*samples.put_in(tx, known.id, sha256), sample])
    return samples.add(tx, known.id, sample, by, now, simulated=simulated)


def remove_sample(tx: Tx, *, line: str, sha256: str, by: str, now: datetime) -> None:
    """Take an image out of what the line trains from, such as one that shows a defect after all."""
    known = lines.in_force(tx, line)
    if samples.remove(tx, known.id, sha256) == 0:
        raise Unknown("This image is not among those the line trains from.")
    change = Change(subject=f"line/{line}/samples", event="sample_removed", actor=by, facts=facts(sha256=sha256))
    journal.append(tx, now, change)


def spelt(defect: str, recipe: Recipe) -> str:
    """A defect's type without blanks around it, as the recipe spells it where it knows it."""
    name = " ".join(defect.split())
    return next((known for known in recipe.defect_types if known.casefold() == name.casefold()), name)


def gather(tx: Tx, *, line: str) -> list[Sample]:
    """What a training of the line would use: images put in, and images of units that people have passed or rejected,
    but for those that they have judged both ways."""
    return _gathered(tx, line)[0]


def _gathered(tx: Tx, line: str) -> tuple[list[Sample], list[str]]:
    known = lines.in_force(tx, line)
    put_in = samples.put_in(tx, known.id)
    seen = {(s.view, s.sha256) for s in put_in}
    labelled = samples.passed(tx, known.id, MAX_PASSED)
    one_view = len(known.line.recipe.views) == 1
    labelled += samples.rejected(tx, known.id, MAX_REJECTED, one_view=one_view)
    kept, torn = agreed(s for s in labelled if (s.view, s.sha256) not in seen)
    return put_in + kept, torn


def request(tx: Tx, *, line: str, by: str, now: datetime) -> int:
    """Queue a training; its job's id. Raises Untrainable when there is too little, or one is under way."""
    known = lines.in_force(tx, line)
    if models.live_job(tx, known.id) is not None:
        raise Untrainable("A training of this line is under way: wait for it, or cancel it.")
    check_enough(gather(tx, line=line), known.line.recipe.views)
    job_id = models.add_job(tx, known.id, by, now)
    journal.append(
        tx,
        now,
        Change(subject=f"line/{line}/job/{job_id}", event="training_requested", actor=by, after="queued"),
    )
    return job_id


def cancel(tx: Tx, *, job_id: int, by: str, now: datetime) -> None:
    """Stop a training that waits or runs."""
    job = models.job(tx, job_id)
    if job is None or job.state not in ("queued", "running"):
        raise Unknown("This training is over already.")
    models.end_job(tx, job_id, "cancelled", f"Cancelled by {by}.", now)
    journal.append(
        tx,
        now,
        Change(
            subject=f"line/{job.line}/job/{job_id}",
            event="training_cancelled",
            actor=by,
            before=job.state,
            after="cancelled",
        ),
    )


def register(tx: Tx, *, line: str, trained: Trained, samples: list[Sample], by: str, now: datetime) -> int:
    """Put a trained model into the registry; its version. It decides nothing before a policy names it."""
    known = lines.in_force(tx, line)
    manifest = manifest_hash(samples)
    version = models.add(tx, known.id, trained.artefact, manifest, trained.card, by, now)
    told = facts(version=version, artefact=trained.artefact, manifest=manifest, images=len(samples))
    journal.append(
        tx,
        now,
        Change(
            subject=f"line/{line}/model/{version}",
            event="model_registered",
            actor=by,
            after="registered",
            facts=told,
        ),
    )
    return version


def work_once(db: Database, images: ImageStore, trainer: Trainer, clock: Callable[[], datetime]) -> bool:
    """1 claim a job, 2 gather its images, 3 train, 4 register the model, 5 end the job; whether there was one.

    The claim is renewed with each step of progress, and when the trainer asks whether it was cancelled; so a job whose
    worker died is taken up by another.
    """
    claim = secrets.token_hex(8)
    job = db.write(lambda tx: models.claim_job(tx, claim, clock() + CLAIM, clock()))
    if job is None:
        return False
    try:
        message = _train(db, images, trainer, clock, job, claim)
        state = "done"
    except (Untrainable, Cancelled) as reason:
        message, state = str(reason) or "Cancelled.", "failed"
    except Exception as error:  # a failed training must not end the worker
        log.exception("training_failed line=%s job=%s", job.line, job.id)
        message, state = f"{UNFORESEEN} ({type(error).__name__}: {error})", "failed"
    db.write(lambda tx: _end(tx, job, claim, state, plain(message), clock()))
    return True


def _train(
    db: Database, images: ImageStore, trainer: Trainer, clock: Callable[[], datetime], job: Job, claim: str
) -> str:
    stopped, looked, seen = False, clock(), tuple[Stage, ...]()
    since = looked.timestamp()

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal stopped, looked, seen
        looked = at = clock()
        seen = noted(seen, stage, done, total, at=at.timestamp(), since=since)
        stopped = not db.write(lambda tx: models.note_progress(tx, job.id, claim, seen, at + CLAIM))

    def cancelled() -> bool:
        nonlocal stopped, looked
        at = clock()
        if not stopped and at - looked >= LOOK_EVERY:
            looked = at
            stopped = not db.write(lambda tx: models.renew_claim(tx, job.id, claim, at + CLAIM))
        return stopped

    with db.read() as tx:
        samples, torn = _gathered(tx, job.line)
        recipe = lines.in_force(tx, job.line).line.recipe
    trained = trainer(
        line=job.line, recipe=recipe, samples=samples, read=images.get, progress=progress,
        cancelled=cancelled,
    )  # fmt: skip
    progress("registering", 1, 1)
    if stopped:
        raise Cancelled("Cancelled.")
    version = db.write(lambda tx: register(tx, line=job.line, trained=trained, samples=samples, by=job.by, now=clock()))
    return " ".join([f"Model {version} is ready.", *_left_out(torn)])


def _left_out(torn: list[str]) -> list[str]:
    if not torn:
        return []
    return [f"Left out, for people judged the same image both ways: {'; '.join(torn[:5])}. Look at these units."]


def _end(tx: Tx, job: Job, claim: str, state: str, message: str, now: datetime) -> None:
    """End the job, unless it was cancelled or is another worker's by now."""
    if not models.end_job(tx, job.id, state, message, now, claim):
        return
    journal.append(
        tx,
        now,
        Change(
            subject=f"line/{job.line}/job/{job.id}",
            event="training_ended",
            actor="trainer",
            after=state,
            reason=message,
        ),
    )
