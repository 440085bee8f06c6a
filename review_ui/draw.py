"""Figures for the pages' drawings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.core.metrics import SECONDS
from inspection.core.policy import Terms
from inspection.core.rule import Rule
from inspection.core.spread import Spread
from inspection.core.thresholds import Curve
from inspection.store.reports.line import Histogram

WIDTH, UP, DOWN = 800, 130, 90


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Units whose scores lie from `low` to `high`."""

    low: float
    high: float
    good: int
    defective: int
    unlabelled: int


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores of units, with the thresholds in force."""

    bins: tuple[Bin, ...]
    pass_below: float | None
    reject_above: float | None

    @property
    def total(self) -> int:
        """How many units there are."""
        return sum(one.good + one.defective + one.unlabelled for one in self.bins)

    @property
    def told(self) -> tuple[Bin, ...]:
        """The bins that are not empty."""
        return tuple(one for one in self.bins if one.good or one.defective or one.unlabelled)

    @property
    def series(self) -> dict[str, list[float | None]]:
        """What the chart's script draws: middles of bins and counts, nothing where there are none."""
        kinds = ("unlabelled", "good", "defective")
        middles: list[float | None] = [round((one.low + one.high) / 2, 4) for one in self.bins]
        return {"score": middles, **{kind: [getattr(one, kind) or None for one in self.bins] for kind in kinds}}

    def marks(self, names: tuple[str, str]) -> list[dict[str, object]]:
        """The thresholds as the script draws them, with their names on the side that they settle."""
        kept = (("pass_below", self.pass_below, "end"), ("reject_above", self.reject_above, "start"))
        return [
            {"id": id, "score": score, "name": name, "side": side}
            for (id, score, side), name in zip(kept, names, strict=True)
        ]


def scores(counts: Histogram, terms: Terms) -> Scores:
    """Counts by score with their bins' bounds."""
    n = len(counts.good)
    rows = zip(counts.good, counts.defective, counts.unlabelled, strict=True)
    return Scores(
        bins=tuple(
            Bin(low=i / n, high=(i + 1) / n, good=good, defective=bad, unlabelled=free)
            for i, (good, bad, free) in enumerate(rows)
        ),
        pass_below=terms.pass_below, reject_above=terms.reject_above,
    )  # fmt: skip


SIDE = 300
_LARGEST, _SMALLEST = 13, 4


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One tenth of the scores: its mean score and share of defects, and a radius by its number of images."""

    x: float
    y: float
    radius: float
    images: int
    score: float
    defective: float


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """A reliability diagram: where every dot lies on the diagonal, a score is the probability of a defect."""

    dots: tuple[Dot, ...]
    side: int = SIDE

    @property
    def path(self) -> str:
        """The line through the dots."""
        return "M" + "L".join(f"{dot.x} {dot.y}" for dot in self.dots)


def reliability(bins: Sequence[Mapping[str, float]]) -> Reliability:
    """Dots of the bins; each has `images`, the mean `score` and the share that is `defective`, both from 0 to 1. Areas
    go by the number of images."""
    most = max(part["images"] for part in bins)
    return Reliability(
        dots=tuple(
            Dot(
                x=round(part["score"] * SIDE, 2), y=round((1 - part["defective"]) * SIDE, 2),
                radius=round(max(_LARGEST * math.sqrt(part["images"] / most), _SMALLEST), 2),
                images=int(part["images"]), score=part["score"], defective=part["defective"],
            )
            for part in bins
        )
    )  # fmt: skip


STAGE = 1.22
"""Width by height of the place where the review page shows its pictures, on a usual screen."""


def columns(views: int, ratio: float) -> int:
    """In how many columns so many pictures of that width by height are shown largest."""
    return max(range(1, min(views, 4) + 1), key=lambda n: min(STAGE / n / ratio, 1 / math.ceil(views / n)), default=1)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Bound on the risk (up) over the share of units settled (across), with the limit's height."""

    upper: str
    limit: float
    width: int = WIDTH
    height: int = UP + DOWN


def coverage(curve: Curve, limit: float) -> Coverage:
    """The curve as points of a polyline; what lies over four times the limit runs along the top."""
    height = UP + DOWN
    points = (
        f"{automated * WIDTH:.1f},{height * (1 - min(upper / (4 * limit), 1)):.1f}"
        for automated, upper in zip(curve.automated.tolist(), curve.upper.tolist(), strict=True)
    )
    return Coverage(upper=" ".join(points), limit=height * 0.75)


QUANTILES = (0.5, 0.95, 0.99)
_STEP, _HIGH = 12, 28


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bin of times: where it begins, and how high it is."""

    x: int
    height: float


@dataclass(frozen=True, kw_only=True)
class Times:
    """A small histogram of times, from the shortest bin to the longest that have any; `low` and `high` in seconds."""

    bars: tuple[Bar, ...]
    low: float
    high: float
    step: int = _STEP
    height: int = _HIGH

    @property
    def width(self) -> int:
        """Of all bars."""
        return _STEP * max(len(self.bars), 1)


def times(spread: Spread) -> Times:
    """The bins of a spread; heights by the root of the count, so that few slow ones among many are seen."""
    filled = [i for i, n in enumerate(spread.counts) if n]
    if not filled:
        return Times(bars=(), low=0.0, high=0.0)
    shown = spread.counts[filled[0] : filled[-1] + 1]
    tops = [math.sqrt(n / max(shown)) * _HIGH for n in shown]
    bounds = (0.0, *SECONDS, SECONDS[-1])
    bars = tuple(Bar(x=i * _STEP, height=round(max(top, 2.0 if top else 0.0), 1)) for i, top in enumerate(tops))
    return Times(bars=bars, low=bounds[filled[0]], high=bounds[filled[-1] + 1])


def wall(tiles: int) -> int:
    """In how many columns so many tiles fill a screen of 16 by 9 best, each nearly as high as wide."""
    return next(n for n in range(1, tiles + 2) if n * max(1, round(n * 0.75)) >= tiles)


@dataclass(frozen=True, kw_only=True)
class Spark:
    """A figure's last day as points of a polyline, with the height of the rule's threshold."""

    points: str
    limit: float
    width: int = 160
    height: int = 32


def spark(readings: Sequence[tuple[datetime, float]], rule: Rule, now: datetime) -> Spark | None:
    """The line; None of fewer than two readings. What lies over twice the threshold runs along the top."""
    if len(readings) < 2:
        return None
    width, height = Spark.width, Spark.height
    top = max(2 * rule.threshold, 1e-9) if rule.threshold > 0 else max(max(value for _, value in readings), 1e-9)
    points = (
        f"{max(0.0, 1 - (now - at).total_seconds() / 86_400) * width:.1f},"
        f"{height * (1 - min(max(value / top, 0.0), 1.0)):.1f}"
        for at, value in readings
    )
    return Spark(points=" ".join(points), limit=height * (1 - min(max(rule.threshold / top, 0.0), 1.0)))
