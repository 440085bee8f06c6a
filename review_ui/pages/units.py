"""Units in a list, and the whole story of one."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from inspection.store.reports import line as line_report
from inspection.store.reports import story as stories
from inspection.store.reports import units
from inspection.store.reports.units import PAGE, UnitFilter
from review_ui.guard import Desk, guard

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]
Text = Annotated[str, Query(max_length=128)]


@router.get("/lines/{line}/units")
def listed(
    desk: Inspector, line: str, serial: Text = "", verdict: Text = "", by: Text = "", reason: Text = "",
    audited: Text = "", before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> HTMLResponse:  # fmt: skip
    """The line's newest units that fit the filter; only engineers may look for audits."""
    show_ai = desk.may(Role.ENGINEER)
    wanted = UnitFilter(
        serial=serial.strip(), verdict=verdict, by=by, reason=reason if show_ai else "",
        audited={"yes": True, "no": False}.get(audited) if show_ai else None, before_id=before,
    )  # fmt: skip
    with desk.services.db.read() as tx:
        known = line_report.line(tx, line)
        found = units.recent(tx, line, wanted, desk.now, inspector=not show_ai)
    older = found[-1].unit_id if len(found) == PAGE else None
    typed = {"serial": serial, "verdict": verdict, "by": by, "reason": reason, "audited": audited}
    return desk.page("units.html", line=known, units=found, typed=typed, older=older, show_ai=show_ai)


@router.get("/lines/{line}/units/{serial:path}")
def story(desk: Inspector, line: str, serial: str) -> HTMLResponse:
    """Every visit of a unit; of one whose blind review is open, nothing of the AI."""
    inspector = not desk.may(Role.ENGINEER)
    with desk.services.db.read() as tx:
        known = line_report.line(tx, line)
        visits = stories.story_for(tx, line, serial, desk.person.id, desk.now, inspector=inspector)
    return desk.page("story.html", line=known, serial=serial, visits=visits)
