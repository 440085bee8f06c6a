"""A selection of units to take away."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.flow.export import FORMS, Kind, Selection, stream
from review_ui.asked import TheQuery, read
from review_ui.guard import Desk, guard

router = APIRouter()


@router.get("/units/export/{kind}")
def export(desk: Annotated[Desk, guard(Role.ENGINEER)], kind: Kind, query: TheQuery) -> Response:
    """All units that the address asks for, as a stream."""
    asked = read(query, engineer=True)
    if asked.problem:
        raise InvalidPolicy(asked.problem)
    wanted = Selection(db=desk.services.db, images=desk.services.images, wanted=asked.wanted, now=desk.now)
    form = FORMS[kind]
    headers = {"content-disposition": f'attachment; filename="{form.name(asked.wanted.line, desk.now)}"'}
    return StreamingResponse(stream(wanted, kind), media_type=form.media_type, headers=headers)
