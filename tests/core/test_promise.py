"""The promise of certificates over many simulated lines: a limit is broken in at most delta of them.

The lines' true risks are known exactly. Breaking is counted per side, as delta is; the tolerance is the 99.9 % quantile
of the binomial law. Each scenario has 400 lines.
"""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from inspection.core.certify import walk_both
from inspection.core.risk import ABOVE_ALL, BELOW_ALL, Limits, Risk
from inspection.core.sample import Evidence, thinned
from inspection.core.sensitivity import Sensitivity
from inspection.core.thresholds import choose
from tests.core.lines import Law

LINES = 400
DELTA = 0.05
TOLERATED = int(binom.ppf(0.999, LINES, DELTA))
PER_UNIT = Limits(escape=0.01, overkill=0.05, delta=DELTA)
PER_DEFECTIVE = Limits(escape=0.05, overkill=0.05, delta=DELTA, definition=Risk.PER_DEFECTIVE)
PER_PASSED = Limits(escape=0.01, overkill=0.2, delta=DELTA, definition=Risk.PER_PASSED)
NAMES = tuple(f"U{i}" for i in range(20_000))


def proved(
    scores: NDArray[np.float64],
    defective: NDArray[np.bool_],
    limits: Limits,
    inclusion: NDArray[np.float64] | None = None,
    sensitivity: Sensitivity | None = None,
) -> tuple[float | None, float | None]:
    """The last thresholds proved to pass and to reject, just before the score that fails: all that `fits` allows."""
    sample = Evidence(units=NAMES[: len(scores)], scores=scores, defective=defective, inclusion=inclusion)
    low, high = walk_both(thinned(sample), limits, sensitivity)
    widest_low = float(np.nextafter(low.proof.beyond, BELOW_ALL)) if low.proof else None
    widest_high = float(np.nextafter(high.proof.beyond, ABOVE_ALL)) if high.proof else None
    return widest_low, widest_high


def breaks_escapes(law: Law, low: float | None, limits: Limits) -> bool:
    """Whether passing up to `low` lets more through than either limit allows."""
    missed = law.escape_risk(low, Risk.PER_DEFECTIVE) > (limits.escape_per_defective or 1)
    return missed or law.escape_risk(low, limits.definition) > limits.escape


@pytest.mark.parametrize(
    ("law", "n", "limits"),
    [
        (Law(prevalence=0.05, apart=2.0), 2000, PER_UNIT),
        (Law(prevalence=0.3, apart=1.5), 2000, PER_UNIT),
        (Law(prevalence=0.3, apart=1.5, levels=25), 500, PER_UNIT),
        (Law(prevalence=0.02, apart=2.0), 8000, replace(PER_UNIT, escape=0.001)),
        (Law(prevalence=0.1, apart=2.0), 2000, PER_DEFECTIVE),
        (Law(prevalence=0.5, apart=1.5, levels=40), 1000, PER_DEFECTIVE),
        (Law(prevalence=0.1, apart=2.0), 2000, PER_PASSED),
        (Law(prevalence=0.3, apart=3.0, levels=40), 2000, PER_PASSED),
    ],
)
def test_the_limits_hold_as_often_as_stated(law: Law, n: int, limits: Limits) -> None:
    dice, escaped, killed, found = np.random.default_rng(n), 0, 0, 0
    for _ in range(LINES):
        low, high = proved(*law.draw(n, dice), limits)
        found += low is not None
        escaped += breaks_escapes(law, low, limits)
        killed += law.overkill_risk(high, limits.definition) > limits.overkill
    assert found > LINES / 2
    assert escaped <= TOLERATED
    assert killed <= TOLERATED


def test_the_test_is_as_sharp_as_it_is_honest() -> None:
    """On fine scores the limit is broken in some percent of the lines: a test that never errs would waste labels. And
    the threshold at which labels show just the limit would break it in half of them."""
    law, dice, broken, naive = Law(prevalence=0.3, apart=1.5), np.random.default_rng(1), 0, 0
    limits = replace(PER_UNIT, escape=0.05, escape_per_defective=None)
    for _ in range(LINES):
        scores, defective = law.draw(2000, dice)
        broken += breaks_escapes(law, proved(scores, defective, limits)[0], limits)
        naive += law.escape_risk(float(np.sort(scores[defective])[100]), Risk.PER_UNIT) > 0.05
    assert 0.02 * LINES < broken <= TOLERATED
    assert naive > 0.3 * LINES


def test_thinned_labels_of_a_drifting_line_speak_for_its_whole_traffic() -> None:
    """In its second half the line is worse and fewer units are audited: counting all labels alike is too kind."""
    early, late = Law(prevalence=0.1, apart=2.5), Law(prevalence=0.2, apart=1.0)
    dice, limits = np.random.default_rng(7), replace(PER_UNIT, escape=0.03, escape_per_defective=None)
    shares, broken, naive = np.repeat([0.5, 0.1], [1500, 300]), 0, 0
    for _ in range(LINES):
        halves = early.draw(1500, dice), late.draw(300, dice)
        scores, defective = (np.concatenate(parts) for parts in zip(*halves, strict=True))
        for inclusion in (shares, None):
            low, _ = proved(scores, defective, limits, inclusion)
            risk = (early.escape_risk(low, Risk.PER_UNIT) + late.escape_risk(low, Risk.PER_UNIT)) / 2
            broken += inclusion is not None and risk > limits.escape
            naive += inclusion is None and risk > limits.escape
    assert broken <= TOLERATED
    assert naive > LINES / 2


def test_limits_hold_for_the_truth_though_people_miss_a_fifth_of_the_defects() -> None:
    law, dice, broken, naive = Law(prevalence=0.3, apart=1.5), np.random.default_rng(8), 0, 0
    limits = replace(PER_UNIT, escape=0.05, escape_per_defective=None)
    for _ in range(LINES):
        scores, defective = law.draw(2000, dice)
        seen = defective & (dice.random(2000) < 0.8)
        measured = Sensitivity(found=int(dice.binomial(200, 0.8)), shown=200)
        broken += breaks_escapes(law, proved(scores, seen, limits, sensitivity=measured)[0], limits)
        naive += breaks_escapes(law, proved(scores, seen, limits)[0], limits)
    assert broken <= TOLERATED
    assert naive > LINES / 2


def test_it_automates_nearly_what_an_oracle_would() -> None:
    """Within 3 points at 8,000 labels, limits of .1 % and 1 %, for an oracle that knows the line's laws."""
    law, dice = Law(prevalence=0.05, apart=4.0), np.random.default_rng(9)
    limits = Limits(escape=0.001, overkill=0.01)
    shares = []
    for _ in range(50):
        scores, defective = law.draw(8000, dice)
        low, high = walk_both(Evidence(units=NAMES[:8000], scores=scores, defective=defective), limits, None)
        chosen = choose(low.counts, high.counts, low.proof, high.proof, limits)
        shares.append(law.automated(chosen.pass_below, chosen.reject_above))
    assert np.mean(shares) >= law.oracle(0.001, 0.01) - 0.03
