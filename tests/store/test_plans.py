"""Pages that are asked for again and again read no large table as a whole: SQLite's plans say so, however few rows."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.flow import andon, figures, ladder, tally
from inspection.flow import monitor as light
from inspection.store import drift as kept_drift
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.monitor import Eye
from inspection.store.reports import board, concept, drift, journal, line, story, units
from inspection.store.reports.units import UnitFilter
from inspection.store.transaction import driver
from inspection.store.watched import FIGURES
from tests.plant import MODEL, Plant


def eye(plant: Plant) -> Eye:
    return Eye(line_id=plant.camera.line_id, camera_id=plant.camera.id, view="front")


LARGE = ("unit", "image", "prediction", "label", "task", "journal")
PAGES: dict[str, Callable[[Tx, Plant], Any]] = {
    "board": lambda tx, plant: board.board(tx, plant.now),
    "wall": lambda tx, plant: andon.andon(tx, plant.now),
    "line": lambda tx, plant: line.page(tx, "phones", plant.now),
    "ladder": lambda tx, plant: ladder.next_step(tx, "phones", plant.now),
    "story": lambda tx, plant: story.story_for(tx, "phones", "good-1", 1, plant.now, inspector=False),
    "journal of a unit": lambda tx, plant: journal.before(tx, None, plant.now, subject="line/phones/unit/good-1"),
    "units": lambda tx, plant: units.find(tx, UnitFilter(), plant.now, inspector=False),
    "units of a line": lambda tx, plant: units.find(tx, UnitFilter(line="phones"), plant.now, inspector=False),
    "a serial": lambda tx, plant: units.find(tx, UnitFilter(serial="good-1"), plant.now, inspector=False),
    "figures": lambda tx, plant: [
        one.ask(tx, lines.in_force(tx, "phones"), plant.now)
        for one in FIGURES.values()
        if one.name != "null_outputs"  # reads the newest predictions, in their own order
    ],
    "a minute's figures": lambda tx, plant: tally.counted(
        tx, lines.all_in_force(tx), int(plant.now.timestamp()) - 60, int(plant.now.timestamp())
    ),
    "the watch of light": lambda tx, plant: light.watch(tx, rule=light.WindowRule(images=2), now=plant.now),
    "a scrape": lambda tx, plant: list(figures.of_lines(tx, None, plant.now)),
    "drift": lambda tx, plant: (
        drift.views(tx, "phones", plant.now),
        concept.judged(tx, lines.in_force(tx, "phones"), plant.now),
        kept_drift.said(tx, eye(plant), lines.in_force(tx, "phones").recipe_id, MODEL, 0, 400),
    ),
    "escapes": lambda tx, plant: units.find(tx, UnitFilter(disagreement="escape"), plant.now, inspector=False),
}


@pytest.fixture
def plant(plant: Plant) -> Plant:
    plant.level(Level.SHADOW)
    plant.label_many(3, Verdict.PASS)
    plant.label_many(2, Verdict.REJECT, 0.9, "bad")
    plant.later(seconds=31)
    return plant


def plans(plant: Plant, page: Callable[[Tx, Plant], Any]) -> list[tuple[str, list[str]]]:
    """Every SELECT of a page, as the driver has it with its values, with the steps of its plan."""
    asked: list[str] = []
    with plant.db.read() as tx:
        connection = driver(tx)
        connection.set_trace_callback(asked.append)
        try:
            page(tx, plant)
        finally:
            connection.set_trace_callback(None)
        explained = [sql for sql in asked if sql.lstrip().upper().startswith("SELECT")]
        assert explained, "it asks for something"
        return [(sql, [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]) for sql in explained]


@pytest.mark.parametrize("name", PAGES)
def test_no_large_table_is_read_as_a_whole(plant: Plant, name: str) -> None:
    whole = re.compile(rf"^SCAN ({'|'.join(LARGE)})( USING (COVERING )?INDEX sqlite_autoindex.*)?$")
    for sql, steps in plans(plant, PAGES[name]):
        assert not [step for step in steps if whole.match(step)], (sql, steps)


@pytest.mark.parametrize("name", ["board", "wall"])
def test_the_newest_image_of_a_line_is_not_sorted_for(plant: Plant, name: str) -> None:
    for sql, steps in plans(plant, PAGES[name]):
        if "FROM image" in sql:
            assert not [step for step in steps if "TEMP B-TREE" in step], (sql, steps)
