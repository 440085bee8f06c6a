"""References of what a model said of a view at first, and the looks held against them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Select, delete, func, insert, select, update

from inspection.core.moment import micros
from inspection.core.shift import Drift, Kind, Shift, Trend
from inspection.store import places, recipes
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.monitor import Eye
from inspection.store.records import CAMERA, DRIFT_LOOK, DRIFT_REFERENCE, IMAGE, PREDICTION, UNIT, dump

MOST = 5_000  # of a view's newest images, among which a model's opinions are looked for
KEEP = timedelta(days=400)  # for looks
Values = Mapping[Kind, NDArray[np.floating[Any]]]
"""Figures of images in order: numbers (images,), features (images, numbers). A kind that an image lacks is missing."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What the newest opinions are held against; `values` is empty while it is being learned from the images after
    `after_image_id`."""

    id: int
    after_image_id: int
    images: int
    values: Values = field(compare=False)
    by: str
    reason: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Look:
    """The last look at one figure: its trend, and the newest image that it saw."""

    trend: Trend
    last_image_id: int


def eyes(tx: Tx, line_id: int, views: Sequence[str]) -> list[tuple[Eye, str]]:
    """Every view of every camera of the line that may send and has sent, with the camera's name."""
    query = select(CAMERA.c.id, CAMERA.c.name).where(CAMERA.c.line_id == line_id, CAMERA.c.revoked_at.is_(None))
    cameras = tx.execute(query.order_by(CAMERA.c.name)).all()
    found = [(Eye(line_id=line_id, camera_id=id, view=view), name) for id, name in cameras for view in views]
    return [(eye, name) for eye, name in found if came(tx, eye, 0, 1)]


def reference(tx: Tx, eye: Eye, recipe_id: int, model: str) -> Reference | None:
    """The newest one of a view and a model under this recipe or one alike: a recipe that is changed in a drift must not
    make the drift the new normal."""
    query = _in_force(tx, eye, recipe_id, model, *DRIFT_REFERENCE.c)
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return Reference(
        id=row["id"], after_image_id=row["after_image_id"], images=row["images"], values=_values(dict(row)),
        by=row["by"], reason=row["reason"], at=row["at"],
    )  # fmt: skip


def begin(tx: Tx, eye: Eye, recipe_id: int, model: str, by: str, reason: str, now: datetime) -> None:
    """Learn a reference from the images to come."""
    sent = _newest(eye, 1).subquery()
    newest = tx.execute(select(sent.c.id).where(sent.c.camera_id == eye.camera_id, sent.c.view == eye.view)).scalar()
    values = {
        **eye.__dict__, "recipe_id": recipe_id, "model": model, "after_image_id": newest or 0, "images": 0, "by": by,
        "reason": reason, "at": micros(now),
    }  # fmt: skip
    tx.execute(insert(DRIFT_REFERENCE).values(values))


def learned(tx: Tx, reference_id: int, values: Values, images: int, last_image_id: int) -> bool:
    """Keep what a reference was learned from, the newest image included; False where another server has done so."""
    kept: dict[str, Any] = {kind: _bytes(kind, found) for kind, found in values.items()}
    table = DRIFT_REFERENCE
    open_yet = update(table).where(table.c.id == reference_id, table.c.images == 0)
    return tx.execute(open_yet.values(images=images, after_image_id=last_image_id, **kept)).rowcount == 1


def came(tx: Tx, eye: Eye, after_image_id: int, most: int) -> int:
    """How many images the view has sent after that one, `most` at most."""
    next_ones = select(*places.PLACE).where(places.after(eye.camera_id, eye.view, after_image_id))
    sent = next_ones.order_by(*places.PLACE).limit(most).subquery()
    query = select(func.count()).where(sent.c.camera_id == eye.camera_id, sent.c.view == eye.view)
    return int(tx.execute(query).scalar_one())


def _newest(eye: Eye, most: int) -> Select[Any]:
    """The view's newest images, the newest first, with those of other views after them where it has sent fewer."""
    query = select(*places.PLACE, IMAGE.c.unit_id).where(places.all_of(eye.camera_id, eye.view))
    return query.order_by(*(column.desc() for column in places.PLACE)).limit(most)


