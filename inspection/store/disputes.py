"""Disputes about what a unit is in truth: opened, listed while they wait, settled."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, insert, or_, select, update

from inspection.core.adjudicate import WAITS, Case, Kind, Opinion
from inspection.core.decide import Verdict
from inspection.core.moment import micros, moment
from inspection.store import book, studies
from inspection.store.records import DISPUTE, LABEL, LINE, PERSON, SHOWING, TASK, UNIT, dump
from inspection.store.transaction import Prepared, Tx

_FIRST, _OTHER = PERSON.alias("first"), PERSON.alias("other")
# Both are asked each second.
_DIFFERENCES = Prepared(
    select(
        SHOWING.c.id.label("number"), UNIT.c.serial, UNIT.c.visit, LABEL.c.verdict.label("first"),
        SHOWING.c.verdict.label("second"), _FIRST.c.name.label("first_by"), _OTHER.c.name.label("second_by"),
        SHOWING.c.at,
    )
    .join(LABEL, LABEL.c.id == SHOWING.c.label_id)
    .join(UNIT, UNIT.c.id == SHOWING.c.unit_id)
    .join(_FIRST, _FIRST.c.id == LABEL.c.person_id)
    .join(_OTHER, _OTHER.c.id == SHOWING.c.person_id)
    .where(SHOWING.c.at.between(bindparam("since"), bindparam("until")))
    .where(UNIT.c.line_id + 0 == bindparam("line"))  # by no index of lines, which would read all of its units
    .where(SHOWING.c.verdict != LABEL.c.verdict, SHOWING.c.truth == "")
    .order_by(SHOWING.c.id)
)  # fmt: skip
_WITH_MISSES = Prepared(
    select(DISPUTE.c.line_id)
    .where(DISPUTE.c.truth == "", DISPUTE.c.kind == str(Kind.MISS), DISPUTE.c.at >= bindparam("since"))
    .distinct()
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """A unit reported at a moment that somebody is to look at."""

    dispute_id: int
    line_id: int
    unit_id: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two inspectors said the opposite of one unit, the second one blind."""

    number: int
    serial: str
    visit: int
    first: Verdict
    second: Verdict
    first_by: str
    second_by: str
    at: datetime

    @property
    def label(self) -> str:
        """The unit towards people, as in `units.Unit`."""
        return self.serial if self.visit == 1 else f"{self.serial}#{self.visit}"


def add(
    tx: Tx, *, line_id: int, unit_id: int, kind: Kind, person_id: int, claim: Verdict, defect_types: tuple[str, ...],
    reason: str, now: datetime, label_id: int | None = None,
) -> int:  # fmt: skip
    """Keep a person's word against a unit's verdict; its number."""
    values = {
        "line_id": line_id, "unit_id": unit_id, "kind": str(kind), "person_id": person_id, "label_id": label_id,
        "claim": str(claim), "defect_types": dump(list(defect_types)), "reason": reason, "at": micros(now), "truth": "",
        "truth_types": "[]", "settled_by": "",
    }  # fmt: skip
    return int(tx.execute(insert(DISPUTE).values(values).returning(DISPUTE.c.id)).scalar_one())


def waiting(tx: Tx, until: datetime, line_id: int | None = None) -> list[Case]:
    """What has waited to be settled for at most 90 days, oldest first; not what can still be taken back."""
    since = until - WAITS
    found = [*_second_readings(tx, since, until), *_late(tx, since, until), *misses(tx, until)]
    return sorted((case for case in found if line_id in (None, case.line_id)), key=lambda case: case.at)


def differences(tx: Tx, line_id: int, until: datetime, since: datetime | None = None) -> list[Difference]:
    """Second readings of that time that contradict the first and that nobody has settled, oldest first."""
    asked = {"line": line_id, "until": micros(until), "since": 0 if since is None else micros(since)}
    return [
        Difference(**{**row, "first": Verdict(row["first"]), "second": Verdict(row["second"]), "at": moment(row["at"])})
        for row in _DIFFERENCES.rows(tx, asked)
    ]


def _second_readings(tx: Tx, since: datetime, until: datetime) -> list[Case]:
    query = (
        _about(SHOWING.c.id, SHOWING.c.at, _said(LABEL, LABEL.c.note, _FIRST), _said(SHOWING, SHOWING.c.note, _OTHER))
        .select_from(SHOWING)
        .join(LABEL, LABEL.c.id == SHOWING.c.label_id)
        .join(UNIT, UNIT.c.id == SHOWING.c.unit_id)
        .join(_FIRST, _FIRST.c.id == LABEL.c.person_id)
        .join(_OTHER, _OTHER.c.id == SHOWING.c.person_id)
        .where(SHOWING.c.at >= micros(since), SHOWING.c.at <= micros(until))
        .where(SHOWING.c.verdict != LABEL.c.verdict, SHOWING.c.truth == "")
    )
    return [_case(Kind.SECOND, row) for row in tx.execute(query.join(LINE, LINE.c.id == UNIT.c.line_id))]


