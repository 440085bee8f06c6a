"""Alarms: somebody takes one in hand, and somebody says that what it told of is mended."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, AsInspector, Id, LineName, Text
from inspection.core.line import Unknown
from inspection.flow import alarm as flow
from inspection.store import alarms, lines
from inspection.store.database import Tx

router = APIRouter(tags=["alarms"], route_class=SmallBody)


class Mended(BaseModel):
    """What was done about an alarm."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field(description="What was done; it is kept in the journal.")


@router.post("/lines/{line}/alarms/{alarm}/ack", status_code=204, responses=PEOPLE_PROBLEMS)
def acknowledge(caller: AsInspector, line: LineName, alarm: Id) -> None:
    """Say that somebody looks after the alarm."""

    def act(tx: Tx) -> None:
        _check(tx, line, alarm)
        flow.ack(tx, alarm_id=alarm, by=caller.person.name, now=caller.now)

    caller.write(act)


@router.post("/lines/{line}/alarms/{alarm}/clear", status_code=204, responses=PEOPLE_PROBLEMS)
def clear(caller: AsEngineer, line: LineName, alarm: Id, mended: Mended) -> None:
    """Say what was done about the alarm, which ends it."""

    def act(tx: Tx) -> None:
        _check(tx, line, alarm)
        flow.clear(tx, alarm_id=alarm, by=caller.person.name, reason=mended.reason, now=caller.now)

    caller.write(act)


def _check(tx: Tx, line: str, alarm: int) -> None:
    if all(one.id != alarm for one in alarms.standing(tx, lines.in_force(tx, line).id)):
        raise Unknown(f"No alarm {alarm} fires on line {line!r}: somebody may have cleared it.")
