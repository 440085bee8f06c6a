"""What voids a certificate, which policies it allows, and that it is stored whole."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from inspection.core.certificate import Certificate, NotProved, Subject, as_json, fits, from_json, voided_by
from inspection.core.certify import certify
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.risk import Limits, Proof, Risk
from inspection.core.sample import Evidence
from inspection.core.sensitivity import Sensitivity
from tests.core.lines import Law

NOW = datetime(2026, 2, 1, tzinfo=UTC)
ABOUT = Subject(
    model="m",
    line="l1",
    recipe="phone 3",
    cameras=("top", "side"),
    window_from=NOW - timedelta(days=31),
    window_to=NOW,
    expires=NOW + timedelta(days=28),
)


def made(apart: float = 4.0, prevalence: float = 0.1, n: int = 4000, seed: int = 1, **changed: object) -> Certificate:
    scores, defective = Law(prevalence=prevalence, apart=apart, levels=400).draw(n, np.random.default_rng(seed))
    limits = Limits(**{"escape": 0.01, "overkill": 0.05, **changed})  # type: ignore[arg-type]
    evidence = Evidence(units=tuple(map(str, range(n))), scores=scores, defective=defective)
    found = certify(evidence, limits, ABOUT, Sensitivity(found=59, shown=60))
    assert isinstance(found, Certificate)
    return found


def now(**changed: object) -> str | None:
    as_it_was = {"now": NOW, "model": "m", "recipe": "phone 3", "cameras": ("side", "top")}
    return voided_by(made(), **{**as_it_was, **changed})  # type: ignore[arg-type]


def test_a_certificate_holds_while_nothing_changes() -> None:
    assert now() is None
    assert now(now=ABOUT.expires - timedelta(microseconds=1)) is None


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"model": "m2"}, "model"),
        ({"model": None}, "model"),
        ({"recipe": "phone 4"}, "recipe"),
        ({"cameras": ("top",)}, "cameras"),
        ({"cameras": ("top", "side", "side")}, "cameras"),
        ({"drift_alarm": "brightness of top"}, "brightness of top"),
        ({"now": ABOUT.expires}, "expired"),
    ],
)
def test_any_change_voids_it(changed: dict[str, object], word: str) -> None:
    reason = now(**changed)
    assert reason is not None
    assert word in reason


def partial(low: float | None, high: float | None, model: str = "m") -> Terms:
    return Terms(level=Level.PARTIAL_AUTOMATION, model=model, pass_below=low, reject_above=high)


def full(high: float) -> Terms:
    return Terms(level=Level.FULL_AUTOMATION, model="m", reject_above=high)


def test_the_thresholds_certified_fit_and_so_do_tighter_ones() -> None:
    found = made(apart=2.0)
    assert found.pass_below is not None
    assert found.reject_above is not None
    assert found.automated < 1
    assert fits(found, partial(found.pass_below, found.reject_above)) is None
    assert fits(found, partial(0.0, 1.0)) is None
    assert fits(found, partial(found.pass_below, None)) is None
    assert fits(found, partial(None, found.reject_above)) is None


def test_wider_thresholds_and_other_models_do_not_fit() -> None:
    found = made(apart=2.0)
    assert found.passing is not None
    assert found.rejecting is not None
    assert "Passing up to" in str(fits(found, partial(found.passing.beyond, found.reject_above)))
    assert "Rejecting from" in str(fits(found, partial(found.pass_below, found.rejecting.beyond)))
    assert "another model" in str(fits(found, partial(0.0, 1.0, model="m2")))


def test_where_the_ai_decides_nothing_every_policy_fits() -> None:
    assert fits(made(), Terms(level=Level.AI_ASSIST, model="m2", pass_below=0.9, reject_above=0.95)) is None


def test_full_automation_needs_the_escape_limit_up_to_where_units_are_rejected() -> None:
    wide, narrow = made(apart=6.0), made(apart=2.0)
    assert wide.reject_above is not None
    assert narrow.reject_above is not None
    assert wide.passing is not None
    assert fits(wide, full(wide.reject_above)) is None
    assert fits(wide, full(wide.passing.beyond)) is None
    assert "Passing all under" in str(fits(wide, full(float(np.nextafter(wide.passing.beyond, 1)))))
    assert "Passing all under" in str(fits(narrow, full(narrow.reject_above)))
    assert "Rejecting from" in str(fits(narrow, full(0.1)))


def test_a_side_that_is_not_proved_allows_nothing() -> None:
    no_pass = replace(made(), passing=None, pass_below=None)
    assert "no threshold up to which" in str(fits(no_pass, partial(0.0, None)))
    assert "no threshold up to which" in str(fits(no_pass, full(1.0)))
    assert fits(no_pass, partial(None, 1.0)) is None
    assert "no threshold from which" in str(fits(replace(made(), rejecting=None), full(1.0)))


def test_nothing_is_proved_before_the_walk_per_passed_began() -> None:
    found = made(definition=Risk.PER_PASSED, escape_per_defective=None)
    assert found.passing is not None
    assert found.passing.strictest > 0
    assert fits(found, partial(found.pass_below, None)) is None
    assert "the proof reaches from" in str(fits(found, partial(found.passing.strictest - 0.01, None)))
    assert found.used < found.given


def test_full_automation_must_not_cut_before_the_walk_to_pass_began() -> None:
    late = replace(
        made(),
        passing=Proof(strictest=0.5, widest=0.6, beyond=0.7),
        rejecting=Proof(strictest=2.0, widest=0.2, beyond=0.1),
    )
    assert fits(late, full(0.51)) is None
    assert "Passing all under" in str(fits(late, full(0.5)))


@settings(max_examples=100, deadline=None)
@given(
    apart=st.sampled_from([1.0, 2.0, 4.0, 6.0]),
    seed=st.integers(0, 50),
    cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).filter(lambda two: two[0] < two[1]),
    is_full=st.booleans(),
)
def test_what_fits_keeps_the_test_on_the_labels_themselves(
    apart: float, seed: int, cuts: list[float], is_full: bool
) -> None:
    scores, defective = Law(prevalence=0.1, apart=apart, levels=400).draw(1500, np.random.default_rng(seed))
    limits = Limits(escape=0.02, overkill=0.05)
    evidence = Evidence(units=tuple(map(str, range(1500))), scores=scores, defective=defective)
    found = certify(evidence, limits, ABOUT)
    if isinstance(found, NotProved):
        return
    low, high = cuts
    terms = full(high) if is_full else partial(low, high)
    passed = scores < high if is_full else scores <= low
    escapes, kills = int((passed & defective).sum()), int(((scores >= high) & ~defective).sum())
    stay = _proved(escapes, 1500, 0.02) and _proved(escapes, int(defective.sum()), 0.1) and _proved(kills, 1500, 0.05)
    assert (fits(found, terms) is None) is stay


def _proved(events: int, trials: int, limit: float) -> bool:
    return bool(binom.cdf(events, trials, limit) <= 0.05)


@pytest.mark.parametrize("definition", Risk)
def test_it_is_stored_as_json_and_comes_back_the_same(definition: Risk) -> None:
    found = made(definition=definition, overkill=0.2)
    assert from_json(json.loads(json.dumps(as_json(found)))) == found
    no_reject = made(n=290, prevalence=0.4, escape=0.2, overkill=0.001)
    assert no_reject.reject_refused is not None
    assert from_json(json.loads(json.dumps(as_json(no_reject)))) == no_reject
