"""Alarms of a line or of all: who looks after them, what is put aside, what is past, and the rules behind them."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from inspection.core.alarm import InvalidAlarm, Severity
from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.core.rule import Action, Comparison
from inspection.core.suggest import SPANS
from inspection.flow import alarm, rules, suggest
from inspection.store.reports import alarms as report
from inspection.store.reports import line as line_report
from review_ui import draw
from review_ui.guard import Desk, Id, guard, local
from review_ui.rule_form import RuleForm

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Short = Annotated[str, Form(max_length=2000)]
Before = Annotated[int | None, Query(ge=1, lt=2**63)]
HOURS = (1, 4, 8, 24, 72, 168)


@router.get("/alarms")
def show_all(desk: Inspector, before: Before = None) -> HTMLResponse:
    """The alarms of all lines."""
    page = desk.read(lambda tx: report.page(tx, None, before))
    return desk.page("alarms.html", page=page, line=None, problem="", hours=HOURS, rules=None)


@router.get("/lines/{line}/alarms")
def show(
    desk: Inspector, line: str, before: Before = None, rule: Before = None, days: Annotated[int, Query()] = 14
) -> HTMLResponse:
    """A line's alarms and, for engineers, its rules: with a rule, also the threshold that good days suggest."""
    return _page(desk, line, before=before, rule=rule, days=days)


@router.post("/alarms/groups/{group}/ack")
def ack_group(desk: Inspector, group: Id, next: Short = "/alarms") -> Response:
    """Say that somebody looks after all of the group."""
    desk.write(lambda tx: alarm.ack_group(tx, group_id=group, by=desk.person.name, now=desk.now))
    return desk.go(local(next))


@router.post("/lines/{line}/alarms/{alarm_id}/shelve")
def shelve(
    desk: Engineer, line: str, alarm_id: Id, hours: Annotated[int, Form()] = 0, reason: Short = ""
) -> Response:  # fmt: skip
    """Put an alarm aside for some hours."""
    until = desk.now + timedelta(hours=min(max(hours, 0), 10_000))
    try:
        desk.write(
            lambda tx: alarm.put_aside(
                tx, alarm_id=alarm_id, until=until, by=desk.person.name, reason=reason, now=desk.now
            )
        )
    except InvalidAlarm as refused:
        return _page(desk, line, status=422, problem=str(refused))
    return desk.go(f"/lines/{line}/alarms")


@router.post("/lines/{line}/alarms/{alarm_id}/unshelve")
def unshelve(desk: Engineer, line: str, alarm_id: Id) -> Response:
    """Let a shelved alarm fire again before its time."""
    desk.write(lambda tx: alarm.take_back(tx, alarm_id=alarm_id, by=desk.person.name, now=desk.now))
    return desk.go(f"/lines/{line}/alarms")


@router.post("/lines/{line}/requests/{number}/done")
def done(desk: Engineer, line: str, number: Id, note: Short = "") -> Response:
    """Say that what the line asked for is done."""
    try:
        desk.write(
            lambda tx: alarm.done(tx, line=line, request_id=number, by=desk.person.name, note=note, now=desk.now)
        )
    except InvalidAlarm as refused:
        return _page(desk, line, status=422, problem=str(refused))
    return desk.go(f"/lines/{line}/alarms")


@router.post("/lines/{line}/rules")
def add_rule(desk: Engineer, line: str, form: Annotated[RuleForm, Form()]) -> Response:
    """Give the line another rule."""
    try:
        rule = form.rule()
        desk.write(
            lambda tx: rules.add(tx, line=line, rule=rule, by=desk.person.name, reason=form.reason, now=desk.now)
        )
    except (InvalidAlarm, InvalidPolicy) as refused:
        return _page(desk, line, status=422, problem=str(refused))
    return desk.go(f"/lines/{line}/alarms#rules")


@router.post("/lines/{line}/rules/{number}")
def change_rule(desk: Engineer, line: str, number: Id, form: Annotated[RuleForm, Form()]) -> Response:
    """Put other terms in a rule's place."""
    try:
        old = desk.read(lambda tx: rules.find(tx, line, number)).rule
        rule = form.rule(old)
        desk.write(
            lambda tx: rules.change(
                tx, line=line, rule_id=number, rule=rule, by=desk.person.name, reason=form.reason, now=desk.now
            )
        )
    except (InvalidAlarm, InvalidPolicy) as refused:
        return _page(desk, line, status=422, problem=str(refused))
    return desk.go(f"/lines/{line}/alarms#rules")


@router.post("/lines/{line}/rules/{number}/adopt")
def adopt(
    desk: Engineer, line: str, number: Id, days: Annotated[int, Form()] = 0, threshold: Annotated[float, Form()] = 0.0,
    reason: Short = "",
) -> Response:  # fmt: skip
    """Put the suggested threshold into force."""
    try:
        desk.write(
            lambda tx: suggest.adopt(
                tx, line=line, rule_id=number, days=days, threshold=threshold, by=desk.person.name, reason=reason,
                now=desk.now,
            )
        )  # fmt: skip
    except InvalidAlarm as refused:
        return _page(desk, line, status=422, problem=str(refused))
    return desk.go(f"/lines/{line}/alarms#rules")


def _page(
    desk: Desk, line: str, *, status: int = 200, problem: str = "", before: int | None = None, rule: int | None = None,
    days: int = 14,
) -> HTMLResponse:  # fmt: skip
    engineer, suggested = desk.may(Role.ENGINEER), None
    page = desk.read(lambda tx: report.page(tx, line, before))
    on = desk.read(lambda tx: line_report.line(tx, line))
    # What the figures are moves with every answer, so it is for engineers alone.
    watched = desk.read(lambda tx: report.watched(tx, line, desk.now)) if engineer else ()
    if engineer and rule is not None:
        try:
            suggested = desk.read(lambda tx: suggest.suggested(tx, line=line, rule_id=rule, days=days, now=desk.now))
        except InvalidAlarm as refused:
            problem = problem or str(refused)
    values: dict[str, Any] = {
        "rules": [(one, draw.spark(one.day, one.kept.rule, desk.now)) for one in watched] if engineer else None,
        "figures": report.ALL_FIGURES, "written": rules.written, "blank": RuleForm.of(None), "form_of": RuleForm.of,
        "suggested": suggested, "asked_rule": rule, "days": days, "SPANS": SPANS, "ACTIONS": tuple(Action),
        "SEVERITIES": tuple(Severity), "COMPARISONS": tuple(Comparison),
    }  # fmt: skip
    return desk.page(
        "alarms.html", status=status, page=page, line=on, problem=problem, hours=HOURS, **values
    )  # fmt: skip
