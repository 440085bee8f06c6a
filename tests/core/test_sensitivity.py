"""How many defects people find, and what a claim becomes by it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from inspection.core.risk import Claim, Risk
from inspection.core.sensitivity import Sensitivity, corrected, of_double_reads, pooled


@settings(max_examples=50, deadline=None)
@given(shown=st.integers(1, 500), share=st.floats(0, 1), delta=st.floats(0.001, 0.4))
def test_the_lower_bound_is_clopper_and_pearsons(shown: int, share: float, delta: float) -> None:
    found = int(share * shown)
    exact = binomtest(found, shown).proportion_ci(confidence_level=1 - 2 * delta, method="exact").low
    assert Sensitivity(found=found, shown=shown).lower(delta) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("definition", [Risk.PER_UNIT, Risk.PER_PASSED])
def test_misses_lower_the_limit_and_cost_a_fifth_of_delta(definition: Risk) -> None:
    claim = Claim(definition=definition, limit=0.01, delta=0.05)
    measured = Sensitivity(found=90, shown=100)
    tested, least = corrected(claim, measured)
    assert least == measured.lower(0.01)
    assert 0.8 < least < 0.9
    assert (tested.limit, tested.delta) == (0.01 * least, pytest.approx(0.04))


def test_the_share_of_defects_that_pass_is_not_changed_by_misses() -> None:
    claim = Claim(definition=Risk.PER_DEFECTIVE, limit=0.01, delta=0.05)
    assert corrected(claim, Sensitivity(found=50, shown=100)) == (claim, 1.0)


def test_what_was_not_measured_is_not_corrected() -> None:
    claim = Claim(definition=Risk.PER_UNIT, limit=0.01, delta=0.05)
    assert corrected(claim, None) == (claim, 1.0)


@pytest.mark.parametrize(("found", "shown"), [(0, 0), (3, 2), (-1, 2)])
def test_counts_that_cannot_be_are_refused(found: int, shown: int) -> None:
    with pytest.raises(ValueError, match="at least one defective unit"):
        Sensitivity(found=found, shown=shown)


def test_known_answers_and_double_reads_are_counted_together() -> None:
    known, reads = Sensitivity(found=48, shown=50), of_double_reads(both=30, second_only=5)
    assert pooled(known, reads) == Sensitivity(found=78, shown=85)
    assert pooled(known, of_double_reads(both=0, second_only=0)) == known
    assert pooled(None, None) is None
