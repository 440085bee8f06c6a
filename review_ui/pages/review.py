"""One unit at a time: look, judge, next."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import Field

from inspection.core.decide import Verdict
from inspection.core.label import UNDO_WITHIN, InvalidLabel, Label
from inspection.core.mark import read, typed
from inspection.core.people import Role
from inspection.core.review import Refusal
from inspection.flow import label, review
from inspection.store.reports import review as report
from review_ui.guard import Desk, Id, guard

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]
Short = Annotated[str, Form(max_length=300)]
UNDO_SECONDS = int(UNDO_WITHIN.total_seconds()) - 1


@dataclass(frozen=True, kw_only=True)
class Last:
    """The answer just given, which can be taken back for some seconds."""

    serial: str
    verdict: Verdict
    defects: tuple[str, ...]
    effective: bool
    seconds: int = UNDO_SECONDS


@router.get("/review")
def show(desk: Inspector, line: str = "") -> HTMLResponse:
    """The unit this person holds, or the next one."""
    return _work(desk, line)


@router.post("/review/undo")
def undo(desk: Inspector, line: Short = "") -> Response:
    """Take the last answer back; its unit lies here again."""
    try:
        desk.write(lambda tx: label.undo(tx, person=desk.person, now=desk.now))
    except Refusal as refused:
        return _work(desk, line, problem=str(refused), status=409)
    return _work(desk, line) if desk.in_part else _on(desk, line)


@router.post("/review/{task_id}")
def answer(
    desk: Inspector, task_id: Id, answer: Short, lease: Short, line: Short = "", seconds: Short = "",
    note: Annotated[str, Form(max_length=4000)] = "", defects: Annotated[list[str], Form()] = [],  # noqa: B006
    seen: Annotated[list[Annotated[int, Field(ge=1, lt=2**63)]], Form(max_length=64)] = [],  # noqa: B006
    marks: Annotated[str, Form(max_length=200_000)] = "",
) -> Response:  # fmt: skip
    """Keep the answer, and show the next unit."""
    try:
        given = _label(answer, tuple(defects), note, seconds, marks)
        # Both in one transaction: the next unit is there one fsync earlier.
        answered, held = desk.write(
            lambda tx: (
                label.answer(
                    tx, task_id=task_id, lease=lease, person=desk.person, label=given, seen=tuple(seen), now=desk.now
                ),
                review.claim(tx, **_wanted(desk, line)) if desk.in_part else None,
            )
        )
    except (Refusal, InvalidLabel) as refused:
        status = 409 if isinstance(refused, Refusal) else 422
        return _work(desk, line, problem=str(refused), note=note, marks=marks, status=status)
    if not desk.in_part:
        return _on(desk, line)
    last = Last(serial=answered.serial, verdict=given.verdict, defects=given.defect_types, effective=answered.effective)
    return _shown(desk, line, held, last=last)


@router.post("/review/{task_id}/keep")
def keep(desk: Inspector, task_id: Id, lease: Short) -> Response:
    """Renew the lease while the inspector is at work."""
    try:
        desk.write(lambda tx: review.keep(tx, task_id=task_id, lease=lease, now=desk.now))
    except Refusal as lost:
        return PlainTextResponse(str(lost), status_code=409)
    return Response(status_code=204)


@router.post("/review/{task_id}/unsure")
def unsure(
    desk: Inspector, task_id: Id, lease: Short, line: Short = "", note: Annotated[str, Form(max_length=4000)] = "",
    marks: Annotated[str, Form(max_length=200_000)] = "",
) -> Response:  # fmt: skip
    """Give the unit to somebody else for a second opinion, and take the next."""
    try:
        desk.write(
            lambda tx: review.unsure(tx, task_id=task_id, lease=lease, person=desk.person, note=note, now=desk.now)
        )
    except (Refusal, InvalidLabel) as refused:
        status = 409 if isinstance(refused, Refusal) else 422
        return _work(desk, line, problem=str(refused), note=note, marks=marks, status=status)
    return _work(desk, line) if desk.in_part else _on(desk, line)


def _label(answer: str, defects: tuple[str, ...], note: str, seconds: str, marks: str) -> Label:
    """`pass`, `reject` with the ticked defects, or `reject:scratch`, as the buttons say it, with the drawn places."""
    verdict, _, defect = answer.partition(":")
    if verdict not in tuple(Verdict):
        raise InvalidLabel("The verdict is pass or reject.")
    chosen = (*([defect] if defect else []), *defects) if verdict == Verdict.REJECT else ()
    types, places = typed(chosen, read(marks))
    return Label(
        verdict=Verdict(verdict), defect_types=types, findings=places, note=note.strip(), seconds=_seconds(seconds)
    )


def _seconds(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 86_399.0) if text.lower() != "nan" else 0.0
    except ValueError:
        return 0.0


def _on(desk: Desk, line: str) -> Response:
    return desk.go(f"/review?line={line}" if line.isidentifier() or line.replace("-", "").isalnum() else "/review")


def _wanted(desk: Desk, line: str) -> dict[str, Any]:
    return {
        "person_id": desk.person.id, "line": line or None, "now": desk.now,
        "second_share": desk.services.second_readings,
    }  # fmt: skip


def _work(desk: Desk, line: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    """The unit in hand, as a whole page or as the part a script swaps in."""
    held = desk.write(lambda tx: review.claim(tx, **_wanted(desk, line)))
    return _shown(desk, line, held, status=status, **told)


def _shown(desk: Desk, line: str, held: review.Held | None, *, status: int = 200, **told: Any) -> HTMLResponse:
    sheet, upcoming = None, tuple[int, ...]()
    if held is not None:
        with desk.services.db.read() as tx:
            sheet = report.sheet(tx, held.task_id)
            upcoming = report.images_of(tx, review.upcoming(tx, held=held.task_id, **_wanted(desk, line)))
    values = {"problem": "", "note": "", "marks": "", "last": None, "upcoming": upcoming, **told}
    return desk.page(
        "review.html", block="work" if desk.in_part else None, status=status, sheet=sheet, line=line,
        lease=held.lease if held else "", **values,
    )  # fmt: skip
