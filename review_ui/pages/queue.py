"""What waits for people, by line."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from inspection.store.reports import review as report
from inspection.store.reports import study as studies
from review_ui.guard import Desk, guard

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]


@router.get("/queue")
def show(desk: Inspector) -> HTMLResponse:
    """The queue; an audit counts like any other unit."""
    state, asked = desk.read(
        lambda tx: (report.queue_state(tx, desk.person.id, desk.now), studies.wanted(tx, desk.person.id))
    )
    return desk.page("queue.html", queue=state, studies=asked)


@router.get("/queue/count")
def count(desk: Inspector) -> HTMLResponse:
    """How many units wait, for the bar at the top."""
    waiting = desk.read(lambda tx: report.queue_state(tx, desk.person.id, desk.now)).load.waiting
    return HTMLResponse(f'<span class="count">{waiting}</span>' if waiting else "")


@router.get("/queue/load")
def load(desk: Inspector, line: str = "") -> HTMLResponse:
    """How far behind the queue is, for the review page."""
    state = desk.read(lambda tx: report.queue_state(tx, desk.person.id, desk.now))
    found = next((lane.load for lane in state.lines if lane.name == line), state.load)
    return desk.page("queue_load.html", load=found, line=line)
