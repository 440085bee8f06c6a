"""The rollout page: an engineer starts one, sees the comparison, lets it go on and ends it."""

import pytest

from inspection.core.compare import Proof
from inspection.core.level import Level
from inspection.core.rollout import Measured, Pause, Phase, Strategy
from inspection.flow import rollout
from review_ui import texts

FORM = {
    "level": "shadow", "pass_below": "", "reject_above": "", "audit_percent": "5", "deadline_ms": "900",
    "strategy": "canary", "steps": "5, 100!", "shadow": "1", "samples": "1", "margin": "1", "bake": "8",
    "reason": "Another deadline, to be tried.",
}  # fmt: skip
PAGE = "/lines/phones/rollout"


@pytest.fixture(autouse=True)
def form(plant) -> dict[str, str]:
    plant.line()
    model = plant.model()
    plant.level(Level.SHADOW, model=model)
    return {**FORM, "model": model, "expected": "2"}


def test_a_rollout_is_started_and_aborted(visit, form):
    erin = visit("erin")
    assert "No rollout of this line is under way" in erin.get(PAGE).text
    assert erin.post(PAGE, form).status_code == 303
    page = erin.get(PAGE).text
    assert "Rollout 1: shadow at 0 % of units" in page
    assert "Candidate policy 3" in page
    assert "0 of 1, and 0 without an answer of the candidate" in page
    assert "Let it go on" not in page
    assert "<dd>5, 100!</dd>" in page
    assert "Candidate policy 3, Shadow, 0 %" in erin.get("/lines/phones").text
    assert erin.post(PAGE + "/abort", {"reason": "Had enough."}).status_code == 303
    assert "1 · aborted" in erin.get(PAGE).text


def test_a_rollout_that_waits_is_let_go_on(visit, plant, form):
    erin = visit("erin")
    erin.post(PAGE, {**form, "steps": "100!"})
    proof = Proof(worse=False, as_good=True, detail="All alike.")
    plant.db.write(lambda tx: tx.exec_driver_sql(
        "UPDATE rollout SET record = replace(record, '\"samples\":0', '\"samples\":5')"
    ))  # fmt: skip
    plant.db.write(lambda tx: rollout.tick(tx, now=plant.at, test=lambda *_: proof))
    page = erin.get(PAGE).text
    assert "the next step asks for a person" in page
    assert "All alike." in page
    assert erin.post(PAGE + "/approve", {"reason": "Looks good."}).status_code == 303
    assert "watched after the switch at 100 %" in erin.get(PAGE).text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"steps": "5, 50"}, "last step"), ({"steps": "some"}, "no steps"), ({"margin": ""}, "cannot be empty"),
        ({"shadow": "0"}, "at least one"), ({"level": "partial_automation"}, "threshold"),
        ({"strategy": "big_bang"}, "canary or blue/green"), ({"expected": "1"}, "Look at it again"),
        ({"reason": ""}, "Write the reason"),
    ],
)  # fmt: skip
def test_what_cannot_be_started_is_told_and_what_was_typed_stays(visit, form, typed, words):
    answer = visit("erin").post(PAGE, {**form, "bake": "7.5", **typed})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="7.5"' in answer.text


def test_every_state_of_a_rollout_has_words():
    words = texts.catalogue()
    for state in (*Phase, *Pause, *Measured):
        assert getattr(words.rollout_phase, state)
    for strategy in Strategy:
        assert getattr(words.rollout_strategy, strategy)


def test_a_canary_says_its_share(visit, plant, form):
    erin = visit("erin")
    erin.post(PAGE, form)
    plant.db.write(lambda tx: tx.exec_driver_sql("UPDATE rollout SET phase = 'canary', weight = 5"))
    assert "Rollout 1: canary at 5 % of units" in erin.get(PAGE).text


def test_what_is_not_under_way_is_neither_approved_nor_aborted(visit):
    for act in ("approve", "abort"):
        answer = visit("erin").post(f"{PAGE}/{act}", {"reason": "Just so."})
        assert answer.status_code == 422
        assert "No rollout" in answer.text
