"""What the clock drives, for every line: read from the database each time it is asked for."""

from collections.abc import Iterator
from datetime import datetime

from inspection.core import metrics
from inspection.core.metrics import Reading
from inspection.core.predict import Predictor
from inspection.flow import certificate
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.reports import figures


def of_lines(tx: Tx, predictor: Predictor | None, now: datetime) -> Iterator[Reading]:
    """Level, certificate, rollout, queue, alarms, cameras and model of every line."""
    known = lines.all_in_force(tx)
    yield from figures.queues(tx, known, now)
    yield from figures.alarms(tx, known)
    for line in known:
        yield from figures.standing(tx, line)
        yield from figures.eyes(tx, line)
        yield from figures.drifts(tx, line, now)
        yield from _proof(tx, line, now)
        if predictor is not None and line.policy.terms.model:
            model = line.policy.terms.model
            labels = (line.line.name, metrics.short(model))
            yield Reading(metric=metrics.MODEL_LOADED, labels=labels, value=predictor.ready(model))


def _proof(tx: Tx, line: LineInForce, now: datetime) -> Iterator[Reading]:
    proving, _ = certificate.proving(tx, line, line.policy.terms, now)
    yield Reading(metric=metrics.CERTIFICATE, labels=(line.line.name,), value=bool(proving))
    if proving:
        ends = max(kept.certificate.expires for kept in proving).timestamp()
        yield Reading(metric=metrics.EXPIRES, labels=(line.line.name,), value=ends)
