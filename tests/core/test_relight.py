"""What a drift of light changes, by the rules."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.capture import Quality, QualityLimits
from inspection.core.decide import Outcome
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.predict import Examination, Failure, NoPrediction, Prediction
from inspection.core.relight import Twice, counts, gain, outcome

FIT = Quality(brightness=120.0, contrast=80.0, sharpness=90.0, saturated=0.01)
MODEL = "m"
AUTO = Terms(level=Level.PARTIAL_AUTOMATION, model=MODEL, pass_below=0.3, reject_above=0.7)
SHADOW = Terms(level=Level.SHADOW, model=MODEL)


def seen(score: float = 0.1, quality: Quality | None = FIT, *, novel: bool = False) -> Examination:
    return Examination(
        quality=quality, opinions=(Prediction(model=MODEL, score=score, novelty=0.0, novel=novel),)
    )  # fmt: skip


@given(st.floats(1, 255), st.floats(allow_nan=True, allow_infinity=True))
def test_the_gain_brings_a_window_back_to_its_baseline_within_reason(baseline: float, now: float) -> None:
    by = gain(baseline, now)
    assert 0.25 <= by <= 4.0
    if 0.25 <= baseline / now <= 4.0 if now > 0 else False:
        assert by * now == pytest.approx(baseline)


def test_without_any_light_the_gain_is_the_largest() -> None:
    assert [gain(120.0, dark) for dark in (0.0, -1.0, nan)] == [4.0] * 3


def test_where_the_ai_decides_its_policy_says_what_becomes_of_an_image() -> None:
    limits = QualityLimits()
    said = [outcome(AUTO, seen(score), limits) for score in (0.1, 0.5, 0.9)]
    assert said == [Outcome.PASS, Outcome.REFER, Outcome.REJECT]
    dark = Quality(brightness=5.0, contrast=80.0, sharpness=90.0, saturated=0.01)
    assert outcome(AUTO, seen(0.1, dark), limits) is Outcome.REFER


def test_where_people_decide_the_models_leaning_is_compared_and_a_doubtful_image_leans_nowhere() -> None:
    limits = QualityLimits()
    assert [outcome(SHADOW, seen(score), limits) for score in (0.1, 0.5)] == [Outcome.PASS, Outcome.REJECT]
    failed = Examination(quality=FIT, opinions=(NoPrediction(model=MODEL, failure=Failure.DEADLINE),))
    for one in (seen(novel=True), seen(quality=None), failed):
        assert outcome(SHADOW, one, limits) is Outcome.REFER


def test_changes_are_counted_by_kind_most_frequent_first() -> None:
    kinds = [("pass", "refer")] * 2 + [("refer", "pass")] * 3 + [("pass", "pass")] * 9
    found = [
        Twice(image_id=i, before=Outcome(a), after=Outcome(b), score_before=0.1, score_after=0.2)
        for i, (a, b) in enumerate(kinds)
    ]
    assert list(counts(found).items()) == [("refer>pass", 3), ("pass>refer", 2)]