def _late(tx: Tx, since: datetime, until: datetime) -> list[Case]:
    """Opinions that came too late, of units whose label that counts says the opposite."""
    counts = (LABEL.c.unit_id == DISPUTE.c.unit_id, LABEL.c.effective, LABEL.c.at <= micros(until))
    newest = select(func.max(LABEL.c.id)).where(*counts).correlate(DISPUTE).scalar_subquery()
    query = (
        _about(DISPUTE.c.id, DISPUTE.c.at, _said(LABEL, LABEL.c.note, _FIRST), _claimed())
        .select_from(DISPUTE)
        .join(LABEL, LABEL.c.id == newest)
        .join(UNIT, UNIT.c.id == DISPUTE.c.unit_id)
        .join(_FIRST, _FIRST.c.id == LABEL.c.person_id)
        .join(_OTHER, _OTHER.c.id == DISPUTE.c.person_id)
        .where(DISPUTE.c.truth == "", DISPUTE.c.kind == str(Kind.LATE), LABEL.c.verdict != DISPUTE.c.claim)
        .where(DISPUTE.c.at >= micros(since), UNIT.c.person_verdict == LABEL.c.verdict)
    )
    return [_case(Kind.LATE, row) for row in tx.execute(query.join(LINE, LINE.c.id == UNIT.c.line_id))]


def misses(tx: Tx, until: datetime) -> list[Case]:
    """Reported misses that nobody looks at just now; with what the blind look said, where there was one."""
    look = and_(SHOWING.c.dispute_id == DISPUTE.c.id, SHOWING.c.at.is_not(None))
    any_look = SHOWING.alias()  # not the one that is joined
    busy = exists().where(
        any_look.c.dispute_id == DISPUTE.c.id, TASK.c.id == any_look.c.task_id,
        or_(TASK.c.state.in_(("open", "leased")), any_look.c.at > micros(until)),
    )  # fmt: skip
    query = (
        _about(DISPUTE.c.id, DISPUTE.c.at, _claimed(), _said(SHOWING, SHOWING.c.note, _FIRST))
        .select_from(DISPUTE)
        .outerjoin(SHOWING, look)
        .outerjoin(_FIRST, _FIRST.c.id == SHOWING.c.person_id)
        .join(UNIT, UNIT.c.id == DISPUTE.c.unit_id)
        .join(_OTHER, _OTHER.c.id == DISPUTE.c.person_id)
        .where(DISPUTE.c.truth == "", DISPUTE.c.kind == str(Kind.MISS), ~busy)
        .where(DISPUTE.c.at >= micros(until - WAITS))
    )
    return [_case(Kind.MISS, row) for row in tx.execute(query.join(LINE, LINE.c.id == UNIT.c.line_id))]


def for_look(tx: Tx, person_id: int, line: str | None, now: datetime) -> list[Look]:
    """Reported misses, oldest first, of whose units this person has said nothing and which nobody looks at or has
    looked at. Units of an earlier recipe, whose defects inspectors could not name, and those that the defect book shows
    are left to adjudicators."""
    said = exists().where(LABEL.c.unit_id == DISPUTE.c.unit_id, LABEL.c.person_id == person_id)
    seen = exists().where(SHOWING.c.unit_id == DISPUTE.c.unit_id, SHOWING.c.person_id == person_id)
    answered = exists().where(SHOWING.c.dispute_id == DISPUTE.c.id, SHOWING.c.at.is_not(None))
    busy = exists().where(TASK.c.unit_id == DISPUTE.c.unit_id, TASK.c.state.in_(("open", "leased")))
    query = (
        select(DISPUTE.c.id, DISPUTE.c.line_id, DISPUTE.c.unit_id, DISPUTE.c.at)
        .join(UNIT, UNIT.c.id == DISPUTE.c.unit_id)
        .join(LINE, and_(LINE.c.id == UNIT.c.line_id, LINE.c.recipe_id == UNIT.c.recipe_id))
        .where(DISPUTE.c.truth == "", DISPUTE.c.at >= micros(now - WAITS), DISPUTE.c.kind == str(Kind.MISS))
        .where(DISPUTE.c.person_id != person_id, ~said, ~seen, ~answered, ~busy, ~book.shows(UNIT.c.id))
        .where(~studies.met(UNIT.c.id, person_id))
    )
    if line is not None:
        query = query.where(LINE.c.name == line)
    rows = tx.execute(query.order_by(DISPUTE.c.at))
    return [Look(dispute_id=r.id, line_id=r.line_id, unit_id=r.unit_id, at=moment(r.at)) for r in rows]


