"""From an opinion to a decision on the image, the unit's disposition, and the review task it may need."""

import math
from datetime import datetime, timedelta

from inspection.core.capture import FROZEN, Quality, unfit
from inspection.core.decide import Decision, Disposition, Judged, decide, own_opinion, refer, settle, unmeasured
from inspection.core.journal import Change, facts
from inspection.core.predict import Examination, Prediction
from inspection.core.review import TaskState, due
from inspection.store import captures, journal, lines, opinions, queue, units
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.queue import Task
from inspection.store.units import Unit


def subject(line: str, unit: Unit) -> str:
    """What the journal calls a unit."""
    return f"line/{line}/unit/{unit.label}"


def decide_image(tx: Tx, *, image_id: int, examination: Examination, now: datetime) -> Disposition:
    """1 read the policy as it is now for this unit, 2 keep figures and opinions, 3 decide once, 4 settle the unit."""
    unit = units.get(tx, captures.unit_of_image(tx, image_id))
    line = line_of(tx, unit)
    why_unfit = keep_examination(tx, line, unit, image_id, examination, now)
    opinion = own_opinion(line.policy.terms, examination.opinions)
    if examination.quality is None:
        why_unfit = unmeasured(opinion)
    decision = decide(line.policy.terms, opinion, why_unfit)
    return apply(tx, line, unit, image_id, decision, now)


def line_of(tx: Tx, unit: Unit) -> LineInForce:
    """The unit's line as it decides this unit: under a rollout's candidate where that has taken the unit in."""
    return lines.in_force_by_id(tx, unit.line_id).deciding(unit.rollout_id)


def keep_examination(
    tx: Tx, line: LineInForce, unit: Unit, image_id: int, examination: Examination, now: datetime
) -> str | None:
    """Keep the quality figures and every opinion; the unit's score is its worst under the line's model. Why the image
    is unfit, by its figures."""
    why_unfit = _unfit(tx, line, image_id, examination.quality)
    if examination.quality is not None:
        captures.add_quality(tx, image_id, examination.quality, why_unfit)
    opinions.add(tx, image_id, examination.opinions, now)
    opinion = own_opinion(line.policy.terms, examination.opinions)
    if isinstance(opinion, Prediction) and math.isfinite(opinion.score):
        units.raise_score(tx, unit.id, opinion.model, opinion.score)
    return why_unfit


def _unfit(tx: Tx, line: LineInForce, image_id: int, quality: Quality | None) -> str | None:
    """A camera that froze sends good pictures of a unit that is long gone."""
    if quality is None:
        return None
    frozen = FROZEN if captures.repeats(tx, image_id, quality.picture) else None
    return frozen or unfit(quality, line.line.recipe.limits)


def keep_late_examination(tx: Tx, *, image_id: int, examination: Examination, now: datetime) -> None:
    """Keep what a model said of an image that its level had already sent to a person."""
    unit = units.get(tx, captures.unit_of_image(tx, image_id))
    keep_examination(tx, line_of(tx, unit), unit, image_id, examination, now)


def refer_undecided(tx: Tx, *, before: datetime, now: datetime) -> int:
    """Send images to a person whose decision was cut off by a crash; how many there were."""
    left = captures.undecided(tx, before)
    for image_id in left:
        unit = units.get(tx, captures.unit_of_image(tx, image_id))
        line = line_of(tx, unit)
        apply(tx, line, unit, image_id, refer("interrupted", "The server stopped before it had decided."), now)
    return len(left)


def refer_incomplete(tx: Tx, *, now: datetime) -> int:
    """Send units to a person whose views did not all come in time; how many there were."""
    late = 0
    for line in lines.all_in_force(tx):
        given_up = units.incomplete(tx, line.id, now - timedelta(seconds=line.line.recipe.unit_timeout_s))
        for unit_id in given_up:
            settle_unit(tx, line, units.get(tx, unit_id), now)
        late += len(given_up)
    return late


def apply(tx: Tx, line: LineInForce, unit: Unit, image_id: int, decision: Decision, now: datetime) -> Disposition:
    """Put a decision on an image, once, and settle its unit."""
    if not captures.decide_image(tx, image_id, line.policy_id, decision, now):
        return Disposition(verdict=unit.verdict, by=unit.by, reason=unit.reason)
    return settle_unit(tx, line, unit, now, image_decided(line, unit, image_id, decision))


def image_decided(line: LineInForce, unit: Unit, image_id: int, decision: Decision) -> Change:
    """What the journal says of a decision."""
    return Change(
        subject=subject(line.line.name, unit),
        event="image_decided",
        actor=f"policy {line.policy.number}",
        after=decision.outcome,
        reason=decision.reason,
        facts=facts(image=image_id, detail=decision.detail),
    )


def settle_unit(
    tx: Tx, line: LineInForce, unit: Unit, now: datetime, *changes: Change, only: Judged | None = None
) -> Disposition:
    """Settle a unit from its images and its person's verdict, with the journal entry and the task that follow.

    `only` is the image of a unit that was opened in this transaction: it has no other image, and no task.
    """
    images = captures.judged(tx, unit.id) if only is None else [only]
    timed_out = unit.opened_at + timedelta(seconds=line.line.recipe.unit_timeout_s) <= now
    new = settle(line.line.recipe.views, images, unit.person_verdict, timed_out)
    if (new.verdict, new.by, new.reason) != (unit.verdict, unit.by, unit.reason):
        units.dispose(tx, unit, new, now)
        changes += (_disposed(line, unit, new),)
    task = queue.live_task(tx, unit.id) if only is None else None
    _keep_task(tx, line, unit, new, task, _ready_at(line, unit, images, now), now)
    journal.append(tx, now, *changes)
    return new


def _disposed(line: LineInForce, unit: Unit, new: Disposition) -> Change:
    return Change(
        subject=subject(line.line.name, unit),
        event="unit_disposed",
        actor=new.by,
        before=unit.verdict or "pending",
        after=new.verdict or "pending",
        reason=new.reason,
        facts=facts(serial=unit.serial, visit=unit.visit, simulated=unit.simulated),
    )


def _ready_at(line: LineInForce, unit: Unit, images: list[Judged], now: datetime) -> datetime:
    """When a person may begin: at once when all views are there, else when the last one is given up."""
    if {image.view for image in images} >= set(line.line.recipe.views):
        return now
    return max(now, unit.opened_at + timedelta(seconds=line.line.recipe.unit_timeout_s))


def _due(line: LineInForce, unit: Unit, ready: datetime) -> datetime:
    return due(line.policy.terms.level, unit.audited, ready, line.audit_salt, unit.label)


def _keep_task(
    tx: Tx, line: LineInForce, unit: Unit, new: Disposition, task: Task | None, ready: datetime, now: datetime
) -> None:
    """Open, hasten or cancel the unit's task. An audited unit always gets its person, whatever the AI has settled."""
    audit_due = unit.audited and unit.person_verdict is None and new.by == "ai" and new.verdict is not None
    if new.waits_for_person or audit_due:
        if task is None:
            queue.open_task(
                tx, line.id, unit.id, "audit" if audit_due else new.reason, ready, _due(line, unit, ready), now
            )
        elif ready < task.ready_at and task.state is TaskState.OPEN:
            queue.make_ready(tx, task.id, ready, _due(line, unit, ready))
    elif task is not None and new.verdict is not None:
        queue.close(tx, task.id, TaskState.CANCELLED, now)
