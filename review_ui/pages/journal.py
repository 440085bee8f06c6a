"""The journal, newest entries first: who or what changed which state from what to what, why and when."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from inspection.core.journal import plain
from inspection.core.moment import moment
from inspection.core.people import Role
from inspection.store.reports import journal
from review_ui.guard import Desk, guard

router = APIRouter()


@router.get("/journal")
def show(
    desk: Annotated[Desk, guard(Role.ENGINEER)], subject: Annotated[str, Query(max_length=300)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> HTMLResponse:  # fmt: skip
    """A page of entries of a subject and of all that lies under it."""
    asked = plain(subject).strip().strip("/")
    told = desk.read(lambda tx: journal.before(tx, before, desk.now, subject=asked))
    rows = [(entry, moment(entry.at)) for entry in reversed(told.entries)]
    older = told.first if told.whole else None
    return desk.page("journal.html", rows=rows, withheld=len(told.withheld), subject=asked, older=older)
