"""Known-answer units of a line: chosen, listed, retired."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, Id, LineName, Text
from inspection.core.label import UNDO_WITHIN
from inspection.core.line import Unknown
from inspection.flow import known as flow
from inspection.store import known, lines, units
from inspection.store.database import Tx

router = APIRouter(tags=["proof"], route_class=SmallBody)


class KnownBody(BaseModel):
    """A past unit whose truth is known; inspectors get it under other serials until it is retired."""

    number: int
    serial: str
    visit: int
    defective: bool
    reason: str = Field(description="How its truth is known.")
    by: str
    at: datetime
    retired_at: datetime | None
    shown: int = Field(description="So often it was judged,")
    right: int = Field(description="and so often rightly.")


class WantedKnown(BaseModel):
    """A settled unit to be shown as a known one."""

    model_config = ConfigDict(extra="forbid")
    serial: str = Field(max_length=128, description="Its newest visit to the line is taken.")
    defective: bool
    reason: Text


@router.get("/lines/{line}/known", responses=PEOPLE_PROBLEMS)
def get_known(caller: AsEngineer, line: LineName) -> list[KnownBody]:
    """The line's known units, newest first."""
    return caller.read(lambda tx: _listed(tx, lines.in_force(tx, line).id, caller.now))


@router.post("/lines/{line}/known", status_code=201, responses=PEOPLE_PROBLEMS)
def post_known(caller: AsEngineer, line: LineName, wanted: WantedKnown) -> KnownBody:
    """Choose a unit as one of known truth."""

    def choose(tx: Tx) -> KnownBody:
        on = lines.in_force(tx, line)
        unit = units.latest(tx, on.id, wanted.serial) if wanted.serial.isprintable() else None
        if unit is None:
            raise Unknown(f"Line {line!r} has never seen that unit. Check the serial.")
        number = flow.add(
            tx, line=line, unit_id=unit.id, defective=wanted.defective, reason=wanted.reason, by=caller.person.name,
            now=caller.now,
        )  # fmt: skip
        return next(one for one in _listed(tx, on.id, caller.now) if one.number == number)

    return caller.write(choose)


@router.post("/lines/{line}/known/{number}/retire", status_code=204, responses=PEOPLE_PROBLEMS)
def retire_known(caller: AsEngineer, line: LineName, number: Id) -> None:
    """Show a known unit no more, nor count what was said of it."""
    caller.write(lambda tx: flow.retire(tx, line=line, number=number, by=caller.person.name, now=caller.now))


def _listed(tx: Tx, line_id: int, now: datetime) -> list[KnownBody]:
    same = ("serial", "visit", "defective", "reason", "by", "at", "retired_at", "shown", "right")
    kept = known.of_line(tx, line_id, now - UNDO_WITHIN)
    return [KnownBody(number=one.id, **{name: getattr(one, name) for name in same}) for one in kept]
