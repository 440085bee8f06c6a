"""What if: the line's past units decided again under other terms. Nothing on the line changes."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, FiniteFloat

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, LineName
from inspection.api.policy import TermsBody, WantedTerms, terms_body, versions
from inspection.core.policy import Terms
from inspection.core.replay import Estimate, Prices, WhatIf
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.reports.replay import MAX_UNITS, Past, Window, past

router = APIRouter(tags=["replay"], route_class=SmallBody)
Price = Annotated[FiniteFloat, Field(ge=0, le=1e12)]
_MOST_TOLD = 100


class WantedReplay(WantedTerms):
    """Other terms, the window, and prices in any one currency."""

    units: int = Field(5000, ge=1, le=MAX_UNITS, description="So many of the newest units.")
    days: Annotated[FiniteFloat, Field(ge=0, le=36_500)] | None = Field(
        None, description="Only units of the last days."
    )
    escape: Price | None = Field(None, description="What one escape costs.")
    overkill: Price | None = Field(None, description="What one overkill costs.")
    hour: Price | None = Field(None, description="What an inspector's hour costs.")


class EstimateBody(BaseModel):
    """A share of all units with its 95 % interval."""

    share: float
    low: float
    high: float
    labels: int = Field(description="It is estimated from so many labels.")


class WhatIfBody(BaseModel):
    """How the window goes under some terms."""

    terms: TermsBody
    units: int
    automated: float = Field(description="The share of units that the AI settles.")
    passed: int
    rejected: int
    referred: int = Field(description="Units that people settle.")
    unknown: int = Field(description="Units that the terms' model was never asked about; they go to people.")
    escapes: EstimateBody
    overkill: EstimateBody
    hours: float | None = Field(description="Inspectors' hours, audits included; null while no review was timed.")
    cost: float | None = Field(description="The cost of all that is priced; null where nothing is.")


class DifferenceBody(BaseModel):
    """A past decision that its own policy would not make again: altered, or made by other rules."""

    unit: str
    image: int
    policy: int | None
    then: str
    now: str


class ReplayBody(BaseModel):
    """The window under the terms in force and under those asked about."""

    in_force: WhatIfBody
    what_if: WhatIfBody
    differences: int = Field(description="Past decisions that do not come out as they did: none, unless altered.")
    different: list[DifferenceBody] = Field(description=f"The first {_MOST_TOLD} of them.")


@router.post("/lines/{line}/replay", responses=PEOPLE_PROBLEMS)
def post_replay(caller: AsEngineer, line: LineName, wanted: WantedReplay) -> ReplayBody:
    """Decide the line's last units again, under the terms in force and under others."""
    since = None if wanted.days is None else caller.now - timedelta(days=wanted.days)
    prices = Prices(escape=wanted.escape, overkill=wanted.overkill, hour=wanted.hour)

    def look(tx: Tx) -> tuple[Past, Terms, dict[str, int]]:
        known = lines.in_force(tx, line)
        terms = wanted.terms(tx, known)
        return past(tx, line, Window(since=since, units=wanted.units)), terms, versions(tx, known.id)

    found, terms, named = caller.read(look)
    replay = found.replay()
    altered = list(found.differences())
    return ReplayBody(
        in_force=_body(found.in_force, replay.under(found.in_force), prices, named),
        what_if=_body(terms, replay.under(terms), prices, named), differences=len(altered),
        different=[
            DifferenceBody(
                unit=one.label, image=one.image_id, policy=found.numbers.get(one.policy),
                then=f"{one.then.outcome}: {one.then.reason}", now=f"{one.now.outcome}: {one.now.reason}",
            )
            for one in altered[:_MOST_TOLD]
        ],
    )  # fmt: skip


def _body(terms: Terms, told: WhatIf, prices: Prices, named: dict[str, int]) -> WhatIfBody:
    return WhatIfBody(
        terms=terms_body(terms, named), units=told.units, automated=told.automated, passed=told.passed,
        rejected=told.rejected, referred=told.referred, unknown=told.unknown, escapes=_estimate(told.escapes),
        overkill=_estimate(told.overkill), hours=told.hours, cost=told.cost(prices),
    )  # fmt: skip


def _estimate(one: Estimate) -> EstimateBody:
    return EstimateBody(share=one.share, low=one.low, high=one.high, labels=one.labels)
