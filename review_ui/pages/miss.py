"""A settled unit is reported as wrongly passed or wrongly rejected."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from fastapi.responses import Response

from inspection.core.people import Role
from inspection.flow import miss
from review_ui.guard import Desk, guard

router = APIRouter()


@router.post("/lines/{line}/misses")
def report(
    desk: Annotated[Desk, guard(Role.INSPECTOR)], line: str, unit: Annotated[int, Form(ge=1, lt=2**63)],
    serial: Annotated[str, Form(max_length=128)] = "", reason: Annotated[str, Form(max_length=1000)] = "",
    defects: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:  # fmt: skip
    """Send the unit to somebody else for a blind look."""
    types = tuple(dict.fromkeys(defects))
    desk.write(
        lambda tx: miss.report(
            tx, line=line, unit_id=unit, defect_types=types, reason=reason, person=desk.person, now=desk.now
        )
    )
    return desk.go(f"/lines/{quote(line)}/units/{quote(serial)}")
