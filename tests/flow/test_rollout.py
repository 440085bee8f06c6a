"""A rollout on a line: who decides which unit, what counts as evidence, and how it ends."""

import json
from datetime import timedelta

import pytest

from inspection.core.certificate import Certificate
from inspection.core.compare import Proof
from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.policy import InvalidPolicy
from inspection.core.predict import Examination
from inspection.core.risk import Limits
from inspection.core.rollout import InvalidRollout, Measured, Pause, Phase, Step, Strategy
from inspection.flow import certificate, decide, guard, policy
from inspection.store import alarms, journal, lines, models
from tests.flow.rollouts import NEW, WHY, Trial, opinion, plan, terms
from tests.plant import FIT, MODEL, Plant


@pytest.fixture
def trial(plant: Plant) -> Trial:
    return Trial(plant)


def events(trial: Trial) -> list[tuple[str, str, str]]:
    entries = trial.plant.read(lambda tx: journal.entries(tx, subject="line/phones/rollout"))
    return [(e.change.event, e.change.actor, e.change.after) for e in entries]


def test_a_candidate_comes_into_force_step_by_step(any_plant: Plant) -> None:
    trial = Trial(any_plant)
    stable = trial.in_force().policy.number
    assert trial.start() == 1
    trial.at(Phase.DONE)
    assert trial.in_force().candidate is None
    assert trial.in_force().policy.terms == terms()
    assert trial.in_force().policy.number == stable + 1
    assert [after for _, _, after in events(trial)] == [
        "shadow", "canary 10 %", "canary 50 %", "paused: gate", "baking 100 %", "done 100 %",
    ]  # fmt: skip
    assert any_plant.read(journal.verify)[1] is None
    assert trial.plant.read(lambda tx: lines.policies(tx, any_plant.camera.line_id))[0].number == stable + 1


def test_in_shadow_the_candidate_is_asked_and_decides_nothing(trial: Trial) -> None:
    trial.start()
    recorded = trial.plant.record("S1", "front")
    assert recorded.question is not None
    assert recorded.question.models == (MODEL, NEW)
    unit = trial.unit(old=0.1, new=0.9)
    assert (unit.verdict, unit.rollout_id) == (Verdict.PASS, None)


def test_units_in_the_canary_are_decided_by_the_candidate_and_scored_by_both(trial: Trial) -> None:
    trial.start(plan(steps=(Step(weight=99.9999), Step(weight=100))))
    trial.at(Phase.CANARY)
    recorded = trial.plant.record("S1", "front")
    assert recorded.question is not None
    assert recorded.question.models == (NEW, MODEL)
    unit = trial.unit("S2", old=0.1, new=0.9)
    assert unit.verdict is Verdict.REJECT
    assert set(trial.policy_of("S2")) == {trial.in_force().policy.number + 1}


def test_a_canary_holds_its_share(trial: Trial) -> None:
    trial.start()
    trial.at(Phase.CANARY)
    taken = sum(trial.unit(f"C{i:03d}").rollout_id is not None for i in range(150))
    assert 4 <= taken <= 30, "about 15 of 150"


def test_a_unit_stays_with_its_policy_over_a_step_and_leaves_it_at_an_abort(trial: Trial) -> None:
    trial.start(plan(steps=(Step(weight=1e-9), Step(weight=99.9999), Step(weight=100, gate=True))))
    trial.at(Phase.CANARY)
    stable = trial.in_force().policy.number
    trial.image("OLD", "front")
    trial.at("gate")
    trial.image("OLD", "back")
    assert trial.policy_of("OLD") == [stable, stable], "a step takes no unit over half-way"
    trial.image("NEW", "front")
    trial.abort()
    trial.image("NEW", "back", new=0.9)
    assert trial.policy_of("NEW") == [stable + 1, stable], "an abort holds from the next image on"
    assert trial.plant.find("NEW").verdict is Verdict.PASS


def test_an_image_that_is_being_predicted_is_decided_by_the_stable_policy_after_an_abort(trial: Trial) -> None:
    trial.start(plan(steps=(Step(weight=99.9999), Step(weight=100))))
    trial.at(Phase.CANARY)
    recorded = trial.plant.record("S1", "front")
    trial.abort()
    judged = Examination(quality=FIT, opinions=(opinion(NEW, 0.9), opinion(MODEL, 0.1)))
    trial.plant.write(
        lambda tx: decide.decide_image(tx, image_id=recorded.receipt.image_id, examination=judged, now=trial.plant.now)
    )
    assert trial.policy_of("S1") == [trial.in_force().policy.number]
    assert trial.plant.find("S1").verdict is None, "the stable model let the view pass; the other is awaited"


def test_units_are_compared_once_by_their_first_blind_label_that_can_no_longer_be_undone(trial: Trial) -> None:
    trial.start()
    trial.labelled(2, Verdict.REJECT, old=0.9, new=0.1)
    trial.tick(seconds=11)
    assert trial.state().record.units == 0, "the inspector may still take it back"
    trial.tick()
    trial.tick()
    record = trial.state().record
    assert (record.candidate_only, record.units) == (2, 2)
    trial.labelled(1, Verdict.PASS, old=0.9, new=0.1)
    trial.labelled(1, Verdict.REJECT, old=0.5, new=0.5)
    trial.labelled(1, Verdict.PASS, old=0.9, new=0.9)
    trial.tick()
    record = trial.state().record
    assert (record.stable_only, record.candidate_only, record.neither, record.both) == (1, 2, 1, 1)


