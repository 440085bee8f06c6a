"""What a training still takes: from its own pace, from the training before, and never a wild guess."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.pace import Left, Stage, left, noted, words

Plan = list[tuple[str, int, float, float]]  # name, steps, seconds before the first step, seconds a step
PLAN: Plan = [("features of front", 100, 5.0, 0.5), ("cross-checking", 3, 0.0, 20.0), ("fitting", 1, 0.0, 10.0)]


def reports(plan: Plan, since: float = 0.0) -> list[tuple[str, int, int, float]]:
    """Every report of a training that goes by the plan: stage, done, total and time."""
    found, at = [], since
    for name, total, setup, each in plan:
        at += setup
        for done in range(1, total + 1):
            at += each
            found.append((name, done, total, at))
    return found


def seen_until(plan: Plan, time: float, since: float = 0.0) -> tuple[Stage, ...]:
    seen: tuple[Stage, ...] = ()
    for name, done, total, at in reports(plan, since):
        if at <= time:
            seen = noted(seen, name, done, total, at=at, since=since)
    return seen


def end(plan: Plan) -> float:
    return reports(plan)[-1][-1]


def test_a_steady_stage_is_told_to_the_second_and_its_first_step_does_not_mislead() -> None:
    slow_start: Plan = [("learning from labels", 700, 30.0, 0.3)]
    for time in (36.0, 60.0, 200.0):
        found = left(seen_until(slow_start, time), time)
        assert found.stage == pytest.approx(end(slow_start) - time, abs=0.5)


def test_the_first_training_tells_of_the_stage_alone() -> None:
    found = left(seen_until(PLAN, 30.0), 30.0)
    assert found.stage == pytest.approx(55.0 - 30.0)
    assert found.whole is None


def test_the_next_training_tells_of_the_whole_from_its_first_report_on() -> None:
    before = seen_until(PLAN, 1e9)
    for time in (6.0, 30.0, 56.0, 90.0, 100.0, 117.0):
        assert left(seen_until(PLAN, time), time, before).whole == pytest.approx(end(PLAN) - time, abs=3), time


@pytest.mark.parametrize("times", [0.5, 2.0, 4.0])
def test_more_images_than_last_time_lengthen_what_follows_too(times: float) -> None:
    before = seen_until(PLAN, 1e9)
    longer: Plan = [(n, round(c * times) if c > 3 else c, s * times, e if c > 3 else e * times) for n, c, s, e in PLAN]
    time = 20.0 * times
    assert left(seen_until(longer, time), time, before).whole == pytest.approx(end(longer) - time, rel=0.05)


def test_stages_of_one_name_are_told_apart_by_their_turn() -> None:
    twice: Plan = [("cross-checking", 3, 0.0, 10.0), ("fitting", 1, 0.0, 5.0)] * 2
    before = seen_until(twice, 1e9)
    assert len(before) == 4
    assert left(seen_until(twice, 21.0), 21.0, before).whole == pytest.approx(70 - 21)
    assert left(seen_until(twice, 56.0), 56.0, before).whole == pytest.approx(70 - 56)


def test_a_stage_that_the_last_training_had_not_leaves_the_whole_unknown() -> None:
    before = seen_until(PLAN, 1e9)
    labels: Plan = [PLAN[0], ("learning from labels", 100, 0.0, 1.0), *PLAN[1:]]
    found = left(seen_until(labels, 80.0), 80.0, before)
    assert found.stage == pytest.approx(75.0)
    assert found.whole is None
    assert left(seen_until(labels, 176.0), 176.0, before).whole == pytest.approx(end(labels) - 176, rel=0.5)


def test_after_a_silence_nothing_is_claimed() -> None:
    seen = seen_until(PLAN, 30.0)
    assert left(seen, 45.0).stage == pytest.approx(10.0)
    assert left(seen, 80.0) == Left()
    assert left(seen_until(PLAN, 76.0), 110.0, seen_until(PLAN, 1e9)).stage is not None, "a slow step is no silence"


def test_before_the_pace_is_known_nothing_is_claimed() -> None:
    assert left((), 5.0) == Left()
    assert left(seen_until(PLAN, 5.6), 5.6) == Left()
    assert left(seen_until(PLAN, 76.0), 76.0) == Left()


reported = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(1, 20), st.floats(0, 1e5)), max_size=25
)


@given(now=reported, before=reported, late=st.floats(-1e5, 1e7))
def test_it_is_never_negative_nor_beyond_all_measure(
    now: list[tuple[str, int, int, float]], before: list[tuple[str, int, int, float]], late: float
) -> None:
    def noted_all(told: list[tuple[str, int, int, float]]) -> tuple[Stage, ...]:
        seen: tuple[Stage, ...] = ()
        for (name, done, total, _), at in zip(told, sorted(t[3] for t in told), strict=True):
            seen = noted(seen, name, done, total, at=at, since=0.0)
        return seen

    seen, other = noted_all(now), noted_all(before)
    found = left(seen, (seen[-1].at if seen else 0.0) + late, other)
    for seconds in (found.stage, found.whole):
        assert seconds is None or (0 <= seconds <= 1e8 and math.isfinite(seconds))
    if found.stage is not None and found.whole is not None:
        assert found.whole >= found.stage


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "a few seconds"), (9.9, "a few seconds"), (10, "about 10 s"), (44, "about 40 s"), (89, "about 90 s"),
     (90, "about 2 min"), (200, "about 3 min"), (5000, "about 83 min"), (7300, "about 2 h"), (1e9, "more than a day")],
)  # fmt: skip
def test_it_is_told_as_roughly_as_it_is_known(seconds: float, told: str) -> None:
    assert words(seconds) == told
