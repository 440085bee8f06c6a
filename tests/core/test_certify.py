"""Making certificates: what they hold, what they refuse and how they treat people's misses and uneven samples."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.core.certificate import Bound, Certificate, NotProved, Subject
from inspection.core.certify import certify
from inspection.core.decide import Outcome, decide
from inspection.core.evidence import labels_needed, rate
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.predict import Prediction
from inspection.core.refusal import Lack
from inspection.core.risk import Limits, Risk, Side
from inspection.core.route import share_of
from inspection.core.sample import SCOUT_SHARE, Evidence, labels_hash
from inspection.core.sensitivity import Sensitivity
from tests.core.lines import Law

ABOUT = Subject(
    model="m",
    line="l1",
    recipe="phone 3",
    cameras=("top", "side"),
    window_from=datetime(2026, 1, 1, tzinfo=UTC),
    window_to=datetime(2026, 2, 1, tzinfo=UTC),
    expires=datetime(2026, 3, 1, tzinfo=UTC),
)
LIMITS = Limits(escape=0.01, overkill=0.05)


def evidence(law: Law, n: int, seed: int) -> Evidence:
    scores, defective = law.draw(n, np.random.default_rng(seed))
    return Evidence(units=tuple(f"U{i}" for i in range(n)), scores=scores, defective=defective)


def of(scores: list[float], defective: list[bool]) -> Evidence:
    return Evidence(
        units=tuple(f"U{i}" for i in range(len(scores))), scores=np.array(scores), defective=np.array(defective, bool)
    )


def certificate(found: Certificate | NotProved) -> Certificate:
    assert isinstance(found, Certificate)
    return found


def test_a_certificate_tells_what_it_is_about_and_counts() -> None:
    given_ = evidence(Law(prevalence=0.05), 4000, 1)
    found = certificate(certify(given_, LIMITS, ABOUT))
    assert (found.model, found.recipe, found.cameras, found.expires) == ("m", "phone 3", ("top", "side"), ABOUT.expires)
    assert (found.given, found.used, found.defective) == (4000, 4000, int(given_.defective.sum()))
    assert found.pass_below is not None
    escapes = int((given_.defective & (given_.scores <= found.pass_below)).sum())
    assert found.escapes == (
        Bound(definition=Risk.PER_UNIT, limit=0.01, events=escapes, trials=4000, upper=rate(escapes, 4000).upper),
        Bound(
            definition=Risk.PER_DEFECTIVE,
            limit=0.1,
            events=escapes,
            trials=found.defective,
            upper=rate(escapes, found.defective).upper,
        ),
    )
    assert all(bound.upper <= bound.limit for bound in (*found.escapes, *found.overkill))
    assert found.sensitivity is None


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    apart=st.floats(0.5, 6),
    prevalence=st.floats(0.02, 0.5),
    definition=st.sampled_from(Risk),
    full=st.booleans(),
)
def test_the_router_decides_as_was_counted(
    seed: int, apart: float, prevalence: float, definition: Risk, full: bool
) -> None:
    """Counting what `core.decide` does with the certified thresholds gives the certificate's own numbers."""
    limits = Limits(escape=0.05, overkill=0.2, escape_per_defective=None, definition=definition)
    given_ = evidence(Law(prevalence=prevalence, levels=60, apart=apart), 600, seed)
    found = certify(given_, limits, ABOUT)
    if isinstance(found, NotProved) or found.pass_below is None or found.reject_above is None:
        return
    seen = zip(given_.scores.tolist(), given_.defective.tolist(), given_.units, strict=True)
    rows = [(score, bad) for score, bad, unit in seen if definition is not Risk.PER_PASSED or not is_scout(unit)]
    level = Level.FULL_AUTOMATION if full and found.automated == 1 else Level.PARTIAL_AUTOMATION
    terms = Terms(level=level, model="m", pass_below=found.pass_below, reject_above=found.reject_above)
    outcomes = [decide(terms, Prediction(model="m", score=s, novelty=0.0, novel=False), None).outcome for s, _ in rows]
    passed = [bad for (_, bad), outcome in zip(rows, outcomes, strict=True) if outcome is Outcome.PASS]
    rejected = [bad for (_, bad), outcome in zip(rows, outcomes, strict=True) if outcome is Outcome.REJECT]
    assert found.escapes[0].events == sum(passed)
    assert found.overkill[0].events == len(rejected) - sum(rejected)
    assert found.automated == (len(passed) + len(rejected)) / len(rows)


def is_scout(unit: str) -> bool:
    return share_of("scout", unit) < SCOUT_SHARE


def test_too_few_labels_are_refused_with_the_number_that_is_missing() -> None:
    short = of([0.1] * 250, [False] * 250)
    found = certify(short, replace(LIMITS, escape_per_defective=None, overkill=0.001), ABOUT)
    assert isinstance(found, NotProved)
    refused = found.pass_refused
    assert (refused.side, refused.reason, refused.definition) == (Side.PASS, Lack.LABELS, Risk.PER_UNIT)
    assert (refused.trials, refused.trials_if_clean, refused.more_if_clean, refused.more_needed) == (250, 299, 49, 49)


def test_the_number_missing_follows_the_errors_seen() -> None:
    """An escape among the lower half: 1 in 250 against 1 % asks for far more labels than none would."""
    scores, bad = [i / 250 for i in range(250)], [i == 10 for i in range(250)]
    found = certify(of(scores, bad), replace(LIMITS, escape_per_defective=None, overkill=0.001), ABOUT)
    assert isinstance(found, NotProved)
    assert found.pass_refused.more_if_clean == 49
    assert found.pass_refused.more_needed == labels_needed(0.01, 0.05, 4) - 250  # 4 of 913: the first at a rate of .4 %


