"""Watches what models say of each camera's view, and alarms when it drifts away from what they said at first."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inspection.core.journal import Change, facts, plain
from inspection.core.line import Unknown
from inspection.core.monitor import Light
from inspection.core.policy import InvalidPolicy
from inspection.core.rule import Action
from inspection.core.shift import SCORE_EDGES, Drift, Kind, Shift, Sizes, Trend, advance, histogram, shift
from inspection.flow import alarm
from inspection.store import alarms, drift, journal, lines, monitor
from inspection.store.database import Database, Tx
from inspection.store.drift import Look, Reference, Values
from inspection.store.lines import LineInForce
from inspection.store.monitor import Eye

USUAL = Sizes()
log = logging.getLogger("jidoka")


@dataclass(frozen=True, kw_only=True)
class _View:
    """A view whose reference can be learned or looked at: the images' ids and what the model said of them."""

    line: LineInForce
    model: str
    eye: Eye
    camera: str
    reference: Reference
    looks: dict[Kind, Look]
    images: NDArray[np.int64]
    values: Values


def watch(db: Database, clock: Callable[[], datetime], sizes: Sizes = USUAL) -> int:
    """1 begin references where a model is new, 2 learn those that have their images, 3 look at views with enough new
    ones; how many were looked at. Distances are reckoned outside of the transactions, since they take a while."""
    with db.read() as tx:
        known = [line for line in lines.all_in_force(tx) if line.policy.terms.model]
        new = [line.id for line in known if _without_reference(tx, line)]
    if new:
        db.write(lambda tx: _begin(tx, new, clock()))
    with db.read() as tx:
        due = [view for line in known for view in _due(tx, line, sizes)]
    for view in due:
        if view.reference.images == 0:
            db.write(partial(_learn, view=view, now=clock()))
        else:
            lacks = sorted(set(view.reference.values) - set(view.values))
            if lacks:
                log.warning(
                    "drift_not_watched camera=%s view=%s figures=%s", view.camera, view.eye.view, " ".join(lacks)
                )
            found = {kind: _compare(view, kind) for kind in view.values if kind in view.reference.values}
            db.write(partial(_keep, view=view, found=found, now=clock()))
    return len(due)


def learn_anew(tx: Tx, *, line: str, camera: str, view: str, by: str, reason: str, now: datetime) -> None:
    """Learn what the model says of a camera's view anew, from the images to come: a signed act, once somebody knows why
    it differs. Raises InvalidPolicy or Unknown."""
    if len(reason.strip()) < 10:
        raise InvalidPolicy("Write why the reference may be learned anew, in ten characters or more.")
    known = lines.in_force(tx, line)
    camera_id = lines.camera_id(tx, known.id, camera)
    if camera_id is None or view not in known.line.recipe.views:
        raise Unknown(f"Line {line!r} has no camera {camera!r} with a view {view!r}.")
    if known.policy.terms.model is None:
        raise InvalidPolicy("No model is in force here, so there is nothing to learn a reference from.")
    eye = Eye(line_id=known.id, camera_id=camera_id, view=view)
    drift.begin(tx, eye, known.recipe_id, known.policy.terms.model, by, plain(reason.strip()), now)
    change = Change(subject=_subject(known, camera, eye), event="drift_reset", actor=by, reason=plain(reason.strip()))
    journal.append(tx, now, change)


def _without_reference(tx: Tx, line: LineInForce) -> list[Eye]:
    model = line.policy.terms.model or ""
    return [
        eye
        for eye, _ in drift.eyes(tx, line.id, line.line.recipe.views)
        if drift.reference(tx, eye, line.recipe_id, model) is None
    ]


def _begin(tx: Tx, line_ids: list[int], now: datetime) -> None:
    for line in (lines.in_force_by_id(tx, line_id) for line_id in line_ids):
        for eye in _without_reference(tx, line) if line.policy.terms.model else ():
            text = "Learned from the first images that the model judged."
            drift.begin(tx, eye, line.recipe_id, line.policy.terms.model or "", alarm.BY, text, now)


