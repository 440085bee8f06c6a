"""The whole way of an image with a model, from the camera's send to the verdict, beside decode and inference alone."""

import os
import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import cv2
import httpx
import numpy as np

from benchmarks.ingest import PATH
from benchmarks.load import Order, Outcome, run
from benchmarks.serving import BY, LINE, VIEW, Served, add_line, scratch, serve_command, serving
from benchmarks.table import bar, show
from camera.simulated.draw import jpeg
from camera.simulated.truth import make_unit
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.predict import Examination, NoPrediction, Question
from inspection.flow import policy, train
from inspection.main.server import make_trainer, now, open_database, open_images
from inspection.settings import read
from models.runtime import OpenVinoPredictor

WIDTH, HEIGHT, GOOD, SENT, SECONDS = 1600, 1200, 24, 12, 10.0
BAR_SHARE, BAR_P99_MS = 0.8, 500
THREADS = os.cpu_count() or 1


def main() -> None:
    """Print throughput with and without the server around the model, and times at half of the load."""
    with scratch() as folder:
        token = add_line(folder / "data")
        artefact = _train(folder / "data")
        images = _images(folder)
        before = _alone(folder / "data" / "models", artefact, images)
        with serving(serve_command(folder / "data"), folder / "server.txt") as server:
            _wait_for_model(server, token, images)
            order = Order(
                port=server.port, pid=server.pid, path=PATH, token=token, images=[str(image) for image in images],
                connections=4 * THREADS, seconds=SECONDS,
            )  # fmt: skip
            full = run(order)
            half = run(Order(**{**order.__dict__, "rate": full.rate / 2}))
        after = _alone(folder / "data" / "models", artefact, images)
        size = sum(image.stat().st_size for image in images) / len(images)
    alone = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
    _print(alone, full, half, size)


def _print(alone: tuple[float, float], full: Outcome, half: Outcome, size: float) -> None:
    title = f"{WIDTH} x {HEIGHT}, {size / 1e3:.0f} KB, full automation"
    head = (title, "images/s", "p50 ms", "p99 ms", "CPU ms", "not settled by the AI")
    rows = [("predictor alone, before and after", f"{alone[0]:.1f}", "-", "-", f"{alone[1]:.1f}", "-")]
    for name, made in (("server, as fast as it can", full), ("server, half of that load", half)):
        times = f"{made.p50:.0f}", f"{made.p99:.0f}"
        rows.append((name, f"{made.rate:.1f}", *times, f"{made.server:.1f}", f"{made.pending} of {made.images}"))
    show(head, rows)
    share = full.rate / alone[0]
    print()
    show(
        ("bar", "reached", "met"),
        [
            (f"{BAR_SHARE:.0%} of decode and inference alone", f"{share:.0%}", bar(share >= BAR_SHARE)),
            (f"p99 {BAR_P99_MS} ms at half of the load", f"{half.p99:.0f}", bar(half.p99 <= BAR_P99_MS)),
            ("CPU, times the predictor alone", f"{full.server / alone[1]:.2f}", "-"),
        ],
    )


def _picture(index: int) -> bytes:
    """A good phone's front, scaled to the size of the benchmark."""
    drawn = cv2.imdecode(np.frombuffer(jpeg(make_unit(3, index, 0.0), "front"), np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    large = cv2.resize(drawn, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())


def _train(data_dir: Path) -> str:
    """Train on good phones and give the model full automation; its artefact."""
    settings = read(data_dir=data_dir)
    db, store = open_database(settings), open_images(settings)
    try:
        for i in range(GOOD):
            digest = store.put(_picture(i)).sha256
            db.write(partial(train.add_sample, line=LINE, view=VIEW, name=f"{i}.jpg", sha256=digest, by=BY, now=now()))
        with db.read() as tx:
            samples = train.gather(tx, line=LINE)
        made = make_trainer(settings)(
            line=LINE, views=(VIEW,), samples=samples, read=store.get, progress=lambda *_: None,
            cancelled=lambda: False, locate=False,
        )  # fmt: skip
        db.write(partial(train.register, line=LINE, trained=made, samples=samples, by=BY, now=now()))
        terms = Terms(level=Level.FULL_AUTOMATION, model=made.artefact, reject_above=0.9)
        db.write(
            partial(
                policy.change, line=LINE, terms=terms, by=BY, reason="to be measured", now=now(), accept_override=True
            )
        )
        return made.artefact
    finally:
        db.close()


def _images(folder: Path) -> list[Path]:
    files = [folder / f"sent{i}.jpg" for i in range(SENT)]
    for i, file in enumerate(files):
        file.write_bytes(_picture(1000 + i))
    return files


def _wait_for_model(server: Served, token: str, images: list[Path]) -> None:
    """Send single images until the model answers, which the server loads in the background; in turn, since a picture
    that repeats is a frozen camera's."""
    for i in range(600):
        path = PATH.replace("{capture}", f"first{i}").replace("{serial}", f"first{i}")
        answer = httpx.put(
            f"http://127.0.0.1:{server.port}{path}",
            content=images[i % len(images)].read_bytes(),
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        ).json()
        if answer["disposition"] != "pending":
            return
        time.sleep(0.1)
    raise RuntimeError(f"The model never settled an image; the last was left for: {answer['reason']}.")


def _alone(models: Path, artefact: str, files: list[Path]) -> tuple[float, float]:
    """Images a second and CPU milliseconds each of the same predictor, kept busy without a server."""
    predictor = OpenVinoPredictor(models, threads=THREADS)
    try:
        predictor.load(artefact).result(60)
        images, question = [file.read_bytes() for file in files], Question(view=VIEW, models=(artefact,), deadline_s=30)
        _examine(predictor, images, question, 1.0)
        before, begun = time.process_time(), time.perf_counter()
        done = _examine(predictor, images, question, SECONDS)
        return done / (time.perf_counter() - begun), (time.process_time() - before) * 1e3 / done
    finally:
        predictor.close()


def _examine(predictor: OpenVinoPredictor, images: list[bytes], question: Question, seconds: float) -> int:
    """Keep the predictor's queue filled for so many seconds; how many images it examined."""
    until, done = time.perf_counter() + seconds, 0
    waiting: deque[Future[Examination]] = deque()
    while time.perf_counter() < until:
        while len(waiting) < 2 * THREADS:
            waiting.append(predictor.predict(images[(done + len(waiting)) % len(images)], question))
        opinion = waiting.popleft().result().opinions[0]
        if isinstance(opinion, NoPrediction):
            raise RuntimeError(f"The model gave no opinion: {opinion.failure} {opinion.detail}")
        done += 1
    for left in waiting:
        left.result()
    return done + len(waiting)