def test_a_unit_that_is_labelled_again_counts_once(trial: Trial) -> None:
    plant = trial.plant
    trial.start()
    trial.image("L", "front")
    plant.later(seconds=31)
    plant.write(lambda tx: decide.refer_incomplete(tx, now=plant.now))
    for _ in range(2):
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.PASS)
        trial.image("L", "back", old=0.5, new=0.5)
    trial.tick()
    assert trial.state().record.units == 1


def test_what_an_inspector_sees_because_of_its_score_is_no_evidence(plant: Plant) -> None:
    trial = Trial(plant)
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=1e-9)
    trial.start(new=terms(audit_share=1e-9))
    trial.labelled(3, old=0.5, new=0.5)
    trial.tick()
    assert trial.state().record.units == 0


def test_where_people_decide_each_blind_label_counts(plant: Plant) -> None:
    trial = Trial(plant, Level.SHADOW)
    plant.level(Level.SHADOW, audit_share=1e-9)
    trial.start(new=terms(audit_share=1e-9))
    trial.labelled(3, Verdict.REJECT, old=0.1, new=0.1)
    trial.tick()
    assert trial.state().record.candidate_only == 3, "people are never wrong, an AI that passes defects is"


def test_a_candidate_that_says_nothing_is_an_error_and_no_evidence(trial: Trial) -> None:
    trial.start()
    for _ in range(2):
        trial.labelled(3, new=None)
        trial.tick()
    assert trial.state().rollout.phase is Phase.ABORTED
    assert "could not be measured" in events_text(trial)


def test_a_candidate_that_often_says_nothing_waits_for_a_person(trial: Trial) -> None:
    trial.start()
    trial.labelled(1, new=None)
    trial.labelled(6)
    trial.tick()
    assert trial.state().rollout.pause is Pause.INCONCLUSIVE
    trial.approve()
    assert (trial.state().rollout.pause, trial.state().record.missing) == (None, 0)


def events_text(trial: Trial) -> str:
    entries = trial.plant.read(lambda tx: journal.entries(tx, subject="line/phones/rollout"))
    return " ".join(e.change.reason for e in entries)


@pytest.mark.parametrize("phase", [Phase.SHADOW, Phase.CANARY, "gate", Phase.BAKING])
def test_harm_that_is_proved_aborts_in_every_phase(trial: Trial, phase: str) -> None:
    trial.start()
    trial.at(phase)
    trial.proof = Proof(worse=True, as_good=False, detail="E = 21.")
    trial.tick()
    assert trial.state().rollout.phase is Phase.ABORTED
    assert trial.in_force().candidate is None
    assert trial.in_force().policy.terms.model == MODEL
    assert "E = 21." in events_text(trial)


@pytest.mark.parametrize("phase", [Phase.SHADOW, Phase.CANARY, "gate", Phase.BAKING])
def test_a_guard_aborts_a_rollout_and_lowers_the_line(trial: Trial, phase: str) -> None:
    trial.start()
    trial.at(phase)
    lowered = trial.plant.write(
        lambda tx: policy.lower(tx, lines.in_force(tx, "phones"), "Guard: the light is gone.", trial.plant.now)
    )
    assert lowered
    assert trial.state().rollout.phase is Phase.ABORTED
    assert trial.in_force().policy.terms.level is Level.SHADOW
    assert events(trial)[-1] == ("rollout_aborted", "guard", "aborted")


def test_audits_that_contradict_the_candidate_end_its_rollout_and_leave_the_line_as_it_is(trial: Trial) -> None:
    trial.start()
    trial.at(Phase.BAKING)
    before = trial.in_force().policy.number
    for _ in range(6):
        trial.labelled(1, Verdict.REJECT, old=0.5, new=0.1)
    assert trial.state().rollout.phase is Phase.ABORTED
    assert trial.in_force().policy.number == before
    assert trial.in_force().candidate is None
    told = [alarm.kind for alarm in trial.plant.read(lambda tx: alarms.firing(tx))]
    assert "candidate escapes" in told


def test_a_candidate_whose_model_fails_is_ended_and_what_failed_before_its_next_rollout_is_not_held_against_it(
    trial: Trial,
) -> None:
    trial.start()
    trial.at(Phase.CANARY)
    for _ in range(24):
        trial.unit(new=None)
    trial.plant.write(lambda tx: guard.watch(tx, now=trial.plant.now))
    assert trial.state().rollout.phase is Phase.ABORTED
    trial.plant.later(seconds=1)
    trial.start()
    trial.at(Phase.CANARY)
    trial.plant.write(lambda tx: guard.watch(tx, now=trial.plant.now))
    assert trial.state().rollout.phase is Phase.CANARY


