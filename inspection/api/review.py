"""Inspectors at work: take a unit, look, judge, next. What must not be seen is not sent."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.app import Problem, Responses
from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsInspector, Caller, Id
from inspection.api.units import FindingBody
from inspection.core.decide import Verdict
from inspection.core.label import MAX_NOTE, Label
from inspection.core.line import LINE_NAME
from inspection.core.mark import MAX_CORNERS, MAX_PLACES, place, typed
from inspection.core.predict import Finding
from inspection.flow import label, review
from inspection.flow.review import Held
from inspection.store.reports import review as report
from inspection.store.reports.review import Sheet, SheetImage

router = APIRouter(tags=["review"], route_class=SmallBody)
Lease = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,100}$", description="The lease that came with the unit.")]
LOST: Responses = {409: {"model": Problem, "description": "The unit is not yours any more; take the next one."}}


class AiBody(BaseModel):
    """What the model says of an image, for those who may see it."""

    score: float | None
    findings: list[FindingBody]
    heatmap: str | None = Field(description="Address of a transparent PNG over the picture.")
    failure: str | None


class SheetImageBody(BaseModel):
    """One image of the unit under review."""

    id: int = Field(description="To be named in `seen` with the answer.")
    picture: str = Field(description="Address of the image as it came.")
    view: str
    width: int
    height: int
    captured_at: datetime
    unfit: str | None
    ai: AiBody | None = Field(description="Null where it must not be seen.")


class SheetBody(BaseModel):
    """A unit in your hands. The lease must come with the answer; after some minutes it is lost unless it is kept."""

    task: int
    lease: str
    line: str
    line_title: str
    serial: str
    visit: int
    simulated: bool
    opened_at: datetime
    views: list[str]
    missing_views: list[str]
    defect_types: list[str] = Field(description="What a reject may name; one at least, where there are any.")
    images: list[SheetImageBody]
    shows_ai: bool
    suspicious: bool | None = Field(description="The AI's leaning; null where it must not be seen.")
    doubts: list[str] = Field(description="Notes, some empty, of those who were unsure and left the unit to others.")


class WantedUnit(BaseModel):
    """Which unit to take."""

    model_config = ConfigDict(extra="forbid")
    line: str | None = Field(None, pattern=f"^{LINE_NAME.pattern}$", description="Of this line only.")


class Place(BaseModel):
    """A place of a defect on an image, in its pixels: a box, or the outline of a polygon."""

    model_config = ConfigDict(extra="forbid")
    image_id: Annotated[int, Field(ge=1, lt=2**63)]
    box: tuple[float, float, float, float] | None = Field(None, description="Left, top, right, bottom.")
    outline: list[tuple[float, float]] = Field([], max_length=MAX_CORNERS, description="Corners; instead of a box.")
    defect_type: str | None = Field(None, max_length=32, description="The reject's first type unless it is given.")


class Answer(BaseModel):
    """A verdict on a unit."""

    model_config = ConfigDict(extra="forbid")
    lease: Lease
    verdict: Verdict
    defect_types: list[Annotated[str, Field(max_length=32)]] = Field([], max_length=32)
    findings: list[Place] = Field([], max_length=MAX_PLACES, description="Where the defects of a reject are.")
    note: str = Field("", max_length=MAX_NOTE)
    seconds: float = Field(0.0, ge=0, lt=86_400, description="How long it took.")
    seen: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(max_length=64, description="Ids of the images looked at.")


class Taken(BaseModel):
    """What became of an answer. How the unit stands is told by its story, once nobody is to judge it blind."""

    effective: bool = Field(description="Whether it counts; false when the lease was lost.")
    serial: str


class Leased(BaseModel):
    """The lease of the unit."""

    model_config = ConfigDict(extra="forbid")
    lease: Lease


class Doubt(BaseModel):
    """Why you are unsure, for whoever judges the unit."""

    model_config = ConfigDict(extra="forbid")
    lease: Lease
    note: str = Field("", max_length=MAX_NOTE)


@router.post(
    "/review/next",
    response_model=SheetBody,
    responses={204: {"description": "Nothing waits."}, **PEOPLE_PROBLEMS},
)
def take_next(caller: AsInspector, wanted: WantedUnit) -> SheetBody | Response:
    """The unit that you hold already, or else the one that is due first, by lease."""
    held = caller.write(
        lambda tx: review.claim(
            tx, person_id=caller.person.id, line=wanted.line, now=caller.now,
            second_share=caller.plant.second_readings,
        )
    )  # fmt: skip
    return Response(status_code=204) if held is None else _sheet(caller, held)


@router.post("/review/undo", responses={**LOST, **PEOPLE_PROBLEMS})
def undo(caller: AsInspector) -> SheetBody:
    """Take your last answer back, within half a minute; its unit is in your hands again."""
    return _sheet(caller, caller.write(lambda tx: label.undo(tx, person=caller.person, now=caller.now)))


@router.post("/review/{task}", responses={**LOST, **PEOPLE_PROBLEMS})
def answer(caller: AsInspector, task: Id, given: Answer) -> Taken:
    """Judge the unit."""
    types, findings = typed(given.defect_types, [_place(one) for one in given.findings])
    said = Label(
        verdict=given.verdict, defect_types=types, findings=findings, note=given.note.strip(), seconds=given.seconds
    )
    done = caller.write(
        lambda tx: label.answer(
            tx, task_id=task, lease=given.lease, person=caller.person, label=said, seen=given.seen, now=caller.now
        )
    )
    return Taken(effective=done.effective, serial=done.serial)


@router.post("/review/{task}/keep", status_code=204, responses={**LOST, **PEOPLE_PROBLEMS})
def keep(caller: AsInspector, task: Id, held: Leased) -> None:
    """Renew the lease while you are at work."""
    caller.write(lambda tx: review.keep(tx, task_id=task, lease=held.lease, now=caller.now))


@router.post("/review/{task}/unsure", status_code=204, responses={**LOST, **PEOPLE_PROBLEMS})
def unsure(caller: AsInspector, task: Id, doubt: Doubt) -> None:
    """Leave the unit to somebody else for a second opinion; it does not come back to you."""
    caller.write(
        lambda tx: review.unsure(
            tx, task_id=task, lease=doubt.lease, person=caller.person, note=doubt.note, now=caller.now
        )
    )


@router.post("/review/{task}/back", status_code=204, responses={**LOST, **PEOPLE_PROBLEMS})
def give_back(caller: AsInspector, task: Id, held: Leased) -> None:
    """Put the unit back to the end of the queue, for another pair of eyes."""
    caller.write(lambda tx: review.give_back(tx, task_id=task, lease=held.lease, now=caller.now))


def _place(given: Place) -> Finding:
    corners = given.outline if given.box is None else [given.box[:2], given.box[2:]]
    return place(given.image_id, corners, given.defect_type, box=given.box is not None)


def _sheet(caller: Caller, held: Held) -> SheetBody:
    sheet: Sheet | None = caller.read(lambda tx: report.sheet(tx, held.task_id))
    assert sheet is not None
    same = ("line", "line_title", "serial", "visit", "simulated", "opened_at", "shows_ai", "suspicious")
    return SheetBody(
        task=held.task_id, lease=held.lease, views=list(sheet.views), missing_views=list(sheet.missing_views),
        defect_types=list(sheet.defect_types), doubts=list(sheet.doubts), images=[_image(one) for one in sheet.images],
        **{name: getattr(sheet, name) for name in same},
    )  # fmt: skip


def _image(one: SheetImage) -> SheetImageBody:
    picture, ai = f"/api/v1/images/{one.image_id}", one.ai
    told = None if ai is None else AiBody(
        score=ai.score, findings=[FindingBody.model_validate(place) for place in ai.findings], failure=ai.failure,
        heatmap=f"{picture}/heatmap" if ai.has_heatmap else None,
    )  # fmt: skip
    return SheetImageBody(
        id=one.image_id, picture=picture, view=one.view, width=one.width, height=one.height,
        captured_at=one.captured_at, unfit=one.unfit, ai=told,
    )  # fmt: skip
