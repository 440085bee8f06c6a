"""What is done for each image, each second or each answer takes as long in a plant's third year as on its first day:
SQLite's steps are counted, of the same work after a short and after a long past."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, text

from inspection.core.adjudicate import Kind
from inspection.core.decide import Verdict
from inspection.core.ingest import StoredImage
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.monitor import Baseline
from inspection.core.people import Person
from inspection.flow import (
    adjudicate,
    alarm,
    decide,
    guard,
    ingest,
    label,
    miss,
    monitor,
    people,
    review,
    rollout,
    tally,
)
from inspection.store import alarms, captures, drift, lines, models
from inspection.store import monitor as light
from inspection.store.database import Database, Tx
from inspection.store.monitor import Eye
from inspection.store.records import ALARM, DISPUTE, DOUBT, IMAGE, LABEL, PREDICTION, SHOWING, TASK, UNIT, WINDOW
from inspection.store.transaction import driver
from tests.databases import sqlite_at
from tests.plant import Plant

SHORT, LONG, APART = 300, 6_000, 600_000_000  # rounds of the same few units: two days and forty of ten minutes each
TABLES = (UNIT, IMAGE, TASK, LABEL, PREDICTION, WINDOW, SHOWING, DISPUTE, DOUBT, ALARM)
TIMES = ("opened_at", "settled_at", "received_at", "captured_at", "decided_at", "ready_at", "due_at", "closed_at", "at",
         "started_at", "ended_at", "leased_until", "since", "cleared_at", "acked_at")  # fmt: skip
REFERS = {"unit_id": UNIT, "image_id": IMAGE, "last_image_id": IMAGE, "task_id": TASK, "label_id": LABEL,
          "instead_of": TASK, "dispute_id": DISPUTE, "group_id": ALARM}  # fmt: skip
UNIQUE = ("serial", "capture_id", "sha256", "lease", "subject")
RULE = monitor.WindowRule(images=4)


def eye(plant: Plant, view: str = "front") -> Eye:
    return Eye(line_id=plant.camera.line_id, camera_id=plant.camera.id, view=view)


def newest(tx: Tx) -> int:
    return int(tx.execute(text("SELECT max(id) FROM image WHERE view = 'front'")).scalar_one())


def one_image(tx: Tx, plant: Plant) -> int:
    stored = StoredImage(sha256=sha256(b"new").hexdigest(), size=9, media_type="image/jpeg", width=64, height=48)
    capture = plant.capture("new", "front")
    return ingest.record(tx, camera=plant.camera, capture=capture, stored=stored, now=plant.now).receipt.image_id


def ivan(tx: Tx) -> Person:
    """Who has not reviewed any unit of the past."""
    found = people.find(tx, "ivan")
    assert found is not None
    return found


def claimed(tx: Tx, plant: Plant, known_share: float, second_share: float) -> review.Held:
    held = review.claim(
        tx, person_id=ivan(tx).id, line=None, now=plant.now, known_share=known_share, second_share=second_share
    )
    assert held is not None
    return held


def one_answer(tx: Tx, plant: Plant) -> object:
    return answered(tx, plant, claimed(tx, plant, 0.0, 0.0))


def answered(tx: Tx, plant: Plant, held: review.Held) -> object:
    return label.answer(
        tx, task_id=held.task_id, lease=held.lease, person=ivan(tx), label=Label(verdict=Verdict.PASS), seen=(),
        now=plant.now,
    )  # fmt: skip


def taken_back(tx: Tx, plant: Plant) -> object:
    one_answer(tx, plant)
    return label.undo(tx, person=ivan(tx), now=plant.now)


WORK: dict[str, Callable[[Tx, Plant], object]] = {
    "an image": one_image,
    "whether a picture repeats": lambda tx, _: captures.repeats(tx, newest(tx) - 20, 1234567),
    "the next unit to review": lambda tx, plant: claimed(tx, plant, 0.0, 0.0),
    "a unit of known answer": lambda tx, plant: claimed(tx, plant, 1.0, 0.0),
    "a unit for a second reading": lambda tx, plant: claimed(tx, plant, 0.0, 1.0),
    "the pictures to fetch beforehand": lambda tx, plant: review.upcoming(
        tx, person_id=ivan(tx).id, line="phones", now=plant.now, held=0, known_share=0.0
    ),
    "an answer": one_answer,
    "an answer taken back": taken_back,
    "what models say of an image": lambda tx, plant: decide.keep_late_examination(
        tx, image_id=one_image(tx, plant), examination=plant.examination(), now=plant.now
    ),
    "a decision": lambda tx, plant: decide.decide_image(
        tx, image_id=one_image(tx, plant), examination=plant.examination(), now=plant.now
    ),
    "models to keep loaded": lambda tx, _: models.wanted(tx),
    "undecided images": lambda tx, plant: decide.refer_undecided(
        tx, before=plant.now - timedelta(seconds=90), now=plant.now
    ),
    "units that lack a view": lambda tx, plant: decide.refer_incomplete(tx, now=plant.now),
    "light": lambda tx, plant: monitor.watch(tx, rule=RULE, now=plant.now),
    "guards": lambda tx, plant: guard.watch(tx, now=plant.now),
    "alarms": lambda tx, plant: alarm.watch(tx, now=plant.now),
    "reported misses": lambda tx, plant: miss.watch(tx, now=plant.now),
    "rollouts": lambda tx, plant: rollout.tick(tx, now=plant.now),
    "what is new for drift": lambda tx, plant: drift.came(tx, eye(plant), newest(tx) - 200, 50),
    "a minute's figures": lambda tx, plant: tally.counted(
        tx, lines.all_in_force(tx), int(plant.now.timestamp()) // 60 * 60 - 120, int(plant.now.timestamp()) // 60 * 60
    ),
}


def past(plant: Plant, rounds: int) -> None:
    """Copies of all units there are, with what belongs to them, one round after the other; then it is now."""
    with plant.db.engine.begin() as connection:
        most = {table: connection.execute(text(f"SELECT coalesce(max(id), 0) FROM {table.name}")).scalar_one()
                for table in TABLES if "id" in table.c}  # fmt: skip
        every = f"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {rounds})"
        for table in TABLES:
            columns = ", ".join(f'"{column.name}"' for column in table.c)
            values = ", ".join(_copied(table, column.name, most) for column in table.c)
            last = f"WHERE id <= {most[table]}" if table in most else f"WHERE image_id <= {most[IMAGE]}"
            order = "ORDER BY n" + (", id" if table in most else "")
            found = f'{every} SELECT {values} FROM r, "{table.name}" {last} {order}'
            connection.execute(text(f'INSERT INTO "{table.name}" ({columns}) {found}'))
    plant.later(microseconds=rounds * APART)


def _copied(table: Table, name: str, most: dict[Table, int]) -> str:
    if name == "id":
        return f"id + {most[table]} * n"
    if name in REFERS:
        return f'"{name}" + {most[REFERS[name]]} * n'
    if name in TIMES:
        return f'"{name}" + {APART} * n'
    return f"\"{name}\" || '-' || n" if name in UNIQUE else f'"{name}"'


@pytest.fixture(
    scope="module",
    params=[(Level.HUMAN_ONLY, False), (Level.PARTIAL_AUTOMATION, False), (Level.PARTIAL_AUTOMATION, True)],
)
def plants(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plant, Plant]]:
    """The same plant after a short and a long past, at a level."""
    level, looked_over = request.param
    made: list[Plant] = []
    opened: list[Database] = []
    for rounds in (SHORT, LONG):
        folder: Path = tmp_path_factory.mktemp("growth")
        opened.append(sqlite_at(folder / "jidoka.db"))
        made.append(_plant(opened[-1], level, rounds))
        if looked_over:
            opened[-1]._look_over()
    yield made[0], made[1]
    for db in opened:
        db.close()


def _plant(db: Database, level: Level, rounds: int) -> Plant:
    """Units of which some wait, some were reviewed, and one of these again; and one reported as a miss, and settled."""
    plant = Plant(db)
    plant.level(Level.SHADOW)
    plant.label_many(2, Verdict.PASS)
    for number in range(3):
        plant.unit(f"waits-{number}")
    plant.write(lambda tx: answered(tx, plant, claimed(tx, plant, 0.0, 1.0)))
    unit, erin = plant.find("good-0"), plant.person("erin")
    number = plant.write(
        lambda tx: miss.report(
            tx, line="phones", unit_id=unit.id, defect_types=("dent",), reason="A dent at the corner.",
            person=erin, now=plant.now,
        )
    )  # fmt: skip
    plant.later(seconds=31)
    plant.write(
        lambda tx: adjudicate.settle(
            tx, kind=Kind.MISS, number=number, defective=True, reason="It has a dent.", by="adam", now=plant.now,
            defect_types=("dent",),
        )
    )  # fmt: skip
    for one in plant.read(alarms.standing):
        plant.write(lambda tx, one=one: alarm.clear(tx, alarm_id=one.id, by="erin", reason="Mended.", now=plant.now))
    recipe = plant.read(lambda tx: lines.in_force(tx, "phones").recipe_id)
    learned = Baseline(mean=120.0, deviation=1.0, windows=8)
    for view in plant.views:
        plant.write(
            lambda tx, view=view: light.set_baseline(tx, eye(plant, view), recipe, learned, 0, "-", "-", plant.now)
        )
    plant.write(lambda tx: monitor.watch(tx, rule=RULE, now=plant.now))
    plant.level(level, override=True)  # or the guard would lower it for want of a certificate
    past(plant, rounds)
    plant.write(lambda tx: guard.watch(tx, now=plant.now))  # the first raises alarms of what has happened
    return plant


def steps(plant: Plant, work: Callable[[Tx, Plant], Any]) -> int:
    """How many of SQLite's steps some work takes, in tens; what it has changed is undone."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    def run(tx: Tx) -> None:
        driver(tx).set_progress_handler(step, 10)
        try:
            work(tx, plant)
        finally:
            driver(tx).set_progress_handler(None, 0)
        raise _Undone

    with pytest.raises(_Undone):
        plant.write(run)
    return taken


class _Undone(Exception):
    """So that the next work finds what this one found."""


@pytest.mark.parametrize("name", WORK)
def test_no_work_grows_with_what_lies_behind(plants: tuple[Plant, Plant], name: str) -> None:
    short, long = (steps(plant, WORK[name]) for plant in plants)
    assert long <= 1.5 * short + 100, f"{10 * short} steps after {SHORT} rounds, {10 * long} after {LONG}"
