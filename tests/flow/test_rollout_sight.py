"""What inspectors see of a unit during a rollout: the opinion of the model that decides it, and no other."""

import pytest

from inspection.core.level import Level
from inspection.core.predict import Examination, Prediction
from inspection.core.rollout import Phase, Step
from inspection.flow import decide
from inspection.store.reports import files
from inspection.store.reports import review as sheets
from tests.flow.rollouts import NEW, Trial, plan, terms
from tests.plant import FIT, MODEL, Plant

STEPS = (Step(weight=99.9999), Step(weight=100))


@pytest.fixture
def trial(plant: Plant) -> Trial:
    return Trial(plant, Level.AI_ASSIST)


def send(trial: Trial, serial: str, order: tuple[str, ...]) -> int:
    """A unit that MODEL finds good and NEW bad, each with a heatmap of its own; the id of its last image."""
    image_id = 0
    for view in trial.plant.views:
        recorded = trial.plant.record(serial, view)
        image_id = recorded.receipt.image_id
        said = {
            model: Prediction(model=model, score=score, novelty=0.0, novel=False, heatmap_png=model[:1].encode())
            for model, score in ((MODEL, 0.1), (NEW, 0.9))
        }
        judged = Examination(quality=FIT, opinions=tuple(said[model] for model in order))
        trial.plant.write(
            lambda tx, i=image_id, e=judged: decide.keep_late_examination(
                tx, image_id=i, examination=e, now=trial.plant.now
            )
        )
    return image_id


@pytest.mark.parametrize("canary", [True, False])
@pytest.mark.parametrize("order", [(MODEL, NEW), (NEW, MODEL)])
def test_the_sheet_and_the_heatmap_are_of_the_model_that_decides(
    trial: Trial, canary: bool, order: tuple[str, ...]
) -> None:
    trial.plant.level(Level.AI_ASSIST, audit_share=1e-9)
    trial.start(plan(steps=STEPS), terms(Level.AI_ASSIST, audit_share=1e-9))
    if canary:
        with trial.plant.db.read() as tx:
            number = tx.exec_driver_sql("SELECT id FROM rollout").scalar_one()
        trial.plant.write(
            lambda tx: tx.exec_driver_sql(f"UPDATE rollout SET phase = 'canary', weight = 99.9999 WHERE id = {number}")
        )
        assert trial.state().rollout.phase is Phase.CANARY
    image_id = send(trial, "S1", order)
    held = trial.plant.claim()
    assert held is not None
    assert held.shows_ai
    own = NEW if canary else MODEL
    with trial.plant.db.read() as tx:
        sheet = sheets.sheet(tx, held.task_id)
        heatmap = files.heatmap(tx, image_id)
    assert sheet is not None
    assert {image.ai.score for image in sheet.images if image.ai is not None} == {0.9 if canary else 0.1}
    assert heatmap == own[:1].encode()


def test_a_canary_at_a_level_that_shows_nothing_is_blind(trial: Trial) -> None:
    trial.plant.level(Level.AI_ASSIST, audit_share=1e-9)
    trial.start(plan(steps=STEPS), terms(Level.SHADOW, model=MODEL, audit_share=1e-9))
    trial.plant.write(lambda tx: tx.exec_driver_sql("UPDATE rollout SET phase = 'canary', weight = 99.9999"))
    trial.unit("S1")
    held = trial.plant.claim()
    assert held is not None
    assert not held.shows_ai
