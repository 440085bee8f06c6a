"""Units that two people judged differently, one at a time: somebody else says what each is in truth."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from inspection.core.adjudicate import InvalidDispute
from inspection.core.label import InvalidLabel
from inspection.core.people import Role
from inspection.flow import adjudicate
from inspection.store.reports import adjudicate as report
from review_ui.guard import Desk, Id, guard

router = APIRouter()
Adjudicator = Annotated[Desk, guard(Role.ADJUDICATOR)]
Short = Annotated[str, Form(max_length=100)]


@router.get("/adjudicate")
def show(desk: Adjudicator, after: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    """The oldest case, or the one after another."""
    return _page(desk, after)


@router.post("/adjudicate/{kind}/{number}")
def settle(
    desk: Adjudicator, kind: str, number: Id, truth: Short = "",
    reason: Annotated[str, Form(max_length=2000)] = "", defects: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:  # fmt: skip
    """Say what the unit is in truth, and go on to the next."""
    try:
        if truth not in ("good", "defective"):
            raise InvalidDispute("Choose whether the unit is good or defective.")
        types = tuple(dict.fromkeys(defects)) if truth == "defective" else ()
        desk.write(
            lambda tx: adjudicate.settle(
                tx, kind=kind, number=number, defective=truth == "defective", reason=reason, by=desk.person.name,
                now=desk.now, defect_types=types,
            )
        )  # fmt: skip
    except (InvalidDispute, InvalidLabel) as refused:
        return _page(desk, "", status=422, problem=str(refused), reason=reason)
    return desk.go("/adjudicate")


def _page(desk: Desk, after: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    found = desk.read(lambda tx: report.desk(tx, desk.person.name, desk.now, after))
    return desk.page("adjudicate.html", status=status, desk=found, **{"problem": "", "reason": "", **told})
