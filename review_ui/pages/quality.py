"""How well people judge, and the AI as one more of them: all figures for engineers, one's own for everybody."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from inspection.store.reports import quality as report
from review_ui.guard import Desk, guard

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]


@router.get("/quality")
def show(
    desk: Inspector, line: Annotated[str, Query(max_length=100)] = "", days: Annotated[int, Query(ge=1, le=90)] = 30
) -> HTMLResponse:
    """The figures of a line or of all, in the last days; inspectors and adjudicators see their own."""
    only = "" if desk.may(Role.ENGINEER) else desk.person.name
    found = desk.read(lambda tx: report.quality(tx, desk.now, line, days, only))
    return desk.page("quality.html", report=found, quality=found.quality, spans=report.SPANS, own=bool(only))
