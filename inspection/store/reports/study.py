"""Studies as pages show them: what they can be made of, how far they are, and what came out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from inspection.core.decide import Verdict
from inspection.core.line import Line, Unknown
from inspection.core.quality import ai_verdict
from inspection.core.study import Judgement, Result, result
from inspection.store import lines, people, studies
from inspection.store.records import IMAGE
from inspection.store.reports.adjudicate import Picture, pictures
from inspection.store.studies import ENDED, Given, Part, Study
from inspection.store.transaction import Tx


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A unit that a study can be made of; `borderline` where people or the AI are not sure of it."""

    unit_id: int
    serial: str
    visit: int
    defective: bool
    borderline: bool
    image_id: int | None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a study is: judgements given by each person, of how many each."""

    study: Study
    done: tuple[tuple[str, int], ...]
    of: int
    parts: int


@dataclass(frozen=True, kw_only=True)
class Studies:
    """A line's studies, and what another one can be made of."""

    line: Line
    choices: tuple[Choice, ...]
    people: tuple[str, ...]
    studies: tuple[Progress, ...]


def of_line(tx: Tx, name: str) -> Studies:
    """The studies of a line; raises Unknown."""
    on = lines.in_force(tx, name)
    terms, found = on.policy.terms, studies.candidates(tx, on.id, on.recipe_id)
    shown = select(IMAGE.c.unit_id, IMAGE.c.id).where(IMAGE.c.unit_id.in_([one.unit_id for one in found]))
    first = {row.unit_id: row.id for row in tx.execute(shown.order_by(IMAGE.c.id.desc()))}
    choices = tuple(
        Choice(
            unit_id=one.unit_id, serial=one.serial, visit=one.visit, defective=one.truth is Verdict.REJECT,
            borderline=one.disputed or (one.score is not None and ai_verdict(terms, one.model, one.score) is None),
            image_id=first.get(one.unit_id),
        )
        for one in found
    )  # fmt: skip
    names = tuple(person.name for person in people.everybody(tx))
    made = tuple(progress(tx, study) for study in studies.of_line(tx, on.id))
    return Studies(line=on.line, choices=choices, people=names, studies=made)


def progress(tx: Tx, study: Study) -> Progress:
    """How far a study is."""
    who, done, parts = studies.people(tx, study.id), studies.done_by(tx, study.id), len(studies.parts(tx, study.id))
    counts = tuple((name, done.get(person, 0)) for person, name in who.items())
    return Progress(study=study, done=counts, of=parts * study.rounds, parts=parts)


def wanted(tx: Tx, person_id: int) -> tuple[Progress, ...]:
    """The studies that wait for this person."""
    found = [(study, studies.done_by(tx, study.id).get(person_id, 0)) for study in studies.of_person(tx, person_id)]
    told = [(progress(tx, study), done) for study, done in found]
    return tuple(one for one, done in told if done < one.of)


def get(tx: Tx, study_id: int) -> Study:
    """The study of that number; raises Unknown."""
    return studies.get(tx, study_id)


def line_of(tx: Tx, study_id: int) -> str:
    """The name of a study's line; raises Unknown."""
    return studies.get(tx, study_id).line


def shots(tx: Tx, unit_id: int) -> tuple[Picture, ...]:
    """The pictures of a part."""
    return pictures(tx, unit_id)


@dataclass(frozen=True, kw_only=True)
class Told:
    """The report of a study that has ended: of people who finished; `unfinished` names the others."""

    study: Study
    line: Line
    result: Result
    parts: tuple[Part, ...]
    said: tuple[Given, ...]
    unfinished: tuple[str, ...]
    defective: int
    until: datetime | None


def report(tx: Tx, study_id: int) -> Told:
    """The report; raises Unknown before the study has ended, so that no answer is seen before."""
    study = studies.get(tx, study_id)
    if study.state != ENDED:
        raise Unknown("This study has not ended: its report is made when it has.")
    parts, said = studies.parts(tx, study_id), studies.said(tx, study_id)
    done, who = studies.done_by(tx, study_id), studies.people(tx, study_id)
    finished = {person for person in who if done.get(person, 0) == len(parts) * study.rounds}
    kept = [one for one in said if one.person_id in finished]
    judged = [Judgement(person=one.person, round=one.round, part=one.part_id, verdict=one.verdict) for one in kept]
    truths = {part.id: part.truth for part in parts}
    ai = {part.id: part.ai for part in parts if part.ai is not None}
    return Told(
        study=study, line=lines.in_force(tx, study.line).line, result=result(truths, ai, judged), parts=tuple(parts),
        said=tuple(said), unfinished=tuple(name for person, name in who.items() if person not in finished),
        defective=sum(truth is Verdict.REJECT for truth in truths.values()), until=study.ended_at,
    )  # fmt: skip
