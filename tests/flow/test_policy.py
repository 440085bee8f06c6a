"""The degree of automation changes by a person with a reason, or downward by a guard."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.line import InvalidLine, Unknown
from inspection.core.policy import InvalidPolicy, Terms
from inspection.core.predict import Failure
from inspection.flow import line as line_flow
from inspection.flow import policy, train
from inspection.flow.train import Trained
from inspection.store import journal, lines, models
from tests.plant import MODEL, Plant

WHY = "Because the labels of last week say so."


def change(plant: Plant, terms: Terms, reason: str = WHY, **other: object) -> int:
    return plant.write(
        lambda tx: policy.change(tx, line="phones", terms=terms, by="erin", reason=reason, now=plant.now, **other)
    )


def terms(level: Level, **other: object) -> Terms:
    return Terms(**{"level": level, "model": MODEL, "pass_below": 0.3, "reject_above": 0.7, **other})


def level_of(plant: Plant) -> Level:
    return plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level


def test_up_to_shadow_a_reason_is_enough_and_up_to_assist_agreement_with_people_as_well(plant: Plant) -> None:
    change(plant, terms(Level.SHADOW))
    with pytest.raises(InvalidPolicy, match=r"Blind labels that agree with the model: 0 of 50\. Accept"):
        change(plant, terms(Level.AI_ASSIST))
    plant.label_many(50)
    change(plant, terms(Level.AI_ASSIST))
    assert level_of(plant) is Level.AI_ASSIST
    assert not plant.read(lambda tx: lines.in_force(tx, "phones")).policy.override


def test_a_model_that_people_contradict_or_that_failed_does_not_get_before_their_eyes(plant: Plant) -> None:
    change(plant, terms(Level.SHADOW))
    plant.label_many(44)
    plant.label_many(6, Verdict.REJECT, name="bad")
    with pytest.raises(InvalidPolicy, match=r"agree with the model: 44 of 50 \(88%, at least 90%\)"):
        change(plant, terms(Level.AI_ASSIST))
    plant.label_many(20, name="more")
    plant.image("broken", "front", failure=Failure.ERROR)
    with pytest.raises(InvalidPolicy, match="Predictions without an error: 140 of 141"):
        change(plant, terms(Level.AI_ASSIST))


@pytest.mark.parametrize("failure", [Failure.LOADING, Failure.NO_PART, Failure.UNREADABLE])
def test_what_is_no_fault_of_the_model_does_not_keep_it_down(plant: Plant, failure: Failure) -> None:
    change(plant, terms(Level.SHADOW))
    plant.image("restarted", "front", failure=failure)
    plant.label_many(50)
    change(plant, terms(Level.AI_ASSIST))
    assert level_of(plant) is Level.AI_ASSIST


def test_another_model_before_peoples_eyes_needs_their_agreement_but_not_the_way_back(plant: Plant) -> None:
    other = another_model(plant, "b" * 64)
    plant.level(Level.AI_ASSIST)
    with pytest.raises(InvalidPolicy, match=r"Predictions without an error: 0 of 20\. Blind labels .* 0 of 50\."):
        change(plant, terms(Level.AI_ASSIST, model=other))
    change(plant, terms(Level.AI_ASSIST, model=other), accept_override=True)
    in_force = plant.read(lambda tx: lines.in_force(tx, "phones")).policy
    assert (in_force.terms.model, in_force.override) == (other, True)
    plant.write(lambda tx: policy.rollback(tx, line="phones", by="erin", reason="It saw ghosts.", now=plant.now))
    assert plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.model == MODEL


@pytest.mark.parametrize("level", [Level.PARTIAL_AUTOMATION, Level.FULL_AUTOMATION])
def test_automation_without_proof_is_an_override_in_somebodys_name(plant: Plant, level: Level) -> None:
    with pytest.raises(InvalidPolicy, match="override"):
        change(plant, terms(level))
    with pytest.raises(InvalidPolicy, match="reason"):
        change(plant, terms(level), reason="short", accept_override=True)
    assert level_of(plant) is Level.HUMAN_ONLY
    change(plant, terms(level), accept_override=True)
    in_force = plant.read(lambda tx: lines.in_force(tx, "phones")).policy
    assert (in_force.terms.level, in_force.override, in_force.by, in_force.reason) == (level, True, "erin", WHY)


def test_wider_thresholds_at_the_same_level_are_an_override_too(plant: Plant) -> None:
    plant.level(Level.PARTIAL_AUTOMATION)
    with pytest.raises(InvalidPolicy, match="override"):
        change(plant, terms(Level.PARTIAL_AUTOMATION, pass_below=0.4, audit_share=1e-9))
    change(plant, terms(Level.PARTIAL_AUTOMATION, pass_below=0.2, audit_share=1e-9))


def test_down_always_by_anybody_with_a_reason(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    with pytest.raises(InvalidPolicy, match="reason"):
        change(plant, Terms(level=Level.HUMAN_ONLY), reason="  ")
    change(plant, Terms(level=Level.HUMAN_ONLY), reason="lamp")
    assert level_of(plant) is Level.HUMAN_ONLY


def test_nobody_changes_a_line_that_changed_under_their_eyes(plant: Plant) -> None:
    seen = plant.read(lambda tx: lines.in_force(tx, "phones")).policy.number
    change(plant, terms(Level.SHADOW), expected=seen)
    with pytest.raises(InvalidPolicy, match="while you were looking"):
        change(plant, terms(Level.AI_ASSIST), expected=seen)


def test_no_change_is_no_policy(plant: Plant) -> None:
    change(plant, terms(Level.SHADOW))
    with pytest.raises(InvalidPolicy, match="already"):
        change(plant, terms(Level.SHADOW))


def test_a_model_of_another_line_is_refused(plant: Plant) -> None:
    with pytest.raises(Unknown, match="has no model"):
        change(plant, terms(Level.SHADOW, model="f" * 64))


def another_model(plant: Plant, artefact: str) -> str:
    trained = Trained(artefact=artefact, card={})
    plant.write(lambda tx: train.register(tx, line="phones", trained=trained, samples=[], by="erin", now=plant.now))
    return artefact


def test_another_model_takes_over_only_when_it_can_answer(plant: Plant) -> None:
    other = another_model(plant, "b" * 64)
    loaded = {MODEL}
    plant.level(Level.SHADOW)
    with pytest.raises(InvalidPolicy, match=r"bbbbbbbbbbbb cannot answer yet.*stays in force"):
        change(plant, terms(Level.SHADOW, model=other), ready=loaded.__contains__)
    assert plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.model == MODEL
    loaded.add(other)
    change(plant, terms(Level.SHADOW, model=other), ready=loaded.__contains__)
    assert plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.model == other


def test_nothing_that_is_not_loaded_holds_up_the_way_down(plant: Plant) -> None:
    other = another_model(plant, "b" * 64)
    plant.level(Level.FULL_AUTOMATION)
    change(plant, terms(Level.SHADOW, model=other), ready=lambda _: False)
    change(plant, terms(Level.SHADOW, model=other, deadline_ms=900), ready=lambda _: False)
    assert level_of(plant) is Level.SHADOW


def test_models_of_this_policy_and_the_one_before_and_the_newest_stay_loaded(any_plant: Plant) -> None:
    first, second, third, newest = (another_model(any_plant, one * 64) for one in "bcde")
    for model in (MODEL, first, second, third):
        change(any_plant, terms(Level.SHADOW, model=model))
    assert any_plant.read(models.wanted) == [second, third, newest]


def test_rollback_goes_one_policy_back_and_says_so(any_plant: Plant) -> None:
    change(any_plant, terms(Level.SHADOW))
    any_plant.level(Level.AI_ASSIST)
    any_plant.write(
        lambda tx: policy.rollback(tx, line="phones", by="erin", reason="They were distracted.", now=any_plant.now)
    )
    in_force = any_plant.read(lambda tx: lines.in_force(tx, "phones")).policy
    assert in_force.terms.level is Level.SHADOW
    assert "Rolled back to policy" in in_force.reason


def test_a_rollback_that_gives_the_ai_more_is_an_override_as_well(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    plant.level(Level.HUMAN_ONLY)
    with pytest.raises(InvalidPolicy, match="override"):
        plant.write(lambda tx: policy.rollback(tx, line="phones", by="erin", reason="Back up.", now=plant.now))


def test_every_change_is_in_the_journal_with_its_numbers(plant: Plant) -> None:
    change(plant, terms(Level.SHADOW))
    entries = plant.read(lambda tx: journal.entries(tx, subject="line/phones"))
    told = [e.change for e in entries if e.change.event == "policy_changed"][-1]
    assert (told.before, told.after, told.actor, told.reason) == ("human_only", "shadow", "erin", WHY)
    assert MODEL in told.facts


@pytest.mark.parametrize("level", list(Level))
def test_a_guard_only_ever_lowers(plant: Plant, level: Level) -> None:
    plant.level(level)
    lowered = plant.write(
        lambda tx: policy.lower(tx, lines.in_force(tx, "phones"), "Guard: the light is gone.", plant.now)
    )
    assert lowered is (level.rung > Level.SHADOW.rung)
    assert level_of(plant).rung <= max(level.rung, 0)
    assert level_of(plant) is (Level.SHADOW if lowered else level)


def test_lines_and_cameras_are_set_up_once_and_revoked_for_good(plant: Plant) -> None:
    known = plant.read(lambda tx: lines.in_force(tx, "phones")).line
    with pytest.raises(InvalidLine, match="already"):
        plant.write(lambda tx: line_flow.add(tx, line=known, by="erin", now=plant.now))
    plant.write(lambda tx: line_flow.revoke_camera(tx, line="phones", name="cam1", by="erin", now=plant.now))
    assert plant.read(lambda tx: lines.camera_of(tx, plant.token)) is None
    with pytest.raises(Unknown):
        plant.write(lambda tx: line_flow.revoke_camera(tx, line="phones", name="cam1", by="erin", now=plant.now))
    with pytest.raises(InvalidLine, match="camera is named"):
        plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="Cam 1", by="erin", now=plant.now))
    again = plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="cam1", by="erin", now=plant.now))
    assert plant.read(lambda tx: lines.camera_of(tx, again)) is not None
    assert plant.read(lambda tx: lines.camera_of(tx, plant.token)) is None
