"""The simulated line, its knobs and its inspector."""

import random
from datetime import UTC, datetime

import pytest

from camera.phones import SimulatedSource
from camera.simulated.controls import Controls
from camera.simulated.inspector import FALSE_ALARM, MISSES, judge, miss_rate
from camera.simulated.line import SimulatedLine
from camera.simulated.truth import VIEWS, make_unit

T0 = datetime(2026, 1, 31, tzinfo=UTC)


def a_line(seed: int = 7, start: int = 0, **knobs: float) -> SimulatedLine:
    return SimulatedLine(seed, Controls(**knobs), now=lambda: T0, start=start)


def test_the_same_seed_is_the_same_line() -> None:
    first, second = a_line(defect_rate=0.5), a_line(defect_rate=0.5)
    assert [first.next_unit() for _ in range(3)] == [second.next_unit() for _ in range(3)]
    third = a_line(start=2, defect_rate=0.5)
    assert third.next_unit() == (a := a_line(defect_rate=0.5), a.next_unit(), a.next_unit(), a.next_unit())[-1]


def test_each_unit_shows_its_views_once_and_its_truth_is_known() -> None:
    line = a_line(defect_rate=1.0)
    frames = line.next_unit()
    assert [frame.view for frame in frames] == list(VIEWS)
    unit = line.truth(frames[0].serial)
    assert unit is not None
    assert unit.defective
    assert line.truth("never-made") is None


def test_a_lost_view_never_comes_and_a_repeated_frame_is_the_same_capture() -> None:
    assert len(a_line(lost=1.0).next_unit()) == len(VIEWS) - 1
    *_, before, again = a_line(repeated=1.0).next_unit()
    assert before == again


def test_a_frozen_camera_gives_one_picture_for_ever() -> None:
    line = a_line(frozen=1.0)
    first, second = line.next_unit(), line.next_unit()
    assert [f.jpeg for f in first] == [f.jpeg for f in second]
    assert first[0].serial != second[0].serial


def test_the_lamp_wears_by_its_decay() -> None:
    controls = Controls(decay=0.01)
    line = SimulatedLine(7, controls, now=lambda: T0)
    for _ in range(10):
        line.next_unit()
    assert controls.state()["lamp"] == pytest.approx(0.99**10)


@pytest.mark.parametrize(
    ("name", "value"), [("lamp", -1), ("lamp", float("nan")), ("pace", 0), ("defect_rate", 1.5), ("colour", 1)]
)
def test_a_knob_refuses_in_words_what_it_cannot_take(name: str, value: float) -> None:
    controls = Controls()
    before = controls.state()
    with pytest.raises(ValueError, match=r"lies between|no knob"):
        controls.set(name, value)
    assert controls.state() == before


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_units_come_at_their_pace_and_in_a_hurry_when_asked() -> None:
    clock = Clock()
    source = SimulatedSource(7, Controls(pace=60.0), clock=clock, now=lambda: T0)
    source.open()

    def come() -> int:
        return sum(source.read() is not None for _ in range(50)) // len(VIEWS)

    first = come()
    clock.at += 10.0
    assert come() in (1, 2), "missed time is not made up for in a burst"
    source.hurry(5)
    clock.at += 2.0
    assert come() >= 5
    source.controls.set("paused", True)
    clock.at += 60.0
    assert first >= 1
    assert source.read() is None


def test_the_inspector_errs_at_the_stated_rates() -> None:
    dice = random.Random(3)
    units = [make_unit(7, i, 0.5) for i in range(8000)]
    verdicts = [(unit, judge(unit, dice)) for unit in units]
    alarms = [v[0] == "reject" for u, v in verdicts if not u.defective]
    assert sum(alarms) / len(alarms) == pytest.approx(FALSE_ALARM, abs=0.006)
    single = [(u.defects[0].severity, v[0] == "pass") for u, v in verdicts if len(u.defects) == 1]
    for low, high in ((0.05, 0.15), (0.3, 0.6)):
        missed = [miss for severity, miss in single if low <= severity < high]
        wanted = (miss_rate(low) + miss_rate(high)) / 2
        assert sum(missed) / len(missed) == pytest.approx(wanted, abs=0.05)
    assert miss_rate(0.0) == MISSES[0][1]
    assert miss_rate(1.0) == MISSES[-1][1]
    assert all(v[2] > 0 and (v[0] == "reject") == bool(v[1]) for _, v in verdicts)
