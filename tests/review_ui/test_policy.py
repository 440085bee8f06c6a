"""An engineer changes how a line decides, with a reason, and takes it back."""

from concurrent.futures import Future
from dataclasses import replace

import pytest

from inspection.core.level import Level
from inspection.core.policy import InvalidPolicy, Terms
from review_ui.app import build
from review_ui.speech import speech
from review_ui.wording import Draft, policy_words

SHADOW = {
    "level": "shadow",
    "model": "a1b2c3d4e5f6",
    "audit_percent": "5",
    "deadline_ms": "2000",
    "reason": "first look",
}
PARTIAL = {**SHADOW, "level": "partial_automation", "pass_below": "0,2", "reject_above": "0.8"}


@pytest.fixture
def plant(plant):
    plant.line()
    plant.model()
    return plant


def change(visitor, expected=1, **fields):
    return visitor.post("/lines/phones/policy", {**SHADOW, "expected": str(expected), **fields})


def test_a_change_holds_at_once_and_is_told_with_its_reason(visit):
    erin = visit("erin")
    assert change(erin).headers["location"] == "/lines/phones"
    page = erin.get("/lines/phones").text
    assert "In force: policy 2" in page
    assert "first look" in page
    assert "Model v1 scores every image" in page


def test_more_freedom_without_proof_needs_a_name_and_a_reason(visit):
    erin = visit("erin")
    change(erin)
    refused = erin.post("/lines/phones/policy", {**PARTIAL, "expected": "2", "reason": "we are confident enough"})
    assert refused.status_code == 422
    assert "more freedom than is proved" in refused.text
    assert 'value="0,2"' in refused.text
    assert "we are confident enough" in refused.text
    assert "In force: policy 2" in refused.text
    erin.post(
        "/lines/phones/policy", {**PARTIAL, "expected": "2", "reason": "we are confident enough", "override": "yes"}
    )
    page = erin.get("/lines/phones").text
    assert "In force: policy 3" in page
    assert "Override" in page
    assert "passes units whose worst image scores 0.2 or less" in page
    assert "Override" in visit("ines").get("/").text


def test_rolling_back_takes_one_reason(visit):
    erin = visit("erin")
    change(erin)
    assert "Roll back to policy 1" in erin.get("/lines/phones").text
    erin.post("/lines/phones/rollback", {"reason": "scores look odd"})
    page = erin.get("/lines/phones").text
    assert "In force: policy 3" in page
    assert "Rolled back to policy 1. scores look odd" in page


def test_nobody_overwrites_what_changed_meanwhile(visit):
    one, two = visit("erin"), visit("adam")
    change(one)
    late = change(two, level="ai_assist")
    assert late.status_code == 422
    assert "while you were looking" in late.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": ""}, "Write the reason"),
        ({"level": "godlike"}, "one of the five levels"),
        ({"model": ""}, "runs a model"),
        ({"model": "ffff"}, "has no model"),
        ({"pass_below": "low"}, "is no number"),
        ({"pass_below": "nan"}, "is no"),
        ({"pass_below": "1e999"}, "is no"),
        ({"pass_below": "1.5"}, "from 0 to 1"),
        ({"audit_percent": ""}, "cannot be empty"),
        ({"audit_percent": "500"}, "audit share"),
        ({"deadline_ms": "1"}, "deadline"),
        ({"pass_below": "0.9", "reject_above": "0.1"}, "must be under"),
    ],
)
def test_what_cannot_be_put_into_force_says_why_and_keeps_what_was_typed(visit, fields, words):
    refused = change(visit("erin"), **fields)
    assert refused.status_code == 422
    assert words in refused.text
    assert "In force: policy 1" in refused.text


def test_a_form_without_a_number_is_refused_in_words(visit):
    answer = visit("erin").post("/lines/phones/policy", {"level": "shadow", "expected": "many"})
    assert answer.status_code == 400
    assert "could not be read: expected" in answer.text


def test_the_draft_of_a_policy_gives_the_same_terms_back():
    terms = Terms(level=Level.PARTIAL_AUTOMATION, model="m", pass_below=0.125, reject_above=0.75, audit_share=0.025)
    assert Draft.of(terms, 3).terms() == terms
    with pytest.raises(InvalidPolicy):
        Draft(level="shadow", deadline_ms="").terms()


@pytest.mark.parametrize("level", list(Level))
def test_every_level_is_told_in_words(level):
    terms = Terms(level=level, model="m", pass_below=0.2, reject_above=0.8)
    words = " ".join(policy_words(speech("en"), terms, {"m": 4}))
    assert ("v4" in words) == (level is not Level.HUMAN_ONLY)
    assert ("0.8" in words) == (level in (Level.PARTIAL_AUTOMATION, Level.FULL_AUTOMATION))


class Models:
    """Loads what is there when it is asked to."""

    def __init__(self, *there: str) -> None:
        self.there, self.loaded = there, set()

    def load(self, model: str) -> "Future[None]":
        future = Future()
        if model in self.there:
            self.loaded.add(model)
            future.set_result(None)
        else:
            future.set_exception(LookupError("There is no such model."))
        return future

    def ready(self, model: str) -> bool:
        return model in self.loaded


def test_another_model_is_loaded_before_it_takes_over(plant, visit):
    predictor = Models("a1b2c3d4e5f6")
    plant.pages = build(replace(plant.services(), predictor=predictor))
    erin = visit("erin")
    assert change(erin).headers["location"] == "/lines/phones"
    assert predictor.loaded == {"a1b2c3d4e5f6"}
    plant.model(artefact="f" * 12)
    refused = change(erin, expected=2, model="f" * 12)
    assert refused.status_code == 422
    assert "cannot answer yet" in refused.text
    assert "In force: policy 2" in refused.text
