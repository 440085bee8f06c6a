"""Fills a database with as many units as a plant sees in months: the rows that the product would have written, in bulk.

Only the journal's seals are not real: nobody walks them here.
"""

import itertools
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Table, select

from inspection.core.level import Level
from inspection.core.line import Line, Recipe
from inspection.core.moment import micros
from inspection.core.people import Role
from inspection.core.policy import Terms
from inspection.core.train import Sample, Trained
from inspection.flow import line as line_flow
from inspection.flow import people, policy, train
from inspection.store import lines, records
from inspection.store.database import Database
from inspection.store.lines import LineInForce

SPAN = timedelta(days=90)
INSPECTORS = 20
WAITING = 3_000  # newest units that wait for people
LABELLED, AUDITED, BAD, MISSED = 0.10, 0.08, 0.02, 0.03
CHUNK = 20_000
LEVELS = (Level.FULL_AUTOMATION, Level.PARTIAL_AUTOMATION, Level.AI_ASSIST, Level.SHADOW)
SHARES = (50, 20, 10, 10, 4, 2, 2, 2)  # of the units, line by line; what is left is an old line's, which stands still
DEFECTS = ("scratch", "dent", "crack", "stain")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line as its rows name it."""

    known: LineInForce
    policy: int
    model: str
    camera: int


def fill(db: Database, units: int, now: datetime, span: timedelta = SPAN) -> None:
    """Lines, people and models by the product's own flows; units, images, labels and the rest in bulk."""
    places = _set_up(db, now - span)
    with db.read() as tx:
        judges = list(tx.execute(select(records.PERSON.c.id).where(records.PERSON.c.role == "inspector")).scalars())
    with _sink(db) as write:
        rows = _Rows(places, judges, units, now, span)
        for chunk in iter(lambda: list(itertools.islice(rows.units(), CHUNK)), []):
            for table in rows.TABLES:
                write(table, [row for unit in chunk for row in unit.get(table.name, ())])


def _set_up(db: Database, at: datetime) -> list[Place]:
    for number in range(INSPECTORS):
        _person(db, f"ines{number}", Role.INSPECTOR, at)
    _person(db, "erin", Role.ENGINEER, at)
    return [_line(db, number, at) for number in range(len(SHARES) + 1)]


def _person(db: Database, name: str, role: Role, at: datetime) -> None:
    db.write(lambda tx: people.add(tx, name=name, role=role, hashed="-", by="bench", now=at))


def _line(db: Database, number: int, at: datetime) -> Place:
    name, model = f"line{number}", f"{number:064d}"
    line = Line(name=name, title=f"Line {number}", recipe=Recipe(views=("front", "back"), defect_types=DEFECTS))
    db.write(lambda tx: line_flow.add(tx, line=line, by="bench", now=at))
    db.write(lambda tx: line_flow.add_camera(tx, line=name, name="cam1", by="bench", now=at))
    samples = [Sample(view=view, sha256="0" * 64, name="x") for view in ("front", "back")]
    trained = Trained(artefact=model, card={})
    db.write(lambda tx: train.register(tx, line=name, trained=trained, samples=samples, by="bench", now=at))
    level = LEVELS[number % len(LEVELS)]
    low = {"pass_below": 0.3} if level is Level.PARTIAL_AUTOMATION else {}
    high = {"reject_above": 0.7} if level in (Level.PARTIAL_AUTOMATION, Level.FULL_AUTOMATION) else {}
    terms = Terms(level=level, model=model, audit_share=AUDITED, **low, **high)
    change = {"line": name, "terms": terms, "by": "bench", "reason": "To fill a database.", "accept_override": True}
    db.write(lambda tx: policy.change(tx, now=at, **change))
    with db.read() as tx:
        camera = lines.find_camera(tx, name, "cam1")
        assert camera is not None
        known = lines.in_force(tx, name)
        policy_id = tx.execute(select(records.LINE.c.policy_id).where(records.LINE.c.id == known.id)).scalar_one()
        return Place(known=known, policy=policy_id, model=model, camera=camera.id)


