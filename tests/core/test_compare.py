"""Candidate and stable policy on the same unit: what each would have said, and what counts."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.core.compare import Compared, Proof, Record, add, compare, measure, prove
from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.predict import Failure, NoPrediction, Prediction
from inspection.core.replay import PastImage, verdict_under
from inspection.core.rollout import Measured, Phase, Plan, Rollout

OLD = Terms(level=Level.PARTIAL_AUTOMATION, model="old", pass_below=0.3, reject_above=0.7)
NEW = Terms(level=Level.FULL_AUTOMATION, model="new", reject_above=0.5)
PEOPLE = Terms(level=Level.HUMAN_ONLY)
SHADOW = Rollout(plan=Plan(shadow_samples=10), phase=Phase.SHADOW)
RIGHT, WORSE = Compared(stable_wrong=False, candidate_wrong=False), Compared(stable_wrong=False, candidate_wrong=True)
SILENT = Compared(stable_wrong=False, candidate_wrong=None)


def seen(
    view: str = "front", old: float | None = 0.1, new: float | None = 0.1, unfit: str | None = None, **other: bool
) -> PastImage:
    def said(model: str, score: float | None) -> Prediction | NoPrediction:
        if score is None:
            return NoPrediction(model=model, failure=Failure.DEADLINE)
        return Prediction(model=model, score=score, novelty=0.0, novel=False)

    opinions = (said("old", old), said("new", new))
    return PastImage(image_id=1, view=view, unfit=unfit, opinions=opinions, policy=1, decision=None, **other)


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [((0.1, 0.2), "pass"), ((0.1, 0.9), "reject"), ((0.5, 0.9), "reject"), ((0.5, 0.1), None), ((0.1,), None)],
)
def test_a_unit_under_a_policy_is_settled_as_it_would_have_been(scores: tuple[float, ...], verdict: str | None) -> None:
    images = [seen(view, old=score) for view, score in zip(("front", "back"), scores, strict=False)]
    assert verdict_under(OLD, ("front", "back"), images) == verdict


@settings(max_examples=50)
@given(old=st.floats(0, 1), new=st.floats(0, 1), truth=st.sampled_from(Verdict))
def test_wrong_is_what_a_policy_settles_against_the_truth_and_nothing_that_a_person_gets(
    old: float, new: float, truth: Verdict
) -> None:
    found = compare(OLD, NEW, ("front",), [seen(old=old, new=new)], truth)
    defective = truth is Verdict.REJECT
    assert found is not None
    assert found.stable_wrong is ((old <= 0.3 and defective) or (old >= 0.7 and not defective))
    assert found.candidate_wrong is ((new < 0.5) is defective)
    assert found.both_settle is (not 0.3 < old < 0.7)
    people = compare(PEOPLE, NEW, ("front",), [seen(new=new)], truth)
    assert people is not None
    assert (people.stable_wrong, people.both_settle) == (False, False)


def test_a_policy_settles_no_image_whose_figures_are_missing() -> None:
    found = compare(OLD, NEW, ("front",), [seen(measured=False)], Verdict.REJECT)
    assert found == Compared(stable_wrong=False, candidate_wrong=False, both_settle=False)


def test_who_says_nothing_is_not_compared() -> None:
    def on(image: PastImage) -> Compared | None:
        return compare(OLD, NEW, ("front",), [image], Verdict.PASS)

    assert on(seen(new=None)) == replace(SILENT, both_settle=False)
    assert on(seen(new=math.nan)) == replace(SILENT, both_settle=False), "what is no number says nothing"
    assert on(seen(old=None, new=None)) is None, "neither could: an unreadable image says nothing of the candidate"
    assert on(seen(old=None, new=0.9)) == replace(WORSE, both_settle=False)
    assert on(seen(new=None, unfit="too dark")) == replace(RIGHT, both_settle=False), (
        "both send an unfit image to a person"
    )


def look(record: Record, *units: Compared, worse: bool = False, as_good: bool = True) -> tuple[Measured, Record]:
    proof = Proof(worse=worse, as_good=as_good)
    said, after = measure(SHADOW, record, units, lambda *_: proof)
    return said.outcome, after


def test_a_measurement_waits_for_units_and_proof() -> None:
    assert look(Record())[0] is Measured.WAITING
    assert look(Record(), *[RIGHT] * 9)[0] is Measured.WAITING
    assert look(Record(), *[RIGHT] * 10)[0] is Measured.SUCCESSFUL
    assert look(Record(), *[RIGHT] * 10, as_good=False)[0] is Measured.WAITING
    assert look(Record(), RIGHT, worse=True)[0] is Measured.FAILED, "harm that is proved needs no minimum"


def test_an_answer_that_is_owed_is_no_success() -> None:
    assert look(Record(), SILENT)[0] is Measured.ERROR
    assert look(Record(), *[RIGHT] * 19, SILENT)[0] is Measured.SUCCESSFUL
    assert look(Record(), *[RIGHT] * 18, SILENT, SILENT)[0] is Measured.INCONCLUSIVE
    assert look(Record(), RIGHT, SILENT)[0] is Measured.WAITING


def test_units_are_counted_by_who_was_wrong() -> None:
    stable, both = Compared(stable_wrong=True, candidate_wrong=False), Compared(stable_wrong=True, candidate_wrong=True)
    record = add(Record(), [RIGHT, WORSE, WORSE, stable, both, SILENT])
    assert (record.neither, record.candidate_only, record.stable_only, record.both) == (1, 2, 1, 1)
    assert (record.units, record.samples, record.missing) == (5, 5, 1)
    assert [unit.difference for unit in (RIGHT, WORSE, stable, both)] == [0, 1, -1, 0]
    again = record.step_anew()
    assert (again.units, again.samples, again.missing) == (5, 0, 0)


PLAN = Plan(margin=0.01, alpha=0.05)


def test_without_any_difference_a_margin_is_proved_after_some_hundred_units() -> None:
    assert not prove(PLAN, Record()).as_good
    assert not prove(PLAN, Record(neither=200)).as_good
    assert prove(PLAN, Record(neither=600)).as_good
    assert not prove(PLAN, Record(neither=600)).worse


def test_a_candidate_that_is_wrong_where_the_stable_policy_is_right_is_worse() -> None:
    assert prove(PLAN, Record(neither=10_000, candidate_only=12, like_candidate_only=12)).worse
    assert not prove(PLAN, Record(neither=10_000, candidate_only=12)).worse, "what people settled before has its margin"
    assert prove(PLAN, Record(neither=10_000, candidate_only=300)).worse
    assert not prove(PLAN, Record(neither=500, candidate_only=30, stable_only=30, like_stable_only=30)).as_good


def outcomes(candidate: float, *, looks: int, runs: int, seed: int) -> tuple[float, float]:
    """Over simulated rollouts with a look after every 40 units: the shares that are ever found worse, and as good. Both
    policies err independently, the stable one in 2 % of units."""
    dice = np.random.default_rng(seed)
    bad, good = 0, 0
    for _ in range(runs):
        wrong = dice.random((looks, 40, 2)) < (0.02, candidate)
        only = np.stack([wrong[..., 0] & ~wrong[..., 1], wrong[..., 1] & ~wrong[..., 0]]).sum(axis=2).cumsum(axis=1)
        seen = [
            prove(PLAN, Record(
                neither=40 * (k + 1) - int(s + c), stable_only=int(s), candidate_only=int(c),
                like_stable_only=int(s), like_candidate_only=int(c),
            ))
            for k, (s, c) in enumerate(only.T)
        ]  # fmt: skip
        bad += any(proof.worse for proof in seen)
        good += any(proof.as_good for proof in seen)
    return bad / runs, good / runs


def test_an_equal_candidate_is_rarely_aborted_and_a_worse_one_rarely_promoted() -> None:
    level = PLAN.alpha + 3 * (PLAN.alpha * (1 - PLAN.alpha) / 150) ** 0.5
    aborted, _ = outcomes(0.02, looks=50, runs=150, seed=1)
    assert aborted <= level
    aborted, promoted = outcomes(0.03, looks=50, runs=150, seed=2)
    assert promoted <= level, "at the margin"
    aborted, promoted = outcomes(0.06, looks=50, runs=30, seed=3)
    assert aborted >= 0.9
    assert promoted <= level
