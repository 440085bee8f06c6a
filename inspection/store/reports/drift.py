"""How far what models say of each camera's view has shifted, over time."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from inspection.core.moment import micros, moment
from inspection.core.shift import SCORE_EDGES, Drift, Kind, Sizes, histogram
from inspection.store import alarms, drift, lines
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.monitor import Eye
from inspection.store.records import DRIFT_LOOK, DRIFT_REFERENCE
from inspection.store.reports.light_marks import Mark, marks

LOOK_BACK = timedelta(days=30)
MOST = 1_500
USUAL = Sizes()


@dataclass(frozen=True, kw_only=True)
class DriftPoint:
    """One look: how far the newest images lay from the reference, and what was said of it."""

    at: datetime
    psi: float
    distance: float
    p: float
    reference: int
    newest: int
    state: Drift


@dataclass(frozen=True, kw_only=True)
class ViewDrift:
    """One camera's view under the model in force. `looks` of each figure are in order, of a month at most, those held
    against earlier references too; `now` are the last ones against the one in force. `reference` counts its images, 0
    while it is being learned; until the next step `came` of `wanted` images have come. The histograms are of scores in
    equal bins from 0 to 1. `featured` is whether the model says where images lie in its eyes."""

    camera: str
    view: str
    reference: int
    by: str
    reason: str
    since: datetime | None
    came: int
    wanted: int
    looks: dict[Kind, tuple[DriftPoint, ...]]
    now: dict[Kind, DriftPoint]
    first_scores: tuple[int, ...]
    newest_scores: tuple[int, ...]
    featured: bool
    light_alarm: bool
    marks: tuple[Mark, ...]

    @property
    def state(self) -> Drift:
        """The worst of its figures."""
        order = list(Drift)
        return max((one.state for one in self.now.values()), key=order.index, default=Drift.LEARNING)


def views(tx: Tx, line: str, now: datetime) -> tuple[ViewDrift, ...]:
    """Every view of the line that has sent images; none without a model in force. Of at least a hundred images at once,
    so nothing can be read of a single unit. Raises Unknown."""
    known = lines.in_force(tx, line)
    if known.policy.terms.model is None:
        return ()
    found = drift.eyes(tx, known.id, known.line.recipe.views)
    return tuple(_view(tx, known, eye, camera, now) for eye, camera in found)


def _view(tx: Tx, line: LineInForce, eye: Eye, camera: str, now: datetime) -> ViewDrift:
    reference = drift.reference(tx, eye, line.recipe_id, line.policy.terms.model or "")
    looks = _looks(tx, eye, now - LOOK_BACK)
    last = {kind: one for kind in Kind if reference and (one := _newest(tx, reference.id, kind)) is not None}
    seen = (
        max((one.last_image_id for one in drift.last_looks(tx, reference.id).values()), default=0) if reference else 0
    )
    learned = reference is not None and reference.images > 0
    wanted = USUAL.step if last else USUAL.newest if learned else USUAL.reference
    after = seen or (reference.after_image_id if reference else 0)
    values = reference.values if reference is not None else {}
    return ViewDrift(
        camera=camera, view=eye.view, reference=reference.images if reference else 0,
        by=reference.by if reference else "", reason=reference.reason if reference else "",
        since=moment(reference.at) if reference else None,
        came=drift.came(tx, eye, after, wanted) if reference else 0, wanted=wanted, looks=looks, now=last,
        first_scores=histogram(values[Kind.SCORE], SCORE_EDGES) if Kind.SCORE in values else (),
        newest_scores=_histogram(tx, reference.id) if reference and last else (),
        featured=not learned or Kind.FEATURE in values,
        light_alarm=alarms.open_of(tx, line.id, "light", f"{eye.camera_id}/{eye.view}") is not None,
        marks=(*marks(tx, eye, now - LOOK_BACK), *_begun(tx, eye, now - LOOK_BACK)),
    )  # fmt: skip


_POINT = ("at", "psi", "distance", "p", "reference", "newest", "state")


def _looks(tx: Tx, eye: Eye, since: datetime) -> dict[Kind, tuple[DriftPoint, ...]]:
    query = select(DRIFT_LOOK.c.kind, *(DRIFT_LOOK.c[name] for name in _POINT)).where(
        DRIFT_LOOK.c.camera_id == eye.camera_id, DRIFT_LOOK.c.view == eye.view, DRIFT_LOOK.c.at > micros(since)
    )
    found: dict[Kind, list[DriftPoint]] = defaultdict(list)
    for row in reversed(tx.execute(query.order_by(DRIFT_LOOK.c.id.desc()).limit(MOST)).all()):
        found[Kind(row.kind)].append(_point(row._mapping))
    return {kind: tuple(points) for kind, points in found.items()}


def _newest(tx: Tx, reference_id: int, kind: Kind) -> DriftPoint | None:
    query = select(*(DRIFT_LOOK.c[name] for name in _POINT)).where(
        DRIFT_LOOK.c.reference_id == reference_id, DRIFT_LOOK.c.kind == kind
    )
    row = tx.execute(query.order_by(DRIFT_LOOK.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _point(row._mapping)


def _point(row: object) -> DriftPoint:
    values = {name: row[name] for name in _POINT}  # type: ignore[index]
    return DriftPoint(**{**values, "at": moment(values["at"]), "state": Drift(values["state"])})


def _histogram(tx: Tx, reference_id: int) -> tuple[int, ...]:
    query = select(DRIFT_LOOK.c.histogram).where(
        DRIFT_LOOK.c.reference_id == reference_id, DRIFT_LOOK.c.kind == Kind.SCORE
    )
    body = tx.execute(query.order_by(DRIFT_LOOK.c.id.desc()).limit(1)).scalar()
    return tuple(json.loads(body or "[]"))


def _begun(tx: Tx, eye: Eye, since: datetime) -> list[Mark]:
    """References that were begun since then."""
    table = DRIFT_REFERENCE
    query = select(table.c.at, table.c.by).where(
        table.c.camera_id == eye.camera_id, table.c.view == eye.view, table.c.at > micros(since)
    )
    rows = tx.execute(query.order_by(table.c.id.desc()).limit(20)).all()
    return [Mark(at=moment(at), kind="reference", what="", by=by) for at, by in rows]
