"""The figures of all lines that are read from the database at a scrape: few queries each line, all by an index."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from inspection.core import metrics
from inspection.core.alarm import STANDING
from inspection.core.metrics import Reading
from inspection.core.moment import micros
from inspection.core.monitor import Light
from inspection.core.shift import Kind
from inspection.store import drift, models
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.queue import OWED
from inspection.store.records import ALARM, CAMERA, TASK, WINDOW
from inspection.store.reports import cameras

LOOKED_WITHIN = timedelta(days=1)


def standing(tx: Tx, line: LineInForce) -> Iterator[Reading]:
    """The line's level, policy and model, and how much a rollout's candidate decides."""
    name, terms = line.line.name, line.policy.terms
    model = models.of_line(tx, line.id, terms.model) if terms.model else None
    told = (name, str(terms.level), str(line.policy.number), metrics.short(terms.model or ""))
    yield Reading(metric=metrics.LINE_INFO, labels=(*told, "" if model is None else str(model.version)), value=1)
    yield Reading(metric=metrics.LEVEL, labels=(name,), value=terms.level.rung)
    yield Reading(metric=metrics.OVERRIDE, labels=(name,), value=line.policy.override)
    weight = line.candidate.weight / 100 if line.candidate is not None else 0.0
    yield Reading(metric=metrics.WEIGHT, labels=(name,), value=weight)


def queues(tx: Tx, lines: Sequence[LineInForce], now: datetime) -> Iterator[Reading]:
    """How many units of each line wait for people, as its page has it, and how long the oldest has."""
    counts = or_(OWED, TASK.c.leased_until > micros(now))
    query = select(TASK.c.line_id, func.count(), func.min(TASK.c.ready_at)).where(
        TASK.c.closed_at.is_(None), TASK.c.state.in_(("open", "leased")), counts, TASK.c.ready_at <= micros(now)
    )
    waiting = {
        line: (n, (micros(now) - oldest) / 1e6) for line, n, oldest in tx.execute(query.group_by(TASK.c.line_id))
    }
    for line in lines:
        depth, age_s = waiting.get(line.id, (0, 0.0))
        yield Reading(metric=metrics.QUEUE_DEPTH, labels=(line.line.name,), value=depth)
        yield Reading(metric=metrics.QUEUE_AGE, labels=(line.line.name,), value=age_s)


def alarms(tx: Tx, lines: Sequence[LineInForce]) -> Iterator[Reading]:
    """Alarms that nobody has cleared, by line, kind and state."""
    names = {line.id: line.line.name for line in lines}
    by = (ALARM.c.line_id, ALARM.c.kind, ALARM.c.state)
    stands = (ALARM.c.cleared_at.is_(None), ALARM.c.state.in_(STANDING))
    for line, kind, state, n in tx.execute(select(*by, func.count()).where(*stands).group_by(*by)):
        yield Reading(metric=metrics.ALARMS, labels=(names[line], kind, state), value=n)


def eyes(tx: Tx, line: LineInForce) -> Iterator[Reading]:
    """When each camera of the line last sent, and what the last window of each of its views says."""
    name = line.line.name
    for camera in cameras.heard(tx, line):
        if camera.last_image_at is not None and not camera.revoked:
            at = camera.last_image_at.timestamp()
            yield Reading(metric=metrics.LAST_IMAGE, labels=(name, camera.name), value=at)
    newest = [
        select(WINDOW.c.id)
        .where(WINDOW.c.camera_id == CAMERA.c.id, WINDOW.c.view == view)
        .order_by(WINDOW.c.id.desc())
        .limit(1)
        .scalar_subquery()
        for view in line.line.recipe.views
    ]
    found = tx.execute(select(*newest).where(CAMERA.c.line_id == line.id, CAMERA.c.revoked_at.is_(None)))
    ids = [window for row in found for window in row if window is not None]
    query = select(CAMERA.c.name, WINDOW.c.view, WINDOW.c.brightness, WINDOW.c.light)
    for camera_name, view, brightness, light in tx.execute(
        query.join(CAMERA, CAMERA.c.id == WINDOW.c.camera_id).where(WINDOW.c.id.in_(ids))
    ):
        yield Reading(metric=metrics.BRIGHTNESS, labels=(name, camera_name, view), value=brightness)
        for state in Light:
            yield Reading(
                metric=metrics.LIGHT, labels=(name, camera_name, view, str(state)), value=float(light == state)
            )


def drifts(tx: Tx, line: LineInForce, now: datetime) -> Iterator[Reading]:
    """How far scores and features of each view had shifted at the last look, of a day at most."""
    for metric, kind in ((metrics.SCORE_PSI, Kind.SCORE), (metrics.FEATURE_PSI, Kind.FEATURE)):
        for camera, view, psi in drift.newest_psi(tx, line, kind, now - LOOKED_WITHIN):
            yield Reading(metric=metric, labels=(line.line.name, camera, view), value=psi)
