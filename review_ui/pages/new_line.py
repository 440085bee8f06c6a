"""A line is added."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.line import PHONE_DEFECTS, InvalidLine, Line, Recipe
from inspection.core.people import Role
from inspection.flow import line as flow
from review_ui.guard import Desk, guard

router = APIRouter()
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Short = Annotated[str, Form(max_length=1000)]
EMPTY = {
    "name": "", "title": "", "place": "", "views": "front, back", "defect_types": ", ".join(PHONE_DEFECTS),
    "locate": "",
}  # fmt: skip


@router.get("/new-line")
def show(desk: Engineer) -> HTMLResponse:
    """The form for a new line."""
    return _form(desk, EMPTY)


@router.post("/new-line")
def add(
    desk: Engineer,
    title: Short = "",
    name: Short = "",
    place: Short = "",
    views: Short = "",
    defect_types: Short = "",
    locate: Short = "",
) -> Response:
    """Add the line, and go straight to its photos and training."""
    typed = {
        "name": name, "title": title, "place": place, "views": views, "defect_types": defect_types, "locate": locate,
    }  # fmt: skip
    named = name.strip() or re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:64]
    try:
        recipe = Recipe(views=_listed(views), defect_types=_listed(defect_types), locate=bool(locate))
        line = Line(name=named, title=title.strip(), place=place.strip(), recipe=recipe)
        desk.write(lambda tx: flow.add(tx, line=line, by=desk.person.name, now=desk.now))
    except InvalidLine as refused:
        return _form(desk, typed, problem=str(refused), status=422)
    return desk.go(f"/lines/{line.name}/training")


def _listed(text: str) -> tuple[str, ...]:
    """What is written with commas or on lines of its own."""
    return tuple(word for part in re.split(r"[,;\n]", text) if (word := part.strip().lower()))


def _form(desk: Desk, typed: dict[str, str], *, problem: str = "", status: int = 200) -> HTMLResponse:
    told: dict[str, Any] = {"typed": typed, "problem": problem}
    return desk.page("new_line.html", status=status, **told)
