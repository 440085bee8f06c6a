"""All lines on a wall screen: it shows, and changes nothing."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from inspection.flow.andon import andon
from review_ui import draw
from review_ui.guard import Desk, guard

router = APIRouter()


@router.get("/andon")
def show(desk: Annotated[Desk, guard(Role.VIEWER)]) -> HTMLResponse:
    """The wall screen."""
    tiles = desk.read(lambda tx: andon(tx, desk.now))
    theme = "light" if desk.request.cookies.get("theme") == "light" else "dark"
    return desk.page("andon.html", tiles=tiles, columns=draw.wall(len(tiles)), theme=theme)
