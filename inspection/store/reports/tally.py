"""A line's figures over time, by stage of the pipeline, from the rows that are kept of them: no image is read."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from sqlalchemy import select

from inspection.core.evidence import Rate
from inspection.core.label import UNDO_WITHIN
from inspection.core.line import Line
from inspection.core.stage import Stage
from inspection.core.tally import DAY, FIGURES, HOUR, MINUTE, TELLING, TEN_MINUTES, Figure, Stored, enough, merge, told
from inspection.store import alarms, lines, tally
from inspection.store.alarms import Alarm
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.records import CAMERA
from inspection.store.reports.line import graded, risks
from inspection.store.tally import Key
from inspection.store.watched import stage_of

NEWEST, USUAL = 15 * MINUTE, 7 * DAY
SAMPLED = 3 * HOUR  # every third hour says what is usual, and is a third of the work
FEWEST_HOURS = 5  # of which it can be said
Eye = tuple[int, str]  # a camera's id and its view; (0, "") for the line as a whole
_LINE: Eye = (tally.WHOLE, "")


@dataclass(frozen=True, kw_only=True)
class Span:
    """How far back is looked, in which rows, and how long a point is, in seconds."""

    length: int
    kept: int
    step: int


SPANS = {
    "hours": Span(length=3 * HOUR, kept=MINUTE, step=MINUTE),
    "day": Span(length=DAY, kept=TEN_MINUTES, step=TEN_MINUTES),
    "week": Span(length=7 * DAY, kept=HOUR, step=HOUR),
    "month": Span(length=31 * DAY, kept=HOUR, step=2 * HOUR),
    "year": Span(length=366 * DAY, kept=DAY, step=DAY),
}


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What an hour's mean was in the last week: the median, and the range beyond which one stands out (Tukey's fences,
    which a quarter of odd hours does not move)."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One figure of the line or of a camera's view. Points are (n, sum, least, greatest) in the order of the page's
    times, None where nothing came; `withheld` is whether some were too few to be told. `newest` is of the last quarter
    of an hour. Figures that tell of single units are told by the hour of the clock at the finest, each at its
    beginning, and longer points of such hours alone: of any finer or sliding stretch the difference of two would be
    told too."""

    figure: Figure
    camera: str
    view: str
    points: tuple[Sequence[float] | None, ...]
    withheld: bool
    newest: float | None
    usual: Usual | None

    @property
    def stands_out(self) -> bool:
        """Whether the newest value is unlike those of the last week."""
        if self.newest is None or self.usual is None:
            return False
        return not self.usual.low <= self.newest <= self.usual.high


@dataclass(frozen=True, kw_only=True)
class StageFigures:
    """One stage: its alarms that stand, the gravest first, and its figures."""

    stage: Stage
    alarms: tuple[Alarm, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, kw_only=True)
class FiguresPage:
    """A line's figures from `start` on, one point each `step`; `ran` is whether images came in the last quarter of an
    hour, None before the first figures. Escapes and overkill are what blind labels say of the policy in force."""

    line: Line
    start: datetime
    step: timedelta
    points: int
    ran: bool | None
    stages: tuple[StageFigures, ...]
    escapes: Rate | None
    overkill: Rate | None


def page(tx: Tx, name: str, now: datetime, span: Span, since: datetime | None = None) -> FiguresPage:
    """The figures of the line of that name; from `since` on, else the newest. Raises Unknown."""
    known = lines.in_force(tx, name)
    start, end = _stretch(tx, now, span, since)
    eyes = _merged(tx, known, span, start, end)
    done = tally.until(tx, MINUTE)
    newest = {} if done is None else _newest(tx, known, done)
    usual = {} if done is None else _hours(tx, known, done - USUAL, done)
    points = (end - start) // span.step
    curves = []
    for eye, camera in _in_order(tx, known, eyes):
        found = [eyes[eye].get(at, {}) for at in range(points)]
        names = {name for one in found for name in one}
        curves += [
            _curve(figure, eye, camera, found, newest.get(eye, {}), usual.get(eye, []))
            for figure in FIGURES.values()
            if figure.of_view == (eye != _LINE) and figure.name in names
        ]
    standing = _by_stage(alarms.standing(tx, known.id))
    terms = known.policy.terms
    labelled = graded(tx, known.id, terms.model, now - UNDO_WITHIN)
    escapes, overkill, _ = risks(terms.level, terms.pass_below, terms.reject_above, labelled)
    return FiguresPage(
        line=known.line,
        start=datetime.fromtimestamp(start, now.tzinfo),
        step=timedelta(seconds=span.step),
        points=points,
        ran=None if done is None else any("images" in found for found in newest.values()),
        stages=tuple(
            StageFigures(
                stage=one, alarms=tuple(standing[one]), curves=tuple(c for c in curves if c.figure.stage is one)
            )
            for one in Stage
        ),
        escapes=escapes,
        overkill=overkill,
    )


