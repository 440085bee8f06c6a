"""What models say of a view is held against what they said at first; a drift asks for a look and, in steady light, for
a new training."""

from typing import Any

import numpy as np
import pytest

from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.core.monitor import Chart, Light
from inspection.core.policy import InvalidPolicy
from inspection.core.rule import Action
from inspection.core.shift import Drift, Kind, Sizes
from inspection.core.stage import ALARMS, Stage
from inspection.core.train import Sample, Trained
from inspection.flow import alarm, drift, train
from inspection.store import alarms as store
from inspection.store import drift as kept
from inspection.store import journal, lines, monitor, requests
from inspection.store.drift import Look, Reference
from inspection.store.monitor import Eye, Measured
from tests.plant import MODEL, Plant

SIZES = Sizes(reference=100, newest=50, step=50)
WHY = "A new supplier's glass, looked at by hand."


def eye(plant: Plant, view: str = "front") -> Eye:
    return Eye(line_id=plant.camera.line_id, camera_id=plant.camera.id, view=view)


def send(plant: Plant, images: int, score: float = 0.1, **other: Any) -> None:
    """Images whose scores vary a little around `score`, one after the other, and a look of the watch."""
    dice = np.random.default_rng(images + int(score * 100))
    for one in dice.standard_normal(images):
        plant.later(seconds=1)
        serial = f"U{int(plant.now.timestamp())}"
        plant.image(serial, "front", float(np.clip(score + 0.02 * one, 0, 1)), **other)
    drift.watch(plant.db, lambda: plant.now, SIZES)


def window(plant: Plant, chart: Light) -> None:
    """The newest window of the view, of which the light's chart says so."""
    line = plant.read(lambda tx: lines.in_force(tx, "phones"))
    images = [
        Measured(
            image_id=1, received_at=plant.now, unfit=None, brightness=120.0, contrast=80.0, sharpness=90.0,
            saturated=0.0,
        )
    ]  # fmt: skip
    said = None if chart is Light.LEARNING else Chart(ewma=120.0, light=chart)
    figures = dict.fromkeys(("brightness", "contrast", "sharpness", "saturated"), 1.0)
    plant.write(lambda tx: monitor.add_window(tx, eye(plant), line.recipe_id, images, figures, said, plant.now))


def reference(plant: Plant, view: str = "front") -> Reference | None:
    def find(tx: Any) -> Reference | None:
        line = lines.in_force(tx, "phones")
        return kept.reference(tx, eye(plant, view), line.recipe_id, line.policy.terms.model or "")

    return plant.read(find)


def looks(plant: Plant) -> dict[Kind, Look]:
    found = reference(plant)
    assert found is not None
    return plant.read(lambda tx: kept.last_looks(tx, found.id))


def firing(plant: Plant) -> list[store.Alarm]:
    return [one for one in plant.read(lambda tx: store.firing(tx)) if one.kind == "drift"]


@pytest.fixture
def learned(any_plant: Plant) -> Plant:
    """A line whose model has been known for a while."""
    any_plant.level(Level.SHADOW)
    send(any_plant, 1)
    send(any_plant, 100)
    return any_plant


