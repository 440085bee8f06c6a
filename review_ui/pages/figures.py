"""A line's figures over time, by stage of the pipeline."""

from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from inspection.core.tally import FEWEST, GREY, PER_MINUTE, PIXELS, SHARE
from inspection.store.reports import tally as report
from inspection.store.reports.tally import Curve, FiguresPage
from review_ui.guard import Desk, guard

router = APIRouter()
_NUMBER = "%.5g"  # as many digits as a small chart can show


@router.get("/lines/{line}/figures")
def show(
    desk: Annotated[Desk, guard(Role.ENGINEER)], line: str, span: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """Small charts for each stage; shares of few units would tell an inspector of a unit in hand. A line that has just
    begun has no more than minutes."""
    chosen = span if span in report.SPANS else "day"
    page = _page(desk, line, chosen)
    if not span and not any(one.curves for one in page.stages):
        chosen, page = "hours", _page(desk, line, "hours")
    stages = [(one, [(eye, list(curves)) for eye, curves in groupby(one.curves, _eye)]) for one in page.stages]
    return desk.page(
        "figures.html", line=page.line, page=page, stages=stages, span=chosen, spans=tuple(report.SPANS),
        times=_times(page), drawn=_drawn, fewest=FEWEST,
        units=(PER_MINUTE, GREY, PIXELS),
    )  # fmt: skip


def _page(desk: Desk, line: str, span: str) -> FiguresPage:
    return desk.read(lambda tx: report.page(tx, line, desk.now, report.SPANS[span]))


def _eye(curve: Curve) -> tuple[str, str]:
    return curve.camera, curve.view


def _times(page: FiguresPage) -> dict[str, int]:
    """What the charts share: the first time and the step in seconds, and how many points there are."""
    return {
        "start": int(page.start.timestamp()), "step": int(page.step.total_seconds()), "points": page.points,
    }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the chart's script draws, as JSON: means and, where single values may be told, the least and the greatest;
    and between which values the means lie, for those who cannot see the chart."""

    series: str
    between: tuple[float, float] | None


def _drawn(curve: Curve) -> Drawn:
    there = [one for one in curve.points if one is not None]
    form = ",".join(["null" if one is None else _NUMBER for one in curve.points])
    means = tuple([one[1] / one[0] for one in there])
    lists = {"mean": means}
    if curve.figure.unit != SHARE and not curve.figure.tells:
        lists |= {"low": tuple([one[2] for one in there]), "high": tuple([one[3] for one in there])}
    series = ",".join(f'"{name}":[{form % values}]' for name, values in lists.items())
    return Drawn(series=f"{{{series}}}", between=(min(means), max(means)) if means else None)
