"""Studies of how well people agree: begun, listed, and told when they have ended. People judge on the pages."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, Id, LineName
from inspection.api.quality import EstimateBody, figure
from inspection.core import study as core
from inspection.core.line import Unknown
from inspection.flow import study
from inspection.store import lines, studies, units
from inspection.store.database import Tx
from inspection.store.reports import study as report
from inspection.store.reports.study import Progress

router = APIRouter(tags=["quality"], route_class=SmallBody)


class StudyBody(BaseModel):
    """A study and how far each person is."""

    number: int
    title: str
    state: str
    rounds: int
    parts: int
    judged: dict[str, int] = Field(description="Judgements given, by person.")
    of: int = Field(description="Judgements due from each.")
    by: str
    at: datetime


class WantedStudy(BaseModel):
    """A study of units of known truth."""

    model_config = ConfigDict(extra="forbid")
    title: str = Field(max_length=100)
    serials: list[Annotated[str, Field(max_length=128)]] = Field(
        max_length=core.MOST_PARTS, description="Known units, and units that were settled; the newest visit of each."
    )
    people: list[Annotated[str, Field(max_length=32)]] = Field(max_length=core.MOST_PEOPLE)
    rounds: Annotated[int, Field(ge=core.ROUNDS[0], le=core.ROUNDS[1])] = 3


class RateBody(BaseModel):
    """So many of so many, against AIAG's limit."""

    events: int
    of: int
    limit: float
    met: bool | None


class AppraisedBody(BaseModel):
    """One appraiser. Null is what cannot be said."""

    name: str
    repeated: EstimateBody | None = Field(description="Parts judged the same in every round.")
    repeated_kappa: EstimateBody | None
    repeated_ac1: EstimateBody | None
    right: EstimateBody | None = Field(description="Parts judged rightly in every round: the effectiveness.")
    right_kappa: EstimateBody | None = Field(description="Against the truth, in the first round.")
    right_ac1: EstimateBody | None
    misses: RateBody
    false_alarms: RateBody


class ReportBody(BaseModel):
    """What came out of a study."""

    parts: int
    people: list[AppraisedBody]
    ai: AppraisedBody
    ai_silent: int = Field(description="Parts on which the AI would have asked a person.")
    between: EstimateBody | None = Field(description="Parts on which all agree in every round.")
    between_kappa: EstimateBody | None
    between_ac1: EstimateBody | None
    all_right: EstimateBody | None
    unfinished: list[str] = Field(description="Who has not finished, and is not counted.")


@router.get("/lines/{line}/studies", responses=PEOPLE_PROBLEMS)
def get_studies(caller: AsEngineer, line: LineName) -> list[StudyBody]:
    """The line's studies, newest first."""
    found = caller.read(lambda tx: report.of_line(tx, line))
    return [_study(one) for one in found.studies]


@router.post("/lines/{line}/studies", status_code=201, responses=PEOPLE_PROBLEMS)
def post_study(caller: AsEngineer, line: LineName, wanted: WantedStudy) -> StudyBody:
    """Begin a study: those who are asked find it on the page of the queue."""

    def begin(tx: Tx) -> StudyBody:
        on = lines.in_force(tx, line)
        found = {s: units.latest(tx, on.id, s) if s.isprintable() else None for s in dict.fromkeys(wanted.serials)}
        missing = next((serial for serial, unit in found.items() if unit is None), None)
        if missing is not None:
            raise Unknown(f"Line {line!r} has never seen a unit {missing!r}. Check the serial.")
        number = study.begin(
            tx, line=line, title=wanted.title, unit_ids=[unit.id for unit in found.values() if unit is not None],
            names=wanted.people, rounds=wanted.rounds, by=caller.person.name, now=caller.now,
        )  # fmt: skip
        return _study(report.progress(tx, studies.get(tx, number)))

    return caller.write(begin)


@router.get("/studies/{number}", responses=PEOPLE_PROBLEMS)
def get_report(caller: AsEngineer, number: Id) -> ReportBody:
    """The report of a study that has ended."""
    told = caller.read(lambda tx: report.report(tx, number))
    found = told.result
    together = {name: figure(getattr(found, name)) for name in ("between", "between_kappa", "between_ac1", "all_right")}
    return ReportBody(
        parts=found.parts, people=[_appraised(one) for one in found.people], ai=_appraised(found.ai),
        ai_silent=found.ai_silent, unfinished=list(told.unfinished), **together,
    )  # fmt: skip


def _study(one: Progress) -> StudyBody:
    made = one.study
    return StudyBody(
        number=made.id, title=made.title, state=made.state, rounds=made.rounds, parts=one.parts, judged=dict(one.done),
        of=one.of, by=made.by, at=made.at,
    )  # fmt: skip


def _appraised(one: core.Appraised) -> AppraisedBody:
    names = ("repeated", "repeated_kappa", "repeated_ac1", "right", "right_kappa", "right_ac1")
    return AppraisedBody(
        name=one.name, misses=_rate(one.misses), false_alarms=_rate(one.false_alarms),
        **{name: figure(getattr(one, name)) for name in names},
    )  # fmt: skip


def _rate(one: core.Share) -> RateBody:
    return RateBody(events=one.events, of=one.of, limit=one.limit, met=one.met)
