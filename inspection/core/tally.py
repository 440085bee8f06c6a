"""Figures over time: counts, sums and extremes of a stretch, which merge exactly into those of a longer one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inspection.core.stage import Stage

MINUTE, TEN_MINUTES, HOUR, DAY = 60, 600, 3600, 86_400  # seconds
SPANS = (MINUTE, TEN_MINUTES, HOUR, DAY)
FINER = {TEN_MINUTES: MINUTE, HOUR: TEN_MINUTES, DAY: HOUR}  # what each span is merged from
KEEP = {MINUTE: 35 * DAY, TEN_MINUTES: 35 * DAY, HOUR: 3 * 365 * DAY}  # seconds; days are kept for good
FEWEST = 20  # units, of which a figure that tells of single ones is shown


class Sum(NamedTuple):
    """`n` values: their sum, the least and the greatest. A share is a mean of noughts and ones; a rate is a mean of
    counts, one for each minute that had any."""

    n: int
    total: float
    low: float
    high: float

    @property
    def mean(self) -> float:
        """The mean of the values, of which there is at least one."""
        return self.total / self.n


Figures = Mapping[str, Sum]
Stored = Mapping[str, Sequence[float]]  # the same as read from rows, where thousands of `Sum`s would cost too much


def share(n: int, some: int) -> Sum:
    """`some` ones among `n` values of nought and one; n is at least 1."""
    return Sum(n, some, int(some == n), int(some > 0))


def count(n: int) -> Sum:
    """A minute's count, as one value of a rate."""
    return Sum(1, n, n, n)