class _Rows:
    """The rows of units, one unit after the other."""

    TABLES = (records.UNIT, records.IMAGE, records.PREDICTION, records.TASK, records.LABEL, records.JOURNAL)

    def __init__(
        self, places: list[Place], judges: list[int], units: int, now: datetime, span: timedelta
    ) -> None:  # fmt: skip
        self._dice = random.Random(0)
        self._places, self._judges, self._count = places, judges, units
        self._first, self._step = micros(now - span), (span // units) // timedelta(microseconds=1)
        self._ids = {table.name: itertools.count(1) for table in self.TABLES}
        self._seq = itertools.count(1_000)  # behind what the setting up wrote
        self._next = self._units()

    def units(self) -> Iterator[dict[str, list[dict[str, Any]]]]:
        """Go on where the last call stopped."""
        return self._next

    def _units(self) -> Iterator[dict[str, list[dict[str, Any]]]]:
        old = self._places[-1]
        for number in range(self._count):
            busy = self._dice.choices(self._places[:-1], SHARES)[0]
            yield self._unit(number, old if number < self._count // 50 else busy)

    def _unit(self, number: int, place: Place) -> dict[str, list[dict[str, Any]]]:
        dice, known, at = self._dice, place.known, self._first + number * self._step
        level = known.policy.terms.level
        bad = dice.random() < BAD
        score = min(max(dice.gauss(0.85 if bad else 0.12, 0.08), 0.0), 1.0)
        ai_decides = level in (Level.PARTIAL_AUTOMATION, Level.FULL_AUTOMATION)
        ai = ("reject" if score >= 0.7 else "pass") if ai_decides and not 0.3 < score < 0.7 else None
        audited = dice.random() < AUDITED
        waits = number >= self._count - WAITING and (ai is None or audited)
        judged = not waits and (ai is None or audited) and dice.random() < (0.95 if ai_decides else 0.3)
        said = ("reject" if bad != (dice.random() < MISSED) else "pass") if judged else None
        verdict = None if waits and ai is None else said or ai or "pass"
        settled = None if verdict is None else at + 2_000_000
        unit_id = next(self._ids["unit"])
        serial = f"SN{number:08d}"
        unit = {
            "id": unit_id, "line_id": known.id, "recipe_id": known.recipe_id, "serial": serial, "visit": 1,
            "audited": audited, "audit_probability": AUDITED, "verdict": verdict, "ai_verdict": ai,
            "by": "person" if said or waits else "ai", "person_verdict": said,
            "reason": f"{'reject' if said == 'reject' else 'pass'}ed_by_person" if said else "all_views_passed",
            "model": place.model, "score": score, "simulated": False, "opened_at": at, "settled_at": settled,
            "rollout_id": None,
        }  # fmt: skip
        views = ("front", "back") if dice.random() < 0.2 else ("front",)
        images = [self._image(place, unit_id, serial, view, at, said is not None) for view in views]
        opinions = [self._opinion(image["id"], place.model, score, at) for image in images if dice.random() < 0.95]
        found: dict[str, list[dict[str, Any]]] = {"unit": [unit], "image": images, "prediction": opinions}
        if waits or judged:
            found["task"] = [self._task(known.id, unit_id, at, "open" if waits else "done")]
        if said:
            found["label"] = [self._label(known.id, unit_id, found["task"][0]["id"], said, at)]
        subject = f"line/{known.line.name}/unit/{serial}"
        found["journal"] = [self._entry(subject, "unit_opened", at), self._entry(subject, "unit_disposed", at)]
        return found

    def _image(self, place: Place, unit_id: int, serial: str, view: str, at: int, seen: bool) -> dict[str, Any]:
        return {
            "id": next(self._ids["image"]), "line_id": place.known.id, "unit_id": unit_id, "camera_id": place.camera,
            "capture_id": f"{serial}-{view}", "view": view, "sha256": f"{unit_id:064x}", "size": 200_000,
            "media_type": "image/jpeg", "width": 1600, "height": 1200, "captured_at": at, "received_at": at,
            "skew_s": 0.0, "simulated": False, "brightness": 120.0, "contrast": 60.0, "sharpness": 80.0,
            "saturated": 0.01, "mean": 118.0, "black": 0.001, "red": 2.0,
            "blue": -3.0, "noise": 1.5, "picture": unit_id, "unfit": None, "policy_id": place.policy, "outcome": "pass",
            "reason": "score_below", "detail": "", "decided_at": at, "seen_by_person": seen,
        }  # fmt: skip

    def _opinion(self, image_id: int, model: str, score: float, at: int) -> dict[str, Any]:
        return {
            "id": next(self._ids["prediction"]), "image_id": image_id, "model": model, "score": score, "novelty": 0.1,
            "novel": False, "findings": "[]", "heatmap": None, "milliseconds": 20.0, "failure": None, "detail": "",
            "at": at,
        }  # fmt: skip

    def _task(self, line_id: int, unit_id: int, at: int, state: str) -> dict[str, Any]:
        return {
            "id": next(self._ids["task"]), "line_id": line_id, "unit_id": unit_id, "reason": "audit", "state": state,
            "opened_at": at, "ready_at": at, "due_at": at, "lease": None, "leased_by": None, "leased_until": None,
            "saw_ai": False, "closed_at": None if state == "open" else at + 9_000_000,
        }  # fmt: skip

    def _label(self, line_id: int, unit_id: int, task_id: int, said: str, at: int) -> dict[str, Any]:
        types = f'["{self._dice.choice(DEFECTS)}"]' if said == "reject" else "[]"
        return {
            "id": next(self._ids["label"]), "line_id": line_id, "unit_id": unit_id, "task_id": task_id,
            "person_id": self._dice.choice(self._judges), "verdict": said, "defect_types": types, "findings": "[]",
            "note": "", "seconds": 4.0, "saw_ai": False, "effective": True, "simulated": False, "at": at + 9_000_000,
        }  # fmt: skip

    def _entry(self, subject: str, event: str, at: int) -> dict[str, Any]:
        return {
            "seq": next(self._seq), "at": at, "subject": subject, "event": event, "actor": "camera cam1",
            "before": "", "after": "", "reason": "", "facts": "{}", "seal": "0" * 64,
        }  # fmt: skip


class _sink:  # noqa: N801 - used like a function
    """Writes rows of a table in bulk: SQLite in one transaction without waiting for the disk, PostgreSQL by COPY."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __enter__(self) -> Callable[[Table, Sequence[dict[str, Any]]], None]:
        url = self._db.engine.url
        if self._db.is_sqlite:
            self._sqlite = sqlite3.connect(str(url.database), isolation_level=None)
            for words in ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-400000", "BEGIN IMMEDIATE"):
                self._sqlite.execute(words)
            return self._insert
        self._postgres = psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        return self._copy

    def __exit__(self, kind: object, *_: object) -> None:
        if self._db.is_sqlite:
            self._sqlite.execute("ROLLBACK" if kind else "COMMIT")
            self._sqlite.close()
            return
        self._postgres.commit()
        self._postgres.autocommit = True
        for table in _Rows.TABLES:
            if table is not records.JOURNAL:
                last = f"SELECT setval('{table.name}_id_seq', (SELECT max(id) FROM {table.name}))"
                self._postgres.execute(last.encode())
        self._postgres.execute("VACUUM ANALYZE")
        self._postgres.close()

    def _insert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            names = list(rows[0])
            marks = ", ".join("?" for _ in names)
            columns = ", ".join(f'"{name}"' for name in names)
            self._sqlite.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", _values(rows, names))

    def _copy(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            names = list(rows[0])
            columns = ", ".join(f'"{name}"' for name in names)
            with self._postgres.cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN".encode()) as into:
                for row in _values(rows, names):
                    into.write_row(row)


def _values(rows: Sequence[dict[str, Any]], names: list[str]) -> Iterator[list[Any]]:
    return ([row[name] for name in names] for row in rows)


NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
