"""Terms that cannot be put into force, and changes that give the AI more freedom."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.decide import Outcome, decide
from inspection.core.level import FREEDOM, Level
from inspection.core.policy import InvalidPolicy, Terms, raises
from inspection.core.predict import Prediction

GRID = [i / 20 for i in range(21)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": Level.SHADOW, "model": None},
        {"level": Level.PARTIAL_AUTOMATION, "pass_below": None, "reject_above": None},
        {"level": Level.FULL_AUTOMATION, "reject_above": None},
        {"pass_below": 0.7, "reject_above": 0.7},
        {"pass_below": 0.8, "reject_above": 0.2},
        {"pass_below": -0.1},
        {"reject_above": 1.1},
        {"pass_below": math.nan},
        {"audit_share": -0.1},
        {"audit_share": 1.1},
        {"audit_share": math.nan},
        {"audit_share": 0.0},
        {"deadline_ms": 0},
        {"deadline_ms": 10**9},
    ],
)
def test_nonsense_is_refused_in_words(wrong: dict[str, object]) -> None:
    right = {"level": Level.PARTIAL_AUTOMATION, "model": "m1", "pass_below": 0.2, "reject_above": 0.8}
    with pytest.raises(InvalidPolicy, match=r"[A-Za-z ]{15,}"):
        Terms(**{**right, **wrong})


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    level = draw(st.sampled_from(list(Level)))
    low, high = sorted(draw(st.lists(st.sampled_from(GRID), min_size=2, max_size=2, unique=True)))
    both = {"pass_below": draw(st.sampled_from([low, None])), "reject_above": high}
    model = draw(st.sampled_from(["m1", "m2"])) if FREEDOM[level].runs_model else None
    return Terms(level=level, model=model, audit_share=draw(st.sampled_from([0.02, 0.1])), **both)


def settled(terms: Terms, score: float) -> Outcome:
    opinion = Prediction(model=terms.model or "", score=score, novelty=0.0, novel=False)
    return decide(terms, opinion, None).outcome


@given(before=any_terms(), after=any_terms())
def test_every_gain_of_freedom_is_noticed(before: Terms, after: Terms) -> None:
    gains = [
        score
        for score in GRID
        if settled(after, score) is not Outcome.REFER and settled(after, score) is not settled(before, score)
    ]
    other_model = FREEDOM[after.level].shows_ai and after.model != before.model
    if gains or other_model:
        assert raises(before, after), f"at scores {gains} the AI decides what it did not before"


@given(terms=any_terms())
def test_no_change_is_no_gain(terms: Terms) -> None:
    assert not raises(terms, terms)


@given(before=any_terms(), after=any_terms())
def test_down_to_people_is_never_a_gain(before: Terms, after: Terms) -> None:
    if after.level.rung < before.level.rung and not FREEDOM[after.level].ai_decides:
        unseen = not FREEDOM[after.level].shows_ai
        assert not raises(before, after if unseen else replace(after, model=before.model))


@given(terms=any_terms())
def test_from_full_to_partial_automation_is_down_unless_it_settles_more(terms: Terms) -> None:
    full = Terms(level=Level.FULL_AUTOMATION, model="m1", reject_above=terms.reject_above, audit_share=0.1)
    partial = replace(full, level=Level.PARTIAL_AUTOMATION, pass_below=terms.pass_below, audit_share=0.02)
    assert not raises(full, partial)
    assert raises(full, replace(partial, model="m2"))
    assert raises(full, replace(partial, pass_below=terms.reject_above, reject_above=None))
