"""A few odd images switch no watch of drift off, and a changed recipe makes no drift the new normal."""

import json
import logging
from typing import Any

import pytest
from sqlalchemy import func, select

from inspection.core.capture import Region
from inspection.core.level import Level
from inspection.core.shift import Drift, Kind
from inspection.flow import line as line_flow
from inspection.store import drift as kept
from inspection.store import journal
from inspection.store.records import DRIFT_LOOK
from tests.flow.test_drift import firing, looks, reference, send
from tests.plant import Plant

FEATURE = (0.0,) * 16
NO_NUMBER = (float("nan"),) * 16


def change(plant: Plant, **changes: Any) -> None:
    why = {"by": "erin", "reason": "Units come faster now."}
    plant.write(lambda tx: line_flow.change_recipe(tx, line="phones", now=plant.now, **why, **changes))


def count(plant: Plant) -> int:
    return int(plant.read(lambda tx: tx.execute(select(func.count()).select_from(DRIFT_LOOK)).scalar_one()))


def test_an_image_whose_feature_is_no_number_is_left_out_of_a_reference(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    send(any_plant, 1)
    send(any_plant, 99, feature=FEATURE)
    send(any_plant, 1, feature=NO_NUMBER)
    found = reference(any_plant)
    assert found is not None
    assert found.images == 0, "it takes one more"
    send(any_plant, 1, feature=FEATURE)
    found = reference(any_plant)
    assert found is not None
    assert found.values[Kind.FEATURE].shape == (100, 16)
    assert found.values[Kind.SCORE].shape == found.values[Kind.NOVELTY].shape == (100,)


def test_an_odd_image_does_not_switch_a_watch_off(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    send(any_plant, 1)
    send(any_plant, 100, feature=FEATURE)
    any_plant.image("odd", "front", 0.1, feature=NO_NUMBER)
    any_plant.image("old", "front", 0.1, feature=FEATURE, novelty=float("nan"))
    send(any_plant, 50, feature=(1.0,) * 16)
    assert {kind: look.trend.state for kind, look in looks(any_plant).items()} == {
        Kind.SCORE: Drift.STEADY, Kind.NOVELTY: Drift.STEADY, Kind.FEATURE: Drift.ALARM,
    }  # fmt: skip


def test_a_figure_that_most_images_lack_is_said_to_be_unwatched(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    plant.level(Level.SHADOW)
    send(plant, 1)
    send(plant, 100, feature=FEATURE)
    learned = [e.change for e in plant.read(lambda tx: journal.entries(tx)) if e.change.event.endswith("learned")]
    assert json.loads(learned[-1].facts)["figures"] == "score novelty feature"
    with caplog.at_level(logging.WARNING, "jidoka"):
        send(plant, 50)
    assert set(looks(plant)) == {Kind.SCORE, Kind.NOVELTY}
    assert "drift_not_watched camera=cam1 view=front figures=feature" in caplog.text


def test_a_recipe_under_which_models_see_the_same_keeps_a_reference_its_looks_and_its_alarm(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    send(any_plant, 1)
    send(any_plant, 100)
    send(any_plant, 50, 0.2)
    first, told = reference(any_plant), looks(any_plant)
    change(any_plant, unit_timeout_s=31)
    assert (reference(any_plant), looks(any_plant)) == (first, told)
    send(any_plant, 50, 0.2)
    assert reference(any_plant) == first
    assert looks(any_plant)[Kind.SCORE].trend.state is Drift.ALARM
    assert looks(any_plant) != told
    assert len(firing(any_plant)) == 1


@pytest.mark.parametrize(
    "changes",
    [{"reference": Region(left=0.1, top=0.1, width=0.2, height=0.2)}, {"locate": True}, {"input_size": (64, 64)}],
)
def test_a_recipe_that_changes_what_models_see_begins_a_reference_anew(plant: Plant, changes: dict[str, Any]) -> None:
    plant.level(Level.SHADOW)
    send(plant, 1)
    send(plant, 100)
    first = reference(plant)
    assert first is not None
    change(plant, **changes)
    send(plant, 1)
    second = reference(plant)
    assert second is not None
    assert (second.images, second.id) == (0, first.id + 1)


def test_looks_are_kept_for_four_hundred_days(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    send(any_plant, 1)
    send(any_plant, 100)
    begun = any_plant.now
    send(any_plant, 50)
    any_plant.now = begun + kept.KEEP
    send(any_plant, 50)
    assert count(any_plant) == 4, "of scores and of novelty"
    any_plant.later(seconds=1)
    send(any_plant, 50)
    assert count(any_plant) == 4, "two came, and two were dropped"