def _due(tx: Tx, line: LineInForce, sizes: Sizes) -> list[_View]:
    """The line's views with enough new images; a line that does not run has none."""
    model, found = line.policy.terms.model or "", []
    for eye, camera in drift.eyes(tx, line.id, line.line.recipe.views):
        reference = drift.reference(tx, eye, line.recipe_id, model)
        if reference is None:
            continue
        looks = drift.last_looks(tx, reference.id) if reference.images else {}
        last = max((look.last_image_id for look in looks.values()), default=reference.after_image_id)
        wanted = sizes.step if looks else sizes.newest if reference.images else sizes.reference
        if drift.came(tx, eye, last, wanted) < wanted:
            continue
        most = sizes.newest if reference.images else sizes.reference
        images, values = drift.said(tx, eye, line.recipe_id, model, reference.after_image_id, most)
        if len(images) == most and (images > last).sum() >= min(wanted, most):
            found.append(
                _View(
                    line=line, model=model, eye=eye, camera=camera, reference=reference, looks=looks, images=images,
                    values=values,
                )
            )  # fmt: skip
    return found


def _compare(view: _View, kind: Kind) -> Shift:
    return shift(view.reference.values[kind], view.values[kind], seed=int(view.images[-1]))


def _learn(tx: Tx, view: _View, now: datetime) -> None:
    last = int(view.images[-1])
    if drift.learned(tx, view.reference.id, view.values, len(view.images), last):
        told = facts(
            images=len(view.images), median_score=round(float(np.median(view.values[Kind.SCORE])), 4),
            figures=" ".join(view.values),
        )  # fmt: skip
        change = Change(
            subject=_subject(view.line, view.camera, view.eye), event="drift_reference_learned",
            actor=view.reference.by, reason=view.reference.reason, facts=told,
        )  # fmt: skip
        journal.append(tx, now, change)


def _keep(tx: Tx, view: _View, found: dict[Kind, Shift], now: datetime) -> None:
    """1 drop what an engineer or another server has overtaken, 2 keep each look, 3 tell what changed, 4 alarm."""
    newest = drift.reference(tx, view.eye, view.line.recipe_id, view.model)
    if newest is None or newest.id != view.reference.id or drift.last_looks(tx, newest.id) != view.looks:
        return
    for kind, seen in found.items():
        before = view.looks[kind].trend if kind in view.looks else None
        trend = advance(before, seen)
        bins = histogram(view.values[kind], SCORE_EDGES) if kind is Kind.SCORE else ()
        drift.add_look(tx, view.eye, newest.id, kind, int(view.images[-1]), seen, trend, bins, now)
        was = Drift.STEADY if before is None else before.state
        if trend.state is not was:
            _tell(tx, view, kind, was, trend, seen, now)
        if trend.state is Drift.ALARM:
            _alarm(tx, view, kind, seen, now)


def _tell(tx: Tx, view: _View, kind: Kind, was: Drift, trend: Trend, seen: Shift, now: datetime) -> None:
    subject = f"{_subject(view.line, view.camera, view.eye)}/{kind}"
    told = facts(psi=round(seen.psi, 3), distance=round(seen.distance, 4), p=round(seen.p, 4))
    change = Change(subject=subject, event="drift_changed", actor=alarm.BY, before=was, after=trend.state, facts=told)
    journal.append(tx, now, change)


def _alarm(tx: Tx, view: _View, kind: Kind, seen: Shift, now: datetime) -> None:
    """Ask for a look, and for a new training only where it is surely not the light that has changed: its own chart is
    slow to alarm, and one that is being learned says nothing."""
    stands = alarms.open_of(tx, view.line.id, alarm.LIGHT, f"{view.eye.camera_id}/{view.eye.view}") is not None
    light = stands or monitor.newest_light(tx, view.eye) not in (None, Light.STEADY)
    if light:
        text = (
            f"Drift: to the model, the last {seen.newest} images of view {view.eye.view} differ from the first "
            f"{seen.reference} (PSI {seen.psi:.2f}), and the light is not steady either. Mend the light first, and "
            "train on nothing until then."
        )
    else:
        text = (
            f"Drift: to the model, the last {seen.newest} images of view {view.eye.view} differ from the first "
            f"{seen.reference} (PSI {seen.psi:.2f}). Look at them. If parts and camera are as they should be, train a "
            "model that knows them; else mend what has changed."
        )
    if alarm.fire(
        tx, view.line, alarm.DRIFT, f"{view.camera}/{view.eye.view}/{kind}", text, now, psi=round(seen.psi, 3)
    ):
        alarm.ask(tx, view.line, Action.MAINTENANCE if light else Action.RETRAINING, alarm.DRIFT, text, None, now)


def _subject(line: LineInForce, camera: str, eye: Eye) -> str:
    return f"line/{line.line.name}/drift/{camera}/{eye.view}"
