"""The knobs of a simulated line, for showing what the product does when light, parts or cameras go wrong."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.people import Role
from inspection.flow import demo
from inspection.store.reports import line as report
from review_ui.guard import Desk, guard

router = APIRouter()


@router.post("/lines/{line}/demo")
def turn(
    desk: Annotated[Desk, guard(Role.ENGINEER)], line: str, name: Annotated[str, Form(max_length=32)],
    value: Annotated[float, Form()] = 0.0,
) -> Response:  # fmt: skip
    """Turn one knob of a simulated line."""
    control = demo.knobs(desk.services.demo, desk.read(lambda tx: report.line(tx, line)))
    demo.turn(control, name, value)
    if not desk.in_part:
        return desk.go(f"/lines/{line}#demo")
    return panel(desk, line)


def panel(desk: Desk, line: str) -> HTMLResponse:
    """The panel alone, as it stands now."""
    assert desk.services.demo is not None
    return desk.page("demo.html", demo=desk.services.demo.state(), knobs=demo.KNOBS, line_name=line)
