"""Past units shown to inspectors: known-answer units and second readings, and what was said of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, select, update

from inspection.core.decide import Verdict
from inspection.core.known import Misses, Readings
from inspection.core.label import Label
from inspection.core.moment import micros, moment
from inspection.store import book, studies
from inspection.store.records import KNOWN, LABEL, PERSON, SHOWING, TASK, UNIT, dump
from inspection.store.transaction import Tx


@dataclass(frozen=True, kw_only=True)
class Known:
    """A unit whose truth is known; it is shown until it is retired."""

    id: int
    unit_id: int
    serial: str
    visit: int
    defective: bool
    reason: str
    by: str
    at: datetime
    retired_at: datetime | None
    shown: int
    right: int


@dataclass(frozen=True, kw_only=True)
class Showing:
    """A past unit in somebody's hands, or what they said of it: a known one with its truth, or one that was first read
    as `first`."""

    id: int
    unit_id: int
    known_id: int | None
    dispute_id: int | None
    task_id: int
    person_id: int
    serial: str
    opened_at: datetime
    defective: bool | None
    first: Verdict | None
    at: datetime | None


def add(tx: Tx, line_id: int, unit_id: int, *, defective: bool, reason: str, by: str, now: datetime) -> int:
    """Keep a unit as a known one; its number."""
    values = {"line_id": line_id, "unit_id": unit_id, "defective": defective, "reason": reason, "by": by}
    return int(tx.execute(insert(KNOWN).values(**values, at=micros(now)).returning(KNOWN.c.id)).scalar_one())


def retire(tx: Tx, line_id: int, known_id: int, now: datetime) -> int | None:
    """Show a known unit no more; the unit it is, None where it was not shown until now."""
    query = update(KNOWN).where(KNOWN.c.id == known_id, KNOWN.c.line_id == line_id, KNOWN.c.retired_at.is_(None))
    unit_id: int | None = tx.execute(query.values(retired_at=micros(now)).returning(KNOWN.c.unit_id)).scalar()
    return unit_id


def of_line(tx: Tx, line_id: int, until: datetime) -> list[Known]:
    """The line's known units, newest first, with how often they were judged until then, and how often rightly."""
    answered = SHOWING.c.at <= micros(until)
    right = and_(answered, (SHOWING.c.verdict == str(Verdict.REJECT)) == KNOWN.c.defective)
    query = (
        select(
            *KNOWN.c,
            UNIT.c.serial,
            UNIT.c.visit,
            func.count(case((answered, 1))).label("shown"),
            func.count(case((right, 1))).label("right"),
        )
        .join(UNIT, UNIT.c.id == KNOWN.c.unit_id)
        .outerjoin(SHOWING, SHOWING.c.known_id == KNOWN.c.id)
        .where(KNOWN.c.line_id == line_id)
        .group_by(*KNOWN.c, UNIT.c.serial, UNIT.c.visit)
        .order_by(KNOWN.c.id.desc())
    )
    return [
        Known(
            id=r.id, unit_id=r.unit_id, serial=r.serial, visit=r.visit, defective=bool(r.defective), reason=r.reason,
            by=r.by, at=moment(r.at), retired_at=None if r.retired_at is None else moment(r.retired_at), shown=r.shown,
            right=r.right,
        )
        for r in tx.execute(query)
    ]  # fmt: skip


def is_known(tx: Tx, unit_id: int) -> bool:
    """Whether a unit is shown as a known one."""
    query = select(KNOWN.c.id).where(KNOWN.c.unit_id == unit_id, KNOWN.c.retired_at.is_(None))
    return tx.execute(query).first() is not None


