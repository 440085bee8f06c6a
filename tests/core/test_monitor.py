"""The brightness chart: quiet on steady light, loud when the lamp goes."""

import math
import random

import pytest

from inspection.core.monitor import MIN_BASELINE_WINDOWS, Baseline, Chart, Light, advance, learn, window_value

BASE = Baseline(mean=150.0, deviation=0.8, windows=20)


def run(values: list[float], base: Baseline = BASE) -> list[Light]:
    chart: Chart | None = None
    lights = []
    for value in values:
        chart = advance(chart, base, value)
        lights.append(chart.light)
    return lights


def steady(dice: random.Random, n: int) -> list[float]:
    return [dice.gauss(150.0, 0.8) for _ in range(n)]


def test_a_healthy_lamp_is_left_in_peace() -> None:
    alarms = sum(Light.ALARM in run(steady(random.Random(seed), 2000)) for seed in range(10))
    assert alarms == 0, "10 runs of 2000 windows each, about two weeks at one window in ten minutes"


@pytest.mark.parametrize(("share", "within"), [(0.7, 1), (0.9, 2), (0.95, 6), (1.3, 1)])
def test_a_lamp_that_changes_is_found_in_time(share: float, within: int) -> None:
    for seed in range(20):
        values = [v * share for v in steady(random.Random(seed), 30)]
        assert Light.ALARM in run(values)[:within]


def test_a_slow_decay_warns_before_it_alarms() -> None:
    dice = random.Random(1)
    lights = run([dice.gauss(150.0 * 0.999**i, 0.8) for i in range(120)])
    assert Light.WARNING in lights
    assert Light.ALARM in lights
    assert lights.index(Light.WARNING) < lights.index(Light.ALARM)


def test_a_lamp_without_noise_does_not_alarm_for_a_grey_level_or_two() -> None:
    calm = Baseline(mean=150.0, deviation=0.0, windows=20)
    assert set(run([152.0] * 50, calm)) == {Light.STEADY}
    assert Light.ALARM in run([156.0] * 50, calm)


def test_one_odd_window_is_no_alarm() -> None:
    lights = run([150.0] * 10 + [160.0] + [150.0] * 10)
    assert Light.ALARM not in lights


def test_figures_that_are_no_numbers_alarm_and_do_not_blind_the_chart() -> None:
    assert run([math.nan]) == [Light.ALARM]
    assert run([150.0, math.nan, 150.0, 150.0, 150.0])[-1] is Light.STEADY
    assert Light.ALARM in run([math.inf, 150.0, 150.0, 150.0, 100.0])[3:]


def test_a_baseline_needs_enough_windows() -> None:
    assert learn([150.0] * (MIN_BASELINE_WINDOWS - 1)) is None
    learned = learn([149.0, 151.0] * 10)
    assert learned is not None
    assert learned.mean == 150.0
    assert learned.deviation == pytest.approx(1.026, abs=0.01)


def test_a_few_odd_frames_do_not_move_a_window() -> None:
    assert window_value([150.0] * 11 + [0.0] * 5 + [255.0] * 4) == 150.0
