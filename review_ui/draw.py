"""Figures for the pages' drawings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspection.core.policy import Terms
from inspection.core.thresholds import Curve
from inspection.store.reports.line import Histogram

WIDTH, UP, DOWN = 800, 130, 90


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of the drawing, in its own units; good and unlabelled rise from the axis, defective hangs below it."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Scores of units as mirrored bars, with the thresholds in force."""

    bars: tuple[Bar, ...]
    pass_below: float | None
    reject_above: float | None
    total: int
    width: int = WIDTH
    up: int = UP
    down: int = DOWN

    def x(self, score: float) -> float:
        """Where a score from 0 to 1 stands."""
        return round(score * self.width, 2)


def histogram(counts: Histogram, terms: Terms) -> Drawing:
    """Heights go by the square root, so that a single defective unit among thousands can be seen."""
    upper = [good + free for good, free in zip(counts.good, counts.unlabelled, strict=True)]
    top = math.sqrt(max([*upper, *counts.defective, 1]))
    step, bars = WIDTH / len(counts.good), list[Bar]()
    for i, (good, bad, free) in enumerate(zip(counts.good, counts.defective, counts.unlabelled, strict=True)):
        x, width = i * step + 1, step - 2
        whole, part = UP * math.sqrt(good + free) / top, UP * math.sqrt(good) / top
        if free:
            bars.append(_bar("unlabelled", x, UP - whole, width, whole - part, free))
        if good:
            bars.append(_bar("good", x, UP - part, width, part, good))
        if bad:
            bars.append(_bar("defective", x, UP, width, DOWN * math.sqrt(bad) / top, bad))
    return Drawing(
        bars=tuple(bars), pass_below=terms.pass_below,
        reject_above=terms.reject_above, total=sum(upper) + sum(counts.defective),
    )  # fmt: skip


def _bar(kind: str, x: float, y: float, width: float, height: float, count: int) -> Bar:
    return Bar(
        kind=kind, x=round(x, 2), y=round(y, 2), width=round(width, 2), height=round(max(height, 2), 2), count=count
    )


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