def said(
    tx: Tx, eye: Eye, recipe_id: int, model: str, after_image_id: int, most: int
) -> tuple[NDArray[np.int64], Values]:
    """The newest opinions of a model on the view's images after that one: the images' ids and their figures, in order.
    Units of a recipe that is not alike are left out, and so are images that lack a figure which most others have; a
    figure that most of them lack is left out itself."""
    same = recipes.alike(tx, eye.line_id, recipe_id)
    recent = _newest(eye, MOST).subquery()
    query = (
        select(recent.c.id, PREDICTION.c.score, PREDICTION.c.novelty, PREDICTION.c.feature)
        .select_from(recent)
        .join(PREDICTION, PREDICTION.c.image_id == recent.c.id)
        .join(UNIT, UNIT.c.id == recent.c.unit_id)
        .where(recent.c.camera_id == eye.camera_id, recent.c.view == eye.view, recent.c.id > after_image_id)
        .where(PREDICTION.c.model == model, PREDICTION.c.score.is_not(None), UNIT.c.recipe_id.in_(same))
        .order_by(recent.c.id.desc())
        .limit(2 * most)
    )
    rows = tx.execute(query).all()[::-1]
    novel = 2 * sum(row.novelty is not None for row in rows) > len(rows)
    length, times = max(Counter(len(row.feature or b"") for row in rows).items(), key=itemgetter(1), default=(0, 0))
    featured = length > 0 and 2 * times > len(rows)
    rows = [
        row
        for row in rows
        if (not novel or row.novelty is not None) and (not featured or len(row.feature or b"") == length)
    ][-most:]
    found: dict[Kind, NDArray[np.floating[Any]]] = {Kind.SCORE: np.array([row.score for row in rows], np.float64)}
    if novel:
        found[Kind.NOVELTY] = np.array([row.novelty for row in rows], np.float64)
    if featured:
        found[Kind.FEATURE] = np.stack([np.frombuffer(row.feature, "<f2") for row in rows]).astype(np.float64)
    return np.array([row.id for row in rows], np.int64), found


def last_looks(tx: Tx, reference_id: int) -> dict[Kind, Look]:
    """The last look at each figure held against a reference."""
    found = {}
    for kind in Kind:
        query = select(DRIFT_LOOK).where(DRIFT_LOOK.c.reference_id == reference_id, DRIFT_LOOK.c.kind == kind)
        row = tx.execute(query.order_by(DRIFT_LOOK.c.id.desc()).limit(1)).one_or_none()
        if row is not None:
            trend = Trend(state=Drift(row.state), far=tuple(json.loads(row.far)))
            found[kind] = Look(trend=trend, last_image_id=row.last_image_id)
    return found


def newest_psi(tx: Tx, line: LineInForce, kind: Kind, since: datetime) -> list[tuple[str, str, float]]:
    """Camera, view and PSI of the last look at a figure of each of the line's views, of those since then."""
    model, found = line.policy.terms.model, []
    for eye, camera in eyes(tx, line.id, line.line.recipe.views) if model else ():
        held = _reference_id(tx, eye, line.recipe_id, model or "")
        query = select(DRIFT_LOOK.c.psi, DRIFT_LOOK.c.at).where(
            DRIFT_LOOK.c.reference_id == held, DRIFT_LOOK.c.kind == kind
        )
        row = tx.execute(query.order_by(DRIFT_LOOK.c.id.desc()).limit(1)).one_or_none()
        if row is not None and row.at > micros(since):
            found.append((camera, eye.view, float(row.psi)))
    return found


def _reference_id(tx: Tx, eye: Eye, recipe_id: int, model: str) -> int | None:
    """The reference in force, without its figures, which take long to read."""
    return tx.execute(_in_force(tx, eye, recipe_id, model, DRIFT_REFERENCE.c.id)).scalar()


def _in_force(tx: Tx, eye: Eye, recipe_id: int, model: str, *columns: Column[Any]) -> Select[Any]:
    table, same = DRIFT_REFERENCE, recipes.alike(tx, eye.line_id, recipe_id)
    query = select(*columns).where(table.c.camera_id == eye.camera_id, table.c.view == eye.view)
    query = query.where(table.c.recipe_id.in_(same), table.c.model == model)
    return query.order_by(table.c.id.desc()).limit(1)


def add_look(
    tx: Tx, eye: Eye, reference_id: int, kind: Kind, last_image_id: int, found: Shift, trend: Trend,
    histogram: Sequence[int], now: datetime,
) -> None:  # fmt: skip
    """Keep one look; the line's looks of long ago are dropped."""
    tx.execute(delete(DRIFT_LOOK).where(DRIFT_LOOK.c.line_id == eye.line_id, DRIFT_LOOK.c.at < micros(now - KEEP)))
    values = {
        **eye.__dict__, **found.__dict__, "reference_id": reference_id, "kind": str(kind), "state": str(trend.state),
        "last_image_id": last_image_id, "far": dump(list(trend.far)), "histogram": dump(list(histogram)),
        "at": micros(now),
    }  # fmt: skip
    tx.execute(insert(DRIFT_LOOK).values(values))


def _bytes(kind: Kind, values: NDArray[np.floating[Any]]) -> bytes:
    return values.astype("<f2" if kind is Kind.FEATURE else "<f8").tobytes()


def _values(row: Mapping[str, Any]) -> Values:
    found = {}
    for kind in Kind:
        if row[kind] is not None:
            flat = np.frombuffer(row[kind], "<f2" if kind is Kind.FEATURE else "<f8").astype(np.float64)
            found[kind] = flat.reshape(row["images"], -1) if kind is Kind.FEATURE else flat
    return found
