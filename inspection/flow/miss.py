"""Somebody reports a unit as wrongly passed or rejected: another person looks at it, blind, and it is settled."""

from datetime import datetime

from inspection.core.adjudicate import LEAST_REASON, InvalidDispute, Kind
from inspection.core.decide import Verdict
from inspection.core.journal import Change, facts, plain
from inspection.core.known import REPORTED_MISS, disguise
from inspection.core.label import UNDO_WITHIN, Label, check_types
from inspection.core.people import Person
from inspection.core.review import look_from
from inspection.flow import adjudicate, alarm, decide
from inspection.store import disputes, journal, known, lines, queue, units
from inspection.store.database import Tx
from inspection.store.disputes import Look
from inspection.store.queue import Task
from inspection.store.reports import sight

AGREES = "A blind look by somebody else says the same."


def report(
    tx: Tx, *, line: str, unit_id: int, defect_types: tuple[str, ...], reason: str, person: Person, now: datetime
) -> int:
    """Report a settled unit as a miss: an escape where it was passed, overkill where it was rejected; the report's
    number. It raises an alarm, and waits for a blind look. Raises InvalidDispute or InvalidLabel."""
    on, unit = lines.in_force(tx, line), units.get(tx, unit_id)
    if unit.line_id != on.id:
        raise InvalidDispute(f"Line {line!r} has no such unit.")
    why = plain(reason.strip())
    if len(why) < LEAST_REASON:  # first, so that nobody asks for nothing whether a unit is in hand
        raise InvalidDispute("Write what is wrong with the verdict, so that somebody can look for it.")
    if unit.verdict is None or not sight.may_show_ai(tx, unit.id, person.id, now, inspector=True):
        raise InvalidDispute("This unit is being judged or settled just now. Report it once that is over.")
    escape = unit.verdict is Verdict.PASS
    claim = Label(verdict=Verdict.REJECT if escape else Verdict.PASS, defect_types=defect_types if escape else ())
    check_types(claim, on.line.recipe.defect_types)
    number = disputes.add(
        tx, line_id=on.id, unit_id=unit.id, kind=Kind.MISS, person_id=person.id, claim=claim.verdict,
        defect_types=claim.defect_types, reason=why, now=now,
    )  # fmt: skip
    told = facts(number=number, defect_types=claim.defect_types)
    change = Change(
        subject=decide.subject(line, unit), event="miss_reported", actor=person.name, before=unit.verdict,
        after=claim.verdict, reason=why, facts=told,
    )  # fmt: skip
    journal.append(tx, now, change)
    if escape:
        text = (
            f"Unit {unit.label} was passed wrongly, says {person.name}: {why}. Hold it until somebody else has looked."
        )
    else:
        text = f"Unit {unit.label} was rejected wrongly, says {person.name}: {why}. Somebody else will look at it."
    alarm.fire(tx, on, REPORTED_MISS, unit.label, text, now)
    return number


def next_look(tx: Tx, person_id: int, line: str | None, now: datetime) -> Look | None:
    """The reported unit that this person is to look at next; one that was reported just now is for later."""
    for one in disputes.for_look(tx, person_id, line, now):
        if look_from(one.at, lines.in_force_by_id(tx, one.line_id).audit_salt, one.dispute_id) <= now:
            return one
    return None


def look(tx: Tx, person_id: int, line: str | None, due: Task | None, now: datetime) -> Task | None:
    """A reported unit for a person who has no part in it, in disguise like any past unit: as the one that is due, or as
    one that has just come."""
    found = next_look(tx, person_id, line, now)
    if found is None:
        return None
    unit = units.get(tx, found.unit_id)
    on = lines.in_force_by_id(tx, unit.line_id)
    like = unit if due is None or due.line_id != unit.line_id else units.get(tx, due.unit_id)
    ready = now if like is unit else like.opened_at
    made = queue.open_showing(tx, unit.line_id, unit.id, REPORTED_MISS, ready, now)
    known.show(
        tx, unit.id, known_id=None, label_id=None, dispute_id=found.dispute_id, task_id=made.id, person_id=person_id,
        instead_of=made.id if due is None else due.id, serial=disguise(like.serial, f"{on.audit_salt} {made.id}"),
        at=ready,
    )  # fmt: skip
    return made


def watch(tx: Tx, *, now: datetime) -> int:
    """Settle the reports that a blind look confirms, once it cannot be taken back; how many. The others wait for an
    adjudicator, like those that nobody has looked at."""
    reported_on = disputes.lines_with_misses(tx, now - UNDO_WITHIN)
    if not reported_on:
        return 0
    for line_id in reported_on:
        queue.end_showings(tx, queue.lapsed(line_id, now), now)
    settled = 0
    for case in disputes.misses(tx, now - UNDO_WITHIN):
        said = {opinion.verdict for opinion in case.opinions}
        if len(case.opinions) == 2 and len(said) == 1:
            reported, seen = case.opinions
            truth = Label(verdict=seen.verdict, defect_types=seen.defect_types or reported.defect_types)
            adjudicate.tell(tx, case, truth, AGREES, seen.person, now)
            settled += 1
    return settled
