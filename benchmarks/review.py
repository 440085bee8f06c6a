"""From an inspector's key to the next unit painted, in a real Chromium on the loopback address.

python -m benchmarks.review [ANSWERS]
"""

import asyncio
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import uvicorn
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.table import bar, show
from inspection.core.capture import Capture, Quality
from inspection.core.line import Line, Recipe
from inspection.core.people import Role
from inspection.core.predict import Examination
from inspection.flow import decide, ingest, people
from inspection.flow import line as line_flow
from inspection.flow.changes import Changes
from inspection.main.serve import spare_the_loaded
from inspection.store import lines
from inspection.store.database import Database, Unavailable
from inspection.store.images import FolderImageStore
from inspection.store.migrations import upgrade
from review_ui.app import Services, build
from review_ui.guard import COOKIE

ROOT = Path(__file__).parents[1]
SIZES = {"1600 x 1200": (1600, 1200), "4000 x 3000 (12 megapixels)": (4000, 3000)}
BAR_MS = 100
THINKS_MS = 1500  # an inspector who is quick; what comes next is fetched meanwhile
FIT = Quality(brightness=120.0, contrast=80.0, sharpness=90.0, saturated=0.01)
SEEN = Examination(quality=FIT, opinions=())


def jpeg(size: tuple[int, int], seed: int) -> bytes:
    """A grained picture, different for every seed."""
    dice = np.random.default_rng(seed)
    grain = dice.normal(0, 6, (size[1] // 2, size[0] // 2)).repeat(2, 0).repeat(2, 1)
    grey = (np.linspace(70, 170, size[0])[None, :] + grain).clip(0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(grey).convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


def fill(folder: Path, size: tuple[int, int], units: int) -> tuple[str, int]:
    """A line with so many units that wait for a person; a session's cookie, and the mean bytes of an image."""
    db, images, now = Database(f"sqlite:///{folder / 'plant.db'}"), FolderImageStore(folder / "images"), _now()
    upgrade(db.engine)
    recipe = Recipe(views=("top",), defect_types=("scratch", "dent"))
    db.write(lambda tx: line_flow.add(tx, line=Line(name="bench", title="Bench", recipe=recipe), by="bench", now=now))
    db.write(lambda tx: line_flow.add_camera(tx, line="bench", name="cam1", by="bench", now=now))
    with db.read() as tx:
        camera = lines.find_camera(tx, "bench", "cam1")
    total = 0
    for i in range(units):
        data = jpeg(size, i)
        total += len(data)
        stored, at = images.put(data), now - timedelta(seconds=units - i)
        capture = Capture(capture_id=f"c{i}", serial=f"B{i:04}", view="top", captured_at=at)
        taken = db.write(lambda tx, c=capture, s=stored, at=at: ingest.record(  # type: ignore[misc]
            tx, camera=camera, capture=c, stored=s, now=at))  # fmt: skip
        keep, number = decide.decide_image if taken.decides else decide.keep_late_examination, taken.receipt.image_id
        db.write(lambda tx, k=keep, n=number: k(tx, image_id=n, examination=SEEN, now=now))  # type: ignore[misc]
    hashed = people.hash_password("only for a benchmark", "ines")
    db.write(lambda tx: people.add(tx, name="ines", role=Role.INSPECTOR, hashed=hashed, by="bench", now=now))
    with db.read() as tx:
        person = people.find(tx, "ines")
    signed = db.write(lambda tx: people.open_session(tx, person=person, now=now))
    db.close()
    return signed.token, total // units


def _now() -> datetime:
    return datetime.now(UTC)


def serve(folder: Path, port: int) -> None:
    """The pages on a port, until the process is ended."""
    db, changes = Database(f"sqlite:///{folder / 'plant.db'}"), Changes()
    db.on_commit(changes.committed)
    services = Services(
        db=db, images=FolderImageStore(folder / "images"), clock=_now, changes=changes, start_job=lambda: None,
        unavailable=Unavailable,
    )  # fmt: skip
    spare_the_loaded()
    server = uvicorn.Server(uvicorn.Config(build(services), host="127.0.0.1", port=port, log_level="error"))

    async def run() -> None:
        changes.bind(asyncio.get_running_loop())
        await server.serve()

    asyncio.run(run())


def answers(page: Page, count: int) -> list[tuple[float, float]]:
    """Of so many answers, passes and rejects: milliseconds from the key until the next unit's picture is painted, and
    until the server has taken the answer and the whole next unit is painted."""
    taken = []
    for i in range(count):
        page.wait_for_selector("form#work[data-ready]")
        task = page.get_attribute("#work", "data-task")
        page.wait_for_timeout(THINKS_MS)
        page.keyboard.press("1" if i % 5 == 4 else "Space")
        page.wait_for_selector(f'#work[data-ready]:not([data-task="{task}"])')
        taken.append(page.evaluate(
            """() => { const at = (name) => performance.getEntriesByName(name).at(-1)?.startTime ?? 0;
                       const key = at("jidoka:key"), seen = at("jidoka:ahead"), painted = at("jidoka:painted");
                       return [(seen > key ? seen : painted) - key, painted - key]; }"""
        ))  # fmt: skip
    return taken


def measure(label: str, size: tuple[int, int], count: int) -> list[str]:
    """One row: median and 95th percentile over so many answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as place, sync_playwright() as pw:
        cookie, octets = fill(Path(place), size, count + 8)
        server = subprocess.Popen([sys.executable, "-m", "benchmarks.review", "serve", place, str(port)], cwd=ROOT)
        try:
            _until_up(port)
            path = Path(sys.prefix, "browser-path")
            browser = pw.chromium.launch(executable_path=path.read_text().strip() if path.exists() else None)
            context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=f"http://127.0.0.1:{port}")
            context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"http://127.0.0.1:{port}"}])
            page = context.new_page()
            page.goto("/review")
            answers(page, 3)
            taken = answers(page, count)
            browser.close()
        finally:
            server.terminate()
            server.wait(20)
    seen, done = [one for one, _ in taken], [one for _, one in taken]
    return [label, f"{octets / 1e6:.1f}", str(count), f"{median(seen):.0f}", f"{_p95(seen):.0f}",
            f"{median(done):.0f}", f"{_p95(done):.0f}", bar(median(seen) <= BAR_MS)]  # fmt: skip


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def _until_up(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("The pages did not start within a minute.")


def main(count: int = 40) -> None:
    """Print the table, one picture size after the other."""
    print(f"load {os.getloadavg()[0]:.1f} before, {os.cpu_count()} cores\n")
    head = ["picture", "MB", "answers", "picture: median ms", "p95 ms", "all of it: median ms", "p95 ms",
            f"picture <= {BAR_MS} ms"]  # fmt: skip
    show(head, [measure(label, size, count) for label, size in SIZES.items()])


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 40)
