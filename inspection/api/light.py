"""Brightness of every camera's view: what its chart says, what the drift changes, and learning it anew."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, AsInspector, LineName, Text
from inspection.core.capture import VIEW
from inspection.core.monitor import Light
from inspection.core.people import Role
from inspection.flow import monitor, relight
from inspection.store.relights import Check
from inspection.store.reports import light as report
from inspection.store.reports.light import CameraLight, LightPoint

router = APIRouter(tags=["light"], route_class=SmallBody)
Windows = Annotated[int, Query(ge=1, le=report.MAX_POINTS, description="The newest so many windows of each view.")]


class EyeBody(BaseModel):
    """One view of one camera."""

    model_config = ConfigDict(extra="forbid")
    camera: str = Field(max_length=64)
    view: str = Field(pattern=f"^{VIEW.pattern}$")


class Anew(EyeBody):
    """Whose light is to be learned anew, and why."""

    reason: Text


class BaselineBody(BaseModel):
    """What a healthy lamp looks like, in grey levels: the smoothed value may stray by `half_width`."""

    mean: float
    half_width: float
    windows: int
    by: str
    at: datetime | None


class WindowBody(BaseModel):
    """Medians of a run of images. Brightness, mean, contrast and noise are in grey levels, red and blue in grey levels
    above green, saturated and black shares of the pixels, sharpness in grey levels squared; null for what was not
    measured. `missing` counts serials between theirs that never came, null where they are not numbered in a row."""

    at: datetime
    images: int
    brightness: float
    ewma: float | None
    light: Light
    contrast: float
    sharpness: float
    saturated: float
    mean: float | None
    black: float | None
    red: float | None
    blue: float | None
    noise: float | None
    repeated: int = Field(description="Images with the very same picture as one beside them, of another unit.")
    missing: int | None


class MarkBody(BaseModel):
    """What changed meanwhile: a policy, a recipe, a baseline, or what the camera was set to."""

    at: datetime
    kind: str
    what: str
    by: str


class CheckBody(BaseModel):
    """The newest images judged twice, as they came and with the drift undone: `changes` counts such as `pass>refer`."""

    by: str
    asked_at: datetime
    ended_at: datetime | None
    images: int
    changed: int
    unanswered: int
    changes: dict[str, int]
    problem: str


class LightBody(EyeBody):
    """How the light of a view stands. `running` is false where no image has come for a while, which is no drift."""

    light: Light
    running: bool
    baseline: BaselineBody | None = Field(description="Null while it is being learned.")
    windows: list[WindowBody]
    marks: list[MarkBody]
    check: CheckBody | None = Field(description="For engineers: the last check of what the drift changes.")


class CheckAsked(BaseModel):
    """The number of the check; one that runs already is not asked for twice."""

    id: int


@router.get("/lines/{line}/light", responses=PEOPLE_PROBLEMS)
def get_light(caller: AsInspector, line: LineName, windows: Windows = 60) -> list[LightBody]:
    """Each view of each camera that was seen in the last week, with its newest windows in order."""
    inspector = not caller.may(Role.ENGINEER)
    found = caller.read(lambda tx: report.light(tx, line, caller.now, inspector=inspector))
    return [_light(one, windows) for one in found]


@router.post("/lines/{line}/light/baseline", status_code=204, responses=PEOPLE_PROBLEMS)
def learn_anew(caller: AsEngineer, line: LineName, wanted: Anew) -> None:
    """Learn a view's light anew from the windows to come: a signed act, after maintenance."""
    caller.write(
        lambda tx: monitor.rebaseline(
            tx, line=line, camera=wanted.camera, view=wanted.view, by=caller.person.name, reason=wanted.reason,
            now=caller.now,
        )
    )  # fmt: skip


@router.post("/lines/{line}/light/check", status_code=202, responses=PEOPLE_PROBLEMS)
def check(caller: AsEngineer, line: LineName, wanted: EyeBody) -> CheckAsked:
    """Have the newest images judged again with the drift undone; `GET` tells what came out."""
    number = caller.write(
        lambda tx: relight.ask(
            tx, line=line, camera=wanted.camera, view=wanted.view, by=caller.person.name, now=caller.now
        )
    )
    return CheckAsked(id=number)


def _light(seen: CameraLight, windows: int) -> LightBody:
    return LightBody(
        camera=seen.camera, view=seen.view, light=seen.light, running=not seen.rests, baseline=_baseline(seen),
        windows=[_window(point) for point in seen.points[-windows:]],
        marks=[MarkBody(**mark.__dict__) for mark in seen.marks],
        check=None if seen.check is None else _check(seen.check),
    )  # fmt: skip


def _baseline(seen: CameraLight) -> BaselineBody | None:
    base = seen.baseline
    if base is None:
        return None
    by, at = seen.baseline_by, seen.baseline_at
    return BaselineBody(mean=base.mean, half_width=base.half_width, windows=base.windows, by=by, at=at)


def _window(point: LightPoint) -> WindowBody:
    return WindowBody(**{name: getattr(point, name) for name in WindowBody.model_fields})


def _check(found: Check) -> CheckBody:
    return CheckBody(**{name: getattr(found, name) for name in CheckBody.model_fields})
