"""Windows of brightness and their baselines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, bindparam, func, insert, select

from inspection.core.moment import micros, moment
from inspection.core.monitor import Baseline, Chart, Light
from inspection.store import places
from inspection.store.records import BASELINE, CAMERA, IMAGE, UNIT, WINDOW, dump
from inspection.store.transaction import Prepared, Tx


@dataclass(frozen=True, kw_only=True)
class Eye:
    """One view of one camera: what a brightness chart belongs to."""

    line_id: int
    camera_id: int
    view: str


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One image's figures, as a window needs them; None for what was not measured."""

    image_id: int
    received_at: datetime
    unfit: str | None
    brightness: float
    contrast: float
    sharpness: float
    saturated: float
    mean: float | None = None
    black: float | None = None
    red: float | None = None
    blue: float | None = None
    noise: float | None = None


@dataclass(frozen=True, kw_only=True)
class LastWindow:
    """Where an eye's chart stands: the last window's newest image and, under the same recipe, the chart itself."""

    last_image_id: int
    chart: Chart | None


@dataclass(frozen=True, kw_only=True)
class BaselineInForce:
    """An eye's newest baseline; `baseline` is None while it is being learned from windows after `after_window_id`."""

    baseline: Baseline | None
    after_window_id: int
    by: str
    reason: str
    at: datetime


FIGURES = ("brightness", "contrast", "sharpness", "saturated", "mean", "black", "red", "blue", "noise")
# Asked for every view each second, while images come.
_CAMERAS = Prepared(select(CAMERA.c.id).where(CAMERA.c.line_id == bindparam("line"), CAMERA.c.revoked_at.is_(None)))
_NEWEST = Prepared(
    select(*places.VIEW, IMAGE.c.received_at)
    .where(places.all_of(bindparam("camera"), bindparam("view_")))
    .order_by(*(column.desc() for column in places.PLACE))
    .limit(1)
)