def _stretch(tx: Tx, now: datetime, span: Span, since: datetime | None) -> tuple[int, int]:
    """From when until when, in seconds, on whole steps."""
    done = tally.until(tx, span.kept) or int(now.timestamp()) // span.step * span.step
    start = done - span.length if since is None else min(max(int(since.timestamp()), 0), done)
    start = -(-start // span.step) * span.step
    end = min(-(-done // span.step) * span.step, start + span.length)
    return start, max(start, end)


def _merged(tx: Tx, known: LineInForce, span: Span, start: int, end: int) -> dict[Eye, dict[int, Stored]]:
    """For each view, the figures of each point that has any."""
    found: dict[Eye, dict[int, list[Stored]]] = defaultdict(lambda: defaultdict(list))

    def put(key: Key, figures: Stored) -> None:
        found[key.camera_id, key.view][(key.start - start) // span.step].append(figures)

    for key, figures in tally.rows(tx, [known.id], span.kept, start, end):
        put(key, _other(figures) if span.kept < HOUR else figures)
    if span.kept < HOUR:
        for key, figures in tally.rows(tx, [known.id], HOUR, start, end):
            put(key, _telling(figures))
    return {
        eye: {at: parts[0] if len(parts) == 1 else told(parts) for at, parts in points.items()}
        for eye, points in found.items()
    }


def _newest(tx: Tx, known: LineInForce, done: int) -> dict[Eye, Stored]:
    """For each view, the figures of the last quarter of an hour, and of the last whole hour those that tell."""
    found: dict[Eye, list[Stored]] = defaultdict(list)
    for key, figures in tally.rows(tx, [known.id], MINUTE, done - NEWEST, done):
        found[key.camera_id, key.view].append(_other(figures))
    hour = done // HOUR * HOUR - HOUR
    for key, figures in tally.rows(tx, [known.id], HOUR, hour, hour + 1):
        found[key.camera_id, key.view].append(_telling(figures))
    return {eye: merge(parts) for eye, parts in found.items()}


def _telling(figures: Stored) -> Stored:
    return {name: one for name, one in figures.items() if name in TELLING}


def _other(figures: Stored) -> Stored:
    return {name: one for name, one in figures.items() if name not in TELLING}


def _hours(tx: Tx, known: LineInForce, start: int, end: int) -> dict[Eye, list[Stored]]:
    found: dict[Eye, list[Stored]] = defaultdict(list)
    for key, figures in tally.rows(tx, [known.id], HOUR, start, end, SAMPLED):
        found[key.camera_id, key.view].append(figures)
    return found


def _in_order(tx: Tx, known: LineInForce, eyes: Iterable[Eye]) -> list[tuple[Eye, str]]:
    """The line first, then its cameras' views, each with its camera's name."""
    names = {row.id: row.name for row in tx.execute(select(CAMERA.c.id, CAMERA.c.name))}
    order = {view: at for at, view in enumerate(known.line.recipe.views)}
    found = [(eye, names.get(eye[0], "")) for eye in eyes]
    return sorted(found, key=lambda one: (one[0] != _LINE, one[1], order.get(one[0][1], len(order)), one[0][1]))


def _curve(
    figure: Figure, eye: Eye, camera: str, found: Sequence[Stored], newest: Stored, hours: Sequence[Stored]
) -> Curve:
    name, last = figure.name, newest.get(figure.name)
    points = [one.get(name) for one in found]
    seen = [None if one is None or not enough(name, one) else one for one in points] if figure.tells else points
    usual = [one for hour in hours if (one := hour.get(name)) is not None and enough(name, one)]
    return Curve(
        figure=figure,
        camera=camera,
        view=eye[1],
        points=tuple(seen),
        withheld=seen.count(None) > points.count(None),
        newest=last[1] / last[0] if last is not None and enough(name, last) else None,
        usual=_usual([one[1] / one[0] for one in usual]),
    )


def _usual(means: Sequence[float]) -> Usual | None:
    if len(means) < FEWEST_HOURS:
        return None
    low, middle, high = quantiles(means, n=4, method="inclusive")
    room = max(1.5 * (high - low), 0.02 * abs(middle), math.ulp(1.0))
    return Usual(median=middle, low=low - room, high=high + room)


def _by_stage(standing: Iterable[Alarm]) -> dict[Stage, list[Alarm]]:
    found: dict[Stage, list[Alarm]] = defaultdict(list)
    for one in sorted(standing, key=lambda alarm: alarm.severity.rank, reverse=True):
        found[stage_of(one.kind)].append(one)
    return found
