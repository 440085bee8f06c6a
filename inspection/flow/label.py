"""A person's answer settles a unit, and shows where the AI was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.core.adjudicate import Kind
from inspection.core.decide import Disposition, Verdict
from inspection.core.journal import Change, facts
from inspection.core.label import UNDO_WITHIN, Agreement, Label, check_types, compare
from inspection.core.mark import check_places
from inspection.core.people import Person
from inspection.core.review import Refusal, TaskState, held_once
from inspection.flow import alarm, decide, guard, known
from inspection.flow.review import Held, give
from inspection.store import captures, disputes, journal, labels, queue, units
from inspection.store import known as known_units
from inspection.store.database import Tx
from inspection.store.labels import Given
from inspection.store.lines import LineInForce
from inspection.store.queue import Task
from inspection.store.units import Unit


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What became of an answer: whether it counted, and where the unit stands now."""

    effective: bool
    serial: str
    disposition: Disposition


def answer(
    tx: Tx, *, task_id: int, lease: str, person: Person, label: Label, seen: Sequence[int], now: datetime
) -> Answered:
    """1 the lease says whether the answer counts, 2 keep it in any case, 3 settle the unit, 4 compare with the AI."""
    task = queue.get(tx, task_id)
    if task is None:
        raise Refusal("There is no such task. Take the next one from the queue.")
    check_places(label.findings, captures.sizes(tx, task.unit_id))
    shown = known_units.showing(tx, task.id)
    if shown is not None:
        counts = known.answer(tx, shown, task, lease, person, label, now)
        return Answered(effective=counts, serial=shown.serial, disposition=known.disposition(label))
    unit = units.get(tx, task.unit_id)
    line = decide.line_of(tx, unit)
    check_types(label, line.line.recipe.defect_types)
    effective = task.state is TaskState.LEASED and task.lease == lease and task.leased_by == person.id
    saw_ai = task.saw_ai if effective else held_once(lease, line.audit_salt, task.id, person.id)
    if saw_ai is None:
        raise Refusal("This unit was not given to you. Take the next one from the queue.")
    label_id = labels.add(
        tx,
        line_id=task.line_id,
        unit_id=unit.id,
        task_id=task.id,
        person_id=person.id,
        label=label,
        saw_ai=saw_ai,
        effective=effective,
        simulated=person.simulated or unit.simulated,
        now=now,
    )
    change = Change(
        subject=decide.subject(line.line.name, unit),
        event="unit_labelled" if effective else "late_opinion",
        actor=person.name,
        after=label.verdict,
        facts=facts(
            label=label_id,
            defect_types=label.defect_types,
            saw_ai=saw_ai,
            seconds=label.seconds,
            places=len(label.findings),
        ),
    )
    if not effective:
        journal.append(tx, now, change)
        disputes.add(
            tx, line_id=line.id, unit_id=unit.id, kind=Kind.LATE, person_id=person.id, claim=label.verdict,
            defect_types=label.defect_types, reason=label.note, label_id=label_id, now=now,
        )  # fmt: skip
        stands = Disposition(verdict=unit.verdict, by=unit.by, reason=unit.reason)
        return Answered(effective=False, serial=unit.serial, disposition=stands)
    return _count(tx, line, unit, task, label, seen, change, now)


def _count(
    tx: Tx,
    line: LineInForce,
    unit: Unit,
    task: Task,
    label: Label,
    seen: Sequence[int],
    change: Change,
    now: datetime,
) -> Answered:
    queue.close(tx, task.id, TaskState.DONE, now)
    units.person_says(tx, unit.id, label.verdict, seen)
    disposition = decide.settle_unit(tx, line, units.get(tx, unit.id), now, change, *_compared(line, unit, label))
    guard.heard(tx, line, unit, label.verdict, saw_ai=task.saw_ai, now=now)
    if unit.ai_verdict is Verdict.PASS and label.verdict is Verdict.REJECT:
        text = f"A person rejected unit {unit.label}, which the AI had passed. Hold it, and look at units around it."
        alarm.fire(tx, line, "escape", unit.label, text, now)
    return Answered(effective=True, serial=unit.serial, disposition=disposition)


def _compared(line: LineInForce, unit: Unit, label: Label) -> tuple[Change, ...]:
    if unit.ai_verdict is None:
        return ()
    found = compare(unit.ai_verdict, label.verdict)
    if found == Agreement.AGREED:
        return ()
    return (
        Change(
            subject=decide.subject(line.line.name, unit),
            event=found,
            actor="audit",
            before=unit.ai_verdict,
            after=label.verdict,
            reason="A blind person disagreed with the AI.",
        ),
    )


def _make_way(tx: Tx, unit: Unit, given: Given, person: Person, now: datetime) -> None:
    """Before an answer is taken back: put down what the person holds, and end the review that followed the answer.
    What somebody else has said of the unit since, or is about to say, is not theirs to undo."""
    follows = queue.live_task(tx, unit.id)
    elsewhere = follows is not None and follows.leased_by not in (None, person.id)
    if elsewhere or labels.last_effective_of(tx, unit.id) != given.id:
        raise Refusal("Somebody else has looked at this unit since; your answer can no longer be taken back.")
    held = queue.held_by(tx, person.id, now)
    if held is not None:
        known.put_down(tx, held, now)
    if follows is not None:
        queue.close(tx, follows.id, TaskState.CANCELLED, now)


def undo(tx: Tx, *, person: Person, now: datetime) -> Held:
    """Take back a person's last answer within its grace, and hand the unit to the same person again."""
    given = labels.last_effective(tx, person.id)
    judged_known = known.take_back(tx, person, None if given is None else given.at, now)
    if judged_known is not None:
        return give(tx, judged_known, person.id, now)
    if given is None or given.task_id is None or now - given.at > UNDO_WITHIN:
        seconds = int(UNDO_WITHIN.total_seconds())
        raise Refusal(f"Only your last answer can be taken back, within {seconds} seconds.")
    unit = units.get(tx, given.unit_id)
    line = decide.line_of(tx, unit)
    _make_way(tx, unit, given, person, now)
    labels.take_back(tx, given.id)
    task = queue.get(tx, given.task_id)
    guard.taken_back(tx, line, unit, Verdict(given.verdict), saw_ai=task is None or task.saw_ai, now=now)
    units.person_says(tx, unit.id, None, None)
    queue.release(tx, given.task_id)
    change = Change(
        subject=decide.subject(line.line.name, unit),
        event="label_undone",
        actor=person.name,
        before=given.verdict,
        after="",
        facts=facts(label=given.id),
    )
    decide.settle_unit(tx, line, units.get(tx, unit.id), now, change)
    task = queue.get(tx, given.task_id)
    if task is None or task.state is not TaskState.OPEN:
        raise Refusal("The unit was settled in the meantime; its answer can no longer be taken back.")
    return give(tx, task, person.id, now)
