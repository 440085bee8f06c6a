"""What is proved on a line, what that means, and the making of a certificate."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from inspection.core.certificate import NotProved
from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.core.risk import Limits, Risk
from inspection.core.sensitivity import Sensitivity
from inspection.flow import certificate
from inspection.flow.proof import proof
from review_ui import draw
from review_ui.guard import Desk, guard
from review_ui.wording import number_typed

router = APIRouter()
Short = Annotated[str, Form(max_length=100)]
_DIGITS = 7
_SHARES = ("escape", "escape_per_defective", "overkill", "confidence")


@router.get("/lines/{line}/proof")
def show(
    desk: Annotated[Desk, guard(Role.INSPECTOR)], line: str, model: Annotated[str, Query(max_length=100)] = ""
) -> HTMLResponse:
    """The proof of a line's model, the one in force where none is named; engineers can ask for a certificate."""
    return proof_page(desk, line, model)


@router.post("/lines/{line}/proof")
def certify(
    desk: Annotated[Desk, guard(Role.ENGINEER)], line: str, definition: Short = "", escape: Short = "",
    escape_per_defective: Short = "", overkill: Short = "", confidence: Short = "", found: Short = "",
    shown: Short = "", model: Short = "",
) -> Response:  # fmt: skip
    """Make a certificate from the labels at hand, or tell what they lack."""
    typed = {
        "definition": definition, "escape": escape, "escape_per_defective": escape_per_defective,
        "overkill": overkill, "confidence": confidence, "found": found, "shown": shown,
    }  # fmt: skip
    try:
        limits, sensitivity = _limits(typed), _sensitivity(found, shown)
        made = desk.read(
            lambda tx: certificate.prove(
                tx, line=line, model=model or None, limits=limits, now=desk.now, sensitivity=sensitivity
            )
        )
        desk.write(lambda tx: certificate.keep(tx, made, line=line, by=desk.person.name, now=desk.now))
    except (InvalidPolicy, ValueError) as refused:
        return proof_page(desk, line, model, status=422, problem=str(refused), typed=typed)
    if isinstance(made, NotProved):
        return proof_page(desk, line, model, typed=typed, refused=(made.pass_refused, made.reject_refused))
    return desk.go(f"/lines/{line}/proof?model={made.model}")


def _limits(typed: dict[str, str]) -> Limits:
    shares = {name: number_typed(typed[name], "share in per cent") for name in _SHARES}
    needed = {name: share for name, share in shares.items() if name != "escape_per_defective"}
    if None in needed.values():
        raise InvalidPolicy("Put limits for escapes and overkill, and the confidence, in per cent.")
    if typed["definition"] not in tuple(Risk):
        raise InvalidPolicy("Choose what escapes are counted against.")
    part = {name: None if share is None else share / 100 for name, share in shares.items()}
    assert part["escape"] is not None
    assert part["overkill"] is not None
    assert part["confidence"] is not None
    return Limits(
        escape=part["escape"], overkill=part["overkill"], escape_per_defective=part["escape_per_defective"],
        delta=round(1 - part["confidence"], 9), definition=Risk(typed["definition"]),
    )  # fmt: skip


def _sensitivity(found: str, shown: str) -> Sensitivity | None:
    if not found.strip() and not shown.strip():
        return None
    if not all(typed.strip().isdecimal() and len(typed.strip()) <= _DIGITS for typed in (found, shown)):
        raise InvalidPolicy("Put how many known defects were shown to inspectors, and how many of them they found.")
    return Sensitivity(found=int(found), shown=int(shown))


def proof_page(desk: Desk, line: str, model: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    """The whole page, with what was typed and what was wrong with it."""
    page = desk.read(lambda tx: proof(tx, line, desk.now, model or None))
    limits = page.limits
    each, measured = limits.escape_per_defective, page.found
    typed = {
        "definition": limits.definition, "escape": f"{limits.escape * 100:g}",
        "escape_per_defective": "" if each is None else f"{each * 100:g}", "overkill": f"{limits.overkill * 100:g}",
        "confidence": f"{(1 - limits.delta) * 100:g}", "found": str(measured.found) if measured else "",
        "shown": str(measured.shown) if measured else "",
    }  # fmt: skip
    values = {"problem": "", "known_problem": "", "refused": (), "typed": typed, **told}
    return desk.page(
        "proof.html", status=status, proof=page, line=page.line, risks=tuple(Risk),
        drawing=None if page.curve is None else draw.coverage(page.curve, limits.escape), **values,
    )  # fmt: skip