def for_person(tx: Tx, line_id: int, recipe_id: int, person_id: int, since: datetime) -> tuple[int, int] | None:
    """A known unit, and the unit it is, that this person neither chose nor judged when it came, and has not been shown
    since then: the one that was shown least often. Nobody has it in hand, and it waits for no review of its own."""
    name = select(PERSON.c.name).where(PERSON.c.id == person_id).scalar_subquery()
    theirs = exists().where(
        SHOWING.c.known_id == KNOWN.c.id, SHOWING.c.person_id == person_id, SHOWING.c.opened_at > micros(since)
    )
    judged = exists().where(LABEL.c.unit_id == KNOWN.c.unit_id, LABEL.c.person_id == person_id)
    live = exists().where(TASK.c.unit_id == KNOWN.c.unit_id, TASK.c.state.in_(("open", "leased")))
    shown = select(func.count()).where(SHOWING.c.known_id == KNOWN.c.id).scalar_subquery()
    query = (
        select(KNOWN.c.id, KNOWN.c.unit_id)
        .join(UNIT, UNIT.c.id == KNOWN.c.unit_id)
        .where(KNOWN.c.line_id == line_id, KNOWN.c.retired_at.is_(None), KNOWN.c.by != name, ~theirs, ~judged, ~live)
        .where(UNIT.c.recipe_id == recipe_id, UNIT.c.verdict.is_not(None), ~book.shows(UNIT.c.id))
        .where(~studies.met(UNIT.c.id, person_id))
        .order_by(shown, KNOWN.c.id)
        .limit(1)
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else (row.id, row.unit_id)


def was_instead_of(tx: Tx, task_id: int, person_id: int) -> bool:
    """Whether this person was given a past unit before this task already."""
    query = select(SHOWING.c.id).where(SHOWING.c.person_id == person_id, SHOWING.c.instead_of == task_id)
    return tx.execute(query).first() is not None


def for_second_reading(
    tx: Tx, line_id: int, recipe_id: int, person_id: int, since: datetime, until: datetime
) -> tuple[int, int] | None:
    """The newest unit that another person judged in that time, and the label, for this person to read as well.
    Nobody has read it twice or has it in hand, and it waits for no review of its own."""
    theirs = LABEL.alias()
    mine = exists().where(theirs.c.unit_id == UNIT.c.id, theirs.c.person_id == person_id)
    again = exists().where(SHOWING.c.unit_id == UNIT.c.id)
    live = exists().where(TASK.c.unit_id == UNIT.c.id, TASK.c.state.in_(("open", "leased")))
    query = (
        select(LABEL.c.unit_id, LABEL.c.id)
        .join(UNIT, UNIT.c.id == LABEL.c.unit_id)
        .where(LABEL.c.line_id == line_id, LABEL.c.at >= micros(since), LABEL.c.at <= micros(until))
        .where(LABEL.c.effective, LABEL.c.verdict == UNIT.c.person_verdict)
        .where(UNIT.c.recipe_id == recipe_id, UNIT.c.verdict.is_not(None), ~mine, ~again, ~live, ~book.shows(UNIT.c.id))
        .where(~studies.met(UNIT.c.id, person_id))
        .order_by(LABEL.c.at.desc())
        .limit(1)
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else (row.unit_id, row.id)


def show(
    tx: Tx, unit_id: int, *, known_id: int | None, label_id: int | None, task_id: int, person_id: int,
    instead_of: int, serial: str, at: datetime, dispute_id: int | None = None,
) -> None:  # fmt: skip
    """Keep what a past unit is shown as: under that serial, opened at that moment."""
    values = {
        "unit_id": unit_id, "known_id": known_id, "label_id": label_id, "task_id": task_id, "person_id": person_id,
        "instead_of": instead_of, "serial": serial, "opened_at": micros(at), "verdict": "", "truth": "",
        "settled_by": "", "dispute_id": dispute_id, "truth_types": "[]", "defect_types": "[]", "note": "",
        "seconds": 0.0,
    }  # fmt: skip
    tx.execute(insert(SHOWING).values(values))


def showing(tx: Tx, task_id: int) -> Showing | None:
    """What a task shows, if that is a past unit."""
    return _showing(tx, SHOWING.c.task_id == task_id)


def last_of(tx: Tx, person_id: int, since: datetime) -> Showing | None:
    """The past unit that a person answered last, if it was after that moment."""
    return _showing(tx, and_(_by(person_id), SHOWING.c.at > micros(since)))


def _by(person_id: int) -> ColumnElement[bool]:
    """Shown to that person, looked up by time and by no index of people, which would read all they were ever shown."""
    return SHOWING.c.person_id + 0 == person_id


def _showing(tx: Tx, which: ColumnElement[bool]) -> Showing | None:
    query = (
        select(*SHOWING.c, KNOWN.c.defective, LABEL.c.verdict.label("first"))
        .outerjoin(KNOWN, KNOWN.c.id == SHOWING.c.known_id)
        .outerjoin(LABEL, LABEL.c.id == SHOWING.c.label_id)
    )
    row = tx.execute(query.where(which).order_by(SHOWING.c.at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Showing(
        id=row.id, unit_id=row.unit_id, known_id=row.known_id, dispute_id=row.dispute_id, task_id=row.task_id,
        person_id=row.person_id, serial=row.serial, opened_at=moment(row.opened_at),
        at=None if row.at is None else moment(row.at),
        defective=None if row.defective is None else bool(row.defective),
        first=None if row.first is None else Verdict(row.first),
    )  # fmt: skip


def answer(tx: Tx, showing_id: int, person_id: int, label: Label | None, now: datetime) -> None:
    """Keep what a person said of a past unit; None takes it back."""
    said = Label(verdict=Verdict.PASS) if label is None else label
    values = {
        "person_id": person_id, "verdict": "" if label is None else str(label.verdict), "note": said.note,
        "defect_types": dump(list(said.defect_types)), "seconds": said.seconds,
        "at": None if label is None else micros(now),
    }  # fmt: skip
    tx.execute(update(SHOWING).where(SHOWING.c.id == showing_id).values(values))


def answered_since(tx: Tx, person_id: int, since: datetime) -> int:
    """How many past units a person has judged since then."""
    query = select(func.count()).where(_by(person_id), SHOWING.c.at >= micros(since))
    return int(tx.execute(query).scalar_one())


def misses(tx: Tx, line_id: int, recipe_id: int, since: datetime, until: datetime) -> Misses:
    """What the line's inspectors said of the recipe's known units in that time, each unit counted once, by its newest
    judgement: many looks at one defect tell little of others. Retired units and simulated people do not count."""
    rank = func.row_number().over(partition_by=SHOWING.c.known_id, order_by=SHOWING.c.at.desc())
    newest = (
        select(KNOWN.c.defective, SHOWING.c.verdict, rank.label("rank"))
        .join(KNOWN, KNOWN.c.id == SHOWING.c.known_id)
        .join(UNIT, UNIT.c.id == KNOWN.c.unit_id)
        .join(PERSON, PERSON.c.id == SHOWING.c.person_id)
        .where(KNOWN.c.line_id == line_id, KNOWN.c.retired_at.is_(None), UNIT.c.recipe_id == recipe_id)
        .where(SHOWING.c.at >= micros(since), SHOWING.c.at <= micros(until), PERSON.c.simulated.is_(False))
        .subquery()
    )
    query = select(newest.c.defective, newest.c.verdict, func.count()).where(newest.c.rank == 1)
    said = {
        (bool(defective), verdict): count
        for defective, verdict, count in tx.execute(query.group_by(newest.c.defective, newest.c.verdict))
    }
    passed, rejected = str(Verdict.PASS), str(Verdict.REJECT)
    found, false = said.get((True, rejected), 0), said.get((False, rejected), 0)
    return Misses(
        defective_shown=found + said.get((True, passed), 0), found=found,
        good_shown=false + said.get((False, passed), 0), rejected=false,
    )  # fmt: skip


def readings(tx: Tx, line_id: int, recipe_id: int, since: datetime, until: datetime) -> Readings:
    """What came of the line's second readings of the recipe's units in that time, where the first was blind as well;
    simulated people do not count."""
    query = (
        select(LABEL.c.verdict, SHOWING.c.verdict, SHOWING.c.truth, func.count())
        .join(LABEL, LABEL.c.id == SHOWING.c.label_id)
        .join(UNIT, UNIT.c.id == SHOWING.c.unit_id)
        .join(PERSON, PERSON.c.id == SHOWING.c.person_id)
        .where(UNIT.c.line_id == line_id, UNIT.c.recipe_id == recipe_id, PERSON.c.simulated.is_(False))
        .where(SHOWING.c.at >= micros(since), SHOWING.c.at <= micros(until), LABEL.c.simulated.is_(False))
        .where(LABEL.c.saw_ai.is_(False))
        .group_by(LABEL.c.verdict, SHOWING.c.verdict, SHOWING.c.truth)
    )
    counts = [(Verdict(first), Verdict(second), truth, n) for first, second, truth, n in tx.execute(query)]
    rejected = [(first, truth, n) for first, second, truth, n in counts if second is Verdict.REJECT]
    return Readings(
        read=sum(n for *_, n in counts),
        both=sum(n for first, _, n in rejected if first is Verdict.REJECT),
        second_only=sum(n for first, truth, n in rejected if first is Verdict.PASS and truth != str(Verdict.PASS)),
        differ=sum(n for first, second, truth, n in counts if first is not second and not truth),
    )
