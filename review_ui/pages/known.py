"""Known units are chosen and retired."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response

from inspection.core.known import InvalidKnown
from inspection.core.people import Role
from inspection.flow import known
from review_ui.guard import Desk, Id, guard
from review_ui.pages.proof import proof_page

router = APIRouter()
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Number = Annotated[int, Form(ge=1, lt=2**63)]
Truth = Annotated[str, Form(max_length=100)]
Reason = Annotated[str, Form(max_length=2000)]


@router.post("/lines/{line}/known")
def add(desk: Engineer, line: str, unit: Number, truth: Truth = "", reason: Reason = "") -> Response:
    """Choose a settled unit as one of known truth."""
    return _act(desk, line, lambda tx: known.add(
        tx, line=line, unit_id=unit, defective=_defective(truth), reason=reason, by=desk.person.name, now=desk.now
    ))  # fmt: skip


@router.post("/lines/{line}/known/{number}/retire")
def retire(desk: Engineer, line: str, number: Id) -> Response:
    """Show a known unit no more."""
    return _act(desk, line, lambda tx: known.retire(tx, line=line, number=number, by=desk.person.name, now=desk.now))


def _act(desk: Desk, line: str, flow: Callable[[Any], object]) -> Response:
    try:
        desk.write(flow)
    except InvalidKnown as refused:
        return proof_page(desk, line, "", status=422, known_problem=str(refused))
    return desk.go(f"/lines/{line}/proof#misses")


def _defective(truth: str) -> bool:
    if truth not in ("good", "defective"):
        raise InvalidKnown("Choose whether the unit is good or defective.")
    return truth == "defective"
