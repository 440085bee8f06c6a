"""How well people judge, and the AI as one more of them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsInspector
from inspection.core import quality as core
from inspection.core.agreement import Band
from inspection.core.agreement import Estimate as Figure
from inspection.core.line import LINE_NAME
from inspection.core.people import Role
from inspection.store.reports import quality as report

router = APIRouter(tags=["quality"], route_class=SmallBody)


class EstimateBody(BaseModel):
    """A figure with its range, which holds with 95 % confidence."""

    value: float
    low: float
    high: float
    items: int
    band: Band = Field(description="From .9 on good, from .7 on marginal; of kappa and AC1.")


class AppraiserBody(BaseModel):
    """One who judges. Null is what cannot be said."""

    name: str
    judged: int
    seconds: float | None = Field(description="The median time of a judgement.")
    found: EstimateBody | None = Field(description="Of defective units, the share rejected (sensitivity).")
    cleared: EstimateBody | None = Field(description="Of good units, the share passed (specificity).")
    agreed: EstimateBody | None
    kappa: EstimateBody | None = Field(description="Cohen's against the others; Fleiss' of all together.")
    ac1: EstimateBody | None


class BiasBody(BaseModel):
    """Of the AI's wrong suggestions, those on which people said the same, in sight and hidden."""

    shown: int
    went_along: int
    hidden: int
    said_so_too: int
    difference: float | None = Field(description="Null while there are fewer than ten on either side.")
    low: float | None
    high: float | None
    p: float | None


class QualityBody(BaseModel):
    """All figures; what an inspector asks for has only their own."""

    until: datetime
    people: list[AppraiserBody]
    everybody: AppraiserBody | None
    ai: AppraiserBody | None
    types: list[AppraiserBody]
    bias: BiasBody


@router.get("/quality", responses=PEOPLE_PROBLEMS)
def get_quality(
    caller: AsInspector, line: Annotated[str | None, Query(pattern=f"^{LINE_NAME.pattern}$")] = None,
    days: Annotated[int, Query(ge=1, le=90)] = 30,
) -> QualityBody:  # fmt: skip
    """The figures of a line, or of all that are not simulated; inspectors get their own, up to midnight."""
    only = "" if caller.may(Role.ENGINEER) else caller.person.name
    found = caller.read(lambda tx: report.quality(tx, caller.now, line or "", days, only))
    told, apart = found.quality, found.quality.bias.difference
    counted = told.bias.__dict__
    return QualityBody(
        until=found.until, people=[_appraiser(one) for one in told.people],
        everybody=None if only else _appraiser(told.everybody), ai=None if only else _appraiser(told.ai),
        types=[] if only else [_appraiser(one) for one in told.types],
        bias=BiasBody(
            **counted, difference=apart.value if apart else None, low=apart.low if apart else None,
            high=apart.high if apart else None, p=apart.p if apart else None,
        ),
    )  # fmt: skip


def _appraiser(one: core.Appraiser) -> AppraiserBody:
    figures = {name: figure(getattr(one, name)) for name in ("found", "cleared", "agreed", "kappa", "ac1")}
    return AppraiserBody(name=one.name, judged=one.judged, seconds=one.seconds, **figures)


def figure(one: Figure | None) -> EstimateBody | None:
    """A figure as the API tells it."""
    return None if one is None else EstimateBody(**one.__dict__, band=one.band)
