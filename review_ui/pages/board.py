"""All lines at a glance."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from inspection.store.reports import board as report
from review_ui.guard import Desk, guard

router = APIRouter()


@router.get("/")
def show(desk: Annotated[Desk, guard(Role.INSPECTOR)]) -> HTMLResponse:
    """The board of lines."""
    return desk.page("board.html", cards=desk.read(lambda tx: report.board(tx, desk.now)))
