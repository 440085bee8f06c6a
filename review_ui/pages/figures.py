"""A line's figures over time, by stage of the pipeline."""

from collections.abc import Sequence
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
        times=_times(page), series=_series, extremes=_extremes, fewest=FEWEST,
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


def _series(curve: Curve) -> str:
    """What the chart's script draws, as JSON: means and, where single values may be told, the least and the
    greatest."""
    points, bare = curve.points, curve.figure.unit == SHARE or curve.figure.tells
    means = _json([None if one is None else one[1] / one[0] for one in points])
    if bare:
        return f'{{"mean":{means}}}'
    low, high = (_json([None if one is None else one[at] for one in points]) for at in (2, 3))
    return f'{{"mean":{means},"low":{low},"high":{high}}}'


def _json(values: Sequence[float | None]) -> str:
    """A list of numbers, with as many digits as a small chart can show."""
    return f"[{','.join('null' if value is None else f'{value:.5g}' for value in values)}]"


def _extremes(curve: Curve) -> tuple[float, float] | None:
    """Between which values the means lie, for those who cannot see the chart."""
    means = [one[1] / one[0] for one in curve.points if one is not None]
    return (min(means), max(means)) if means else None
