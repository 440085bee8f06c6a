"""Drift of what a line's model says, view by view and against people; and learning a reference anew."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from inspection.api.errors import SmallBody
from inspection.api.light import Anew, EyeBody, MarkBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, LineName
from inspection.core.concept import Share
from inspection.core.shift import Drift, Kind
from inspection.flow import concept, drift
from inspection.flow.concept import Concept
from inspection.store.reports import drift as report
from inspection.store.reports.drift import DriftPoint, ViewDrift

router = APIRouter(tags=["drift"], route_class=SmallBody)
Looks = Annotated[int, Query(ge=1, le=report.MOST, description="The newest so many looks at each figure.")]


class LookBody(BaseModel):
    """One look: PSI, the distance in the figure's own unit, and the chance p of one as far where nothing has changed.
    `reference` and `newest` are numbers of images."""

    at: datetime
    psi: float
    distance: float
    p: float
    reference: int
    newest: int
    state: Drift


class FigureBody(BaseModel):
    """The looks at one figure of a view, in order; they may have been held against earlier references."""

    kind: Kind
    state: Drift = Field(description="As the last look at the reference in force has it.")
    looks: list[LookBody]


class ViewBody(EyeBody):
    """One view: until its next step `came` of `wanted` images have come. `reference` counts the reference's images, 0
    while it is being learned. Scores are counted in equal bins from 0 to 1."""

    state: Drift
    reference: int
    by: str
    reason: str
    since: datetime | None
    came: int
    wanted: int
    featured: bool = Field(description="Whether the model says where images lie in its eyes.")
    light_alarm: bool = Field(description="Whether the light of the view is in alarm, which is mended first.")
    figures: list[FigureBody]
    first_scores: list[int]
    newest_scores: list[int]
    marks: list[MarkBody]


class ShareBody(BaseModel):
    """A share with its exact 95 % interval."""

    events: int
    of: int
    low: float
    high: float


class StretchBody(BaseModel):
    """Some labels in a row: `agreed` of those where the AI had a verdict, `escapes` of all."""

    since: datetime
    until: datetime
    labels: int
    agreed: ShareBody
    escapes: ShareBody


class CourseBody(BaseModel):
    """The evidence that a limit is broken: log E after some of the labels, in order."""

    kind: str
    limit: float
    events: int
    labels: int
    at: list[datetime]
    log_e: list[float]


class ConceptBody(BaseModel):
    """What blind labels say of the model in force. At `trips_at` a guard takes freedom away, where the AI decides."""

    labels: int
    stretches: list[StretchBody]
    courses: list[CourseBody]
    trips_at: float
    decides: bool


class DriftBody(BaseModel):
    """Views, of which there are none without a model in force, and agreement with people."""

    views: list[ViewBody]
    concept: ConceptBody


@router.get("/lines/{line}/drift", responses=PEOPLE_PROBLEMS)
def get_drift(caller: AsEngineer, line: LineName, looks: Looks = 60) -> DriftBody:
    """How far what the model says has shifted since it came, and how well it and people agree."""
    views = caller.read(lambda tx: report.views(tx, line, caller.now))
    labels = caller.read(lambda tx: concept.labels(tx, line, caller.now))
    return DriftBody(views=[_view(one, looks) for one in views], concept=_concept(concept.over_time(labels)))


@router.post("/lines/{line}/drift/reference", status_code=204, responses=PEOPLE_PROBLEMS)
def learn_anew(caller: AsEngineer, line: LineName, wanted: Anew) -> None:
    """Learn a view's reference anew from the images to come: a signed act, once it is known why they differ."""
    caller.write(
        lambda tx: drift.learn_anew(
            tx, line=line, camera=wanted.camera, view=wanted.view, by=caller.person.name, reason=wanted.reason,
            now=caller.now,
        )
    )  # fmt: skip


def _view(seen: ViewDrift, looks: int) -> ViewBody:
    plain = ("camera", "view", "state", "reference", "by", "reason", "since", "came", "wanted", "featured")
    figures = [
        FigureBody(kind=kind, state=_state(seen, kind), looks=[LookBody(**one.__dict__) for one in points[-looks:]])
        for kind, points in seen.looks.items()
    ]
    return ViewBody(
        **{name: getattr(seen, name) for name in plain}, light_alarm=seen.light_alarm, figures=figures,
        first_scores=list(seen.first_scores), newest_scores=list(seen.newest_scores),
        marks=[MarkBody(**mark.__dict__) for mark in seen.marks],
    )  # fmt: skip


def _state(seen: ViewDrift, kind: Kind) -> Drift:
    newest: DriftPoint | None = seen.now.get(kind)
    return Drift.LEARNING if newest is None else newest.state


def _concept(found: Concept) -> ConceptBody:
    stretches = [
        StretchBody(
            since=one.since, until=one.until, labels=one.labels, agreed=_share(one.agreed), escapes=_share(one.escapes)
        )
        for one in found.stretches
    ]
    courses = [CourseBody(**{**one.__dict__, "at": list(one.at), "log_e": list(one.log_e)}) for one in found.courses]
    return ConceptBody(
        labels=found.labels, stretches=stretches, courses=courses, trips_at=found.trips_at, decides=found.decides
    )


def _share(one: Share) -> ShareBody:
    return ShareBody(events=one.events, of=one.of, low=one.low, high=one.high)
