"""Units in a list, of one line or of all, and the whole story of one."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from inspection.store.reports import line as line_report
from inspection.store.reports import story as stories
from inspection.store.reports import units
from inspection.store.reports.wanted import DISAGREEMENTS
from review_ui.asked import Asked, TheQuery, read
from review_ui.guard import Desk, guard

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]
REASONS = (
    "passed_by_person", "rejected_by_person", "all_views_passed", "view_rejected", "view_referred", "view_missing",
    "view_undecided",
)  # fmt: skip


@router.get("/units")
def everywhere(desk: Inspector, query: TheQuery) -> HTMLResponse:
    """The newest units that fit, of all lines or of the one that is asked for."""
    return _listed(desk, read(query, engineer=desk.may(Role.ENGINEER)), line=None)


@router.get("/lines/{line}/units")
def listed(desk: Inspector, line: str, query: TheQuery) -> HTMLResponse:
    """The line's newest units that fit."""
    query = query.model_copy(update={"line": line})
    known = desk.read(lambda tx: line_report.line(tx, line))
    return _listed(desk, read(query, engineer=desk.may(Role.ENGINEER)), line=known)


def _listed(desk: Desk, asked: Asked, *, line: Any) -> HTMLResponse:
    engineer = desk.may(Role.ENGINEER)
    with desk.services.db.read() as tx:
        choices = units.choices(tx, asked.wanted.line)
        found = None
        if not asked.problem:
            found = units.find(tx, asked.wanted, desk.now, inspector=not engineer, before=asked.typed.before)
    return desk.page(
        "units.html", status=422 if asked.problem else 200, line=line, found=found, asked=asked, typed=asked.typed,
        choices=choices, show_ai=engineer, reasons=REASONS, disagreements=DISAGREEMENTS,
    )  # fmt: skip


@router.get("/lines/{line}/units/{serial:path}")
def story(desk: Inspector, line: str, serial: str) -> HTMLResponse:
    """Every visit of a unit; of one whose blind review is open, nothing of the AI."""
    inspector = not desk.may(Role.ENGINEER)
    with desk.services.db.read() as tx:
        known = line_report.line(tx, line)
        visits = stories.story_for(tx, line, serial, desk.person.id, desk.now, inspector=inspector)
    return desk.page("story.html", line=known, serial=serial, visits=visits)
