"""Studies: their parts, who judges in them, what was said, and which units they can be made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, exists, func, insert, select, update

from inspection.core.decide import Verdict
from inspection.core.line import Unknown
from inspection.core.moment import micros, moment
from inspection.store import book
from inspection.store.records import (
    DISPUTE,
    KNOWN,
    LINE,
    PERSON,
    SHOWING,
    STUDY,
    STUDY_JUDGEMENT,
    STUDY_PART,
    STUDY_PERSON,
    UNIT,
)
from inspection.store.transaction import Tx

MOST = 300
RUNNING, STOPPED, ENDED = "running", "stopped", "ended"


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study as its row has it."""

    id: int
    line_id: int
    line: str
    title: str
    rounds: int
    salt: str
    state: str
    by: str
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a study; `ai` is None where the AI would have asked a person."""

    id: int
    unit_id: int
    serial: str
    visit: int
    truth: Verdict
    ai: Verdict | None


@dataclass(frozen=True, kw_only=True)
class Given:
    """One judgement of a study."""

    person_id: int
    person: str
    round: int
    part_id: int
    verdict: Verdict
    seconds: float
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A unit whose truth is known, and whether people disagreed about it."""

    unit_id: int
    serial: str
    visit: int
    truth: Verdict
    disputed: bool
    score: float | None
    model: str | None


def candidates(tx: Tx, line_id: int, recipe_id: int) -> list[Candidate]:
    """Units of the line and recipe of which it is known what they are: known ones, and those that were settled,
    newest first. Those in the defect book are left out: everybody knows them."""
    found: dict[int, Candidate] = {}
    columns = (UNIT.c.id, UNIT.c.serial, UNIT.c.visit, UNIT.c.score, UNIT.c.model)
    mine = (UNIT.c.line_id == line_id, UNIT.c.recipe_id == recipe_id, ~book.shows(UNIT.c.id))
    for table in (SHOWING, DISPUTE):
        query = select(*columns, table.c.truth).join(table, table.c.unit_id == UNIT.c.id).where(*mine)
        query = query.where(table.c.truth != "").order_by(table.c.settled_at.desc()).limit(MOST)
        for row in tx.execute(query):
            found.setdefault(row.id, _candidate(row, Verdict(row.truth), disputed=True))
    query = select(*columns, KNOWN.c.defective).join(KNOWN, KNOWN.c.unit_id == UNIT.c.id).where(*mine)
    for row in tx.execute(query.where(KNOWN.c.retired_at.is_(None)).order_by(KNOWN.c.id.desc()).limit(MOST)):
        truth = Verdict.REJECT if row.defective else Verdict.PASS
        found[row.id] = _candidate(row, truth, disputed=row.id in found)
    return sorted(found.values(), key=lambda one: -one.unit_id)[:MOST]


def met(unit_id: ColumnElement[Any], person_id: int) -> Exists:
    """Whether a person has a part in a study in which the unit is one: they would know it again."""
    return exists().where(
        STUDY_PART.c.unit_id == unit_id, STUDY_PERSON.c.study_id == STUDY_PART.c.study_id,
        STUDY_PERSON.c.person_id == person_id,
    )  # fmt: skip


def _candidate(row: object, truth: Verdict, *, disputed: bool) -> Candidate:
    r = row._mapping  # type: ignore[attr-defined]
    same = {name: r[name] for name in ("serial", "visit", "score", "model")}
    return Candidate(unit_id=r["id"], truth=truth, disputed=disputed, **same)


def add(
    tx: Tx, line_id: int, *, title: str, rounds: int, salt: str, parts: Iterable[tuple[int, Verdict, Verdict | None]],
    people: Iterable[int], by: str, now: datetime,
) -> int:  # fmt: skip
    """Keep a study with its parts (unit, truth, what the AI says) and people; its number."""
    values = {
        "line_id": line_id, "title": title, "rounds": rounds, "salt": salt, "state": RUNNING, "by": by,
        "at": micros(now),
    }  # fmt: skip
    study_id = int(tx.execute(insert(STUDY).values(values).returning(STUDY.c.id)).scalar_one())
    rows = [
        {"study_id": study_id, "unit_id": unit, "truth": str(truth), "ai": str(ai or "")} for unit, truth, ai in parts
    ]
    tx.execute(insert(STUDY_PART), rows)
    tx.execute(insert(STUDY_PERSON), [{"study_id": study_id, "person_id": person} for person in people])
    return study_id


