"""Units that two people judged differently: listed, and settled by somebody else. Nothing of the AI is told."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsAdjudicator, Id, Text
from inspection.core.adjudicate import Case, Kind
from inspection.core.decide import Verdict
from inspection.flow import adjudicate
from inspection.store.reports.adjudicate import pictures

router = APIRouter(tags=["quality"], route_class=SmallBody)


class OpinionBody(BaseModel):
    """What one person said of the unit."""

    person: str
    verdict: Verdict
    defect_types: list[str]
    note: str
    at: datetime


class CaseBody(BaseModel):
    """A unit of which somebody must say what it is in truth."""

    kind: Kind = Field(description="A second reading that differs, an answer that came late, or a reported miss.")
    number: int
    line: str
    serial: str
    visit: int
    opinions: list[OpinionBody]
    pictures: list[str] = Field(description="Addresses of its images as they came.")
    at: datetime


class Settled(BaseModel):
    """What the unit is in truth."""

    model_config = ConfigDict(extra="forbid")
    defective: bool
    reason: Text
    defect_types: list[Annotated[str, Field(max_length=32)]] = Field([], max_length=32)


@router.get("/adjudicate", responses=PEOPLE_PROBLEMS)
def get_cases(caller: AsAdjudicator) -> list[CaseBody]:
    """What waits for you, oldest first: not what you have judged yourself."""
    with caller.plant.db.read() as tx:
        waiting = [case for case in adjudicate.waiting(tx, caller.now) if case.may_settle(caller.person.name)]
        return [_told(case, [one.image_id for one in pictures(tx, case.unit_id)]) for case in waiting[:100]]


@router.post("/adjudicate/{kind}/{number}", status_code=204, responses=PEOPLE_PROBLEMS)
def settle(caller: AsAdjudicator, kind: Kind, number: Id, truth: Settled) -> None:
    """Say what the unit is in truth."""
    caller.write(
        lambda tx: adjudicate.settle(
            tx, kind=kind, number=number, defective=truth.defective, reason=truth.reason, by=caller.person.name,
            now=caller.now, defect_types=tuple(dict.fromkeys(truth.defect_types)) if truth.defective else (),
        )
    )  # fmt: skip


def _told(case: Case, images: list[int]) -> CaseBody:
    same = {name: getattr(case, name) for name in ("kind", "number", "line", "serial", "visit", "at")}
    opinions = [OpinionBody(**{**one.__dict__, "defect_types": list(one.defect_types)}) for one in case.opinions]
    return CaseBody(**same, opinions=opinions, pictures=[f"/api/v1/images/{image_id}" for image_id in images])
