"""Channels by which people are told of alarms. Addresses go in and never come out whole."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, Id
from inspection.core.alarm import Severity
from inspection.core.line import LINE_NAME
from inspection.core.notify import ChannelKind
from inspection.flow import channels as flow
from inspection.store.reports import channels

router = APIRouter(tags=["alarms"], route_class=SmallBody)


class ChannelBody(BaseModel):
    """A channel, without its secrets."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    kind: ChannelKind
    address: str = Field(description="As much of its address as may be seen.")
    line: str = Field(description="Empty where it is of all lines.")
    least: Severity
    by: str
    at: datetime
    ok_at: datetime | None = Field(description="When a message last got through.")
    error: str = Field(description="What went wrong since.")


class WantedChannel(BaseModel):
    """A channel to be."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=64)
    kind: ChannelKind
    url: str = Field(max_length=2000, description="A secret: it is not shown again.")
    line: Annotated[str, StringConstraints(pattern=f"^({LINE_NAME.pattern})?$")] = ""
    least: Severity = Severity.WARNING


class Made(BaseModel):
    """The channel that was made."""

    key: str = Field(description="Signs a webhook's messages; shown this once, empty for other kinds.")


@router.get("/channels", responses=PEOPLE_PROBLEMS)
def get_channels(caller: AsEngineer) -> list[ChannelBody]:
    """All channels."""
    return [ChannelBody.model_validate(one) for one in caller.read(channels.shown)]


@router.post("/channels", status_code=201, responses=PEOPLE_PROBLEMS)
def post_channel(caller: AsEngineer, wanted: WantedChannel) -> Made:
    """Add a channel."""
    key = caller.write(
        lambda tx: flow.add(
            tx, name=wanted.name, kind=wanted.kind, url=wanted.url, line=wanted.line, least=wanted.least,
            by=caller.person.name, now=caller.now,
        )
    )  # fmt: skip
    return Made(key=key)


@router.post("/channels/{number}/test", status_code=204, responses=PEOPLE_PROBLEMS)
def try_channel(caller: AsEngineer, number: Id) -> None:
    """Send a message that tells of nothing."""
    caller.write(lambda tx: flow.try_out(tx, channel_id=number, by=caller.person.name, now=caller.now))


@router.delete("/channels/{number}", status_code=204, responses=PEOPLE_PROBLEMS)
def delete_channel(caller: AsEngineer, number: Id) -> None:
    """Take a channel away, and forget its secrets."""
    caller.write(lambda tx: flow.remove(tx, channel_id=number, by=caller.person.name, now=caller.now))
