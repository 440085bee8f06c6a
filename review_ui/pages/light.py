"""Brightness over time, and learning it anew after maintenance."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.line import Unknown
from inspection.core.monitor import JUMP
from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.flow import monitor, relight
from inspection.flow.hint import changes
from inspection.store.reports import light as report
from inspection.store.reports import line as line_report
from inspection.store.reports.light import CameraLight
from review_ui.guard import Desk, guard

router = APIRouter()
Short = Annotated[str, Form(max_length=2000)]


@router.get("/lines/{line}/light")
def show(desk: Annotated[Desk, guard(Role.INSPECTOR)], line: str) -> HTMLResponse:
    """A chart for every camera's view."""
    return _page(desk, line)


@router.post("/lines/{line}/light/check")
def check(desk: Annotated[Desk, guard(Role.ENGINEER)], line: str, camera: Short, view: Short) -> Response:
    """Judge the last images again with the drift undone."""
    try:
        desk.write(lambda tx: relight.ask(tx, line=line, camera=camera, view=view, by=desk.person.name, now=desk.now))
    except (InvalidPolicy, Unknown) as refused:
        return _page(desk, line, status=422, problem=str(refused))
    return desk.go(f"/lines/{line}/light")


@router.post("/lines/{line}/light")
def learn_anew(
    desk: Annotated[Desk, guard(Role.ENGINEER)], line: str, camera: Short, view: Short, reason: Short = ""
) -> Response:
    """Learn a view's light anew, with a written reason."""
    try:
        desk.write(
            lambda tx: monitor.rebaseline(
                tx, line=line, camera=camera, view=view, by=desk.person.name, reason=reason, now=desk.now
            )
        )
    except (InvalidPolicy, Unknown) as refused:
        return _page(desk, line, status=422, problem=str(refused), typed=(camera, view, reason))
    return desk.go(f"/lines/{line}/light")


def _page(
    desk: Desk, line: str, *, status: int = 200, problem: str = "", typed: tuple[str, str, str] = ("", "", "")
) -> HTMLResponse:
    with desk.services.db.read() as tx:
        page = line_report.page(tx, line, desk.now)
        seen = report.light(tx, line, desk.now, inspector=not desk.may(Role.ENGINEER))
    charts = tuple((one, _series(one, desk)) for one in seen)
    return desk.page(
        "light.html",
        status=status,
        line=page.line,
        level=page.policy.terms.level,
        model=page.policy.terms.model,
        charts=charts,
        problem=problem,
        typed=typed,
    )


def _series(seen: CameraLight, desk: Desk) -> dict[str, Any]:
    """What the chart's script draws: times in seconds, medians, smoothed values, alarms, the limits of the smoothed
    value and of a single window, and what changed meanwhile."""
    points, base, words = seen.points, seen.baseline, desk.speech.words.light_mark
    marks = [{"time": round(mark.at.timestamp(), 3), "name": getattr(words, mark.kind)} for mark in seen.marks]
    return {
        "time": [round(p.at.timestamp(), 3) for p in points],
        "median": [round(p.brightness, 2) for p in points],
        "ewma": [None if p.ewma is None else round(p.ewma, 2) for p in points],
        "light": [str(p.light) for p in points],
        "mean": base.mean if base else None,
        "low": base.mean - base.half_width if base else None,
        "high": base.mean + base.half_width if base else None,
        "jump": [base.mean - JUMP * base.half_width, base.mean + JUMP * base.half_width] if base else [],
        "marks": marks,
        "hints": [round(points[at].at.timestamp(), 3) for at in changes([p.brightness for p in points])],
    }
