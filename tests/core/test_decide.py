"""What the router may settle, and what a unit's disposition is."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.decide import Judged, Outcome, Verdict, decide, settle
from inspection.core.level import FREEDOM, Level
from inspection.core.policy import Terms
from inspection.core.predict import Failure, NoPrediction, Prediction

LOW, HIGH = 0.3, 0.7
DECIDING = [level for level in Level if FREEDOM[level].ai_decides]
VIEWS = ("front", "back")


def terms(level: Level = Level.PARTIAL_AUTOMATION, **other: object) -> Terms:
    model = "m1" if FREEDOM[level].runs_model else None
    return Terms(**{"level": level, "model": model, "pass_below": LOW, "reject_above": HIGH, **other})


def opinion(score: float, **other: object) -> Prediction:
    return Prediction(**{"model": "m1", "score": score, "novelty": 0.0, "novel": False, **other})


scores = st.floats(0, 1)


@given(score=scores)
def test_partial_automation_settles_outside_the_band_alone(score: float) -> None:
    outcome = decide(terms(), opinion(score), None).outcome
    if score <= LOW:
        assert outcome is Outcome.PASS
    elif score >= HIGH:
        assert outcome is Outcome.REJECT
    else:
        assert outcome is Outcome.REFER


@given(score=scores)
def test_full_automation_settles_everything_by_one_threshold(score: float) -> None:
    outcome = decide(terms(Level.FULL_AUTOMATION), opinion(score), None).outcome
    assert outcome is (Outcome.REJECT if score >= HIGH else Outcome.PASS)


RANK = {Outcome.PASS: 0, Outcome.REFER: 1, Outcome.REJECT: 2}


@given(one=scores, other=scores, level=st.sampled_from(DECIDING))
def test_a_worse_score_is_never_judged_better(one: float, other: float, level: Level) -> None:
    low, high = sorted((one, other))
    better, worse = (decide(terms(level), opinion(score), None).outcome for score in (low, high))
    assert RANK[better] <= RANK[worse]


@given(
    level=st.sampled_from(list(Level)),
    score=st.one_of(st.floats(), scores),
    model=st.sampled_from(["m1", "m2"]),
    novel=st.booleans(),
    unfit=st.sampled_from([None, "too dark"]),
)
def test_only_a_fit_familiar_image_with_a_score_of_the_own_model_is_settled(
    level: Level, score: float, model: str, novel: bool, unfit: str | None
) -> None:
    decision = decide(terms(level), opinion(score, model=model, novel=novel), unfit)
    if decision.outcome is not Outcome.REFER:
        assert level in DECIDING
        assert 0 <= score <= 1
        assert (model, novel, unfit) == ("m1", False, None)
    assert decision.reason


@pytest.mark.parametrize("score", [LOW, HIGH])
def test_a_score_at_a_threshold_is_on_the_ais_side(score: float) -> None:
    assert decide(terms(), opinion(score), None).outcome is not Outcome.REFER


@given(score=scores, level=st.sampled_from([level for level in Level if level not in DECIDING]))
def test_no_other_level_settles_anything(score: float, level: Level) -> None:
    assert decide(terms(level), opinion(score), None).outcome is Outcome.REFER


STRANGE = [
    None,
    *(NoPrediction(model="m1", failure=failure) for failure in Failure),
    opinion(0.0, novel=True),
    opinion(0.0, model="another"),
    *(opinion(score) for score in (math.nan, math.inf, -math.inf, -0.001, 1.001)),
]


@pytest.mark.parametrize("level", DECIDING)
@pytest.mark.parametrize("strange", STRANGE)
def test_whatever_fails_goes_to_a_person(level: Level, strange: Prediction | NoPrediction | None) -> None:
    decision = decide(terms(level), strange, None)
    assert decision.outcome is Outcome.REFER
    assert decision.reason


@given(score=scores, level=st.sampled_from(list(Level)))
def test_an_unfit_image_goes_to_a_person_whatever_its_score(score: float, level: Level) -> None:
    assert decide(terms(level), opinion(score), "too dark").outcome is Outcome.REFER


@pytest.mark.parametrize(("one_sided", "free"), [({"pass_below": None}, 0.0), ({"reject_above": None}, 1.0)])
def test_with_one_threshold_the_other_side_goes_to_people(one_sided: dict[str, None], free: float) -> None:
    assert decide(terms(**one_sided), opinion(free), None).outcome is Outcome.REFER


images = st.lists(
    st.builds(
        Judged,
        view=st.sampled_from(VIEWS),
        outcome=st.sampled_from([*Outcome, None]),
        seen_by_person=st.booleans(),
    ),
    max_size=5,
)
persons = st.sampled_from([*Verdict, None])


@given(images=images, person=persons, timed_out=st.booleans())
def test_a_unit_passes_only_when_every_view_passed_or_a_person_saw_the_rest(
    images: list[Judged], person: Verdict | None, timed_out: bool
) -> None:
    verdict = settle(VIEWS, images, person, timed_out).verdict
    if verdict is Verdict.PASS:
        assert all(image.outcome is not Outcome.REJECT for image in images)
        if person is None:
            assert {image.view for image in images} == set(VIEWS)
            assert all(image.outcome is Outcome.PASS for image in images)
        else:
            assert person is Verdict.PASS
            assert all(image.outcome is Outcome.PASS or image.seen_by_person for image in images)


@given(images=images, person=persons, timed_out=st.booleans())
def test_one_rejected_view_or_person_rejects_the_unit(
    images: list[Judged], person: Verdict | None, timed_out: bool
) -> None:
    rejected = person is Verdict.REJECT or any(image.outcome is Outcome.REJECT for image in images)
    assert (settle(VIEWS, images, person, timed_out).verdict is Verdict.REJECT) is rejected


@given(images=images, person=persons, timed_out=st.booleans())
def test_the_order_of_arrival_does_not_matter(images: list[Judged], person: Verdict | None, timed_out: bool) -> None:
    settled = settle(VIEWS, images, person, timed_out)
    assert all(
        settle(VIEWS, order, person, timed_out) == settled for order in itertools.permutations(images, len(images))
    )


@given(images=images, person=persons)
def test_time_running_out_settles_nothing_but_calls_a_person(images: list[Judged], person: Verdict | None) -> None:
    before, after = settle(VIEWS, images, person, False), settle(VIEWS, images, person, True)
    assert after.verdict is before.verdict
    if before.reason == "view_missing":
        assert after.waits_for_person


@pytest.mark.parametrize(
    ("late", "verdict"),
    [(Outcome.PASS, Verdict.PASS), (Outcome.REFER, None), (None, None), (Outcome.REJECT, Verdict.REJECT)],
)
def test_a_view_that_comes_after_the_person_is_judged_on_top(late: Outcome | None, verdict: Verdict | None) -> None:
    seen = Judged(view="front", outcome=Outcome.REFER, seen_by_person=True)
    assert settle(VIEWS, [seen, Judged(view="back", outcome=late)], Verdict.PASS).verdict is verdict


def test_a_persons_pass_does_not_lift_a_rejection() -> None:
    image = Judged(view="front", outcome=Outcome.REJECT, seen_by_person=True)
    assert settle(("front",), [image], Verdict.PASS).verdict is Verdict.REJECT
