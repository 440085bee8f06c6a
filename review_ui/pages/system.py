"""How the software does: throughput, times at each stage, errors, and what is left of the machine."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from review_ui import draw
from review_ui.guard import Desk, guard

router = APIRouter()


@router.get("/system")
def show(desk: Annotated[Desk, guard(Role.ENGINEER)]) -> HTMLResponse:
    """The last hour of this server; it tells nothing of what the AI thinks of any unit."""
    now = desk.services.software()
    return desk.page(
        "system.html", system=now, stages=[(one, draw.times(one.spread)) for one in now.stages], shares=draw.QUANTILES
    )