def test_a_reference_is_learned_from_the_first_images_that_the_model_judges(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    send(any_plant, 3)
    begun = reference(any_plant)
    assert begun is not None
    assert (begun.images, begun.by) == (0, "monitor")
    send(any_plant, 99)
    assert reference(any_plant) == begun, "one image is missing"
    send(any_plant, 1)
    found = reference(any_plant)
    assert found is not None
    assert found.images == 100
    assert found.values[Kind.SCORE].shape == found.values[Kind.NOVELTY].shape == (100,)
    assert np.median(found.values[Kind.SCORE]) == pytest.approx(0.1, abs=0.01)
    assert Kind.FEATURE not in found.values, "this model has none"
    assert reference(any_plant, "back") is None, "that view has sent nothing"


def test_a_line_without_a_model_and_one_at_rest_are_left_alone(any_plant: Plant) -> None:
    send(any_plant, 60)
    any_plant.level(Level.SHADOW)
    send(any_plant, 1)
    send(any_plant, 100)
    assert looks(any_plant) == {}
    send(any_plant, 50)
    told = looks(any_plant)
    any_plant.later(days=3)
    assert drift.watch(any_plant.db, lambda: any_plant.now, SIZES) == 0
    assert looks(any_plant) == told


def test_images_like_the_first_are_steady(learned: Plant) -> None:
    for _ in range(3):
        send(learned, 50)
    assert {kind: look.trend.state for kind, look in looks(learned).items()} == {
        Kind.SCORE: Drift.STEADY, Kind.NOVELTY: Drift.STEADY,
    }  # fmt: skip
    assert firing(learned) == []


def test_scores_that_shift_alarm_and_ask_for_a_training(learned: Plant) -> None:
    send(learned, 50, 0.2)
    assert looks(learned)[Kind.SCORE].trend.state is Drift.ALARM
    assert looks(learned)[Kind.NOVELTY].trend.state is Drift.STEADY
    (told,) = firing(learned)
    assert told.subject == "cam1/front/score"
    assert ALARMS[told.kind] is Stage.PREDICT
    assert "train a model that knows them" in told.text
    assert [one.kind for one in learned.read(lambda tx: requests.waiting(tx))] == ["retraining"]
    changed = [e.change for e in learned.read(lambda tx: journal.entries(tx)) if e.change.event == "drift_changed"]
    assert [(one.subject, one.before, one.after) for one in changed] == [
        ("line/phones/drift/cam1/front/score", "steady", "alarm")
    ]
    send(learned, 50, 0.2)
    assert len(firing(learned)) == 1, "until somebody clears it"


def test_novelty_is_watched_as_well(learned: Plant) -> None:
    for i in range(50):
        learned.later(seconds=1)
        learned.image(f"N{i}", "front", 0.1, novelty=1.0 + i / 50)
    drift.watch(learned.db, lambda: learned.now, SIZES)
    assert looks(learned)[Kind.NOVELTY].trend.state is Drift.ALARM


def test_features_are_kept_and_watched_where_the_model_has_them(any_plant: Plant) -> None:
    """Scores stay as they are; what the images are like does not."""
    any_plant.level(Level.SHADOW)
    dice = np.random.default_rng(1)

    def show(images: int, by: float) -> None:
        for feature in dice.standard_normal((images, 16)) + by:
            any_plant.later(seconds=1)
            serial = f"F{int(any_plant.now.timestamp())}"
            any_plant.image(serial, "front", 0.1, feature=(*feature[:15], 1e9))
        drift.watch(any_plant.db, lambda: any_plant.now, SIZES)

    for images, by in ((1, 0.0), (100, 0.0), (50, 0.0), (50, 0.8)):
        show(images, by)
    found = reference(any_plant)
    assert found is not None
    assert found.values[Kind.FEATURE].shape == (100, 16)
    assert found.values[Kind.FEATURE].max() == 65504, "the largest that is kept"
    states = {kind: look.trend.state for kind, look in looks(any_plant).items()}
    assert states == {Kind.SCORE: Drift.STEADY, Kind.NOVELTY: Drift.STEADY, Kind.FEATURE: Drift.ALARM}
    assert [one.subject for one in firing(any_plant)] == ["cam1/front/feature"]


def test_in_drifted_light_maintenance_comes_first(learned: Plant) -> None:
    line = learned.read(lambda tx: lines.in_force(tx, "phones"))
    subject = f"{learned.camera.id}/front"
    learned.write(lambda tx: alarm.fire(tx, line, "light", subject, "It is dark.", learned.now))
    send(learned, 50, 0.2)
    (told,) = firing(learned)
    assert "Mend the light first" in told.text
    assert {one.kind for one in learned.read(lambda tx: requests.waiting(tx))} == {"maintenance"}


@pytest.mark.parametrize("chart", [Light.WARNING, Light.LEARNING, Light.ALARM])
def test_light_that_is_not_surely_steady_is_looked_at_before_anything_is_trained(plant: Plant, chart: Light) -> None:
    plant.level(Level.SHADOW)
    send(plant, 1)
    send(plant, 100)
    window(plant, chart)
    send(plant, 50, 0.2)
    assert {one.kind for one in plant.read(lambda tx: requests.waiting(tx))} == {"maintenance"}


def test_in_steady_light_a_training_is_asked_for_and_taken_back_once_the_light_alarms(learned: Plant) -> None:
    """The model notices before the chart does."""
    window(learned, Light.STEADY)
    send(learned, 50, 0.2)
    assert [one.kind for one in learned.read(lambda tx: requests.waiting(tx))] == ["retraining"]
    line = learned.read(lambda tx: lines.in_force(tx, "phones"))
    ask = {"cause": "labels", "text": "Many labels wait.", "alarm_id": None, "now": learned.now}
    learned.write(lambda tx: alarm.ask(tx, line, Action.RETRAINING, **ask))
    subject = f"{learned.camera.id}/front"
    learned.write(lambda tx: alarm.fire(tx, line, "light", subject, "It is dark.", learned.now))
    left = learned.read(lambda tx: requests.waiting(tx))
    assert {(one.kind, one.cause) for one in left} == {("maintenance", "light"), ("retraining", "labels")}
    told = [e.change for e in learned.read(lambda tx: journal.entries(tx)) if e.change.event == "retraining_withdrawn"]
    assert [(one.before, one.after, one.actor) for one in told] == [("waiting", "withdrawn", "monitor")]
    assert "mend it first" in told[0].reason


def test_a_policy_that_keeps_its_model_keeps_the_reference_and_another_model_does_not(learned: Plant) -> None:
    """A guard that lowers a drifting line must not make the drift the new normal."""
    first = reference(learned)
    assert first is not None
    learned.level(Level.PARTIAL_AUTOMATION)
    send(learned, 1)
    assert reference(learned) == first
    learned.level(Level.HUMAN_ONLY)
    learned.level(Level.SHADOW)
    send(learned, 1)
    assert reference(learned) == first
    trained, samples = Trained(artefact="b" * 64, card={}), [Sample(view="front", sha256="0" * 64, name="x")]
    learned.write(
        lambda tx: train.register(tx, line="phones", trained=trained, samples=samples, by="erin", now=learned.now)
    )
    learned.level(Level.SHADOW, model="b" * 64)
    drift.watch(learned.db, lambda: learned.now, SIZES)
    second = reference(learned)
    assert second is not None
    assert (second.images, second.id) == (0, first.id + 1)


def test_learning_anew_is_a_signed_act(learned: Plant) -> None:
    send(learned, 50, 0.2)
    anew = {"line": "phones", "camera": "cam1", "view": "front", "by": "erin"}
    with pytest.raises(InvalidPolicy, match="Write why"):
        learned.write(lambda tx: drift.learn_anew(tx, **anew, reason="new", now=learned.now))
    learned.write(lambda tx: drift.learn_anew(tx, **anew, reason=WHY, now=learned.now))
    send(learned, 100, 0.2)
    send(learned, 50, 0.2)
    found = reference(learned)
    assert found is not None
    assert (found.by, found.reason) == ("erin", WHY)
    assert looks(learned)[Kind.SCORE].trend.state is Drift.STEADY
    for wrong in ({"camera": "none"}, {"view": "side"}):
        with pytest.raises(Unknown):
            learned.write(lambda tx, w=wrong: drift.learn_anew(tx, **{**anew, **w}, reason=WHY, now=learned.now))
    learned.level(Level.HUMAN_ONLY)
    with pytest.raises(InvalidPolicy, match="No model is in force"):
        learned.write(lambda tx: drift.learn_anew(tx, **anew, reason=WHY, now=learned.now))


def test_what_was_reckoned_against_an_older_reference_is_dropped(learned: Plant) -> None:
    """The engineer signs while distances are reckoned."""
    for i in range(50):
        learned.later(seconds=1)
        learned.image(f"V{i}", "front", 0.3)
    anew = {"line": "phones", "camera": "cam1", "view": "front", "by": "erin", "reason": WHY}
    with learned.db.read() as tx:
        (view,) = drift._due(tx, lines.in_force(tx, "phones"), SIZES)
    learned.write(lambda tx: drift.learn_anew(tx, **anew, now=learned.now))
    found = {Kind.SCORE: drift._compare(view, Kind.SCORE)}
    learned.write(lambda tx: drift._keep(tx, view, found, learned.now))
    assert firing(learned) == []
    assert looks(learned) == {}


def test_opinions_of_another_model_or_under_another_recipe_are_left_out(learned: Plant) -> None:
    line = learned.read(lambda tx: lines.in_force(tx, "phones"))
    asked = {"own": (line.recipe_id, MODEL), "model": (line.recipe_id, "b" * 64), "recipe": (line.recipe_id + 1, MODEL)}
    with learned.db.read() as tx:
        found = {name: len(kept.said(tx, eye(learned), *whose, 0, 50)[0]) for name, whose in asked.items()}
    assert found == {"own": 50, "model": 0, "recipe": 0}
