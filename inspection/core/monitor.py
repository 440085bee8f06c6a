"""Brightness of a camera over time: windows, a baseline, and the chart that alarms when the light drifts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

MIN_BASELINE_WINDOWS = 8
EWMA_WEIGHT = 0.2
EWMA_WIDTH = 3.5
FLOOR_GREY_LEVELS = 4.0
INSIDE = 0.75  # of the half width: where the EWMA must be for an alarm or warning to end
JUMP = 3  # half widths beyond which one window alarms at once


class Light(StrEnum):
    """What the chart says of the light."""

    LEARNING = "learning"
    STEADY = "steady"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The brightness of a healthy lamp: mean and standard deviation of window medians, in grey levels."""

    mean: float
    deviation: float
    windows: int

    @property
    def half_width(self) -> float:
        """How far the EWMA may stray: L sigma of its steady state, and never less than the practical floor."""
        sigma = self.deviation * math.sqrt(EWMA_WEIGHT / (2 - EWMA_WEIGHT))
        return max(EWMA_WIDTH * sigma, FLOOR_GREY_LEVELS)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The state of one camera's chart. `outside` holds whether each of the last three windows was outside."""

    ewma: float
    outside: tuple[bool, ...] = ()
    light: Light = Light.STEADY


def window_value(brightness: Sequence[float]) -> float:
    """One window's figure: the median, which a few odd frames do not move."""
    return float(median(brightness))


def learn(windows: Sequence[float]) -> Baseline | None:
    """The baseline of the first windows; None while there are too few."""
    if len(windows) < MIN_BASELINE_WINDOWS:
        return None
    mean = sum(windows) / len(windows)
    variance = sum((w - mean) ** 2 for w in windows) / (len(windows) - 1)
    return Baseline(mean=mean, deviation=math.sqrt(variance), windows=len(windows))


def advance(chart: Chart | None, baseline: Baseline, value: float) -> Chart:
    """The chart after one more window: EWMA (Roberts, 1959) with a floor; warn at one window outside, alarm at two of
    three, and steady again once the EWMA is well inside, so that light at the limit is one alarm and not many. A window
    that lies outside by three half widths alarms at once: a lamp that fails does not wait. So does one that is no
    number, which the EWMA then leaves out."""
    start = baseline.mean if chart is None else chart.ewma
    ewma = EWMA_WEIGHT * value + (1 - EWMA_WEIGHT) * start if math.isfinite(value) else start
    jump = not abs(value - baseline.mean) <= JUMP * baseline.half_width
    was_outside = chart is not None and chart.light is not Light.STEADY
    limit = baseline.half_width * (INSIDE if was_outside else 1)
    is_outside = jump or abs(ewma - baseline.mean) > limit
    outside = (*(chart.outside if chart else ()), is_outside)[-3:]
    light = Light.WARNING if is_outside else Light.STEADY
    if jump or sum(outside) >= 2:
        light = Light.ALARM
    return Chart(ewma=ewma, outside=outside, light=light)
