"""Past units mixed into inspectors' work, and judged without effect on any unit: known ones and second readings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from inspection.core.decide import Disposition, Verdict
from inspection.core.journal import Change, facts, plain
from inspection.core.known import (
    IN_DISGUISE,
    KNOWN_ANSWER,
    SECOND_READING,
    InvalidKnown,
    Misses,
    Readings,
    disguise,
    due,
)
from inspection.core.label import UNDO_WITHIN, Label, check_types
from inspection.core.people import Person
from inspection.core.review import TaskState
from inspection.core.sensitivity import Sensitivity, of_double_reads, pooled
from inspection.flow import certificate
from inspection.store import journal, known, lines, queue, units
from inspection.store.database import Tx
from inspection.store.known import Showing
from inspection.store.lines import LineInForce
from inspection.store.queue import Task

AGAIN_AFTER = timedelta(days=30)
READ_AGAIN_WITHIN = timedelta(days=1)


def add(tx: Tx, *, line: str, unit_id: int, defective: bool, reason: str, by: str, now: datetime) -> int:
    """Choose a unit that was settled as one of known truth; its number. Raises InvalidKnown where it cannot be used."""
    on = lines.in_force(tx, line)
    unit = units.get(tx, unit_id)
    if unit.line_id != on.id or unit.recipe_id != on.recipe_id:
        raise InvalidKnown("Choose a unit of this line and its present recipe: inspectors must take it for a new one.")
    if unit.verdict is None or queue.live_task(tx, unit_id) is not None:
        raise InvalidKnown("This unit waits for a verdict of its own. Choose it once it has been settled.")
    if known.is_known(tx, unit_id):
        raise InvalidKnown("This is a known unit already: retire it first to change what is known of it.")
    if len(reason.strip()) < 3:
        raise InvalidKnown("Write how its truth is known, such as a second look by two experts.")
    number = known.add(tx, on.id, unit_id, defective=defective, reason=plain(reason.strip()), by=by, now=now)
    after = "defective" if defective else "good"
    _tell(tx, line, number, "known_unit_added", by, after, plain(reason.strip()), now, unit=unit.label)
    return number


def retire(tx: Tx, *, line: str, number: int, by: str, now: datetime) -> None:
    """Show a known unit no more, nor count what was said of it."""
    on = lines.in_force(tx, line)
    unit_id = known.retire(tx, on.id, number, now)
    if unit_id is None:
        raise InvalidKnown(f"Line {line!r} has no known unit {number} that is still shown.")
    queue.end_showings(tx, queue.of_unit(unit_id), now)
    _tell(tx, line, number, "known_unit_retired", by, "retired", "", now)


def misses(tx: Tx, line: LineInForce, now: datetime) -> Misses:
    """What the line's inspectors said of known units since it is as it is; not what can still be taken back."""
    since = certificate.evidence_begins(tx, line, now)
    return known.misses(tx, line.id, line.recipe_id, since, now - UNDO_WITHIN)


def readings(tx: Tx, line: LineInForce, now: datetime) -> Readings:
    """What came of second readings since the line is as it is; not what can still be taken back."""
    since = certificate.evidence_begins(tx, line, now)
    return known.readings(tx, line.id, line.recipe_id, since, now - UNDO_WITHIN)


def found_by_people(tx: Tx, line: LineInForce, now: datetime) -> Sensitivity | None:
    """What share of defects inspectors find, by known units and second readings; None while nothing tells."""
    said, read = misses(tx, line, now), readings(tx, line, now)
    shown = Sensitivity(found=said.found, shown=said.defective_shown) if said.defective_shown else None
    return pooled(shown, of_double_reads(read.both, read.second_only))


