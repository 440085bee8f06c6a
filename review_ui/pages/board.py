"""All lines at a glance."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from inspection.core.people import Role
from inspection.store.reports import board as report
from review_ui.guard import WALL, Desk, guard

router = APIRouter()


@router.get("/")
def show(desk: Annotated[Desk, guard(Role.VIEWER)]) -> Response:
    """The board of lines; a wall screen has its own."""
    if not desk.may(Role.INSPECTOR):
        return desk.go(WALL)
    return desk.page("board.html", cards=desk.read(lambda tx: report.board(tx, desk.now)))