def test_a_guard_aborts_a_candidate_above_a_line_that_is_safe_already(plant: Plant) -> None:
    trial = Trial(plant, Level.SHADOW)
    trial.start()
    assert plant.write(lambda tx: policy.lower(tx, lines.in_force(tx, "phones"), "Guard: dark.", plant.now))
    assert trial.state().rollout.phase is Phase.ABORTED
    assert not plant.write(lambda tx: policy.lower(tx, lines.in_force(tx, "phones"), "Guard: dark.", plant.now))


def test_another_policy_ends_a_rollout(trial: Trial) -> None:
    trial.start()
    trial.plant.level(Level.AI_ASSIST)
    assert trial.state().rollout.phase is Phase.ABORTED
    assert trial.in_force().policy.terms.level is Level.AI_ASSIST


def test_a_start_asks_for_what_a_change_asks_for_and_there_is_one_at_a_time(trial: Trial) -> None:
    with pytest.raises(InvalidPolicy, match="reason"):
        trial.start(reason="no")
    with pytest.raises(InvalidPolicy, match="in force already"):
        trial.start(new=terms(model=MODEL))
    with pytest.raises(InvalidPolicy, match="Look at it again"):
        trial.start(expected=1)
    trial.start()
    with pytest.raises(InvalidRollout, match="under way"):
        trial.start()
    with pytest.raises(InvalidRollout, match="waits for nobody"):
        trial.approve()
    trial.abort()
    with pytest.raises(InvalidRollout, match="No rollout"):
        trial.abort()


def test_a_candidate_without_proof_stays_in_shadow_until_its_labels_have_proved_it(trial: Trial) -> None:
    trial.start(accept_override=False, new=terms(pass_below=0.1, reject_above=0.9))
    trial.labelled(8)
    trial.tick()
    stands = trial.state()
    assert (stands.rollout.phase, stands.rollout.pause) == (Phase.SHADOW, None)
    assert stands.measured is not None
    assert stands.measured.outcome is Measured.WAITING
    assert "agree with the model: 8 of 50" in stands.measured.detail
    assert "A certificate: There is none for this model yet" in stands.measured.detail
    trial.labelled(37)
    trial.labelled(15, Verdict.REJECT, old=0.9, new=0.9)
    prove(trial)
    trial.tick()
    assert trial.state().rollout.phase is Phase.CANARY
    assert not trial.state().candidate.override


def test_nobody_lets_a_candidate_without_proof_through_the_gate(trial: Trial) -> None:
    blue_green = plan(strategy=Strategy.BLUE_GREEN, steps=(Step(weight=100, gate=True),))
    trial.start(blue_green, accept_override=False, new=terms(pass_below=0.1, reject_above=0.9))
    trial.labelled(45)
    trial.labelled(15, Verdict.REJECT, old=0.9, new=0.9)
    prove(trial)
    trial.tick()
    assert trial.state().rollout.pause is Pause.GATE
    trial.plant.later(days=31)
    with pytest.raises(InvalidRollout, match=r"not proved yet\. A certificate: The certificate expired"):
        trial.approve()
    assert trial.in_force().candidate is not None
    prove(trial)
    trial.approve()
    assert trial.state().rollout.phase is Phase.BAKING


def prove(trial: Trial) -> None:
    """A certificate for the candidate's model from the labels there are."""
    trial.plant.later(seconds=31)
    now, limits = trial.plant.now, Limits(escape=0.06, overkill=0.06, escape_per_defective=None)
    made = trial.plant.read(
        lambda tx: certificate.prove(tx, line="phones", model=NEW, limits=limits, now=now, window=timedelta(days=90))
    )
    assert isinstance(made, Certificate), made
    trial.plant.write(lambda tx: certificate.keep(tx, made, line="phones", by="erin", now=now))


def test_candidate_stable_and_previous_models_stay_loaded(trial: Trial) -> None:
    trial.start()
    assert set(trial.plant.read(models.wanted)) == {MODEL, NEW}


def test_it_is_measured_once_per_interval_whoever_ticks(trial: Trial) -> None:
    trial.start()
    assert [trial.tick(0), trial.tick(0), trial.tick(9), trial.tick(1)] == [1, 0, 0, 1]


def test_whether_a_unit_is_audited_does_not_depend_on_who_decides_it(plant: Plant) -> None:
    trial = Trial(plant)
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=0.02)
    trial.start(plan(steps=(Step(weight=50), Step(weight=100))), terms(audit_share=0.2))
    trial.unit()
    with plant.db.read() as tx:
        assert tx.exec_driver_sql("SELECT DISTINCT audit_probability FROM unit").scalar_one() == 0.2


def test_the_plan_and_its_hash_are_in_the_journal(trial: Trial) -> None:
    trial.start()
    entry = trial.plant.read(lambda tx: journal.entries(tx, subject="line/phones/rollout"))[0].change
    told = json.loads(entry.facts)
    assert (entry.actor, entry.reason, len(told["plan_sha256"])) == ("erin", WHY, 64)
    assert json.loads(told["plan"])["min_samples"] == 2
