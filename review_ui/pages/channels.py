"""Channels by which people are told of alarms: set up, tried and taken away. Addresses are shown in part only."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.alarm import InvalidAlarm, Severity
from inspection.core.notify import ChannelKind
from inspection.core.people import Role
from inspection.flow import channels
from inspection.store.reports import channels as report
from review_ui.guard import Desk, Id, guard

router = APIRouter()
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Short = Annotated[str, Form(max_length=2000)]


@router.get("/channels")
def show(desk: Engineer) -> HTMLResponse:
    """All channels."""
    return _page(desk)


@router.post("/channels")
def add(
    desk: Engineer, name: Short = "", kind: Short = "", url: Short = "", line: Short = "", least: Short = "warning"
) -> HTMLResponse:  # fmt: skip
    """Add a channel; the key that signs a webhook's messages is shown this once."""
    name = name.strip()
    try:
        if kind not in tuple(ChannelKind) or least not in tuple(Severity):
            raise InvalidAlarm("Choose a kind of channel and a severity.")
        key = desk.write(
            lambda tx: channels.add(
                tx, name=name, kind=ChannelKind(kind), url=url.strip(), line=line, least=Severity(least),
                by=desk.person.name, now=desk.now,
            )
        )  # fmt: skip
    except InvalidAlarm as refused:
        return _page(desk, status=422, problem=str(refused), typed=name)
    return _page(desk, status=201, given=name, key=key)


@router.post("/channels/{number}/test")
def try_out(desk: Engineer, number: Id) -> Response:
    """Send a message that tells of nothing."""
    desk.write(lambda tx: channels.try_out(tx, channel_id=number, by=desk.person.name, now=desk.now))
    return desk.go("/channels")


@router.post("/channels/{number}/remove")
def remove(desk: Engineer, number: Id) -> Response:
    """Take a channel away."""
    desk.write(lambda tx: channels.remove(tx, channel_id=number, by=desk.person.name, now=desk.now))
    return desk.go("/channels")


def _page(desk: Desk, *, status: int = 200, **told: Any) -> HTMLResponse:
    values = {"problem": "", "typed": "", "given": "", "key": "", **told}
    shown, names = desk.read(report.shown), desk.read(report.line_names)
    return desk.page(
        "channels.html", status=status, channels=shown, names=names, KINDS=tuple(ChannelKind),
        SEVERITIES=tuple(Severity), **values,
    )  # fmt: skip