def merge(parts: Iterable[Figures | Stored]) -> dict[str, Sum]:
    """The figures of all parts together, whatever the order and the split."""
    found: dict[str, Sum] = {}
    for part in parts:
        for name, (n, total, low, high) in part.items():
            was = found.get(name)
            if was is None:
                found[name] = Sum(int(n), total, low, high)
            else:
                least, most = min(was.low, low), max(was.high, high)
                found[name] = Sum(was.n + int(n), was.total + total, least, most)
    return found


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure that is kept over time. `of_view` is whether it belongs to a camera's view rather than to the line,
    `tells` whether few values would tell what the AI says of single units, be it by when a unit is settled, a rejection
    with its first image and a pass with its last: it is shown of `FEWEST` and more alone, and without its extremes."""

    name: str
    stage: Stage
    unit: str
    of_view: bool = True
    tells: bool = False


SHARE, SECONDS, PER_MINUTE, GREY, PIXELS, MILLISECONDS, PLAIN = (
    "share", "seconds", "per_minute", "grey", "pixels", "milliseconds", "plain",
)  # fmt: skip
FIGURES: dict[str, Figure] = {
    one.name: one
    for one in (
        Figure(name="images", stage=Stage.CAPTURE, unit=PER_MINUTE),
        Figure(name="repeated", stage=Stage.CAPTURE, unit=SHARE),
        Figure(name="unreadable", stage=Stage.CAPTURE, unit=SHARE),
        Figure(name="width", stage=Stage.CAPTURE, unit=PIXELS),
        Figure(name="height", stage=Stage.CAPTURE, unit=PIXELS),
        Figure(name="skew", stage=Stage.CAPTURE, unit=SECONDS),
        Figure(name="gaps", stage=Stage.CAPTURE, unit=SHARE),
        Figure(name="missing", stage=Stage.CAPTURE, unit=SHARE, of_view=False),
        Figure(name="brightness", stage=Stage.QUALITY, unit=GREY),
        Figure(name="mean", stage=Stage.QUALITY, unit=GREY),
        Figure(name="contrast", stage=Stage.QUALITY, unit=GREY),
        Figure(name="sharpness", stage=Stage.QUALITY, unit=PLAIN),
        Figure(name="saturated", stage=Stage.QUALITY, unit=SHARE),
        Figure(name="black", stage=Stage.QUALITY, unit=SHARE),
        Figure(name="red", stage=Stage.QUALITY, unit=GREY),
        Figure(name="blue", stage=Stage.QUALITY, unit=GREY),
        Figure(name="noise", stage=Stage.QUALITY, unit=GREY),
        Figure(name="unfit", stage=Stage.QUALITY, unit=SHARE),
        Figure(name="no_part", stage=Stage.LOCATE, unit=SHARE),
        Figure(name="part", stage=Stage.LOCATE, unit=SHARE),
        Figure(name="found", stage=Stage.LOCATE, unit=SHARE),
        Figure(name="score", stage=Stage.PREDICT, unit=PLAIN, tells=True),
        Figure(name="novelty", stage=Stage.PREDICT, unit=PLAIN, tells=True),
        Figure(name="novel", stage=Stage.PREDICT, unit=SHARE, tells=True),
        Figure(name="failures", stage=Stage.PREDICT, unit=SHARE),
        Figure(name="model_time", stage=Stage.PREDICT, unit=MILLISECONDS),
        Figure(name="image_pass", stage=Stage.DECIDE, unit=SHARE, tells=True),
        Figure(name="image_reject", stage=Stage.DECIDE, unit=SHARE, tells=True),
        Figure(name="image_refer", stage=Stage.DECIDE, unit=SHARE, tells=True),
        Figure(name="units", stage=Stage.DECIDE, unit=PER_MINUTE, of_view=False, tells=True),
        Figure(name="rejected", stage=Stage.DECIDE, unit=SHARE, of_view=False, tells=True),
        Figure(name="automated", stage=Stage.DECIDE, unit=SHARE, of_view=False, tells=True),
        Figure(name="referred", stage=Stage.DECIDE, unit=SHARE, of_view=False, tells=True),
        Figure(name="verdict_time", stage=Stage.DECIDE, unit=SECONDS, of_view=False, tells=True),
        Figure(name="answers", stage=Stage.REVIEW, unit=PER_MINUTE, of_view=False),
        Figure(name="answer_time", stage=Stage.REVIEW, unit=SECONDS, of_view=False),
        Figure(name="overrides", stage=Stage.REVIEW, unit=SHARE, of_view=False, tells=True),
        Figure(name="unsure", stage=Stage.REVIEW, unit=SHARE, of_view=False),
        Figure(name="redone", stage=Stage.REVIEW, unit=SHARE, of_view=False),
    )
}
TELLING = frozenset(name for name, one in FIGURES.items() if one.tells)


def enough(name: str, values: Sequence[float]) -> bool:
    """Whether a figure's `Sum` may be told: it tells nothing of single units, or is of `FEWEST` and more of them. The
    values of a rate are minutes; its units are their sum."""
    if name not in TELLING:
        return True
    return values[1 if FIGURES[name].unit == PER_MINUTE else 0] >= FEWEST


def told(hours: Sequence[Figures | Stored]) -> dict[str, Sum]:
    """Some hours together, of figures that tell of single units only those that may be told: else what is left out
    would be the difference. Where none may be, one that may not stands for them."""
    enough_of, rest = _apart(hours)
    return {**{name: Sum(int(one[0]), *one[1:]) for part in rest for name, one in part.items()}, **merge(enough_of)}


def day(hours: Sequence[Figures | Stored]) -> dict[str, Sum]:
    """A day's hours together, without those that may not be told if even together they are too few beside those that
    may: the day less its hours would tell of them."""
    enough_of, rest = map(merge, _apart(hours))
    beside = {name: one for name, one in rest.items() if name not in enough_of or enough(name, one)}
    return merge([enough_of, beside])


def _apart(parts: Sequence[Figures | Stored]) -> tuple[list[Stored], list[Stored]]:
    """What of each part may be told, and what may not."""
    return (
        [{name: one for name, one in part.items() if enough(name, one)} for part in parts],
        [{name: one for name, one in part.items() if not enough(name, one)} for part in parts],
    )
