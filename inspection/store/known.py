"""Known-answer units, and what inspectors said of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, exists, func, insert, select, update

from inspection.core.decide import Verdict
from inspection.core.known import Misses
from inspection.core.moment import micros, moment
from inspection.store.records import KNOWN, LABEL, PERSON, SHOWING, TASK, UNIT
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
    """A known unit in somebody's hands, or what they said of it."""

    id: int
    known_id: int
    task_id: int
    person_id: int
    serial: str
    opened_at: datetime
    defective: bool
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
        .where(UNIT.c.recipe_id == recipe_id, UNIT.c.verdict.is_not(None))
        .order_by(shown, KNOWN.c.id)
        .limit(1)
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else (row.id, row.unit_id)


def was_instead_of(tx: Tx, task_id: int, person_id: int) -> bool:
    """Whether this person was given a known unit before this task already."""
    query = select(SHOWING.c.id).where(SHOWING.c.person_id == person_id, SHOWING.c.instead_of == task_id)
    return tx.execute(query).first() is not None


def show(tx: Tx, known_id: int, *, task_id: int, person_id: int, instead_of: int, serial: str, at: datetime) -> None:
    """Keep what a known unit is shown as: under that serial, opened at that moment."""
    values = {"known_id": known_id, "task_id": task_id, "person_id": person_id, "instead_of": instead_of}
    tx.execute(insert(SHOWING).values(**values, serial=serial, opened_at=micros(at), verdict=""))


def showing(tx: Tx, task_id: int) -> Showing | None:
    """What a task shows, if that is a known unit."""
    return _showing(tx, SHOWING.c.task_id == task_id)


def last_of(tx: Tx, person_id: int, since: datetime) -> Showing | None:
    """The known unit that a person answered last, if it was after that moment."""
    return _showing(tx, and_(SHOWING.c.person_id == person_id, SHOWING.c.at > micros(since)))


def _showing(tx: Tx, which: object) -> Showing | None:
    query = select(*SHOWING.c, KNOWN.c.defective).join(KNOWN, KNOWN.c.id == SHOWING.c.known_id)
    row = tx.execute(query.where(which).order_by(SHOWING.c.at.desc()).limit(1)).one_or_none()  # type: ignore[arg-type]
    if row is None:
        return None
    return Showing(
        id=row.id, known_id=row.known_id, task_id=row.task_id, person_id=row.person_id, serial=row.serial,
        opened_at=moment(row.opened_at), defective=bool(row.defective), at=None if row.at is None else moment(row.at),
    )  # fmt: skip


def answer(tx: Tx, showing_id: int, person_id: int, verdict: Verdict | None, now: datetime) -> None:
    """Keep what a person said of a known unit; None takes it back."""
    values = {"person_id": person_id, "verdict": str(verdict or ""), "at": None if verdict is None else micros(now)}
    tx.execute(update(SHOWING).where(SHOWING.c.id == showing_id).values(values))


def answered_since(tx: Tx, person_id: int, since: datetime) -> int:
    """How many known units a person has judged since then."""
    query = select(func.count()).where(SHOWING.c.person_id == person_id, SHOWING.c.at >= micros(since))
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
