"""Going back: from a rollout at once, by people or guards, and over rollouts in one step."""

import pytest

from inspection.core.level import Level
from inspection.core.policy import InvalidPolicy
from inspection.core.rollout import Phase, Step
from inspection.flow import guard, policy
from inspection.store import lines
from tests.flow.rollouts import NEW, Trial, plan, terms
from tests.plant import MODEL, Plant


@pytest.fixture
def trial(plant: Plant) -> Trial:
    return Trial(plant)


def test_an_aborted_candidate_is_no_policy_to_roll_back_to(trial: Trial) -> None:
    before = trial.in_force().policy.number
    trial.start()
    trial.abort()
    trial.plant.level(Level.SHADOW)
    numbers = [p.number for p in trial.plant.read(lambda tx: lines.policies(tx, trial.plant.camera.line_id))]
    assert before + 1 not in numbers
    trial.plant.level(Level.HUMAN_ONLY)
    trial.plant.write(lambda tx: policy.rollback(tx, line="phones", by="erin", reason="", now=trial.plant.now))
    assert trial.in_force().policy.terms.level is Level.SHADOW


def test_rollback_during_a_rollout_and_after_it_is_one_step_without_an_override(trial: Trial) -> None:
    def back(**other: int) -> int:
        return trial.plant.write(
            lambda tx: policy.rollback(tx, line="phones", by="erin", reason="It hums.", now=trial.plant.now, **other)
        )

    stable = trial.in_force().policy
    trial.start()
    trial.at(Phase.BAKING)
    assert back() == stable.number
    assert trial.state().rollout.phase is Phase.ABORTED
    trial.start(plan(steps=(Step(weight=100),)))
    trial.at(Phase.DONE)
    trial.start(plan(steps=(Step(weight=100),)), terms(pass_below=0.35))
    trial.at(Phase.DONE)
    back(to=stable.number)
    assert trial.in_force().policy.terms == stable.terms, "over two rollouts, to what they have replaced"
    assert unit_decided_by(trial, "AFTER") == trial.in_force().policy.number
    with pytest.raises(InvalidPolicy, match="override"):
        back()


def unit_decided_by(trial: Trial, serial: str) -> int:
    trial.unit(serial)
    return trial.policy_of(serial)[0]


def test_a_rollback_reaches_no_further_than_its_window(trial: Trial) -> None:
    first = trial.in_force().policy.number
    for _ in range(policy.ROLLBACK_WINDOW):
        trial.plant.level(Level.SHADOW)
    trial.plant.level(Level.HUMAN_ONLY)
    with pytest.raises(InvalidPolicy, match="none of the last"):
        trial.plant.write(
            lambda tx: policy.rollback(tx, line="phones", by="erin", reason="", now=trial.plant.now, to=first)
        )


@pytest.mark.parametrize("fails", [True, False])
def test_a_candidate_that_decides_and_whose_model_fails_is_aborted(trial: Trial, fails: bool) -> None:
    trial.start(plan(steps=(Step(weight=50), Step(weight=100, gate=True))))
    trial.plant.write(lambda tx: tx.exec_driver_sql("UPDATE policy SET override = true"))
    trial.at(Phase.CANARY)
    for _ in range(12):
        trial.unit(new=None if fails else 0.1)
    trial.plant.write(lambda tx: guard.watch(tx, now=trial.plant.now))
    assert trial.state().rollout.live is not fails
    assert trial.in_force().policy.terms.level is Level.PARTIAL_AUTOMATION, "the stable policy goes on"
    assert trial.in_force().policy.terms.model == MODEL


def test_a_candidate_whose_proof_has_ended_is_aborted_unless_it_is_an_override(trial: Trial) -> None:
    trial.start(plan(steps=(Step(weight=50), Step(weight=100, gate=True))))
    trial.plant.write(lambda tx: tx.exec_driver_sql("UPDATE policy SET override = true"))
    trial.at(Phase.CANARY)
    trial.plant.write(lambda tx: guard.watch(tx, now=trial.plant.now))
    assert trial.state().rollout.live
    trial.plant.write(lambda tx: tx.exec_driver_sql(f"UPDATE policy SET override = false WHERE model = '{NEW}'"))
    trial.plant.write(lambda tx: guard.watch(tx, now=trial.plant.now))
    assert trial.state().rollout.phase is Phase.ABORTED
