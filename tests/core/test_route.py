"""The draws for audits and canaries: fixed for a unit, uniform over units, independent between salts."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inspection.core.route import draw_audit, in_canary, share_of

N = 20_000
SERIALS = [f"S-{i:06d}" for i in range(N)]


def within(count: int, probability: float, n: int = N) -> bool:
    return abs(count - n * probability) < 4.5 * math.sqrt(n * probability * (1 - probability)) + 1


@given(salt=st.text(), serial=st.text(min_size=1), share=st.floats(0, 1))
def test_a_unit_is_drawn_the_same_each_time_with_its_probability(salt: str, serial: str, share: float) -> None:
    draw = draw_audit(salt, serial, share)
    assert draw == draw_audit(salt, serial, share)
    assert draw.probability == share


def test_the_share_is_kept_and_a_larger_one_only_adds() -> None:
    small = {s for s in SERIALS if draw_audit("salt", s, 0.05).audited}
    large = {s for s in SERIALS if draw_audit("salt", s, 0.20).audited}
    assert within(len(small), 0.05)
    assert within(len(large), 0.20)
    assert small < large


def test_two_salts_draw_independently() -> None:
    both = [s for s in SERIALS if draw_audit("one", s, 0.1).audited and draw_audit("two", s, 0.1).audited]
    assert within(len(both), 0.01)


def test_none_is_none_and_all_is_all() -> None:
    assert not any(draw_audit("salt", s, 0.0).audited for s in SERIALS[:500])
    assert all(draw_audit("salt", s, 1.0).audited for s in SERIALS[:500])


def test_draws_are_uniform() -> None:
    draws = [share_of("salt", s) for s in SERIALS]
    assert all(0 <= d < 1 for d in draws)
    for tenth in range(10):
        assert within(sum(tenth / 10 <= d < (tenth + 1) / 10 for d in draws), 0.1)


def test_a_canary_holds_its_share_and_a_ramp_only_adds() -> None:
    steps = [{s for s in SERIALS if in_canary("rollout", s, weight)} for weight in (0, 5, 10, 25, 50, 100)]
    for units, weight in zip(steps, (0, 5, 10, 25, 50, 100), strict=True):
        assert within(len(units), weight / 100)
    assert all(low <= high for low, high in pairwise(steps))
    assert steps[0] == set(), "zero is zero"
    assert steps[-1] == set(SERIALS)


def test_canaries_are_independent_of_each_other_and_of_audits() -> None:
    canary = {s for s in SERIALS if in_canary("one", s, 10)}
    assert within(sum(in_canary("two", s, 10) for s in canary), 0.1, len(canary))
    assert within(sum(draw_audit("audit", s, 0.1).audited for s in canary), 0.1, len(canary))
