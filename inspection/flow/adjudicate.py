"""Somebody who has no part in it says what a unit is in truth."""

from datetime import datetime

from inspection.core.adjudicate import Case, InvalidDispute, Kind
from inspection.core.decide import Verdict
from inspection.core.journal import Change, facts, plain
from inspection.core.known import REPORTED_MISS, SECOND_READING
from inspection.core.label import UNDO_WITHIN, Label, check_types
from inspection.core.people import NotAllowed
from inspection.flow import alarm, guard
from inspection.store import alarms, disputes, journal, lines, queue, units
from inspection.store.database import Tx


def waiting(tx: Tx, now: datetime, line: str | None = None) -> list[Case]:
    """All that waits to be settled, oldest first."""
    return disputes.waiting(tx, now - UNDO_WITHIN, None if line is None else lines.in_force(tx, line).id)


def settle(
    tx: Tx, *, kind: str, number: int, defective: bool, reason: str, by: str, now: datetime,
    defect_types: tuple[str, ...] = (), line: str | None = None,
) -> Case:  # fmt: skip
    """Say what a unit is in truth. A defective one that was passed is told as an escape, and an audit that had it wrong
    counts for the guards as it was. Raises InvalidDispute where nothing waits, NotAllowed for a party to it."""
    case = next((one for one in waiting(tx, now, line) if (one.kind, one.number) == (kind, number)), None)
    if case is None:
        raise InvalidDispute("This does not wait to be settled any more: somebody else has done it, or taken it back.")
    case.check(by, reason)
    if disputes.has_judged(tx, case.unit_id, by):
        raise NotAllowed("You have judged this unit yourself. Somebody else must say what it is in truth.")
    said = Label(verdict=Verdict.REJECT if defective else Verdict.PASS, defect_types=defect_types)
    if defect_types:
        check_types(said, lines.in_force(tx, case.line).line.recipe.defect_types)
    tell(tx, case, said, plain(reason.strip()), by, now)
    return case


def tell(tx: Tx, case: Case, truth: Label, reason: str, by: str, now: datetime) -> None:
    """1 keep the truth, 2 the journal, 3 end the alarm that asked for it, 4 tell an escape, 5 correct the guards."""
    unit, before = units.get(tx, case.unit_id), disputes.truth_of(tx, case.unit_id)
    disputes.settle(tx, case.kind, case.number, truth.verdict, truth.defect_types, by, now)
    queue.end_showings(tx, queue.of_unit(unit.id), now)
    after = "defective" if truth.verdict is Verdict.REJECT else "good"
    change = Change(
        subject=f"line/{case.line}/{case.kind}/{case.number}", event="dispute_settled", actor=by, before="differs",
        after=after, reason=reason, facts=facts(serial=case.serial, visit=case.visit, types=truth.defect_types),
    )  # fmt: skip
    journal.append(tx, now, change)
    for one in alarms.standing(tx, case.line_id):
        if one.kind in (SECOND_READING, REPORTED_MISS) and one.subject == case.label:
            alarm.end(tx, one, by, reason, now)
    if truth.verdict is Verdict.REJECT and unit.verdict is Verdict.PASS:
        who = "the AI" if unit.by == "ai" else "a person"
        text = f"Unit {case.label}, which {who} had passed, is defective. Hold it, and look at units around it."
        alarm.fire(tx, lines.in_force_by_id(tx, case.line_id), "escape", case.label, text, now)
    if before is not truth.verdict:
        guard.corrected(tx, lines.in_force(tx, case.line), unit, truth.verdict, now)
    if case.kind is Kind.MISS:
        guard.reported(tx, lines.in_force(tx, case.line), unit, truth.verdict, now)
