"""An engineer changes how a line decides, or takes the last change back."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from inspection.core.line import Unknown
from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.core.rollout import InvalidRollout
from inspection.flow import approval, policy
from inspection.store.reports import line as line_report
from review_ui.guard import Desk, guard
from review_ui.pages.line import line_page
from review_ui.wording import Draft

router = APIRouter()
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Short = Annotated[str, Form(max_length=2000)]


@router.post("/lines/{line}/policy")
def change(
    desk: Engineer, line: str, level: Short, expected: int = Form(), model: Short = "", pass_below: Short = "",
    reject_above: Short = "", audit_percent: Short = "", deadline_ms: Short = "", reason: Short = "",
    override: Short = "",
) -> Response:  # fmt: skip
    """Put new terms into force; what was typed stays where they cannot be."""
    draft = Draft(
        level=level, model=model, pass_below=pass_below, reject_above=reject_above, audit_percent=audit_percent,
        deadline_ms=deadline_ms, reason=reason, override=bool(override), expected=expected,
    )  # fmt: skip
    try:
        terms = draft.terms()
        ready = policy.warmed(desk.services.predictor, terms.model)
        desk.write(
            lambda tx: approval.submit(
                tx, line=line, terms=terms, by=desk.person.name, reason=reason, now=desk.now,
                accept_override=draft.override, expected=expected, ready=ready,
                two_people=desk.services.two_people,
            )
        )  # fmt: skip
    except (InvalidPolicy, Unknown) as refused:
        return line_page(desk, line, status=422, problem=str(refused), draft=draft)
    return desk.go(f"/lines/{line}")


@router.post("/lines/{line}/proposals/{proposal}/approve")
def approve(desk: Engineer, line: str, proposal: int) -> Response:
    """A second person lets more freedom come into force."""
    try:
        kept = desk.read(lambda tx: line_report.proposal(tx, line))
        ready = policy.warmed(desk.services.predictor, None if kept is None else kept.terms.model)
        desk.write(
            lambda tx: approval.approve(
                tx, line=line, proposal=proposal, by=desk.person.name, now=desk.now, ready=ready
            )
        )  # fmt: skip
    except (InvalidPolicy, InvalidRollout) as refused:
        return line_page(desk, line, status=422, proposal_problem=str(refused))
    return desk.go(f"/lines/{line}")


@router.post("/lines/{line}/proposals/{proposal}/decline")
def decline(desk: Engineer, line: str, proposal: int) -> Response:
    """Nothing comes of a proposal."""
    try:
        desk.write(lambda tx: approval.decline(tx, line=line, proposal=proposal, by=desk.person.name, now=desk.now))
    except InvalidPolicy as refused:
        return line_page(desk, line, status=422, proposal_problem=str(refused))
    return desk.go(f"/lines/{line}")


@router.post("/lines/{line}/rollback")
def rollback(desk: Engineer, line: str, reason: Short = "") -> Response:
    """Back to the policy before, with a reason."""
    try:
        desk.write(
            lambda tx: policy.rollback(
                tx, line=line, by=desk.person.name, reason=reason.strip(), now=desk.now,
                two_people=desk.services.two_people,
            )
        )  # fmt: skip
    except InvalidPolicy as refused:
        return line_page(desk, line, status=422, rollback_problem=str(refused))
    return desk.go(f"/lines/{line}")
