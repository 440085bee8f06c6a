"""A settled unit is reported as wrongly passed or wrongly rejected."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsInspector, LineName, Text
from inspection.core.line import Unknown
from inspection.core.people import Role
from inspection.flow import miss
from inspection.store import lines, units
from inspection.store.database import Tx
from inspection.store.reports import sight

router = APIRouter(tags=["quality"], route_class=SmallBody)


class Reported(BaseModel):
    """A settled unit whose verdict is wrong."""

    model_config = ConfigDict(extra="forbid")
    serial: str = Field(max_length=128, description="Its newest visit to the line is taken.")
    reason: Text
    defect_types: list[Annotated[str, Field(max_length=32)]] = Field(
        [], max_length=32, description="Of a passed unit: what it should have been rejected for."
    )


class Report(BaseModel):
    """The report, as the journal and the list of disputed units call it."""

    number: int


@router.post("/lines/{line}/misses", status_code=201, responses=PEOPLE_PROBLEMS)
def post_miss(caller: AsInspector, line: LineName, told: Reported) -> Report:
    """Report a miss: it raises an alarm, and somebody else looks at the unit, blind."""

    def report(tx: Tx) -> Report:
        on = lines.in_force(tx, line)
        unit = units.latest(tx, on.id, told.serial) if told.serial.isprintable() else None
        if unit is None or (not caller.may(Role.ENGINEER) and sight.is_in_hand(tx, unit.id, caller.now)):
            raise Unknown(
                f"Line {line!r} knows no such unit. Check the serial; of a unit that somebody judges just now nothing "
                "is told for a while."
            )
        types = tuple(dict.fromkeys(told.defect_types))
        number = miss.report(
            tx, line=line, unit_id=unit.id, defect_types=types, reason=told.reason, person=caller.person, now=caller.now
        )
        return Report(number=number)

    return caller.write(report)