def test_defective_units_that_are_missing_are_counted_in_labels() -> None:
    """28 defective ones in 2,800: one more is needed to prove 10 % of them, which comes with about 100 labels."""
    scores, bad = [i / 2800 for i in range(2800)], [i % 100 == 99 and i > 0 for i in range(2800)]
    found = certify(of(scores, bad), replace(LIMITS, escape=0.02), ABOUT)
    refused = certificate(found).pass_refused
    assert refused is not None
    assert (refused.definition, refused.trials, refused.trials_if_clean) == (Risk.PER_DEFECTIVE, 28, 29)
    assert refused.more_if_clean == 100


def test_without_any_defective_unit_no_number_of_labels_can_be_told() -> None:
    refused = certify(of([0.1] * 1000, [False] * 1000), replace(LIMITS, overkill=0.001), ABOUT)
    assert isinstance(refused, NotProved)
    assert refused.pass_refused.trials_if_clean == 29
    assert refused.pass_refused.more_needed is None
    assert refused.pass_refused.reason is Lack.LABELS


def test_a_model_without_skill_is_refused_for_good() -> None:
    dice = np.random.default_rng(3)
    useless = of(dice.random(5000).tolist(), (dice.random(5000) < 0.3).tolist())
    found = certify(useless, Limits(escape=0.0001, overkill=0.0001), ABOUT)
    assert isinstance(found, NotProved)
    assert (found.pass_refused.reason, found.pass_refused.more_needed) == (Lack.SKILL, None)


def test_defects_that_look_best_of_all_are_no_matter_of_more_labels() -> None:
    """Half of the units are clean enough, but the walk per passed unit meets 20 defective ones where it begins."""
    scores = [i / 4000 for i in range(4000)]
    limits = Limits(escape=0.05, overkill=0.05, escape_per_defective=None, definition=Risk.PER_PASSED)
    found = certify(of(scores, [i < 20 or i >= 3000 for i in range(4000)]), limits, ABOUT)
    refused = certificate(found).pass_refused
    assert refused is not None
    assert (refused.reason, refused.more_needed) == (Lack.SKILL, None)


def test_per_passed_unit_both_sides_begin_where_their_own_scores_are_strictest() -> None:
    limits = Limits(escape=0.02, overkill=0.2, definition=Risk.PER_PASSED)
    found = certificate(certify(evidence(Law(prevalence=0.3), 4000, 1), limits, ABOUT))
    assert found.passing is not None
    assert found.rejecting is not None
    assert found.passing.strictest < 0.3 < 0.7 < found.rejecting.strictest


def test_no_labels_prove_nothing() -> None:
    for definition in Risk:
        found = certify(of([], []), replace(LIMITS, definition=definition), ABOUT)
        assert isinstance(found, NotProved)
        assert found.pass_refused.trials == 0
        assert found.reject_refused.trials_if_clean == 59


def test_misses_of_people_make_the_proof_harder() -> None:
    given_ = evidence(Law(prevalence=0.2, apart=2.0), 4000, 2)
    plain = certificate(certify(given_, LIMITS, ABOUT))
    careful = certificate(certify(given_, LIMITS, ABOUT, Sensitivity(found=95, shown=100)))
    assert careful.sensitivity == Sensitivity(found=95, shown=100)
    assert careful.escapes[0].limit == 0.01
    assert careful.passing is not None
    assert plain.passing is not None
    assert careful.passing.beyond < plain.passing.beyond
    least = Sensitivity(found=95, shown=100).lower(0.01)
    corrected = rate(careful.escapes[0].events, 4000, 0.04).upper / least
    assert careful.escapes[0].upper == pytest.approx(corrected)
    assert careful.escapes[0].upper <= 0.01
    assert careful.escapes[1].limit == 0.1


def test_people_who_find_nothing_prove_nothing() -> None:
    found = certify(evidence(Law(prevalence=0.05), 4000, 2), LIMITS, ABOUT, Sensitivity(found=0, shown=20))
    refused = certificate(found).pass_refused
    assert refused is not None
    assert (refused.reason, refused.more_needed) == (Lack.SENSITIVITY, None)


def test_labels_drawn_more_often_are_thinned_to_the_least_often_drawn() -> None:
    plain = evidence(Law(prevalence=0.05), 20_000, 4)
    often = np.where(np.arange(20_000) < 10_000, 0.4, 0.1)
    uneven = replace(plain, inclusion=often)
    found = certificate(certify(uneven, LIMITS, ABOUT))
    assert found.given == 20_000
    assert abs(found.used - 12_500) < 200
    assert found.labels_hash == labels_hash(uneven) != labels_hash(plain)  # of all labels that came in


def test_the_same_labels_in_another_order_give_the_same_certificate() -> None:
    plain = evidence(Law(prevalence=0.05), 3000, 6)
    plain = replace(plain, inclusion=np.where(plain.scores < 0.5, 0.5, 0.25))
    order = np.random.default_rng(0).permutation(3000)
    assert plain.inclusion is not None
    shuffled = Evidence(
        units=tuple(plain.units[i] for i in order),
        scores=plain.scores[order],
        defective=plain.defective[order],
        inclusion=plain.inclusion[order],
    )
    for definition in Risk:
        limits = replace(LIMITS, definition=definition, overkill=0.3)
        assert certify(plain, limits, ABOUT) == certify(shuffled, limits, ABOUT)
