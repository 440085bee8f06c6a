"""The walk of thresholds, against counting and testing them one by one."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from inspection.core.risk import ABOVE_ALL, BELOW_ALL, Claim, Limits, Proof, Risk, Side, escape_claims, prove, tally

scores = st.sampled_from([*(i / 10 for i in range(11)), float("nan"), float("inf"), -0.5, 1.5])
units = st.lists(st.tuples(scores, st.booleans()), max_size=200)
claims = st.lists(
    st.builds(
        Claim,
        definition=st.sampled_from([Risk.PER_UNIT, Risk.PER_DEFECTIVE]),
        limit=st.floats(0.005, 0.6),
        delta=st.floats(0.01, 0.3),
    ),
    min_size=1,
    max_size=3,
)


def counted(line: list[tuple[float, bool]], side: Side, threshold: float, definition: Risk) -> tuple[int, int]:
    """Errors and what they are counted against, by the words of the definitions."""
    decided = [bad for s, bad in line if 0 <= s <= 1 and (s <= threshold if side is Side.PASS else s >= threshold)]
    wrong = sum(bad is (side is Side.PASS) for bad in decided)
    own = sum(bad is (side is Side.PASS) for _, bad in line)
    return wrong, {Risk.PER_UNIT: len(line), Risk.PER_DEFECTIVE: own, Risk.PER_PASSED: len(decided)}[definition]


def is_proved(line: list[tuple[float, bool]], side: Side, threshold: float, claim: Claim) -> bool:
    events, trials = counted(line, side, threshold, claim.definition)
    return trials > 0 and binom.cdf(events, trials, claim.limit) <= claim.delta


def walked(line: list[tuple[float, bool]], side: Side, claims: list[Claim], start: float | None = None) -> Proof | None:
    values = np.array([s for s, _ in line], dtype=np.float64)
    return prove(tally(side, values, np.array([bad for _, bad in line], dtype=bool), start), claims)


@settings(max_examples=200, deadline=None)
@given(line=units, side=st.sampled_from(Side), claims=claims)
@example(line=[(0.1, False)] * 100, side=Side.PASS, claims=[Claim(definition=Risk.PER_DEFECTIVE, limit=0.5, delta=0.3)])
def test_the_walk_stops_at_the_first_threshold_that_fails_any_claim(
    line: list[tuple[float, bool]], side: Side, claims: list[Claim]
) -> None:
    seen = sorted({s for s, _ in line if 0 <= s <= 1}, reverse=side is Side.REJECT)
    holds = [all(is_proved(line, side, t, claim) for claim in claims) for t in seen]
    proved = holds.index(False) if False in holds else len(holds)
    found = walked(line, side, claims)
    if proved == 0:
        assert found is None
        return
    nothing, everything = (BELOW_ALL, ABOVE_ALL) if side is Side.PASS else (ABOVE_ALL, BELOW_ALL)
    beyond = seen[proved] if proved < len(seen) else everything
    assert found == Proof(strictest=nothing, widest=seen[proved - 1], beyond=beyond)
    assert [found.covers(t) for t in seen] == [i < proved for i in range(len(seen))]


@settings(max_examples=200, deadline=None)
@given(line=units, side=st.sampled_from(Side), start=st.integers(0, 10), limit=st.floats(0.01, 0.6))
def test_the_walk_per_passed_begins_at_its_start_and_proves_nothing_stricter(
    line: list[tuple[float, bool]], side: Side, start: int, limit: float
) -> None:
    claim, begin = Claim(definition=Risk.PER_PASSED, limit=limit, delta=0.1), start / 10
    seen = {s for s, _ in line if 0 <= s <= 1 and (s >= begin if side is Side.PASS else s <= begin)} | {begin}
    order = sorted(seen, reverse=side is Side.REJECT)
    holds = [is_proved(line, side, t, claim) for t in order]
    found = walked(line, side, [claim], begin)
    if not holds[0]:
        assert found is None
        return
    proved = holds.index(False) if False in holds else len(holds)
    assert found is not None
    assert (found.strictest, found.widest) == (begin, order[proved - 1])
    stricter = begin - 0.01 if side is Side.PASS else begin + 0.01
    assert not found.covers(stricter)


def test_equal_scores_stand_or_fall_together() -> None:
    claim = Claim(definition=Risk.PER_UNIT, limit=0.01, delta=0.05)
    assert walked([(0.2, i < 60) for i in range(600)], Side.PASS, [claim]) is None
    assert walked([(0.2, i < 1) for i in range(600)], Side.PASS, [claim]) is not None


def test_a_score_that_is_no_score_is_a_unit_but_never_decided() -> None:
    claim = Claim(definition=Risk.PER_UNIT, limit=0.01, delta=0.05)
    clean, unknown = [(0.1, False)] * 200, [(float("nan"), True)] * 99
    assert walked(clean, Side.PASS, [claim]) is None
    assert walked(clean + unknown, Side.PASS, [claim]) == Proof(strictest=BELOW_ALL, widest=0.1, beyond=ABOVE_ALL)
    assert walked(unknown * 10, Side.REJECT, [claim]) is None


def test_by_default_a_limit_per_defective_unit_must_hold_too() -> None:
    rare = [(i / 1000, i % 200 == 0) for i in range(1000)]
    loose = Limits(escape=0.02, overkill=0.05, escape_per_defective=None)
    assert walked(rare, Side.PASS, escape_claims(loose)) == Proof(strictest=BELOW_ALL, widest=0.999, beyond=ABOVE_ALL)
    assert walked(rare, Side.PASS, escape_claims(Limits(escape=0.02, overkill=0.05))) is None


def test_both_sides_together_share_delta() -> None:
    assert Limits(escape=0.01, overkill=0.1).delta_of_a_side == 0.05
    assert Limits(escape=0.01, overkill=0.1, together=True).delta_of_a_side == 0.025


@pytest.mark.parametrize("wrong", [{"escape": 0.0}, {"overkill": 1.0}, {"delta": 0.0}, {"escape_per_defective": -1.0}])
def test_limits_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Limits(**{"escape": 0.01, "overkill": 0.05, **wrong})