def measured(tx: Tx, *, line: str, now: datetime) -> Sensitivity:
    """The same for a certificate; raises InvalidKnown while nothing tells."""
    found = found_by_people(tx, lines.in_force(tx, line), now)
    if found is None:
        raise InvalidKnown("Inspectors have judged no known defective unit yet: choose some, and wait until they have.")
    return found


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A past unit that a person is to be given: a known one, or one to be read again after a label."""

    kind: str
    unit_id: int
    known_id: int | None = None
    label_id: int | None = None


def chosen(tx: Tx, task: Task, person_id: int, now: datetime, known_share: float, second_share: float) -> Chosen | None:
    """The past unit to give a person before a task that is due; mostly None."""
    line = lines.in_force_by_id(tx, task.line_id)
    wanted = _wanted(line, task, person_id, known_share, second_share)
    if not wanted or known.was_instead_of(tx, task.id, person_id):
        return None
    for kind in wanted:
        if kind == KNOWN_ANSWER:
            found = known.for_person(tx, line.id, line.recipe_id, person_id, now - AGAIN_AFTER)
            if found is not None:
                return Chosen(kind=kind, known_id=found[0], unit_id=found[1])
        else:
            window = (now - READ_AGAIN_WITHIN, now - UNDO_WITHIN)
            found = known.for_second_reading(tx, line.id, line.recipe_id, person_id, *window)
            if found is not None:
                return Chosen(kind=kind, unit_id=found[0], label_id=found[1])
    return None


def _wanted(line: LineInForce, task: Task, person_id: int, known_share: float, second_share: float) -> list[str]:
    kinds = ((KNOWN_ANSWER, known_share), (SECOND_READING, second_share))
    return [kind for kind, share in kinds if due(line.audit_salt, kind, task.id, person_id, share)]


def instead_of(
    tx: Tx, task: Task, person_id: int, now: datetime, known_share: float, second_share: float
) -> Task | None:
    """A past unit to give a person before a task that is due, as a task of its own; mostly None."""
    line = lines.in_force_by_id(tx, task.line_id)
    if not _wanted(line, task, person_id, known_share, second_share):
        return None
    queue.end_showings(tx, queue.lapsed(line.id, now), now)
    it = chosen(tx, task, person_id, now, known_share, second_share)
    if it is None:
        return None
    salt, before = line.audit_salt, units.get(tx, task.unit_id)
    made = queue.open_showing(tx, task.line_id, it.unit_id, it.kind, task.ready_at, now)
    known.show(
        tx, it.unit_id, known_id=it.known_id, label_id=it.label_id, task_id=made.id, person_id=person_id,
        instead_of=task.id, serial=disguise(before.serial, f"{salt} {made.id}"), at=before.opened_at,
    )  # fmt: skip
    return made


def doubt(tx: Tx, task: Task, person: Person, now: datetime) -> None:
    """A person is unsure of a past unit: it comes to nobody in that disguise again, and measures nothing."""
    queue.close(tx, task.id, TaskState.CANCELLED, now)
    line = lines.in_force_by_id(tx, task.line_id).line.name
    subject = f"line/{line}/showing/{task.id}"
    journal.append(tx, now, Change(subject=subject, event="judgement_doubted", actor=person.name))


def put_down(tx: Tx, task: Task, now: datetime, *, ready_at: datetime | None = None) -> None:
    """A person lets a task go, judged or not: back into the queue, but a past unit goes to nobody else in its
    disguise."""
    if task.reason in IN_DISGUISE:
        queue.close(tx, task.id, TaskState.CANCELLED, now)
    else:
        queue.release(tx, task.id, ready_at)


def answer(tx: Tx, shown: Showing, task: Task, lease: str, person: Person, label: Label, now: datetime) -> bool:
    """Keep what a person said of a past unit; whether they still held it. No unit and no guard hears of it."""
    line = lines.in_force_by_id(tx, task.line_id).line
    check_types(label, line.recipe.defect_types)
    if task.state is not TaskState.LEASED or task.lease != lease or task.leased_by != person.id:
        return False
    known.answer(tx, shown.id, person.id, label, now)
    queue.close(tx, task.id, TaskState.DONE, now)
    subject = _subject(line.name, shown)
    if shown.dispute_id is not None:
        after, event = str(label.verdict), "reported_miss_looked_at"
    elif shown.known_id is None:
        after, event = "same" if label.verdict is shown.first else "differs", "second_reading"
    else:
        right = (label.verdict is Verdict.REJECT) is shown.defective
        after = "right" if right else ("missed" if shown.defective else "overkill")
        event = "known_unit_judged"
    told = facts(seconds=label.seconds)
    journal.append(tx, now, Change(subject=subject, event=event, actor=person.name, after=after, facts=told))
    return True


def disposition(label: Label) -> Disposition:
    """What an inspector hears of a past unit that they have judged: the same as of any other."""
    reason = "passed_by_person" if label.verdict is Verdict.PASS else "rejected_by_person"
    return Disposition(verdict=label.verdict, by="person", reason=reason)


def take_back(tx: Tx, person: Person, after: datetime | None, now: datetime) -> Task | None:
    """Open a person's last task again where that showed a past unit, judged within the grace and after `after`."""
    shown = known.last_of(tx, person.id, now - UNDO_WITHIN)
    if shown is None or shown.at is None or (after is not None and shown.at <= after):
        return None
    task = queue.get(tx, shown.task_id)
    if task is None or task.state is not TaskState.DONE:
        return None
    held = queue.held_by(tx, person.id, now)
    if held is not None:
        put_down(tx, held, now)
    known.answer(tx, shown.id, person.id, None, now)
    queue.release(tx, task.id)
    line = lines.in_force_by_id(tx, task.line_id).line.name
    journal.append(tx, now, Change(subject=_subject(line, shown), event="judgement_undone", actor=person.name))
    return queue.get(tx, task.id)


def _subject(line: str, shown: Showing) -> str:
    if shown.dispute_id is not None:
        return f"line/{line}/miss/{shown.dispute_id}"
    return f"line/{line}/known/{shown.known_id}" if shown.known_id else f"line/{line}/second/{shown.id}"


def _tell(
    tx: Tx, line: str, number: int, event: str, by: str, after: str, reason: str, now: datetime, **more: object
) -> None:
    told = facts(**more)
    subject = f"line/{line}/known/{number}"
    journal.append(tx, now, Change(subject=subject, event=event, actor=by, after=after, reason=reason, facts=told))
