"""Brightness over time, for each view of each camera."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from inspection.core.capture import QualityLimits
from inspection.core.moment import micros, moment
from inspection.core.monitor import Baseline, Light
from inspection.store import lines, monitor
from inspection.store.database import Tx
from inspection.store.monitor import Eye
from inspection.store.records import CAMERA, WINDOW
from inspection.store.relights import Check
from inspection.store.reports.light_marks import Mark, marks
from inspection.store.reports.relight import newest

LOOK_BACK = timedelta(days=7)
RESTS_AFTER = timedelta(minutes=15)  # without a window: the line does not run, and says nothing of its light
MAX_POINTS = 2000
_SAME = (*monitor.FIGURES, "images", "last_image_id", "repeated", "missing", "ewma")


@dataclass(frozen=True, kw_only=True)
class LightPoint:
    """One window: its end, how many images it had and which was the last, its medians, how many pictures repeat one and
    how many serials lack, and what the chart said."""

    at: datetime
    images: int
    last_image_id: int
    brightness: float
    contrast: float
    sharpness: float
    saturated: float
    mean: float | None
    black: float | None
    red: float | None
    blue: float | None
    noise: float | None
    repeated: int
    missing: int | None
    ewma: float | None
    light: Light


@dataclass(frozen=True, kw_only=True)
class CameraLight:
    """One camera's view: its windows in order, its baseline (None while learning), the hard limits, what changed
    meanwhile, and the last check of what the drift changes. Of what the AI says inspectors are told nothing, so they
    have no check. `rests` is whether the line does not run."""

    camera: str
    view: str
    points: tuple[LightPoint, ...]
    baseline: Baseline | None
    baseline_by: str
    baseline_at: datetime | None
    limits: QualityLimits
    marks: tuple[Mark, ...]
    check: Check | None
    rests: bool

    @property
    def healthy(self) -> int | None:
        """The last image taken in steady light before it drifted; None where it has not, or was never steady."""
        if self.light not in (Light.WARNING, Light.ALARM):
            return None
        return next((one.last_image_id for one in reversed(self.points) if one.light is Light.STEADY), None)

    @property
    def light(self) -> Light:
        """What the chart says now."""
        return self.points[-1].light if self.points else Light.LEARNING


def light(tx: Tx, line: str, now: datetime, *, inspector: bool = False) -> tuple[CameraLight, ...]:
    """Every camera view of the line that was seen in the last week; raises Unknown."""
    known = lines.in_force(tx, line)
    eyes = (
        select(WINDOW.c.camera_id, CAMERA.c.name, WINDOW.c.view)
        .join(CAMERA, CAMERA.c.id == WINDOW.c.camera_id)
        .where(WINDOW.c.line_id == known.id, WINDOW.c.ended_at > micros(now - LOOK_BACK))
        .distinct()
        .order_by(CAMERA.c.name, WINDOW.c.view)
    )
    found = []
    for camera_id, name, view in tx.execute(eyes).all():
        eye = Eye(line_id=known.id, camera_id=camera_id, view=view)
        base = monitor.baseline(tx, eye, known.recipe_id)
        points = _points(tx, eye, now)
        found.append(
            CameraLight(
                camera=name,
                view=view,
                points=points,
                baseline=base.baseline if base else None,
                baseline_by=base.by if base else "",
                baseline_at=base.at if base else None,
                limits=known.line.recipe.limits,
                marks=marks(tx, eye, now - LOOK_BACK),
                check=None if inspector else newest(tx, eye, now),
                rests=not points or points[-1].at < now - RESTS_AFTER,
            )
        )
    return tuple(found)


def _points(tx: Tx, eye: Eye, now: datetime) -> tuple[LightPoint, ...]:
    query = (
        select(WINDOW)
        .where(WINDOW.c.camera_id == eye.camera_id, WINDOW.c.view == eye.view)
        .where(WINDOW.c.ended_at > micros(now - LOOK_BACK))
        .order_by(WINDOW.c.id.desc())
        .limit(MAX_POINTS)
    )
    points = [
        LightPoint(at=moment(r.ended_at), light=Light(r.light), **{name: getattr(r, name) for name in _SAME})
        for r in tx.execute(query)
    ]
    return tuple(reversed(points))
