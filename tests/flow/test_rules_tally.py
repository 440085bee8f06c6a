"""Figures of rules that are read from those kept over time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.predict import Failure
from inspection.core.tally import SPANS
from inspection.flow import label, rules, tally
from inspection.store import lines
from inspection.store import tally as kept
from inspection.store.records import IMAGE
from inspection.store.watched import FIGURES
from tests.plant import FIT, Plant


@pytest.fixture
def plant(plant: Plant) -> Plant:
    """Kept from now on, which spares the test a day of catching up."""
    plant.write(lambda tx: kept.begin(tx, dict.fromkeys(SPANS, int(plant.now.timestamp()))))
    return plant


def value(plant: Plant, figure: str) -> float | None:
    """What the figure is once the minutes so far are closed."""
    plant.later(seconds=185)
    while tally.watch(plant.db, plant.now):
        pass
    with plant.db.read() as tx:
        return FIGURES[figure].ask(tx, lines.in_force(tx, "phones"), plant.now)


def images(plant: Plant, count: int, view: str = "front", name: str = "A", **other: Any) -> None:
    for number in range(count):
        plant.later(seconds=1)
        plant.image(f"{name}{number}", view, **other)


@pytest.mark.parametrize(
    ("figure", "failure"), [("no_part", Failure.NO_PART), ("unreadable", Failure.UNREADABLE)]
)  # fmt: skip
def test_the_worst_view_counts_and_too_few_say_nothing(plant: Plant, figure: str, failure: Failure) -> None:
    plant.level(Level.AI_ASSIST)
    images(plant, 19, failure=failure)
    assert value(plant, figure) is None
    images(plant, 15, "back")
    images(plant, 5, "back", "B", failure=failure)
    assert value(plant, figure) == 0.25
    plant.later(minutes=11)
    assert value(plant, figure) is None, "none of it is new"


def test_the_reject_rate_is_of_units_that_are_settled(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    for number in range(30):
        plant.unit(f"U{number}", 0.9 if number < 3 else 0.1)
    assert value(plant, "reject_rate") == pytest.approx(0.1)
    plant.level(Level.SHADOW)
    for number in range(30):
        plant.unit(f"W{number}", 0.9)
    assert value(plant, "reject_rate") == pytest.approx(0.1), "nobody has settled the others"
    for number in range(30):
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.REJECT if number < 9 else Verdict.PASS)
    assert value(plant, "reject_rate") == pytest.approx(0.2)


def test_a_frozen_camera_repeats_its_picture_and_its_rule_is_there_from_the_start(plant: Plant) -> None:
    plant.level(Level.AI_ASSIST)
    images(plant, 20, quality=replace(FIT, picture=7))
    assert value(plant, "repeated") == 0.95
    with plant.db.read() as tx:
        now = rules.figures(tx, lines.in_force(tx, "phones"), {"repeated": None}, None, plant.now)
    assert now == {"repeated": 0.95}
    assert "repeated" in [one.figure for one in rules.FIRST_RULES]


def test_a_camera_that_crops_differently_is_seen_beside_the_last_day(plant: Plant) -> None:
    images(plant, 30)
    assert value(plant, "image_size") is None, "there is no day before"
    plant.later(hours=2)
    images(plant, 20, name="B")
    assert value(plant, "image_size") == 0
    plant.later(hours=2)
    images(plant, 20, name="C")
    newest = IMAGE.c.capture_id.like("C%")
    plant.write(lambda tx: tx.execute(update(IMAGE).where(newest).values(width=80)).rowcount)
    assert value(plant, "image_size") == pytest.approx(0.25)


def test_automation_time_to_the_verdict_answers_and_those_taken_back(plant: Plant) -> None:
    plant.level(Level.PARTIAL_AUTOMATION)
    for number in range(30):
        plant.unit(f"A{number}", 0.1)
    for number in range(20):
        plant.unit(f"B{number}", 0.5)
    plant.later(seconds=10)
    ines = plant.person("ines")
    for number in range(20):
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.PASS)
        if number == 19:
            again = plant.write(lambda tx: label.undo(tx, person=ines, now=plant.now))
            plant.answer(again, Verdict.PASS)
    assert value(plant, "automation") == 0.6
    assert value(plant, "verdict_time") == pytest.approx(4)
    assert value(plant, "answer_time") == 3
    assert value(plant, "redone") == pytest.approx(1 / 21)


def test_units_given_up_for_want_of_a_view(plant: Plant) -> None:
    for number in range(15):
        plant.unit(f"A{number}")
    images(plant, 5, name="B")
    assert value(plant, "missing_views") == 0.25


def test_what_is_kept_speaks_of_the_past_until_it_has_caught_up(plant: Plant) -> None:
    plant.level(Level.AI_ASSIST)
    images(plant, 20, failure=Failure.NO_PART)
    assert value(plant, "no_part") == 1
    plant.now += timedelta(hours=3)
    with plant.db.read() as tx:
        assert FIGURES["no_part"].ask(tx, lines.in_force(tx, "phones"), plant.now) is None
