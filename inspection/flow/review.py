"""Inspectors take units from the queue by lease."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from inspection.core.journal import Change, facts
from inspection.core.known import IN_DISGUISE, SHARE
from inspection.core.label import noted
from inspection.core.people import Person
from inspection.core.review import Refusal, TaskState, lease_of, lease_until, sight
from inspection.flow import decide, known, miss
from inspection.store import journal, queue, units
from inspection.store.database import Tx
from inspection.store.queue import Task


@dataclass(frozen=True, kw_only=True)
class Held:
    """A task in a person's hands: the lease must come with the answer. `shows_ai` is fixed when it is given out."""

    task_id: int
    lease: str
    unit_id: int
    shows_ai: bool


def claim(
    tx: Tx, *, person_id: int, line: str | None, now: datetime, known_share: float = SHARE, second_share: float = 0.0
) -> Held | None:
    """The task this person already holds, else the one that is due first; before those shares of tasks comes a past
    unit, known or for a second reading, and before any a reported miss. None when there is nothing to do."""
    task = queue.held_by(tx, person_id, now)
    if task is not None and task.lease is not None:
        return Held(task_id=task.id, lease=task.lease, unit_id=task.unit_id, shows_ai=task.saw_ai)
    task = queue.next_free(tx, person_id, line, now)
    reported = miss.look(tx, person_id, line, task, now)
    if reported is not None:
        return give(tx, reported, person_id, now)
    if task is None:
        return None
    return give(tx, known.instead_of(tx, task, person_id, now, known_share, second_share) or task, person_id, now)


def give(tx: Tx, task: Task, person_id: int, now: datetime) -> Held:
    """Lease a task to a person; what the person may see is settled now, by the level and the audit."""
    unit = units.get(tx, task.unit_id)
    line = decide.line_of(tx, unit)
    shows_ai = task.reason not in IN_DISGUISE and sight(line.policy.terms.level, unit.audited).ai
    lease = lease_of(line.audit_salt, task.id, person_id, secrets.token_urlsafe(16), shows_ai)
    until = lease_until(now, queue.typical_seconds(tx, task.line_id))
    queue.lease(tx, task.id, lease, person_id, until, shows_ai)
    return Held(task_id=task.id, lease=lease, unit_id=task.unit_id, shows_ai=shows_ai)


def keep(tx: Tx, *, task_id: int, lease: str, now: datetime) -> None:
    """Renew a lease while its holder is at work; raises Refusal when it is lost."""
    task = queue.get(tx, task_id)
    until = lease_until(now, queue.typical_seconds(tx, task.line_id) if task else None)
    if not queue.extend(tx, task_id, lease, until):
        raise Refusal("This unit went to somebody else, because it lay here too long. Take the next one.")


def upcoming(
    tx: Tx, *, person_id: int, line: str | None, now: datetime, held: int, known_share: float = SHARE,
    second_share: float = 0.0,
) -> int | None:  # fmt: skip
    """The unit that this person will get after the task held, past units included, if nothing changes: its pictures can
    be fetched beforehand, so that one comes as fast as another. Nothing is leased."""
    task = queue.next_free(tx, person_id, line, now, skip=(held,))
    reported = miss.next_look(tx, person_id, line, now)
    if reported is not None:
        return reported.unit_id
    if task is None:
        return None
    past = known.chosen(tx, task, person_id, now, known_share, second_share)
    return task.unit_id if past is None else past.unit_id


def unsure(tx: Tx, *, task_id: int, lease: str, person: Person, note: str, now: datetime) -> None:
    """Give a unit to somebody else for a second opinion, with a note; it keeps its place in the queue and never comes
    back to this person. Raises Refusal when the lease is lost, and InvalidLabel for a note that is too long."""
    task = queue.get(tx, task_id)
    if task is None or task.lease != lease or task.state is not TaskState.LEASED or task.leased_by != person.id:
        raise Refusal("This unit went to somebody else, because it lay here too long. Take the next one.")
    note = noted(note)
    if task.reason in IN_DISGUISE:
        known.doubt(tx, task, person, now)
        return
    unit = units.get(tx, task.unit_id)
    queue.doubt(tx, task, person.id, note, now)
    queue.release(tx, task.id)
    subject = decide.subject(decide.line_of(tx, unit).line.name, unit)
    told = facts(saw_ai=task.saw_ai)
    journal.append(tx, now, Change(subject=subject, event="unit_doubted", actor=person.name, reason=note, facts=told))


def give_back(tx: Tx, *, task_id: int, lease: str, now: datetime) -> None:
    """Put a unit back to the end of the queue, for another pair of eyes."""
    task = queue.get(tx, task_id)
    if task is None or task.lease != lease or task.state is not TaskState.LEASED:
        raise Refusal("This unit is no longer yours to give back. Take the next one.")
    known.put_down(tx, task, now, ready_at=now)