def has_judged(tx: Tx, unit_id: int, name: str) -> bool:
    """Whether somebody has said anything of the unit, in its own review or in disguise."""
    person = select(PERSON.c.id).where(PERSON.c.name == name).scalar_subquery()
    label = select(LABEL.c.id).where(LABEL.c.unit_id == unit_id, LABEL.c.person_id == person)
    shown = select(SHOWING.c.id).where(SHOWING.c.unit_id == unit_id, SHOWING.c.person_id == person)
    return any(
        tx.execute(query.limit(1)).first() is not None for query in (label, shown.where(SHOWING.c.verdict != ""))
    )


def lines_with_misses(tx: Tx, until: datetime) -> list[int]:
    """The lines of which a reported miss waited at that moment."""
    return [row[0] for row in _WITH_MISSES.run(tx, {"since": micros(until - WAITS)}).fetchall()]


def confirmed(tx: Tx, line_id: int, since: datetime, truth: Verdict, rollout_id: int | None) -> int:
    """How many units opened since then were reported and turned out to be that, where the AI had said the opposite."""
    query = (
        select(func.count(DISPUTE.c.unit_id.distinct()))
        .join(UNIT, UNIT.c.id == DISPUTE.c.unit_id)
        .where(DISPUTE.c.line_id == line_id, DISPUTE.c.kind == str(Kind.MISS), DISPUTE.c.truth == str(truth))
        .where(UNIT.c.opened_at >= micros(since), UNIT.c.ai_verdict != str(truth), UNIT.c.rollout_id == rollout_id)
    )
    return int(tx.execute(query).scalar_one())


def _about(number: Any, at: Any, one: tuple[Any, ...], other: tuple[Any, ...]) -> Select[Any]:
    which = (
        number.label("number"),
        UNIT.c.line_id,
        LINE.c.name,
        UNIT.c.id.label("unit_id"),
        UNIT.c.serial,
        UNIT.c.visit,
        at.label("at"),
    )
    return select(*which, *(column.label(f"a{i}") for i, column in enumerate(one)),
                  *(column.label(f"b{i}") for i, column in enumerate(other)))  # fmt: skip


def _said(table: Any, note: Any, person: Any) -> tuple[Any, ...]:
    return person.c.name, table.c.verdict, table.c.defect_types, note, table.c.at


def _claimed() -> tuple[Any, ...]:
    return _OTHER.c.name, DISPUTE.c.claim, DISPUTE.c.defect_types, DISPUTE.c.reason, DISPUTE.c.at


def _case(kind: Kind, row: Any) -> Case:
    said = [tuple(getattr(row, f"{side}{i}") for i in range(5)) for side in "ab"]
    opinions = tuple(
        Opinion(person=name, verdict=Verdict(verdict), defect_types=tuple(json.loads(types)), note=note, at=moment(at))
        for name, verdict, types, note, at in said
        if name is not None
    )
    return Case(
        kind=kind, number=row.number, line_id=row.line_id, line=row.name, unit_id=row.unit_id, serial=row.serial,
        visit=row.visit, opinions=opinions, at=moment(row.at),
    )  # fmt: skip


def settle(tx: Tx, kind: Kind, number: int, truth: Verdict, types: tuple[str, ...], by: str, now: datetime) -> None:
    """Keep what a unit is in truth."""
    table = SHOWING if kind is Kind.SECOND else DISPUTE
    values = {"truth": str(truth), "truth_types": dump(list(types)), "settled_by": by, "settled_at": micros(now)}
    tx.execute(update(table).where(table.c.id == number).values(values))


def truth_of(tx: Tx, unit_id: int) -> Verdict | None:
    """What the unit was settled to be, the last time that somebody did."""
    told = select(DISPUTE.c.truth, DISPUTE.c.settled_at).where(DISPUTE.c.unit_id == unit_id, DISPUTE.c.truth != "")
    read = select(SHOWING.c.truth, SHOWING.c.settled_at).where(SHOWING.c.unit_id == unit_id, SHOWING.c.truth != "")
    both = told.union_all(read).subquery()
    truth = tx.execute(select(both.c.truth).order_by(both.c.settled_at.desc()).limit(1)).scalar()
    return None if truth is None else Verdict(truth)
