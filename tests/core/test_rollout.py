"""Rollouts: whatever happens, harm aborts, people open gates, and nothing moves on for want of data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.rollout import (
    BLUE_GREEN_STEPS,
    InvalidRollout,
    Measured,
    Measurement,
    Pause,
    Phase,
    Plan,
    Rollout,
    Step,
    Strategy,
    abort,
    advance,
    approve,
    start,
)

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
OPEN = Plan(steps=(Step(weight=5), Step(weight=50), Step(weight=100)), shadow_samples=20, min_samples=10, bake_s=60)
GATED = replace(OPEN, steps=(Step(weight=5), Step(weight=50), Step(weight=100, gate=True)))
ENDED = (Phase.DONE, Phase.ABORTED)


def said(outcome: Measured, samples: int = 100) -> Measurement:
    return Measurement(outcome=outcome, samples=samples, detail="As measured.")


GOOD = said(Measured.SUCCESSFUL)


def walk(plan: Plan, *measured: Measurement, seconds: float = 1.0) -> Rollout:
    """A started rollout after these measurements, so many seconds apart."""
    rollout = start(Rollout(plan=plan), NOW)
    for number, measurement in enumerate(measured, 1):
        rollout, _ = advance(rollout, measurement, NOW + timedelta(seconds=number * seconds))
    return rollout


def test_success_walks_every_step_to_the_end_and_bakes_first() -> None:
    rollout, weights, phases = start(Rollout(plan=OPEN), NOW), [], []
    for number in range(8):
        weights.append(rollout.weight)
        phases.append(rollout.phase)
        rollout, words = advance(rollout, GOOD, NOW + timedelta(seconds=20 * number))
        assert bool(words) is (rollout.phase is not phases[-1] or rollout.weight != weights[-1])
    assert weights == [0, 5, 50, 100, 100, 100, 100, 100]
    assert phases == ["shadow", "canary", "canary", "baking", "baking", "baking", "done", "done"]


def test_blue_green_is_shadow_gate_switch_bake() -> None:
    plan = Plan(strategy=Strategy.BLUE_GREEN, steps=BLUE_GREEN_STEPS, bake_s=60)
    rollout = walk(plan, GOOD)
    assert (rollout.phase, rollout.pause, rollout.weight) == (Phase.SHADOW, Pause.GATE, 0)
    rollout = approve(rollout, NOW)
    assert (rollout.phase, rollout.weight) == (Phase.BAKING, 100)
    assert advance(rollout, GOOD, NOW + timedelta(seconds=60))[0].phase is Phase.DONE


@pytest.mark.parametrize("outcome", list(Measured))
@pytest.mark.parametrize("samples", [0, 9])
def test_below_its_samples_a_measurement_moves_nothing_on(outcome: Measured, samples: int) -> None:
    before = walk(OPEN, GOOD)
    after, _ = advance(before, said(outcome, samples), NOW)
    if outcome in (Measured.WAITING, Measured.SUCCESSFUL, Measured.INCONCLUSIVE):
        assert (after.phase, after.step, after.pause, after.inconclusive) == (before.phase, before.step, None, 0)
    assert after.weight <= before.weight


def test_shadow_asks_for_its_own_number_of_samples() -> None:
    assert walk(OPEN, said(Measured.SUCCESSFUL, 19)).phase is Phase.SHADOW
    assert walk(OPEN, said(Measured.SUCCESSFUL, 20)).phase is Phase.CANARY


def test_limits_are_broken_by_more_than_them() -> None:
    lenient = replace(OPEN, failure_limit=2, inconclusive_limit=1, error_limit=3)
    bad, odd, error = (said(m) for m in (Measured.FAILED, Measured.INCONCLUSIVE, Measured.ERROR))
    assert walk(lenient, bad, bad).live
    assert walk(lenient, bad, GOOD, bad, GOOD, bad).phase is Phase.ABORTED, "failures count through the whole rollout"
    assert walk(lenient, odd).pause is None
    assert walk(lenient, odd, odd).pause is Pause.INCONCLUSIVE
    assert walk(lenient, error, error, error).live
    assert walk(lenient, error, error, GOOD, error, error).live, "errors count one after another"
    assert walk(lenient, error, said(Measured.WAITING), error, error, error).phase is Phase.ABORTED


def test_a_gate_waits_for_a_person_while_harm_still_aborts() -> None:
    gate = walk(GATED, GOOD, GOOD, GOOD, GOOD, GOOD)
    assert (gate.weight, gate.pause) == (50, Pause.GATE)
    assert advance(gate, said(Measured.FAILED), NOW)[0].phase is Phase.ABORTED
    assert advance(gate, said(Measured.INCONCLUSIVE), NOW)[0].pause is Pause.INCONCLUSIVE
    assert approve(gate, NOW).phase is Phase.BAKING


def test_a_step_that_takes_too_long_pauses_and_starts_anew_when_approved() -> None:
    late = walk(replace(OPEN, deadline_s=5), *[said(Measured.WAITING, 0)] * 6)
    assert (late.phase, late.pause, late.weight) == (Phase.SHADOW, Pause.DEADLINE, 0)
    assert advance(late, GOOD, NOW)[0] == late, "a pause ends by a person alone"
    again = approve(late, NOW + timedelta(hours=1))
    assert (again.phase, again.pause, again.since) == (Phase.SHADOW, None, NOW + timedelta(hours=1))


def test_baking_without_data_never_ends_in_force() -> None:
    baking = walk(OPEN, GOOD, GOOD, GOOD)
    late = NOW + timedelta(days=30)
    assert advance(baking, said(Measured.WAITING, 3), late)[0].pause is Pause.DEADLINE
    assert advance(baking, said(Measured.SUCCESSFUL, 3), late)[0].phase is Phase.BAKING


PERSON: list[Callable[[Rollout, datetime], Rollout]] = [start, approve]
measurements = st.builds(Measurement, outcome=st.sampled_from(Measured), samples=st.integers(0, 40))
moments = st.floats(-100, 10_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
steps = st.lists(st.integers(1, 99), unique=True, max_size=4).map(lambda weights: [*sorted(weights), 100])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    return Plan(
        steps=tuple(Step(weight=weight, gate=draw(st.booleans())) for weight in draw(steps)),
        shadow_samples=draw(st.integers(1, 40)), min_samples=draw(st.integers(1, 40)),
        failure_limit=draw(st.integers(0, 2)), inconclusive_limit=draw(st.integers(0, 2)),
        error_limit=draw(st.integers(0, 3)), bake_s=draw(st.sampled_from([0, 100])), deadline_s=1000,
    )  # fmt: skip


EVENTS = st.lists(st.tuples(st.one_of(measurements, st.sampled_from(["start", "approve", "abort"])), moments))


def happen(rollout: Rollout, event: Measurement | str, now: datetime) -> Rollout:
    """What an event makes of a rollout; what is refused changes nothing."""
    if isinstance(event, Measurement):
        return advance(rollout, event, now)[0]
    try:
        return {"start": start, "approve": approve, "abort": abort}[event](rollout, now)
    except InvalidRollout:
        return rollout


@given(plan=plans(), events=EVENTS)
def test_a_weight_rises_only_by_proof_and_through_gates_only_by_people(
    plan: Plan, events: list[tuple[Measurement | str, datetime]]
) -> None:
    rollout, started = Rollout(plan=plan), False
    for event, now in events:
        before, rollout = rollout, happen(rollout, event, now)
        started |= event == "start"
        assert started or rollout.phase in (Phase.DRAFT, Phase.ABORTED), "nothing begins without a person"
        assert rollout.weight >= before.weight or rollout.weight == 0, "a weight falls to zero or not at all"
        moved = (rollout.phase, rollout.step) != (before.phase, before.step) and rollout.phase is not Phase.ABORTED
        if moved and isinstance(event, Measurement):
            assert event.outcome is Measured.SUCCESSFUL
            assert event.samples >= before.needs, "nothing is promoted for want of data"
            assert before.pause is None
            assert rollout.phase is Phase.DONE or not plan.steps[rollout.step].gate, "a gate is opened by a person"
        if event == "approve" and moved:
            assert before.pause is Pause.GATE, "a person does not skip what is to be proved"
        if before.phase in ENDED:
            assert rollout == before


@given(plan=plans(), events=EVENTS, now=moments)
def test_abort_wins_in_every_state(plan: Plan, events: list[tuple[Measurement | str, datetime]], now: datetime) -> None:
    rollout = start(Rollout(plan=plan), NOW)
    states = [Rollout(plan=plan), rollout]
    for event, at in events:
        rollout = happen(rollout, event, at)
        states.append(rollout)
    for state in states:
        if state.phase is Phase.DONE:
            assert abort(state, now) == state
            continue
        ended = abort(state, now)
        assert (ended.phase, ended.weight) == (Phase.ABORTED, 0)
        assert advance(ended, GOOD, now) == (ended, "")
        if state.live:
            strict = replace(state, failed=plan.failure_limit)
            assert advance(strict, said(Measured.FAILED, 0), now)[0].phase is Phase.ABORTED


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": ()}, {"steps": (Step(weight=5),)}, {"steps": (Step(weight=50), Step(weight=25), Step(weight=100))},
        {"steps": (Step(weight=50), Step(weight=50), Step(weight=100))}, {"steps": (Step(weight=0), Step(weight=100))},
        {"steps": (Step(weight=float("nan")), Step(weight=100))}, {"strategy": Strategy.BLUE_GREEN},
        {"min_samples": 0}, {"shadow_samples": 0}, {"failure_limit": -1}, {"interval_s": 0.0},
        {"deadline_s": float("nan")}, {"bake_s": -1.0}, {"margin": 0.0}, {"alpha": 1.0},
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidRollout, match=r"[A-Za-z ]{15,}"):
        Plan(**wrong)  # type: ignore[arg-type]


def test_what_waits_for_nobody_cannot_be_approved_nor_started_twice() -> None:
    rollout = walk(OPEN, GOOD)
    with pytest.raises(InvalidRollout, match="waits for nobody"):
        approve(rollout, NOW)
    with pytest.raises(InvalidRollout, match="before"):
        start(rollout, NOW)
