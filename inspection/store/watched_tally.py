"""Figures for alarm rules that are read from those kept over time, in place of the images and answers themselves.

They run behind by the two minutes after which a minute is closed."""

from collections.abc import Callable
from datetime import timedelta

from inspection.core.stage import Stage
from inspection.core.tally import HOUR, MINUTE, TEN_MINUTES, Stored, Sum, merge
from inspection.store import tally
from inspection.store.tally import Key
from inspection.store.watched_asked import FEWEST, SECONDS, SHARE, Asked, Figure

_HOUR, _SOON = timedelta(hours=1), timedelta(minutes=10)
_DAY = 24 * HOUR
_BEHIND = TEN_MINUTES  # s: after the server was down, what is kept speaks of the past until it has caught up


def mean_of(name: str, fewest: int = FEWEST) -> Callable[[Asked], float | None]:
    """The mean of a figure kept over time: of the line, or the worst of its cameras' views; None of fewer values."""

    def compute(asked: Asked) -> float | None:
        found = (figures.get(name) for figures in _recent(asked).values())
        return max((one.mean for one in found if one is not None and one.n >= fewest), default=None)

    return compute


def size_changed(asked: Asked) -> float | None:
    """By how much the width or height of a view's images differs from what it was in the last day, as a share: a
    camera that crops differently. The worst of the views."""
    recent = _recent(asked)
    done = tally.until(asked.tx, HOUR)
    if done is None:
        return None
    before: dict[tuple[int, str], list[Stored]] = {}
    for key, figures in tally.rows(asked.tx, [asked.line.id], HOUR, done - _DAY, done):
        before.setdefault(key[1:3], []).append(figures)
    worst: float | None = None
    for eye, figures in recent.items():
        usual = merge(before.get(eye, []))
        for name in ("width", "height"):
            if name in figures and name in usual and figures[name].n >= FEWEST and usual[name].n >= FEWEST:
                worst = max(worst or 0.0, abs(figures[name].mean / usual[name].mean - 1))
    return worst


def _recent(asked: Asked) -> dict[tuple[int, str], dict[str, Sum]]:
    """The figures of the window that ends with the last closed minute: by ten minutes where these are there."""
    done = tally.until(asked.tx, MINUTE)
    if done is None or asked.now.timestamp() - done > _BEHIND:
        return {}
    since = done - round((asked.now - asked.since).total_seconds())
    coarse_since = -(-since // TEN_MINUTES) * TEN_MINUTES
    coarse = max(coarse_since, min(tally.until(asked.tx, TEN_MINUTES) or 0, done))
    found: dict[tuple[int, str], list[Stored]] = {}
    for span, start, end in (
        (MINUTE, since, min(coarse_since, done)), (TEN_MINUTES, coarse_since, coarse), (MINUTE, coarse, done),
    ):  # fmt: skip
        for key, figures in tally.rows(asked.tx, [asked.line.id], span, start, end):
            found.setdefault(_eye(key), []).append(figures)
    return {eye: merge(parts) for eye, parts in found.items()}


def _eye(key: Key) -> tuple[int, str]:
    return key.camera_id, key.view


def _figure(name: str, stage: Stage, title: str, unit: str, window: timedelta, kept: str) -> Figure:
    return Figure(name=name, stage=stage, title=title, unit=unit, window=window, compute=mean_of(kept))


TALLIED = (
    _figure("missing_views", Stage.CAPTURE, "Units without all views", SHARE, _HOUR, "missing"),
    Figure(
        name="repeated", stage=Stage.CAPTURE, title="Repeated pictures", unit=SHARE, window=_SOON,
        compute=mean_of("repeated", fewest=3),  # of a camera that freezes, three pictures say enough
    ),
    _figure("unreadable", Stage.CAPTURE, "Unreadable images", SHARE, _SOON, "unreadable"),
    Figure(
        name="image_size", stage=Stage.CAPTURE, title="Image size changed by", unit=SHARE, window=_SOON,
        compute=size_changed,
    ),
    _figure("no_part", Stage.LOCATE, "No part found", SHARE, _SOON, "no_part"),
    Figure(
        name="reject_rate", stage=Stage.DECIDE, title="Reject rate", unit=SHARE, window=_HOUR,
        compute=mean_of("rejected"), trains=True,
    ),
    _figure("automation", Stage.DECIDE, "Settled by the AI", SHARE, _HOUR, "automated"),
    _figure("verdict_time", Stage.DECIDE, "Time to the verdict", SECONDS, _HOUR, "verdict_time"),
    _figure("answer_time", Stage.REVIEW, "Time of an answer", SECONDS, _HOUR, "answer_time"),
    _figure("redone", Stage.REVIEW, "Answers taken back", SHARE, 4 * _HOUR, "redone"),
)  # fmt: skip
