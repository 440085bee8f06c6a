"""A line's book: references of views, and examples of what counts as a defect and what does not."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, AsInspector, Id, LineName
from inspection.core.book import MAX_WORDS
from inspection.flow import book as flow
from inspection.store.reports import book as report

router = APIRouter(tags=["review"], route_class=SmallBody)


class PageBody(BaseModel):
    """An image of the book."""

    model_config = ConfigDict(from_attributes=True)
    number: int
    image_id: int = Field(description="Its picture is at /api/v1/images/{image_id}.")
    serial: str
    view: str
    defect: str = Field(description="Empty for the reference of a view: how it looks on a good unit.")
    counts: bool = Field(description="False for what looks like the defect and is none.")
    words: str
    by: str
    at: datetime


class WantedPage(BaseModel):
    """An image of a settled unit for the book."""

    model_config = ConfigDict(extra="forbid")
    image_id: Annotated[int, Field(ge=1, lt=2**63)]
    defect: str = Field("", max_length=32, description="Empty for the reference of the image's view.")
    counts: bool = True
    words: str = Field("", max_length=MAX_WORDS, description="What counts here, or why it does not.")


@router.get("/lines/{line}/book", responses=PEOPLE_PROBLEMS)
def pages(caller: AsInspector, line: LineName) -> list[PageBody]:
    """The book of the line."""
    return [PageBody.model_validate(page) for page in caller.read(lambda tx: report.book(tx, line)).pages]


@router.post("/lines/{line}/book", status_code=201, responses=PEOPLE_PROBLEMS)
def add(caller: AsEngineer, line: LineName, page: WantedPage) -> PageBody:
    """Put an image in; a new reference takes the place of the one before."""
    number = caller.write(
        lambda tx: flow.add(
            tx, line=line, image_id=page.image_id, defect=page.defect, counts=page.counts, words=page.words,
            by=caller.person.name, now=caller.now,
        )
    )  # fmt: skip
    found = caller.read(lambda tx: report.book(tx, line)).pages
    return next(PageBody.model_validate(one) for one in found if one.number == number)


@router.post("/lines/{line}/book/{number}/retire", status_code=204, responses=PEOPLE_PROBLEMS)
def retire(caller: AsEngineer, line: LineName, number: Id) -> None:
    """Take an image out."""
    caller.write(lambda tx: flow.retire(tx, line=line, number=number, by=caller.person.name, now=caller.now))
