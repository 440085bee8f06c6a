"""Going back: from a rollout at once, and over rollouts in one step."""

import pytest

from inspection.core.level import Level
from inspection.core.policy import InvalidPolicy
from inspection.core.rollout import Phase, Step
from inspection.flow import policy
from inspection.store import lines
from tests.flow.rollouts import Trial, plan, terms
from tests.plant import Plant


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
