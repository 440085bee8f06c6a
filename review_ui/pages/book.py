"""A line's book: references and examples, chosen by engineers and shown beside the unit under review."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, Response

from inspection.core.book import InvalidPage
from inspection.core.people import Role
from inspection.flow import book
from inspection.store.reports import book as report
from inspection.store.reports import line as line_report
from review_ui.guard import Desk, Id, guard

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Short = Annotated[str, Form(max_length=100)]


@router.get("/lines/{line}/book")
def show(desk: Inspector, line: str) -> HTMLResponse:
    """How good units look, and what counts as a defect."""
    return _book(desk, line)


@router.post("/lines/{line}/book")
def add(
    desk: Engineer, line: str, image: Annotated[int, Form(ge=1, lt=2**63)], what: Short = "",
    words: Annotated[str, Form(max_length=1000)] = "",
) -> Response:  # fmt: skip
    """Put an image in: `reference`, or `counts:` or `not:` with a defect type, as the form says it."""
    kind, _, defect = what.partition(":")
    return _act(desk, line, lambda tx: book.add(
        tx, line=line, image_id=image, defect="" if kind == "reference" else defect or kind, counts=kind != "not",
        words=words, by=desk.person.name, now=desk.now,
    ))  # fmt: skip


@router.post("/lines/{line}/book/{number}/retire")
def retire(desk: Engineer, line: str, number: Id) -> Response:
    """Take an image out."""
    return _act(desk, line, lambda tx: book.retire(tx, line=line, number=number, by=desk.person.name, now=desk.now))


@router.get("/review/{task_id}/beside/{what}")
def beside(desk: Inspector, task_id: Id, what: str) -> HTMLResponse:
    """What lies beside a unit in hand: the references (`golden`), the defect `book`, or the `last` good unit."""

    def look(tx: Any) -> dict[str, Any]:
        held = report.in_hands_of(tx, task_id, desk.person.id)
        if held is None or what not in ("golden", "book", "last"):
            raise HTTPException(404)
        if what == "last":
            return {
                "pictures": report.last_passed(tx, held.line_id, desk.person.id, held.unit_id, desk.now),
                "book": None,
            }
        pages = report.book(tx, held.line, held.unit_id)
        return {"pictures": report.references(pages.pages), "book": pages if what == "book" else None}

    return desk.page("beside.html", what=what, **desk.read(look))


def _book(desk: Desk, line: str, problem: str = "", status: int = 200) -> HTMLResponse:
    found = desk.read(lambda tx: (line_report.line(tx, line), report.book(tx, line)))
    return desk.page("book.html", line=found[0], book=found[1], problem=problem, status=status)


def _act(desk: Desk, line: str, flow: Callable[[Any], object]) -> Response:
    try:
        desk.write(flow)
    except InvalidPage as refused:
        return _book(desk, line, str(refused), 422)
    return desk.go(f"/lines/{line}/book")
