"""What if: the line's last units decided again under other terms, beside the terms in force."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.core.replay import Prices
from inspection.store.reports import line as line_report
from inspection.store.reports import replay as report
from inspection.store.reports.replay import Window
from review_ui.guard import Desk, guard
from review_ui.wording import Draft, number_typed

router = APIRouter()
Text = Annotated[str, Query(max_length=128)]
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
_USUAL_UNITS = 5000


@router.get("/lines/{line}/replay")
def show(
    desk: Engineer, line: str, level: Text = "", model: Text = "", pass_below: Text = "", reject_above: Text = "",
    audit_percent: Text = "", units: Text = "", escape: Text = "", overkill: Text = "", hour: Text = "",
) -> HTMLResponse:  # fmt: skip
    """The form as it was sent, or filled with the terms in force, and what would come of it."""
    page = desk.read(lambda tx: line_report.replay_choices(tx, line))
    draft = Draft.of(page.terms, 0)
    if level:
        draft = Draft(
            level=level, model=model, pass_below=pass_below, reject_above=reject_above, audit_percent=audit_percent,
            deadline_ms=str(page.terms.deadline_ms),
        )  # fmt: skip
    typed = {"units": units or str(_USUAL_UNITS), "escape": escape, "overkill": overkill, "hour": hour}
    values: dict[str, Any] = {"line": page.line, "models": page.models, "draft": draft, "typed": typed}
    try:
        terms, window = draft.terms(), Window(units=_count(typed["units"]))
        prices = Prices(**{name: number_typed(typed[name], "price") for name in ("escape", "overkill", "hour")})
    except InvalidPolicy as refused:
        return desk.page("replay.html", status=422, problem=str(refused), columns=(), **values)
    past = desk.read(lambda tx: report.past(tx, line, window))
    replay = past.replay()
    told = tuple((which, replay.under(of)) for which, of in (("in_force", past.in_force), ("what_if", terms)))
    columns = tuple((which, one, one.cost(prices)) for which, one in told)
    return desk.page(
        "replay.html",
        problem="",
        columns=columns,
        differences=tuple(past.differences()),
        numbers=past.numbers,
        **values,
    )


def _count(typed: str) -> int:
    cleaned = typed.strip()
    if not cleaned.isdecimal() or not 1 <= int(cleaned) <= report.MAX_UNITS:
        raise InvalidPolicy(f"Put a number of units from 1 to {report.MAX_UNITS}.")
    return int(cleaned)
