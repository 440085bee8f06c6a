"""Studies of how well people agree: made by engineers, judged by those who were chosen, reported when they end."""

import csv
import io
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.people import Role
from inspection.core.study import ADVISED_PARTS, EFFECTIVE, ROUNDS, InvalidStudy
from inspection.flow import study
from inspection.store.reports import study as report
from review_ui.guard import Desk, Id, guard

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Short = Annotated[str, Form(max_length=300)]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@router.get("/lines/{line}/study")
def listed(desk: Engineer, line: str) -> HTMLResponse:
    """The line's studies, and the form for another one."""
    return _listed(desk, line)


@router.post("/lines/{line}/study")
def begin(
    desk: Engineer, line: str, title: Short = "", rounds: Annotated[int, Form()] = 2,
    parts: Annotated[list[int], Form()] = [], people: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:  # fmt: skip
    """Begin a study."""
    try:
        desk.write(
            lambda tx: study.begin(
                tx, line=line, title=title, unit_ids=parts, names=people, rounds=rounds, by=desk.person.name,
                now=desk.now,
            )
        )  # fmt: skip
    except InvalidStudy as refused:
        return _listed(desk, line, status=422, problem=str(refused), title=title, chosen=parts, asked=people)
    return desk.go(f"/lines/{line}/study")


@router.get("/study/{number}")
def work(desk: Inspector, number: Id) -> HTMLResponse:
    """The part that this person judges next."""
    return _work(desk, number)


@router.post("/study/{number}")
def judge(
    desk: Inspector, number: Id, turn: Annotated[int, Form(ge=0, lt=2**31)], answer: Short = "", seconds: Short = ""
) -> Response:
    """Keep the judgement, and show the next part."""
    try:
        took = _seconds(seconds)
        desk.write(
            lambda tx: study.judge(
                tx, study_id=number, number=turn, verdict=answer, seconds=took, person=desk.person, now=desk.now
            )
        )
    except InvalidStudy as refused:
        return _work(desk, number, status=422, problem=str(refused))
    return desk.go(f"/study/{number}")


@router.post("/study/{number}/state")
def move(desk: Engineer, number: Id, state: Short = "") -> Response:
    """Stop the study, go on with it, or end it."""
    desk.write(lambda tx: study.move(tx, study_id=number, state=state, by=desk.person.name, now=desk.now))
    line = desk.read(lambda tx: report.line_of(tx, number))
    return desk.go(f"/lines/{line}/study")


@router.get("/study/{number}/report")
def told(desk: Engineer, number: Id) -> HTMLResponse:
    """What came out, once the study has ended."""
    found = desk.read(lambda tx: report.report(tx, number))
    return desk.page("study_report.html", told=found, line=found.line, effective=EFFECTIVE)


@router.get("/study/{number}/report.csv")
def as_csv(desk: Engineer, number: Id) -> Response:
    """Every judgement of a study that has ended, a row each."""
    found = desk.read(lambda tx: report.report(tx, number))
    parts, out = {part.id: part for part in found.parts}, io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("part", "serial", "visit", "truth", "ai", "person", "round", "verdict", "seconds", "at"))
    for one in found.said:
        part = parts[one.part_id]
        serial = f"'{part.serial}" if part.serial.startswith(FORMULA) else part.serial  # a spreadsheet would run it
        rows.writerow(
            (part.id, serial, part.visit, part.truth, part.ai or "", one.person, one.round, one.verdict, one.seconds,
             one.at.isoformat())
        )  # fmt: skip
    name = f'attachment; filename="study-{number}.csv"'
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers={"content-disposition": name})


def _seconds(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 86_399.0) if text.lower() != "nan" else 0.0
    except ValueError:
        return 0.0


def _listed(desk: Desk, line: str, *, status: int = 200, **typed: Any) -> HTMLResponse:
    found = desk.read(lambda tx: report.of_line(tx, line))
    values = {"problem": "", "title": "", "chosen": (), "asked": (), **typed}
    return desk.page(
        "studies.html", status=status, found=found, line=found.line, rounds=range(ROUNDS[0], ROUNDS[1] + 1),
        advised=ADVISED_PARTS, **values,
    )  # fmt: skip


def _work(desk: Desk, number: int, *, status: int = 200, problem: str = "") -> HTMLResponse:
    with desk.services.db.read() as tx:
        made = report.get(tx, number)
        turn = study.turn(tx, made, desk.person)
        pictures = () if turn is None else report.shots(tx, turn.part.unit_id)
    return desk.page("study.html", status=status, study=made, turn=turn, pictures=pictures, problem=problem)
