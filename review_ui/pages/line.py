"""One line: how it decides, what proves it, its alarms and its cameras."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.alarm import InvalidAlarm
from inspection.core.line import InvalidLine
from inspection.core.people import Role
from inspection.flow import alarm, ladder, proof
from inspection.flow import line as flow
from inspection.flow.demo import KNOBS
from inspection.store.reports import alarms as alarm_report
from inspection.store.reports import line as report
from inspection.store.reports import units
from inspection.store.reports.units import UnitFilter
from review_ui import draw
from review_ui.guard import Desk, guard, local
from review_ui.pages.alarms import HOURS
from review_ui.wording import Draft, policy_words

router = APIRouter()
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
RECENT_UNITS = 8
Short = Annotated[str, Form(max_length=2000)]


@router.get("/lines/{line}")
def show(desk: Annotated[Desk, guard(Role.INSPECTOR)], line: str) -> HTMLResponse:
    """The line's page; inspectors look, engineers change."""
    return line_page(desk, line)


@router.post("/lines/{line}/cameras")
def add_camera(desk: Engineer, line: str, name: Short) -> Response:
    """Give a camera its token, which is shown this once."""
    try:
        token = desk.write(
            lambda tx: flow.add_camera(tx, line=line, name=name.strip(), by=desk.person.name, now=desk.now)
        )
    except InvalidLine as refused:
        return line_page(desk, line, status=422, camera_problem=str(refused), camera_name=name)
    server = str(desk.request.base_url).rstrip("/")
    return line_page(desk, line, status=201, camera_name=name.strip(), token=token, server=server)


@router.post("/lines/{line}/cameras/{name}/revoke")
def revoke_camera(desk: Engineer, line: str, name: str) -> Response:
    """Take a camera's token away."""
    desk.write(lambda tx: flow.revoke_camera(tx, line=line, name=name, by=desk.person.name, now=desk.now))
    return desk.go(f"/lines/{line}#cameras")


@router.post("/lines/{line}/alarms/{alarm_id}/ack")
def ack(desk: Annotated[Desk, guard(Role.INSPECTOR)], line: str, alarm_id: int, next: Short = "") -> Response:
    """Say that somebody looks after the alarm."""
    desk.write(lambda tx: alarm.ack(tx, alarm_id=alarm_id, by=desk.person.name, now=desk.now))
    return desk.go(local(next) if next else f"/lines/{line}")


@router.post("/lines/{line}/alarms/{alarm_id}/clear")
def clear(desk: Engineer, line: str, alarm_id: int, reason: Short = "", next: Short = "") -> Response:
    """Say what was done about the alarm, which ends it."""
    try:
        desk.write(lambda tx: alarm.clear(tx, alarm_id=alarm_id, by=desk.person.name, reason=reason, now=desk.now))
    except InvalidAlarm as refused:
        return line_page(desk, line, status=422, alarm_problem=str(refused))
    return desk.go(local(next) if next else f"/lines/{line}")


def line_page(desk: Desk, name: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    """The whole page, with what was typed and what was wrong with it."""
    with desk.services.db.read() as tx:
        page = report.page(tx, name, desk.now)
        next_level, conditions = ladder.next_step(tx, name, desk.now)
        watching = proof.watches(tx, page.line_id)
        recent = units.find(
            tx, UnitFilter(line=name), desk.now, inspector=not desk.may(Role.ENGINEER), limit=RECENT_UNITS
        )
        alarms = alarm_report.page(tx, name)
    terms = page.policy.terms
    versions = {model.artefact: model.version for model in page.models}
    before = next((policy for policy in page.history if policy.number < page.policy.number), None)
    demo = desk.services.demo if page.line.simulated else None
    blank = (
        "problem",
        "proposal_problem",
        "rollback_problem",
        "alarm_problem",
        "camera_problem",
        "camera_name",
        "token",
        "server",
    )
    values: dict[str, Any] = {**dict.fromkeys(blank, ""), "draft": Draft.of(terms, page.policy.number), **told}
    return desk.page(
        "line.html", status=status, page=page, next_level=next_level, conditions=conditions, line=page.line,
        versions=versions, before=before, words=policy_words(desk.speech, terms, versions),
        alarms=alarms, hours=HOURS, scores=draw.scores(page.histogram, terms), watches=watching, recent=recent.units,
        risk=None if page.curve is None else draw.coverage(page.curve, page.evidence.escape_limit),
        demo=demo.state() if demo else None, knobs=KNOBS, line_name=name, **values,
    )  # fmt: skip
