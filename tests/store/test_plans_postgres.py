"""PostgreSQL guesses from samples of its tables: it must not read all images for a camera's view that has sent none."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, text

from inspection.core.level import Level
from inspection.flow import drift as drift_flow
from inspection.flow import line as line_flow
from inspection.store import captures, drift, lines, monitor
from inspection.store.database import Database, Tx
from inspection.store.monitor import Eye
from inspection.store.records import IMAGE
from tests.databases import drop_postgres, fresh_postgres
from tests.plant import MODEL, Plant

IMAGES = 20_000


def eye(plant: Plant, view: str) -> Eye:
    return Eye(line_id=plant.camera.line_id, camera_id=plant.camera.id, view=view)


def recipe(tx: Tx) -> int:
    return lines.in_force(tx, "phones").recipe_id


QUERIES: dict[str, Callable[[Tx, Plant], Any]] = {
    "views that have sent": lambda tx, plant: drift.eyes(tx, plant.camera.line_id, plant.views),
    "views whose light is watched": lambda tx, plant: [
        tx.execute(monitor._NEWEST._statement, {"camera": plant.camera.id, "view_": view}).all() for view in plant.views
    ],
    "images that came": lambda tx, plant: [drift.came(tx, eye(plant, view), 0, 200) for view in plant.views],
    "opinions": lambda tx, plant: [drift.said(tx, eye(plant, view), recipe(tx), MODEL, 0, 400) for view in plant.views],
    "a new reference": lambda tx, plant: [
        drift.begin(tx, eye(plant, view), recipe(tx), MODEL, "monitor", "-", plant.now) for view in plant.views
    ],
    "pictures beside one": lambda tx, plant: [
        tx.execute(side._statement, {"image": one, "camera": plant.camera.id + other, "view_": view}).all()
        for side in (captures._BEFORE, captures._AFTER)
        for one in (1, IMAGES // 2, IMAGES)
        for other in (0, 1)
        for view in plant.views
    ],
}


@pytest.fixture(scope="module")
def large(postgres_uri: str, postgres_template: str) -> Iterator[Plant]:
    """A line with two cameras, each of which sends another view, and a large table of their images."""
    db = Database(fresh_postgres(postgres_uri, "large_plans", postgres_template))
    plant = Plant(db)
    plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="cam2", by="setup", now=plant.now))
    plant.level(Level.SHADOW)
    plant.image("one", "front")
    drift_flow.watch(db, lambda: plant.now)
    other = {"id": "n", "capture_id": "'c' || n", "camera_id": "camera_id + n % 2",
             "view": "CASE n % 2 WHEN 0 THEN 'front' ELSE 'back' END"}  # fmt: skip
    names = [column.name for column in IMAGE.c]
    values = ", ".join(other.get(name, f'image."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    with db.engine.begin() as connection:
        many = f"FROM image, generate_series(2, {IMAGES}) AS n WHERE image.id = 1"
        connection.execute(text(f"INSERT INTO image ({columns}) SELECT {values} {many}"))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    yield plant
    db.close()
    drop_postgres(postgres_uri, "large_plans")


def scans(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Every step of a plan that reads images."""
    own = [plan] if plan.get("Relation Name") == "image" and plan["Node Type"] != "ModifyTable" else []
    return own + [step for child in plan.get("Plans", ()) for step in scans(child)]


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_reads_all_images(large: Plant, name: str) -> None:
    asked: list[tuple[str, Any]] = []
    heard = lambda *given: asked.append((given[2], given[3]))  # noqa: E731
    event.listen(large.db.engine, "before_cursor_execute", heard)

    def ask(tx: Tx) -> None:
        QUERIES[name](tx, large)
        event.remove(large.db.engine, "before_cursor_execute", heard)
        cursor = tx.connection.driver_connection.cursor()  # type: ignore[union-attr]
        read = 0
        for sql, values in [one for one in asked if one[0].lstrip().upper().startswith("SELECT")]:
            plan = cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchone()[0]
            for step in scans((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]):
                read += 1
                assert "Index Cond" in step, (sql, step)
        assert read, "it asks for images"

    large.write(ask)
