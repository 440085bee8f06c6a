"""The thresholds that proofs allow, and the curve of risk against coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.core.evidence import Graded, labels_needed, most_events, rate
from inspection.core.risk import Claim, Limits, Risk, Side, prove, tally
from inspection.core.thresholds import Thresholds, curve, propose
from tests.core.lines import Law

cases = st.lists(
    st.builds(Graded, score=st.sampled_from([i / 10 for i in range(11)]), defective=st.booleans()), max_size=300
)


def limits(escape: float, overkill: float) -> Limits:
    return Limits(escape=escape, overkill=overkill, escape_per_defective=None)


@settings(max_examples=100, deadline=None)
@given(graded=cases, escape=st.floats(0.01, 0.3), overkill=st.floats(0.01, 0.3))
def test_what_is_proposed_passes_its_own_test_at_every_stricter_threshold(
    graded: list[Graded], escape: float, overkill: float
) -> None:
    found, n = propose(graded, limits(escape, overkill)), len(graded)
    for score in {g.score for g in graded}:
        escapes = sum(g.defective and g.score <= score for g in graded)
        kills = sum(not g.defective and g.score >= score for g in graded)
        if found.pass_below is not None and score <= found.pass_below:
            assert rate(escapes, n).upper <= escape * (1 + 1e-9)
        if found.reject_above is not None and score >= found.reject_above:
            assert rate(kills, n).upper <= overkill * (1 + 1e-9)


@settings(max_examples=200, deadline=None)
@given(graded=cases, escape=st.floats(0.01, 0.9), overkill=st.floats(0.01, 0.9))
def test_the_two_thresholds_never_cross_and_leave_out_nothing_that_is_proved(
    graded: list[Graded], escape: float, overkill: float
) -> None:
    found = propose(graded, limits(escape, overkill))
    scores, defective = np.array([g.score for g in graded]), np.array([g.defective for g in graded], dtype=bool)
    low = prove(tally(Side.PASS, scores, defective), [_claim(escape)])
    high = prove(tally(Side.REJECT, scores, defective), [_claim(overkill)])
    if found.pass_below is not None and found.reject_above is not None:
        assert found.pass_below < found.reject_above
    for g in graded:
        settled = g.score <= _or(found.pass_below, -1) or g.score >= _or(found.reject_above, 2)
        provable = (low is not None and low.covers(g.score)) or (high is not None and high.covers(g.score))
        assert settled is provable


def _claim(limit: float) -> Claim:
    return Claim(definition=Risk.PER_UNIT, limit=limit, delta=0.05)


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def test_too_few_labels_prove_no_threshold() -> None:
    good = [Graded(score=i / 1000, defective=False) for i in range(labels_needed(0.01) - 1)]
    assert propose(good, limits(0.01, 0.05)).pass_below is None
    assert propose([], limits(0.01, 0.05)) == Thresholds(pass_below=None, reject_above=None)
    assert propose([*good, Graded(score=0.0, defective=False)], limits(0.01, 0.05)).pass_below is not None


def test_a_score_that_is_no_number_becomes_no_threshold() -> None:
    graded = [Graded(score=0.1, defective=False)] * 600 + [Graded(score=float("nan"), defective=False)]
    assert propose(graded, limits(0.01, 0.05)).pass_below == 0.1
    assert propose([Graded(score=float("nan"), defective=True)] * 600, limits(0.01, 0.05)).reject_above is None


def test_where_all_can_be_automated_the_cut_spoils_least() -> None:
    """Good ones up to .3, defective ones from .7 on: a cut between costs nothing."""
    line = [Graded(score=0.3 * i / 900, defective=False) for i in range(900)]
    line += [Graded(score=0.7 + 0.3 * i / 100, defective=True) for i in range(100)]
    found = propose(line, limits(0.01, 0.05))
    assert found.pass_below == pytest.approx(0.3 * 899 / 900)
    assert found.reject_above == 0.7


def test_the_cut_stays_where_both_limits_hold() -> None:
    """Cutting above .5 would spare 30 good ones but let 5 defective ones pass, where at most 4 in 1,000 may."""
    line = [(0.1, False, 900), (0.45, False, 3), (0.5, True, 5), (0.6, False, 30), (0.9, True, 62)]
    graded = [Graded(score=score, defective=bad) for score, bad, count in line for _ in range(count)]
    assert most_events(1000, 0.01) == 4
    assert most_events(1000, 0.05) >= 33
    assert propose(graded, limits(0.01, 0.05)) == Thresholds(pass_below=0.45, reject_above=0.5)


def test_the_cut_counts_errors_as_the_limits_do() -> None:
    """3 of 100 defective ones are more of a limit of 10 % than 20 of 900 good ones are."""
    line = [(0.1, False, 880), (0.4, True, 3), (0.5, False, 20), (0.9, True, 97)]
    graded = [Graded(score=score, defective=bad) for score, bad, count in line for _ in range(count)]
    per_class = Limits(escape=0.1, overkill=0.1, definition=Risk.PER_DEFECTIVE)
    assert propose(graded, per_class) == Thresholds(pass_below=0.1, reject_above=0.4)


def test_the_risk_per_passed_unit_is_not_proposed_without_a_certificate() -> None:
    with pytest.raises(ValueError, match="certificate"):
        propose([], Limits(escape=0.01, overkill=0.05, definition=Risk.PER_PASSED))


@pytest.mark.parametrize("definition", Risk)
@pytest.mark.parametrize("side", Side)
def test_the_curve_tells_risk_and_bound_at_each_coverage(side: Side, definition: Risk) -> None:
    scores, defective = Law(prevalence=0.1, apart=2.0).draw(3000, np.random.default_rng(5))
    counts = tally(side, scores, defective)
    found = curve(counts, definition, points=50)
    assert len(found.thresholds) == 50
    assert (np.diff(found.automated) > 0).all()
    assert found.automated[-1] == 1.0
    for i in (0, 20, 49):
        decided = scores <= found.thresholds[i] if side is Side.PASS else scores >= found.thresholds[i]
        wrong = defective if side is Side.PASS else ~defective
        of = {Risk.PER_UNIT: 3000, Risk.PER_DEFECTIVE: wrong.sum(), Risk.PER_PASSED: decided.sum()}[definition]
        assert found.automated[i] == decided.mean()
        assert found.upper[i] == rate(int((decided & wrong).sum()), int(of)).upper


def test_a_curve_of_nothing_is_empty() -> None:
    nothing = curve(tally(Side.PASS, np.array([]), np.array([], dtype=bool)), Risk.PER_UNIT)
    assert len(nothing.thresholds) == len(nothing.upper) == 0