def _of(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The rows of an eye, with what `_here` tells of it."""
    return table.c.camera_id == bindparam("camera"), table.c.view == bindparam("view_")


_MEASURED = Prepared(
    select(IMAGE.c.id.label("image_id"), IMAGE.c.received_at, IMAGE.c.unfit, *(IMAGE.c[name] for name in FIGURES))
    .where(*_of(IMAGE), IMAGE.c.id > bindparam("after"), IMAGE.c.brightness.is_not(None))
    .order_by(IMAGE.c.id)
    .limit(bindparam("most"))
)
_LAST = Prepared(
    select(*(WINDOW.c[name] for name in ("id", "last_image_id", "recipe_id", "ewma", "outside", "light")))
    .where(*_of(WINDOW))
    .order_by(WINDOW.c.id.desc())
    .limit(1)
)
_BASELINE = Prepared(
    select(BASELINE)
    .where(*_of(BASELINE), BASELINE.c.recipe_id == bindparam("recipe"))
    .order_by(BASELINE.c.id.desc())
    .limit(1)
)


def eyes(tx: Tx, line_id: int, views: Sequence[str], since: datetime) -> list[Eye]:
    """The views of the line's cameras that have sent an image since that moment; each is looked up by an index."""
    cameras = [row[0] for row in _CAMERAS.run(tx, {"line": line_id}).fetchall()]
    known = [Eye(line_id=line_id, camera_id=camera, view=view) for camera in cameras for view in views]
    return [eye for eye in known if _last_sent(tx, eye) >= micros(since)]


def _last_sent(tx: Tx, eye: Eye) -> int:
    """When the newest image of the view came, 0 for none."""
    row = _NEWEST.run(tx, _here(eye)).fetchone()
    return int(row[2]) if row is not None and tuple(row[:2]) == (eye.camera_id, eye.view) else 0


def measured_after(tx: Tx, eye: Eye, image_id: int, limit: int) -> list[Measured]:
    """The eye's measured images after that one, in order of arrival."""
    rows = _MEASURED.rows(tx, {**_here(eye), "after": image_id, "most": limit})
    return [Measured(**{**row, "received_at": moment(row["received_at"])}) for row in rows]


def serials(tx: Tx, eye: Eye, first: int, last: int, most: int) -> list[str] | None:
    """The serials of all units that the eye has sent an image of, measured or not, from one image to another (ids, both
    included); None for more than `most`, where a look at them all would take long."""
    query = (
        select(UNIT.c.serial)
        .join(IMAGE, IMAGE.c.unit_id == UNIT.c.id)
        .where(IMAGE.c.camera_id == eye.camera_id, IMAGE.c.view == eye.view, IMAGE.c.id.between(first, last))
        .order_by(IMAGE.c.id)
        .limit(most + 1)
    )
    found = list(tx.execute(query).scalars())
    return found if len(found) <= most else None


def last_window(tx: Tx, eye: Eye, recipe_id: int) -> LastWindow:
    """Where the eye's chart stands; windows of another recipe, or from before a new baseline, say nothing."""
    found = _LAST.rows(tx, _here(eye))
    if not found:
        return LastWindow(last_image_id=0, chart=None)
    row, chart = found[0], None
    in_force = baseline(tx, eye, recipe_id)
    learned_after = in_force.after_window_id if in_force else 0
    if row["ewma"] is not None and row["recipe_id"] == recipe_id and row["id"] > learned_after:
        chart = Chart(ewma=row["ewma"], outside=tuple(json.loads(row["outside"])), light=Light(row["light"]))
    return LastWindow(last_image_id=row["last_image_id"], chart=chart)


def add_window(
    tx: Tx,
    eye: Eye,
    recipe_id: int,
    images: Sequence[Measured],
    figures: Mapping[str, float | int | None],
    chart: Chart | None,
    now: datetime,
) -> None:
    """Keep a window with its figures by their columns' names; without a chart the eye is still learning."""
    values = {
        **eye.__dict__,
        **figures,
        "recipe_id": recipe_id,
        "last_image_id": images[-1].image_id,
        "started_at": micros(images[0].received_at),
        "ended_at": micros(images[-1].received_at),
        "closed_at": micros(now),
        "images": len(images),
        "ewma": chart.ewma if chart else None,
        "outside": dump(list(chart.outside) if chart else []),
        "light": str(chart.light if chart else Light.LEARNING),
    }
    tx.execute(insert(WINDOW).values(values))


def window_values(tx: Tx, eye: Eye, recipe_id: int, after_window_id: int) -> list[float]:
    """The brightness of the eye's windows under a recipe, after that one."""
    query = select(WINDOW.c.brightness).where(
        *_of(WINDOW), WINDOW.c.recipe_id == recipe_id, WINDOW.c.id > after_window_id
    )
    return [float(value) for value in tx.execute(query.order_by(WINDOW.c.id), _here(eye)).scalars()]


def newest_light(tx: Tx, eye: Eye) -> Light | None:
    """What the chart said of the eye's newest window; None without any."""
    query = select(WINDOW.c.light).where(*_of(WINDOW)).order_by(WINDOW.c.id.desc()).limit(1)
    found = tx.execute(query, _here(eye)).scalar()
    return None if found is None else Light(found)


def newest_window_id(tx: Tx, eye: Eye) -> int:
    """The id of the eye's newest window, 0 without any."""
    return int(tx.execute(select(func.max(WINDOW.c.id)).where(*_of(WINDOW)), _here(eye)).scalar() or 0)


def baseline(tx: Tx, eye: Eye, recipe_id: int) -> BaselineInForce | None:
    """The eye's newest baseline under a recipe."""
    rows = _BASELINE.rows(tx, {**_here(eye), "recipe": recipe_id})
    if not rows:
        return None
    row = rows[0]
    figures = {name: row[name] for name in ("mean", "deviation", "windows")}
    same = {name: row[name] for name in ("after_window_id", "by", "reason")}
    known = None if row["mean"] is None else Baseline(**figures)
    return BaselineInForce(baseline=known, **same, at=moment(row["at"]))


def set_baseline(
    tx: Tx,
    eye: Eye,
    recipe_id: int,
    learned: Baseline | None,
    after_window_id: int,
    by: str,
    reason: str,
    now: datetime,
) -> None:
    """Put a baseline into force; None begins to learn one from the windows to come."""
    figures = {"mean": None, "deviation": None, "windows": 0} if learned is None else learned.__dict__
    values = {
        **eye.__dict__,
        **figures,
        "recipe_id": recipe_id,
        "after_window_id": after_window_id,
        "by": by,
        "reason": reason,
        "at": micros(now),
    }
    tx.execute(insert(BASELINE).values(values))


def _here(eye: Eye) -> dict[str, int | str]:
    return {"camera": eye.camera_id, "view_": eye.view}
