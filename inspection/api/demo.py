"""The knobs of the simulated line, where the demo runs."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, Caller, LineName
from inspection.flow import demo
from inspection.store import lines

router = APIRouter(tags=["demo"], route_class=SmallBody)


def _share(name: str) -> object:
    low, high, _ = demo.KNOBS[name]
    return Field(ge=low, le=high)


class Knobs(BaseModel):
    """The knobs of a simulated line; those left out are not turned."""

    model_config = ConfigDict(extra="forbid")
    lamp: Annotated[float | None, _share("lamp")] = Field(None, description="Brightness; 1 as installed.")
    decay: Annotated[float | None, _share("decay")] = Field(None, description="What the lamp loses with each unit.")
    defect_rate: Annotated[float | None, _share("defect_rate")] = Field(None, description="Share of defective units.")
    pace: Annotated[float | None, _share("pace")] = Field(None, description="Units per minute.")
    unfit: Annotated[float | None, _share("unfit")] = Field(None, description="Share of units with an unfit frame.")
    lost: Annotated[float | None, _share("lost")] = Field(None, description="Share of units with a lost frame.")
    repeated: Annotated[float | None, _share("repeated")] = Field(None, description="Share of frames sent twice.")
    paused: bool | None = Field(None, description="Whether the line stands still.")
    frozen: bool | None = Field(None, description="Whether the camera gives one picture for ever.")
    inspectors: bool | None = Field(None, description="Whether simulated inspectors answer the queue.")


@router.get("/lines/{line}/demo", response_model_exclude_none=True, responses=PEOPLE_PROBLEMS)
def get_knobs(caller: AsEngineer, line: LineName) -> Knobs:
    """Every knob as it stands. Real lines have none."""
    return _told(_control(caller, line))


@router.put("/lines/{line}/demo", response_model_exclude_none=True, responses=PEOPLE_PROBLEMS)
def put_knobs(caller: AsEngineer, line: LineName, wanted: Knobs) -> Knobs:
    """Turn knobs; all as they stand then."""
    control = _control(caller, line)
    for name, value in wanted.model_dump(exclude_none=True).items():
        demo.turn(control, name, value)
    return _told(control)


def _told(control: demo.DemoControl) -> Knobs:
    state: dict[str, Any] = dict(control.state())
    return Knobs.model_construct(**state)  # a lamp worn out by its decay is darker than the knob goes


def _control(caller: Caller, line: str) -> demo.DemoControl:
    return demo.knobs(caller.plant.demo, caller.read(lambda tx: lines.in_force(tx, line)).line)
