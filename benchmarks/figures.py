"""How long the page of a line's figures takes with a year of minutes, and what a minute costs the watch.

python -m benchmarks.figures [--folder PLACE]
"""

import argparse
import asyncio
import math
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import delete, insert

from benchmarks.fill import NOW, fill
from benchmarks.table import bar, show
from inspection.core.tally import DAY, FIGURES, MINUTE, PER_MINUTE, SHARE, SPANS, Sum
from inspection.flow import people, tally
from inspection.flow.changes import Changes
from inspection.main.serve import spare_the_loaded
from inspection.store import lines
from inspection.store import tally as kept
from inspection.store.database import Database, Unavailable
from inspection.store.images import FolderImageStore
from inspection.store.migrations import upgrade
from inspection.store.records import TALLY, TALLY_UNTIL, dump
from inspection.store.reports import tally as report
from review_ui.app import Services, build
from review_ui.guard import COOKIE

BAR_MS, ROUNDS = 200.0, 20
YEAR, CHUNK = 365 * DAY, 20_000
A_MINUTE = 1_200  # images
MINUTES = 30
LEVELS = {"brightness": 120.0, "mean": 118.0, "contrast": 80.0, "width": 1600.0, "height": 1200.0, "score": 0.12}


def main(given: list[str] | None = None) -> None:
    """Fill, ask for the page of each span, let the watch close minutes, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path)
    asked = options.parse_args(given)
    with tempfile.TemporaryDirectory() as own:
        folder = asked.folder or Path(own)
        db = Database(f"sqlite:///{folder / 'figures.db'}")
        upgrade(db.engine)
        print(f"\nload {os.getloadavg()[0]:.1f}\n", flush=True)
        # Units and images as a plant of one line after the other sends them: 1,200 images in each minute.
        fill(db, MINUTES * A_MINUTE * 10 // 12, NOW, timedelta(minutes=MINUTES))
        rows = [_watch(db)]
        fill_year(db, int(NOW.timestamp()) // DAY * DAY)
        rows += asyncio.run(_pages(db, folder))
        db.close()
    show(("what", "median ms", "p95 ms", "CPU ms", f"{BAR_MS:.0f} ms"), rows)


def fill_year(db: Database, until: int) -> None:
    """A year of minutes, hours and days of the first line with two views, up to that moment (seconds), as rows."""
    with db.read() as tx:
        known = lines.in_force(tx, "line0")
        camera = lines.find_camera(tx, "line0", "cam1")
    assert camera is not None
    eyes = [(kept.WHOLE, ""), (camera.id, "front"), (camera.id, "back")]
    db.write(lambda tx: kept.begin(tx, dict.fromkeys(SPANS, until)))
    for span in SPANS:
        chunk: list[dict[str, object]] = []
        for start, figures in _rows(span, until):
            for (camera_id, view), body in zip(eyes, figures, strict=True):
                key = {"line_id": known.id, "span": span, "start": start, "camera_id": camera_id, "view": view}
                chunk.append({**key, "figures": body})
            if len(chunk) >= CHUNK:
                _add(db, chunk)
                chunk = []
        _add(db, chunk)


def _rows(span: int, until: int) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """The line's and two views' figures of each span of the year, of a few hundred different ones."""
    dice = random.Random(span)
    different = [tuple(dump(_figures(dice, span, of_view)) for of_view in (False, True, True)) for _ in range(500)]
    for at, start in enumerate(range(until - YEAR, until, span)):
        yield start, different[at % len(different)]  # type: ignore[misc]


def _figures(dice: random.Random, span: int, of_view: bool) -> dict[str, Sum]:
    minutes = span // MINUTE
    n = 600 * minutes
    found = {}
    for figure in FIGURES.values():
        if figure.of_view != of_view:
            continue
        level = LEVELS.get(figure.name, 0.05 if figure.unit == SHARE else 3.0)
        mean = level * (1 + dice.gauss(0, 0.02) / math.sqrt(minutes))
        if figure.unit == SHARE:
            found[figure.name] = Sum(n, round(mean * n), 0, 1)
        elif figure.unit == PER_MINUTE:
            found[figure.name] = Sum(minutes, n, 570, 630)
        else:
            found[figure.name] = Sum(n, mean * n, 0.9 * mean, 1.1 * mean)
    return found


def _add(db: Database, rows: list[dict[str, object]]) -> None:
    if rows:
        db.write(lambda tx: tx.execute(insert(TALLY), rows).rowcount)


def _watch(db: Database) -> tuple[str, ...]:
    """One tick of the watch for each minute."""
    first = int((NOW - timedelta(minutes=MINUTES)).timestamp())
    db.write(lambda tx: kept.begin(tx, dict.fromkeys(SPANS, first)))
    taken = []
    for minute in range(MINUTES):
        now = NOW - timedelta(minutes=MINUTES - minute - 1) + timedelta(seconds=tally.LATE)
        began, used = time.perf_counter(), time.process_time()
        assert tally.watch(db, now)
        taken.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)))
    db.write(lambda tx: [tx.execute(delete(table)).rowcount for table in (TALLY, TALLY_UNTIL)])
    return _row(f"a tick of the watch, a minute of {A_MINUTE:,} images", taken)


async def _pages(db: Database, folder: Path) -> list[tuple[str, ...]]:
    services = Services(
        db=db, images=FolderImageStore(folder / "images"), clock=lambda: NOW, changes=Changes(),
        start_job=lambda: None, unavailable=Unavailable,
    )  # fmt: skip
    app, rows = build(services), []
    with db.read() as tx:
        person = people.find(tx, "erin")
    assert person is not None
    cookie = db.write(lambda tx: people.open_session(tx, person=person, now=NOW)).token
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench") as client:
        for name in report.SPANS:
            taken = []
            for _ in range(ROUNDS + 1):
                began, used = time.perf_counter(), time.process_time()
                answer = await client.get(f"/lines/line0/figures?span={name}", headers={"cookie": f"{COOKIE}={cookie}"})
                assert answer.status_code == 200
                taken.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)))
                spare_the_loaded()  # as in the server
            rows.append(_row(f"page, {name}, {len(answer.content) / 1e3:.0f} kB", taken[1:], bars=True))
    return rows


def _row(name: str, taken: list[tuple[float, float]], *, bars: bool = False) -> tuple[str, ...]:
    whole, used = zip(*taken, strict=True)
    middle = statistics.median(whole)
    met = bar(middle <= BAR_MS) if bars else ""
    worst = sorted(whole)[int(0.95 * len(whole))]
    return name, f"{middle:.0f}", f"{worst:.0f}", f"{statistics.median(used):.0f}", met


if __name__ == "__main__":
    main()