def get(tx: Tx, study_id: int) -> Study:
    """The study of that number; raises Unknown."""
    row = tx.execute(_STUDY.where(STUDY.c.id == study_id)).one_or_none() if 0 < study_id < 2**63 else None
    if row is None:
        raise Unknown(f"There is no study {study_id}.")
    return _study(row)


def of_line(tx: Tx, line_id: int) -> list[Study]:
    """The line's newest studies, newest first."""
    query = _STUDY.where(STUDY.c.line_id == line_id).order_by(STUDY.c.id.desc()).limit(50)
    return [_study(row) for row in tx.execute(query)]


def of_person(tx: Tx, person_id: int) -> list[Study]:
    """The studies under way in which a person judges, oldest first."""
    query = _STUDY.join(STUDY_PERSON, STUDY_PERSON.c.study_id == STUDY.c.id).where(
        STUDY_PERSON.c.person_id == person_id, STUDY.c.state == RUNNING
    )
    return [_study(row) for row in tx.execute(query.order_by(STUDY.c.id))]


_STUDY = select(*STUDY.c, LINE.c.name.label("line")).join(LINE, LINE.c.id == STUDY.c.line_id)


def _study(row: object) -> Study:
    r = dict(row._mapping)  # type: ignore[attr-defined]
    ended = r["ended_at"]
    return Study(**{**r, "at": moment(r["at"]), "ended_at": None if ended is None else moment(ended)})


def parts(tx: Tx, study_id: int) -> list[Part]:
    """A study's parts."""
    query = (
        select(STUDY_PART.c.id, STUDY_PART.c.unit_id, UNIT.c.serial, UNIT.c.visit, STUDY_PART.c.truth, STUDY_PART.c.ai)
        .join(UNIT, UNIT.c.id == STUDY_PART.c.unit_id)
        .where(STUDY_PART.c.study_id == study_id)
        .order_by(STUDY_PART.c.id)
    )
    return [
        Part(
            id=r.id, unit_id=r.unit_id, serial=r.serial, visit=r.visit, truth=Verdict(r.truth),
            ai=Verdict(r.ai) if r.ai else None,
        )
        for r in tx.execute(query)
    ]  # fmt: skip


def people(tx: Tx, study_id: int) -> dict[int, str]:
    """Who judges in a study: names by id."""
    query = select(PERSON.c.id, PERSON.c.name).join(STUDY_PERSON, STUDY_PERSON.c.person_id == PERSON.c.id)
    rows = tx.execute(query.where(STUDY_PERSON.c.study_id == study_id).order_by(PERSON.c.id))
    return {row.id: row.name for row in rows}


def said(tx: Tx, study_id: int) -> list[Given]:
    """All judgements of a study, in the order in which they were given."""
    names = ("person_id", "round", "part_id", "verdict", "seconds", "at")
    query = (
        select(*(STUDY_JUDGEMENT.c[name] for name in names), PERSON.c.name.label("person"))
        .join(PERSON, PERSON.c.id == STUDY_JUDGEMENT.c.person_id)
        .where(STUDY_JUDGEMENT.c.study_id == study_id)
        .order_by(STUDY_JUDGEMENT.c.id)
    )
    return [
        Given(**{**row._mapping, "verdict": Verdict(row.verdict), "at": moment(row.at)}) for row in tx.execute(query)
    ]


def done_by(tx: Tx, study_id: int) -> dict[int, int]:
    """How many judgements each person has given."""
    query = select(STUDY_JUDGEMENT.c.person_id, func.count()).where(STUDY_JUDGEMENT.c.study_id == study_id)
    counted = tx.execute(query.group_by(STUDY_JUDGEMENT.c.person_id))
    return {row[0]: row[1] for row in counted}


def judge(
    tx: Tx, study_id: int, person_id: int, number: int, part_id: int, verdict: Verdict, seconds: float, now: datetime
) -> None:
    """Keep a judgement."""
    values = {
        "study_id": study_id, "person_id": person_id, "round": number, "part_id": part_id, "verdict": str(verdict),
        "seconds": seconds, "at": micros(now),
    }  # fmt: skip
    tx.execute(insert(STUDY_JUDGEMENT).values(values))


def set_state(tx: Tx, study_id: int, state: str, now: datetime) -> None:
    """Let a study run, stop or end."""
    ended = micros(now) if state == ENDED else None
    tx.execute(update(STUDY).where(STUDY.c.id == study_id).values(state=state, ended_at=ended))
