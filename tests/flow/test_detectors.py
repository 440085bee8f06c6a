"""Every detector, asked the same: silent on what is healthy, soon heard on what is not, alike for the same stream."""

import pkgutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module

import numpy as np
import pytest
from sqlalchemy import select

import inspection.core
from inspection.core import alarm, monitor, shift
from inspection.core.capture import Quality
from inspection.core.level import Level
from inspection.core.measure import measure
from inspection.core.rule import Comparison, Rule
from inspection.flow import hint
from inspection.store.records import IMAGE
from tests.plant import FIT, Plant

T0 = datetime(2026, 1, 31, tzinfo=UTC)
LONG, CHANGE = 4000, 2400
Values = Sequence[float]


def chart(values: Values) -> list[int]:
    """The chart of brightness, from a baseline of its own."""
    base = monitor.learn(values[: monitor.MIN_BASELINE_WINDOWS])
    assert base is not None
    kept, found = None, []
    for at, value in enumerate(values[base.windows :], start=base.windows):
        kept = monitor.advance(kept, base, value)
        found += [at] if kept.light is monitor.Light.ALARM else []
    return found


def drift(values: Values) -> list[int]:
    """Data drift, in looks at the newest images, as a model's scores are looked at."""
    kept, found = None, []
    for end in range(shift.REFERENCE + shift.NEWEST, len(values) + 1, shift.STEP):
        seen = shift.shift(values[: shift.REFERENCE], values[end - shift.NEWEST : end], seed=end)
        kept = shift.advance(kept, seen)
        found += [end - 1] if kept.state is shift.Drift.ALARM else []
    return found


def rule(values: Values) -> list[int]:
    """A rule with a threshold and a hold, as one that an engineer writes."""
    asked = Rule(figure="x", comparison=Comparison.ABOVE, threshold=126.0, hysteresis=1.0, hold=timedelta(minutes=3))
    kept, found = None, []
    for at, value in enumerate(values):
        now = T0 + timedelta(minutes=at)
        true = asked.true(value, told=kept is not None and kept.state is alarm.State.FIRING)
        if kept is None:
            kept = alarm.begin(now, hold=asked.hold, by_hand=False) if true else None
        else:
            kept = alarm.observe(kept, true, now, asked.hold)
            kept = None if kept.state is alarm.State.RESOLVED else kept
        found += [at] if kept is not None and kept.state is alarm.State.FIRING else []
    return found


def hints(values: Values) -> list[int]:
    """ADWIN, which only marks the chart."""
    return list(hint.changes(values))


DETECTORS = {"chart": chart, "drift": drift, "rule": rule, "hint": hints}
WITHIN = {"chart": 3, "drift": 2 * shift.STEP, "rule": 4, "hint": 100}  # so many values it must have heard
FALSE = {"hint": 8}  # ADWIN takes values for independent, and raises no alarm
ALL = pytest.mark.parametrize("name", DETECTORS)


def healthy(seed: int) -> list[float]:
    """Autocorrelated noise about 120, as windows of brightness have it."""
    dice, x, found = np.random.default_rng(seed), 0.0, []
    for kick in dice.standard_normal(LONG):
        x = 0.6 * x + 0.5 * kick
        found.append(120.0 + x)
    return found


@ALL
def test_what_never_changes_is_silent(name: str) -> None:
    assert DETECTORS[name]([120.0] * LONG) == []


@ALL
@pytest.mark.parametrize("seed", range(3))
def test_healthy_noise_is_silent(name: str, seed: int) -> None:
    assert len(DETECTORS[name](healthy(seed))) <= FALSE.get(name, 0)


@ALL
@pytest.mark.parametrize("seed", range(3))
def test_a_step_is_heard_in_time_and_not_before(name: str, seed: int) -> None:
    values = healthy(seed)
    heard = DETECTORS[name]([value + (15.0 if at >= CHANGE else 0.0) for at, value in enumerate(values)])
    before = [at for at in heard if at < CHANGE]
    after = [at for at in heard if at >= CHANGE]
    assert len(before) <= FALSE.get(name, 0)
    assert after, "and is heard at all"
    assert after[0] < CHANGE + WITHIN[name]


@ALL
def test_the_same_stream_is_judged_the_same(name: str) -> None:
    values = [value + (8.0 if at >= CHANGE else 0.0) for at, value in enumerate(healthy(9))]
    assert DETECTORS[name](values) == DETECTORS[name](list(values))


def test_no_detector_of_the_core_is_left_out() -> None:
    """Each that goes on from state to state is one of those above, or has tests of its own kind."""
    of_their_own = {"eprocess", "rollout", "ladder"}
    names = [one.name for one in pkgutil.iter_modules(inspection.core.__path__)]
    with_states = {name for name in names if hasattr(import_module(f"inspection.core.{name}"), "advance")}
    assert with_states - of_their_own == {"monitor", "shift"}


def test_a_frozen_camera_is_known_by_its_second_picture_and_a_live_one_never(plant: Plant) -> None:
    """The brightness of a frozen camera is steady, so no chart hears of it: its pictures are alike in every pixel."""
    dice = np.random.default_rng(1)

    def shot() -> Quality:
        noisy = (120 + dice.normal(0, 2, (240, 320))).clip(0, 255).astype(np.uint8)
        return replace(FIT, picture=measure(noisy).picture)

    plant.level(Level.FULL_AUTOMATION)
    live = [shot() for _ in range(200)]
    for number, quality in enumerate([*live, *[live[-1]] * 20]):
        plant.image(f"S{number}", "front", quality=quality)
    outcomes = plant.read(lambda tx: tx.execute(select(IMAGE.c.outcome).order_by(IMAGE.c.id)).scalars().all())
    assert outcomes == ["pass"] * 200 + ["refer"] * 20
