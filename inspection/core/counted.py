"""What is counted: entries of the journal, which tells each change of state once it is durable, and models' answers."""

import json
from collections.abc import Callable, Sequence

from inspection.core import metrics
from inspection.core.decide import Verdict
from inspection.core.journal import Change
from inspection.core.label import Agreement
from inspection.core.metrics import Meter, Stage
from inspection.core.predict import Failure, NoPrediction, Prediction


def count_all(meter: Meter, changes: Sequence[Change]) -> None:
    """Count those entries of the journal that anything counts."""
    for change in changes:
        counted = _COUNTED.get(change.event)
        if counted is not None:
            counted(meter, change, change.subject.split("/", 2)[1])


def answered(meter: Meter, line: str, opinions: Sequence[Prediction | NoPrediction]) -> None:
    """Count what models said of one image of a line."""
    for one in opinions:
        model = metrics.short(one.model)
        meter.count(metrics.PREDICTIONS, line, model)
        if isinstance(one, NoPrediction):
            meter.count(metrics.FAILURES, line, model, one.failure)
        else:
            meter.took(metrics.MODEL_TIMES, model, seconds=one.milliseconds / 1000)
    if any(isinstance(one, NoPrediction) and one.failure is Failure.DEADLINE for one in opinions):
        meter.count(metrics.DEADLINES, line)


def _stored(meter: Meter, change: Change, line: str) -> None:
    meter.count(metrics.IMAGES, line, change.actor.removeprefix("camera "))


def _decided(meter: Meter, change: Change, line: str) -> None:
    meter.count(metrics.DECISIONS, line, str(change.after), change.reason)


def _disposed(meter: Meter, change: Change, line: str) -> None:
    if change.after in tuple(Verdict):
        meter.count(metrics.UNITS, line, str(change.after), change.actor, change.reason)


def _labelled(meter: Meter, change: Change, line: str) -> None:
    told = json.loads(change.facts)
    meter.count(metrics.LABELS, line, str(change.after), "no" if told["saw_ai"] else "yes")
    meter.took(metrics.STAGE_TIMES, line, Stage.REVIEW, seconds=told["seconds"])


_COUNTED: dict[str, Callable[[Meter, Change, str], None]] = {
    "image_stored": _stored,
    "image_decided": _decided,
    "unit_disposed": _disposed,
    "unit_labelled": _labelled,
    Agreement.ESCAPE: lambda meter, _, line: meter.count(metrics.ESCAPES, line),
    Agreement.OVERKILL: lambda meter, _, line: meter.count(metrics.OVERKILL, line),
}
