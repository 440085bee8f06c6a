"""A line's figures over time, by stage of the pipeline: for engineers, since figures of few units tell of them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, LineName
from inspection.core.stage import Stage
from inspection.core.tally import FEWEST
from inspection.store.reports import tally as report
from inspection.store.reports.tally import Curve

router = APIRouter(tags=["alarms"], route_class=SmallBody)


class SpanName(StrEnum):
    """How far back is looked."""

    HOURS = "hours"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class PointBody(BaseModel):
    """One step of time: how many values, their mean and, where single ones may be told, the least and the greatest. A
    figure that would tell of single units has one for each hour at the finest, where the hour begins."""

    at: datetime
    n: int
    mean: float
    low: float | None
    high: float | None


class CurveBody(BaseModel):
    """One figure of the line (camera and view empty) or of a camera's view; steps without any are left out."""

    figure: str
    stage: Stage
    unit: str = Field(description="share, seconds, milliseconds, per_minute, grey, pixels or plain.")
    camera: str
    view: str
    newest: float | None = Field(
        description="The mean of the last quarter of an hour, or of the last whole hour where it tells of single units."
    )
    usual: float | None = Field(description="The median of the last week's hours.")
    stands_out: bool = Field(description="Whether the newest is unlike those hours.")
    withheld: bool = Field(description=f"Whether hours of fewer than {FEWEST} are left out: they would tell of a unit.")
    points: list[PointBody]


class StageBody(BaseModel):
    """One stage, in order, with the texts of its alarms that stand, the gravest first."""

    stage: Stage
    alarms: list[str]


class FiguresBody(BaseModel):
    """The figures of a line from `start` on, one point each `step_s`. `ran` is whether images came in the last quarter
    of an hour."""

    start: datetime
    step_s: int
    steps: int
    ran: bool | None
    stages: list[StageBody]
    curves: list[CurveBody]


@router.get("/lines/{line}/figures", responses=PEOPLE_PROBLEMS)
def get_figures(
    caller: AsEngineer, line: LineName, span: SpanName = SpanName.DAY,
    since: Annotated[AwareDatetime | None, Query(description="From when on; without it the newest.")] = None,
) -> FiguresBody:  # fmt: skip
    """What each stage of the pipeline measured, from what is kept by the minute, ten minutes, hour and day."""
    page = caller.read(lambda tx: report.page(tx, line, caller.now, report.SPANS[span], since))
    return FiguresBody(
        start=page.start, step_s=int(page.step.total_seconds()), steps=page.points, ran=page.ran,
        stages=[StageBody(stage=one.stage, alarms=[alarm.text for alarm in one.alarms]) for one in page.stages],
        curves=[
            _curve(curve, [page.start + at * page.step for at in range(page.points)])
            for one in page.stages
            for curve in one.curves
        ],
    )  # fmt: skip


def _curve(curve: Curve, times: list[datetime]) -> CurveBody:
    single = not curve.figure.tells
    return CurveBody(
        figure=curve.figure.name, stage=curve.figure.stage, unit=curve.figure.unit, camera=curve.camera,
        view=curve.view, newest=curve.newest, usual=curve.usual.median if curve.usual else None,
        stands_out=curve.stands_out, withheld=curve.withheld,
        points=[
            PointBody(
                at=at, n=int(one[0]), mean=one[1] / one[0], low=one[2] if single else None,
                high=one[3] if single else None,
            )
            for at, one in zip(times, curve.points, strict=True)
            if one is not None
        ],
    )  # fmt: skip
