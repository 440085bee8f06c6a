"""A unit's whole story: its images, what models said, what was decided by which policy, and who judged it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsInspector, LineName
from inspection.core.decide import Verdict
from inspection.core.line import Unknown
from inspection.core.people import Role
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.reports import story as stories

router = APIRouter(tags=["units"], route_class=SmallBody)


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class FindingBody(_Told):
    """A place that a model points at, in pixels of the image as it came."""

    box: tuple[int, int, int, int] = Field(description="Left, top, right, bottom.")
    outline: list[tuple[int, int]]
    peak: float = Field(description="The score there.")
    defect_type: str | None


class OpinionBody(_Told):
    """What one model said of one image, or why it said nothing."""

    model_version: int | None
    score: float | None
    novelty: float | None
    novel: bool
    findings: list[FindingBody]
    milliseconds: float
    failure: str | None
    detail: str


class QualityBody(_Told):
    """How an image was, in grey levels from 0 to 255; `saturated` is a share of its pixels."""

    brightness: float
    contrast: float
    sharpness: float
    saturated: float


class ImageBody(_Told):
    """One image of a unit. Of the AI, nothing is told while somebody is to judge blind."""

    image_id: int = Field(description="Its picture is at /api/v1/images/{image_id}.")
    view: str
    camera: str
    capture_id: str
    width: int
    height: int
    size: int
    sha256: str
    captured_at: datetime
    received_at: datetime
    skew_s: float
    quality: QualityBody | None
    unfit: str | None
    policy: int | None
    outcome: str | None
    reason: str
    detail: str
    decided_at: datetime | None
    opinions: list[OpinionBody]


class PlaceBody(_Told):
    """A place that a person drew, in pixels of the image as it came."""

    image_id: int
    box: tuple[int, int, int, int] = Field(description="Left, top, right, bottom.")
    outline: list[tuple[int, int]] = Field(description="The corners of a polygon; empty for a box.")
    defect_type: str | None


class LabelBody(_Told):
    """What a person said of the unit."""

    person: str
    verdict: Verdict
    defect_types: list[str]
    findings: list[PlaceBody]
    note: str
    seconds: float
    saw_ai: bool
    effective: bool = Field(description="Whether it counts; late opinions are kept and do not.")
    simulated: bool
    at: datetime


class StoryEntryBody(_Told):
    """A journal entry about the unit."""

    seq: int
    at: datetime
    event: str
    actor: str
    before: str
    after: str
    reason: str


class VisitBody(_Told):
    """One visit of the unit to the line. `audited` is null where you must not know."""

    serial: str
    visit: int
    verdict: Verdict | None
    by: str
    reason: str
    audited: bool | None
    simulated: bool
    opened_at: datetime
    settled_at: datetime | None
    images: list[ImageBody]
    labels: list[LabelBody]
    journal: list[StoryEntryBody]


@router.get("/lines/{line}/stories/{serial:path}", responses=PEOPLE_PROBLEMS)
def get_story(caller: AsInspector, line: LineName, serial: Annotated[str, Path(max_length=128)]) -> list[VisitBody]:
    """Every visit of a unit, newest first; of one whose blind review is open, nothing of the AI."""

    def look(tx: Tx) -> list[VisitBody]:
        known = lines.in_force(tx, line)
        if not serial.isprintable():
            raise Unknown(f"Line {known.line.name!r} has never seen such a unit: serials have no control characters.")
        visits = stories.story_for(
            tx, line, serial, caller.person.id, caller.now, inspector=not caller.may(Role.ENGINEER)
        )
        return [VisitBody.model_validate(one) for one in visits]

    return caller.read(look)
