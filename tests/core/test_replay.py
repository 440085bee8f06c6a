"""Past units decided again: the same decisions under the same terms, and honest estimates under others."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.decide import Decision, decide, unmeasured
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.predict import Failure, NoPrediction, Prediction
from inspection.core.replay import PastImage, PastUnit, Prices, Replay, differences, interval

MODEL, OTHER = "a" * 64, "b" * 64
PARTIAL = Terms(level=Level.PARTIAL_AUTOMATION, model=MODEL, pass_below=0.3, reject_above=0.7, audit_share=0.1)
ASSIST = Terms(level=Level.AI_ASSIST, model=MODEL)


def said(score: float, model: str = MODEL, *, novel: bool = False) -> Prediction:
    return Prediction(model=model, score=score, novelty=1.0, novel=novel)


def image(*opinions: Prediction | NoPrediction, unfit: str | None = None, **other: object) -> PastImage:
    values = {"image_id": 1, "view": "top", "policy": 1, "decision": None, **other}
    return PastImage(opinions=opinions, unfit=unfit, **values)  # type: ignore[arg-type]


def unit(score: float = 0.1, **other: object) -> PastUnit:
    values = {
        "label": "u", "views": ("top",), "images": (image(said(score)),), "audited": False, "probability": 0.1,
        "settled": False, "defective": None, **other,
    }  # fmt: skip
    return PastUnit(**values)  # type: ignore[arg-type]


terms = st.sampled_from(
    [PARTIAL, ASSIST, Terms(level=Level.HUMAN_ONLY), replace(PARTIAL, level=Level.FULL_AUTOMATION)]
)  # fmt: skip
opinions = st.one_of(
    st.builds(said, st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0, float("nan")]), st.sampled_from([MODEL, OTHER]),
              novel=st.booleans()),
    st.builds(NoPrediction, model=st.just(MODEL), failure=st.sampled_from(Failure)),
)  # fmt: skip


@given(terms, st.lists(opinions, max_size=2), st.sampled_from([None, "too dark"]))
def test_the_same_terms_make_the_same_decision_again(
    under: Terms, opinions: list[Prediction | NoPrediction], unfit: str | None
) -> None:
    own = [o for o in opinions if o.model == under.model] or opinions
    first = decide(under, own[0] if own else None, unfit)
    past = unit(images=(image(*opinions, unfit=unfit, decision=first),))
    assert list(differences([past], {1: under})) == []


def test_an_image_without_figures_is_unfit_unless_the_model_that_decides_failed() -> None:
    failed = NoPrediction(model=MODEL, failure=Failure.DEADLINE)
    other = NoPrediction(model=OTHER, failure=Failure.DEADLINE)
    for opinions, reason in (((failed,), "deadline_missed"), ((said(0.1), other), "image_unfit"), ((), "image_unfit")):
        then = decide(PARTIAL, opinions[0] if opinions else None, unmeasured(opinions[0] if opinions else None))
        assert then.reason == reason
        assert list(differences([unit(images=(image(*opinions, measured=False, decision=then),))], {1: PARTIAL})) == []


def test_a_decision_that_was_altered_is_found_and_one_that_a_crash_cut_off_is_not_asked_for() -> None:
    true = decide(PARTIAL, said(0.1), None)
    altered = replace(true, detail="0.1500 <= 0.3000")
    cut = Decision(outcome=true.outcome, reason="interrupted")
    past = [unit(images=(image(said(0.1), decision=d),)) for d in (true, altered, cut, None)]
    (found,) = differences(past, {1: PARTIAL})
    assert (found.then, found.now) == (altered, true)


def test_units_are_settled_by_the_rules_of_the_line() -> None:
    two = ("top", "side")
    whole = (image(said(0.1)), image(said(0.1), view="side"))
    past = [
        unit(0.1), unit(0.5), unit(0.9), unit(images=whole, views=two), unit(views=two), unit(images=()),
        unit(images=(image(said(0.1)), image(said(0.9), view="side")), views=two), unit(images=(image(),)),
    ]  # fmt: skip
    told = Replay(past).under(PARTIAL)
    assert (told.units, told.passed, told.rejected, told.referred) == (8, 2, 2, 4)
    assert told.unknown == 2
    assert told.automated == 0.5
    assert told.audits == pytest.approx(0.4)
    assert Replay(past).under(ASSIST).automated == 0


def test_a_model_that_was_never_asked_leaves_units_to_people() -> None:
    told = Replay([unit(0.1), unit(0.9)]).under(replace(PARTIAL, model=OTHER))
    assert (told.unknown, told.referred, told.passed) == (2, 2, 0)


def test_hours_and_costs_count_what_has_a_price() -> None:
    past = [unit(0.1, defective=i == 0) for i in range(50)] + [unit(0.5, defective=False) for _ in range(50)]
    told = Replay(past, seconds_each=36.0).under(PARTIAL)
    assert told.hours == pytest.approx((50 + 5) * 36 / 3600)
    assert told.escapes.share == pytest.approx(0.01)
    assert told.cost(Prices(escape=100.0, hour=20.0)) == pytest.approx(100 + 20 * told.hours)
    assert told.cost(Prices()) is None
    assert Replay(past).under(PARTIAL).hours is None


def test_without_any_label_nothing_is_known_but_what_is_automated() -> None:
    told = Replay([unit(0.1) for _ in range(8)] + [unit(0.5) for _ in range(2)]).under(PARTIAL)
    assert (told.escapes.labels, told.escapes.low, told.escapes.high) == (0, 0.0, pytest.approx(0.8))
    assert told.overkill.high == 0.0


def test_an_empty_window_has_no_shares() -> None:
    told = Replay([]).under(PARTIAL)
    assert (told.units, told.automated, told.escapes.share, told.hours) == (0, 0.0, 0.0, None)


def test_estimates_are_corrected_for_units_that_were_labelled_only_when_audited() -> None:
    """Under the old terms the AI settled scores up to .3 and people the rest; a naive mean would count the labels of
    what people settled ten times too often. The interval holds the truth in at least 95 of 100 windows."""
    dice = np.random.default_rng(7)
    wider = replace(PARTIAL, pass_below=0.6)
    held, shares = 0, []
    for _ in range(80):
        score = dice.uniform(0, 0.69, 1500)
        bad = dice.random(1500) < np.where(score > 0.3, 0.08, 0.01)
        audited, settled = dice.random(1500) < 0.1, score <= 0.3
        past = [
            unit(float(s), audited=bool(a), settled=bool(t), defective=bool(b) if a or not t else None)
            for s, b, a, t in zip(score, bad, audited, settled, strict=True)
        ]
        escapes = Replay(past).under(wider).escapes
        truth = float((bad & (score <= 0.6)).mean())
        held += escapes.low <= truth <= escapes.high
        shares.append(escapes.share - truth)
    assert held >= 76
    assert abs(np.mean(shares)) < 0.002


def test_a_label_that_was_not_given_by_chance_does_not_count() -> None:
    asked_for = unit(0.1, settled=True, audited=False, defective=True)
    assert not asked_for.counts
    assert Replay([asked_for]).under(PARTIAL).escapes.labels == 0


@pytest.mark.parametrize(("events", "trials", "low", "high"), [(0, 100, 0.0, 0.0362), (5, 100, 0.0164, 0.1128)])
def test_intervals_are_those_of_the_tables(events: int, trials: int, low: float, high: float) -> None:
    assert interval(events, trials, 0.05) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_intervals_without_trials_and_with_events_only() -> None:
    assert interval(0, 0, 0.05) == (0.0, 1.0)
    assert interval(4, 4, 0.05)[1] == 1.0
