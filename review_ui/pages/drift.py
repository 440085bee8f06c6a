"""Drift of what a line's model says, view by view and against people; and learning a reference anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.line import Unknown
from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.core.shift import LARGE, SMALL, Kind
from inspection.flow import concept, drift
from inspection.flow.concept import Concept
from inspection.store.reports import drift as report
from inspection.store.reports import line as line_report
from inspection.store.reports.drift import ViewDrift
from review_ui.guard import Desk, guard

router = APIRouter()
Short = Annotated[str, Form(max_length=2000)]
TALL = 96  # of the histograms' highest bar


@router.get("/lines/{line}/drift")
def show(desk: Annotated[Desk, guard(Role.ENGINEER)], line: str) -> HTMLResponse:
    """Charts for every camera's view, and of agreement and escapes."""
    return _page(desk, line)


@router.post("/lines/{line}/drift")
def learn_anew(
    desk: Annotated[Desk, guard(Role.ENGINEER)], line: str, camera: Short, view: Short, reason: Short = ""
) -> Response:
    """Learn a view's reference anew, with a written reason."""
    asked = {"line": line, "camera": camera, "view": view, "by": desk.person.name, "reason": reason}
    try:
        desk.write(lambda tx: drift.learn_anew(tx, **asked, now=desk.now))
    except (InvalidPolicy, Unknown) as refused:
        return _page(desk, line, status=422, problem=str(refused), typed=(camera, view, reason))
    return desk.go(f"/lines/{line}/drift")


def _page(
    desk: Desk, line: str, *, status: int = 200, problem: str = "", typed: tuple[str, str, str] = ("", "", "")
) -> HTMLResponse:
    with desk.services.db.read() as tx:
        known = line_report.line(tx, line)
        views = report.views(tx, line, desk.now)
        read = None if desk.in_part else concept.labels(tx, line, desk.now)
    labels = concept.over_time(read) if read else None  # not every half minute: it moves with labels, and takes a while
    return desk.page(
        "drift.html", status=status, line=known, problem=problem, typed=typed, labels=labels, kinds=tuple(Kind),
        views=tuple((one, _psi(one, desk), _beside(one)) for one in views),
        agreement=_agreement(labels, desk) if labels else None,
        evidence=_evidence(labels, desk) if labels else None,
    )  # fmt: skip


def _psi(seen: ViewDrift, desk: Desk) -> dict[str, Any]:
    """What the chart's script draws of a view: PSI of each figure at each look, with its zones and what changed."""
    words, names = desk.speech.words.drift_mark, desk.speech.words.drift_kind
    times = sorted({one.at for looks in seen.looks.values() for one in looks})
    lines = []
    for kind in seen.looks:
        at = {one.at: one for one in seen.looks[kind]}
        values = [round(at[time].psi, 4) if time in at else None for time in times]
        states = [str(at[time].state) if time in at else "" for time in times]
        lines.append({"name": getattr(names, kind), "kind": str(kind), "values": values, "states": states})
    zones = [{"from": SMALL, "to": LARGE, "alarm": False}, {"from": LARGE, "to": None, "alarm": True}]
    marks = [
        {"time": _seconds(mark.at), "name": getattr(words, mark.kind)}
        for mark in seen.marks
        if hasattr(words, mark.kind)
    ]
    return {
        "time": [_seconds(at) for at in times], "lines": lines, "zones": zones, "marks": marks, "floor": 0,
        "ceiling": None, "show": [0, 1.2 * LARGE], "digits": 3,
    }  # fmt: skip


def _beside(seen: ViewDrift) -> list[tuple[float, float]]:
    """Heights of the bars of the reference's and the newest scores, as shares of their images."""
    both = (seen.first_scores, seen.newest_scores)
    if not all(both):
        return []
    shares = [[n / sum(counts) for n in counts] for counts in both]
    most = max(max(one) for one in shares)
    return [(round(TALL * old / most, 2), round(TALL * new / most, 2)) for old, new in zip(*shares, strict=True)]


def _agreement(labels: Concept, desk: Desk) -> dict[str, Any]:
    """Agreement in each stretch of labels, with its interval."""
    told = [one for one in labels.stretches if one.agreed.of]
    values = {
        "name": desk.speech.words.drift_page.agreed, "values": [one.agreed.events / one.agreed.of for one in told],
        "low": [one.agreed.low for one in told], "high": [one.agreed.high for one in told],
    }  # fmt: skip
    return _chart([one.until for one in told], [values], floor=None, ceiling=1.0, show=[1.0], digits=3)


def _evidence(labels: Concept, desk: Desk) -> dict[str, Any]:
    """log E of each guard after each label, and where it trips."""
    words = desk.speech.words.guard_kind
    lines = [
        {"name": getattr(words, one.kind), "values": [round(value, 3) for value in one.log_e]} for one in labels.courses
    ]
    at = labels.courses[0].at if labels.courses else ()
    zones = [{"from": labels.trips_at, "to": None, "alarm": True}]
    return _chart(at, lines, zones=zones, show=[1.15 * labels.trips_at], digits=2)


def _chart(at: Sequence[datetime], lines: list[dict[str, Any]], **other: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"zones": [], "marks": [], "floor": None, "ceiling": None}
    return {"time": [_seconds(one) for one in at], "lines": lines, **plain, **other}


def _seconds(at: datetime) -> float:
    return round(at.timestamp(), 3)
