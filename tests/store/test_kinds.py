"""SQLite and PostgreSQL must take and keep the same values, also those that only one of them would."""

import math
from dataclasses import replace

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.people import Role
from inspection.core.policy import Terms
from inspection.core.predict import Failure, NoPrediction
from inspection.flow import decide, label, policy, train
from inspection.store import journal, lines, models, people, units
from tests.plant import FIT, MODEL, Plant

ODD = "bad byte \x00 and half a letter \ud800"


def kept(plant: Plant, column: str, table: str) -> list[object]:
    return plant.read(lambda tx: [row[0] for row in tx.exec_driver_sql(f"SELECT {column} FROM {table} ORDER BY id")])


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_kept_as_none_and_hides_no_other(any_plant: Plant, score: float) -> None:
    any_plant.level(Level.FULL_AUTOMATION)
    any_plant.image("S1", "front", score)
    any_plant.image("S1", "back", 0.4)
    assert (any_plant.find("S1").verdict, any_plant.find("S1").by) == (None, "person")
    assert kept(any_plant, "score", "prediction") == [None, 0.4]
    assert kept(any_plant, "score", "unit") == [0.4]


def test_figures_that_are_no_numbers_are_kept_as_none_and_unfit(any_plant: Plant) -> None:
    any_plant.level(Level.FULL_AUTOMATION)
    for view in any_plant.views:
        any_plant.image("S1", view, 0.0, quality=replace(FIT, brightness=math.nan))
    assert kept(any_plant, "brightness", "image") == [None, None]
    assert any_plant.find("S1").by == "person"


def test_odd_words_of_a_failed_model_do_not_keep_its_image_from_a_person(any_plant: Plant) -> None:
    any_plant.level(Level.FULL_AUTOMATION)
    said = NoPrediction(model=MODEL, failure=Failure.ERROR, detail=ODD)
    seen = replace(any_plant.examination(0.1), opinions=(said,), quality=None)
    for view in any_plant.views:
        image_id = any_plant.record("S1", view).receipt.image_id
        any_plant.write(
            lambda tx, image_id=image_id: decide.decide_image(
                tx, image_id=image_id, examination=seen, now=any_plant.now
            )
        )
    assert any_plant.claim() is not None


def test_odd_words_of_people_are_kept_as_far_as_they_are_words(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    any_plant.unit("S1")
    held, person = any_plant.claim(), any_plant.person("ines")
    assert held is not None
    given = Label(verdict=Verdict.PASS, note=ODD)
    any_plant.write(
        lambda tx: label.answer(
            tx, task_id=held.task_id, lease=held.lease, person=person, label=given, seen=(), now=any_plant.now
        )
    )
    assert kept(any_plant, "note", "label") == ["bad byte \ufffd and half a letter ?"]
    down = Terms(level=Level.HUMAN_ONLY)
    any_plant.write(lambda tx: policy.change(tx, line="phones", terms=down, by="erin", reason=ODD, now=any_plant.now))
    assert any_plant.read(journal.verify)[1] is None
    assert "\x00" not in any_plant.read(lambda tx: lines.in_force(tx, "phones")).policy.reason
    sample = {"line": "phones", "view": "front", "name": ODD, "sha256": "a" * 64, "by": "erin"}
    assert any_plant.write(lambda tx: train.add_sample(tx, **sample, now=any_plant.now))


@pytest.mark.parametrize("name", ["'; DROP TABLE unit; --", "%s", "%(name)s", ":name", "x" * 5000, "中文"])
def test_names_are_values_and_never_statements(any_plant: Plant, name: str) -> None:
    with any_plant.db.read() as tx:
        assert people.find(tx, name) is None
        assert not lines.exists(tx, name)
        assert lines.camera_of(tx, name) is None
        assert models.of_line(tx, any_plant.camera.line_id, name) is None
        assert journal.entries(tx, subject=name) == []
        assert units.latest(tx, any_plant.camera.line_id, name) is None
    assert any_plant.write(
        lambda tx: people.add(tx, name, Role.INSPECTOR, name, must_change=False, simulated=False, now=any_plant.now)
    )
    assert any_plant.person(name).name == name
