"""The knobs of a simulated line, for showing what the product does when light, parts or cameras go wrong."""

import math
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, Response

from inspection.core.line import InvalidLine
from inspection.core.people import Role
from inspection.store.reports import line as report
from review_ui.guard import Desk, guard

router = APIRouter()


KNOBS: dict[str, tuple[float, float, float]] = {
    "lamp": (0.2, 1.3, 0.05), "defect_rate": (0.0, 0.6, 0.02), "pace": (2.0, 240.0, 2.0), "unfit": (0.0, 0.5, 0.02),
    "lost": (0.0, 0.5, 0.02), "repeated": (0.0, 0.5, 0.02), "decay": (0.0, 0.02, 0.001),
}  # fmt: skip
SWITCHES = ("paused", "frozen", "inspectors")


@router.post("/lines/{line}/demo")
def turn(
    desk: Annotated[Desk, guard(Role.ENGINEER)], line: str, name: Annotated[str, Form(max_length=32)],
    value: Annotated[float, Form()] = 0.0,
) -> Response:  # fmt: skip
    """Turn one knob of a simulated line."""
    control = desk.services.demo
    known = desk.read(lambda tx: report.line(tx, line))
    if control is None or not known.simulated or name not in (*KNOBS, *SWITCHES) or not math.isfinite(value):
        raise HTTPException(404)
    low, high, _ = KNOBS.get(name, (0.0, 1.0, 1.0))
    try:
        control.set(name, min(max(value, low), high))
    except ValueError as refused:
        raise InvalidLine(str(refused)) from refused
    if not desk.in_part:
        return desk.go(f"/lines/{line}#demo")
    return panel(desk, line)


def panel(desk: Desk, line: str) -> HTMLResponse:
    """The panel alone, as it stands now."""
    assert desk.services.demo is not None
    return desk.page("demo.html", demo=desk.services.demo.state(), knobs=KNOBS, line_name=line)
