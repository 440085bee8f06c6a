"""The figures of alarm rules that are read from the last looks at data drift."""

from collections.abc import Callable
from datetime import timedelta

from inspection.core.shift import Kind
from inspection.core.stage import Stage
from inspection.store import drift
from inspection.store.watched_asked import PSI, Asked, Figure

_DAY = timedelta(days=1)


def _worst(kind: Kind) -> Callable[[Asked], float | None]:
    """The largest PSI of the line's views at their last looks."""

    def worst(asked: Asked) -> float | None:
        found = drift.newest_psi(asked.tx, asked.line, kind, asked.since)
        return max((psi for _, _, psi in found), default=None)

    return worst


DRIFTED = (
    Figure(
        name="score_drift", stage=Stage.PREDICT, title="Drift of scores", unit=PSI, window=_DAY,
        compute=_worst(Kind.SCORE),
    ),
    Figure(
        name="feature_drift", stage=Stage.PREDICT, title="Drift of features", unit=PSI, window=_DAY,
        compute=_worst(Kind.FEATURE),
    ),
)  # fmt: skip
