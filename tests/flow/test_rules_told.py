"""What a rule's page tells of its figure: of what the AI said no more than whole hours, of the rest what it is now."""

from datetime import UTC, datetime, timedelta

import pytest

from inspection.core.rule import Comparison, Rule
from inspection.flow import rules as rules_flow
from inspection.store import rules
from inspection.store.reports.alarms import WatchedRule, watched
from inspection.store.watched import FIGURES
from tests.plant import Plant

BEGAN = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
EVERY = timedelta(minutes=5)


def told(plant: Plant, figure: str, last: float) -> WatchedRule:
    """The rule as told, when it was last asked just now, and its figure has grown by 1 with each reading since 8."""
    line = plant.camera.line_id
    if figure not in {one.rule.figure for one in plant.read(lambda tx: rules.of_line(tx, line))}:
        rule = Rule(figure=figure, comparison=Comparison.ABOVE, threshold=1.0, hysteresis=0.0)
        plant.write(lambda tx: rules_flow.add(tx, line="phones", rule=rule, by="ann", reason="to see", now=plant.now))
    kept = next(one for one in plant.read(lambda tx: rules.of_line(tx, line)) if one.rule.figure == figure)
    for n in range(int((plant.now - BEGAN) / EVERY)):
        at = BEGAN + n * EVERY + timedelta(seconds=40)
        plant.write(lambda tx, n=n, at=at: rules.write_down(tx, line, {figure: float(n)}, at))
    plant.write(lambda tx: rules.asked(tx, kept.id, last, plant.now))
    return next(one for one in plant.read(lambda tx: watched(tx, "phones", plant.now)) if one.kept.id == kept.id)


def test_a_figure_of_the_ai_is_told_as_it_was_when_the_hour_began(plant: Plant) -> None:
    plant.now = BEGAN + timedelta(hours=2, minutes=33)
    found = told(plant, "refer_rate", 99.0)
    assert (found.value, found.at) == (24.0, BEGAN + timedelta(hours=2, seconds=40))
    assert [value for _, value in found.day] == [0.0, 12.0, 24.0]
    assert found.kept.last_value == 99.0, "what the rule goes by"


def test_any_other_figure_is_told_as_it_is_now(plant: Plant) -> None:
    plant.now = BEGAN + timedelta(hours=2, minutes=33)
    found = told(plant, "clock_skew", 99.0)
    assert (found.value, found.at) == (99.0, plant.now)
    assert len(found.day) == 30


def test_what_was_said_hours_ago_is_not_told_as_now(plant: Plant) -> None:
    plant.now = BEGAN + timedelta(minutes=33)
    told(plant, "refer_rate", 99.0)
    plant.later(hours=3)
    (found,) = (one for one in plant.read(lambda tx: watched(tx, "phones", plant.now)) if one.figure.of_ai)
    assert (found.value, found.at) == (None, None)


@pytest.mark.parametrize(
    "name", ["automation", "verdict_time", "refer_rate", "reject_rate", "null_outputs", "no_part", "overrides"]
)
def test_every_figure_that_the_ai_makes_counts_as_such(name: str) -> None:
    assert FIGURES[name].of_ai


def test_what_cameras_and_people_make_does_not() -> None:
    ours = {name for name, one in FIGURES.items() if not one.of_ai}
    assert {"images_per_minute", "disk_left", "clock_skew", "brightness", "queue_age", "unsure"} <= ours
