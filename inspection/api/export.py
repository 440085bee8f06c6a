"""Units found by what is known of them, and taken away as a stream."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer
from inspection.core.decide import Verdict
from inspection.core.journal import plain
from inspection.core.line import LINE_NAME
from inspection.flow.export import FORMS, Kind, Selection, stream
from inspection.store.reports import units
from inspection.store.reports.units import UnitFilter

router = APIRouter(tags=["units"], route_class=SmallBody)

_SCHEMAS = {
    Kind.CSV: {"type": "string"},
    Kind.COCO: {"type": "object"},
    Kind.ZIP: {"type": "string", "format": "binary"},
}


def _in_utc(value: object) -> object:
    """A time that names no zone is UTC's."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC) if isinstance(at, datetime) and at.tzinfo is None else at


Moment = Annotated[datetime, BeforeValidator(_in_utc)]
Score = Annotated[float, Field(allow_inf_nan=False)]


class UnitQuery(BaseModel):
    """Which units are wanted; what is left out asks for all."""

    model_config = ConfigDict(extra="ignore")
    line: str | None = Field(default=None, pattern=f"^{LINE_NAME.pattern}$", description="The line's name.")
    serial: str = Field(default="", max_length=128, description="What the serial begins with.")
    exact: bool = Field(default=False, description="Whether that is the whole serial.")
    since: Moment | None = Field(default=None, description="First seen at this time or after; UTC without a zone.")
    until: Moment | None = Field(default=None, description="First seen before this time.")
    verdict: Literal["pass", "reject", "pending"] | None = None
    by: Literal["ai", "person", "camera"] | None = None
    reason: str = Field(default="", max_length=40)
    audited: bool | None = None
    defect: str = Field(default="", max_length=128, description="A type that people rejected it for.")
    view: str = Field(default="", max_length=128, description="Has an image of this view.")
    score_from: Score | None = Field(default=None, description="The worst image scores this or more.")
    score_to: Score | None = Field(default=None, description="The worst image scores this or less.")
    disagreement: Literal["escape", "overkill", "ai_person", "people"] | None = None

    def wanted(self) -> UnitFilter:
        """The filter; texts are cleared of what no text in the store has."""
        told = self.model_dump(include=set(UnitFilter.__dataclass_fields__))
        texts = ("line", "serial", "verdict", "by", "reason", "defect", "view", "disagreement")
        cleared = {name: plain(told[name] or "") for name in texts}
        return UnitFilter(**{**told, **cleared})


class UnitBody(BaseModel):
    """One unit in a list. Where you must not know the AI's opinion yet, what would tell it is null."""

    model_config = ConfigDict(from_attributes=True)
    line: str
    serial: str
    visit: int
    verdict: Verdict | None
    by: str
    reason: str
    ai_verdict: Verdict | None
    person_verdict: Verdict | None
    audited: bool | None
    score: float | None
    opened_at: datetime
    settled_at: datetime | None
    simulated: bool
    image_ids: list[int]


class UnitsBody(BaseModel):
    """Units, newest first. A page may hold few or none and still go on: only so many units are looked through."""

    model_config = ConfigDict(from_attributes=True)
    units: list[UnitBody]
    next: int | None = Field(description="Go on with `before` this; null at the end.")
    looked_to: datetime | None = Field(description="How far back was looked, where it is not to the last unit given.")


class PageQuery(UnitQuery):
    """And which page of them."""

    before: int | None = Field(default=None, ge=1, lt=2**63)
    limit: int = Field(default=50, ge=1, le=500)


@router.get("/units", responses=PEOPLE_PROBLEMS)
def get_units(caller: AsEngineer, query: Annotated[PageQuery, Query()]) -> UnitsBody:
    """Units of one line or of all, by what is known of them."""
    found = caller.read(
        lambda tx: units.find(tx, query.wanted(), caller.now, inspector=False, before=query.before, limit=query.limit)
    )
    return UnitsBody.model_validate(found)


@router.get(
    "/units/export/{kind}",
    response_class=StreamingResponse,
    responses={
        200: {"content": {form.media_type: {"schema": _SCHEMAS[kind]} for kind, form in FORMS.items()}},
        **PEOPLE_PROBLEMS,
    },
)
def get_export(caller: AsEngineer, kind: Kind, query: Annotated[UnitQuery, Query()]) -> StreamingResponse:
    """All units that fit, however many: `csv` has a row for each image, `coco` the places that people marked, `zip`
    the images and the table."""
    wanted = Selection(db=caller.plant.db, images=caller.plant.images, wanted=query.wanted(), now=caller.now)
    form, name = FORMS[kind], FORMS[kind].name(query.line or "", caller.now)
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return StreamingResponse(stream(wanted, kind), media_type=form.media_type, headers=headers)
