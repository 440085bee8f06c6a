"""From a 1080p JPEG to a score: CPU milliseconds of each step on one thread, and what a second thread adds.

python -m benchmarks.score_path
"""

import os
import tempfile
import time
from collections import deque
from concurrent.futures import Future
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from benchmarks.table import bar, show
from camera.simulated.draw import jpeg
from camera.simulated.truth import make_unit
from inspection.core.capture import WHOLE_IMAGE
from inspection.core.measure import measure
from inspection.core.predict import Examination, NoPrediction, Question
from inspection.core.train import Sample
from models import artefact
from models.decode import Picture
from models.engine import Precision, precisions
from models.engines import open_engine
from models.explain import findings, heatmap_png
from models.look import look
from models.runtime import OpenVinoPredictor
from models.train import train
from models.view import Settings

WIDTH, HEIGHT, VIEW, GOOD, ASKED = 1920, 1080, "front", 24, 12
SIZES = {(256, 256): 13.0, (288, 512): 25.0}  # input rows and columns, and the bar in CPU milliseconds to the score
BAR_THREADS, BAR_BARE, SECONDS, TURNS, ROUNDS = 1.8, 1.6, 4.0, 3, 8
STEPS = ("header", "decode", "resize", "network", "findings", "heatmap", "quality")


def main() -> None:
    """Print a table of steps, and one of threads, for each input size and each precision that the CPU computes in."""
    cv2.setNumThreads(1)
    good = [picture(3, i) for i in range(GOOD)]
    images = [picture(4, i) for i in range(ASKED)]
    size = np.mean([len(image) for image in images]) / 1e3
    print(f"{WIDTH} x {HEIGHT} JPEG, {size:.0f} KB; load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        models = {
            (size, precision): _train(good, root, size, precision)
            for size in SIZES
            for precision in sorted(precisions(), reverse=True)
        }
        _print_steps({key: _steps(root, model, images) for key, model in models.items()})
        print()
        _print_threads({key: _threads(root, model, images) for key, model in models.items()})
    if Precision.BF16 not in precisions():
        print("\nbf16 is not offered on this processor.")


def picture(seed: int, index: int) -> bytes:
    """A good phone's front, scaled to the size of the benchmark."""
    drawn = cv2.imdecode(np.frombuffer(jpeg(make_unit(seed, index, 0.0), VIEW), np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    large = cv2.resize(drawn, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def _train(good: list[bytes], root: Path, size: tuple[int, int], precision: Precision) -> str:
    data = {sha256(image).hexdigest(): image for image in good}
    samples = [Sample(view=VIEW, sha256=digest, name=f"{i}", defect="") for i, digest in enumerate(data)]
    settings = Settings(size=size, pooled=True, precision=precision)
    return train(
        line="benchmark", views=[VIEW], samples=samples, read=data.__getitem__, root=root, created=datetime.now(UTC),
        progress=lambda *_: None, cancelled=lambda: False, settings=settings,
    ).artefact  # fmt: skip


def _steps(root: Path, identity: str, images: list[bytes]) -> dict[str, float]:
    """CPU milliseconds of each step for one image, in the order of serving: medians."""
    model = artefact.load(root, identity)
    view, engine = model.views[VIEW], open_engine(model.views[VIEW], model.runtime, model.precision, 1)
    shrink = 1 << (min(HEIGHT // view.size[0], WIDTH // view.size[1], 8).bit_length() - 1)  # as the decoder may
    taken = []
    for image in images * ROUNDS:
        clock = [time.process_time()]
        asked = Picture(image)
        clock.append(time.process_time())
        asked.at(HEIGHT // shrink, WIDTH // shrink)
        clock.append(time.process_time())
        seen = look(asked, view.size, view.locator)
        clock.append(time.process_time())
        outputs = engine.run(seen.pixels, 0)
        clock.append(time.process_time())
        findings(outputs["map"], view.curve, seen)
        clock.append(time.process_time())
        heatmap_png(outputs["map"], view.curve, seen)
        clock.append(time.process_time())
        measure(asked.grey, WHOLE_IMAGE)
        clock.append(time.process_time())
        taken.append(np.diff(clock) * 1e3)
    engine.close()
    return dict(zip(STEPS, np.median(taken, axis=0).tolist(), strict=True))


def _print_steps(models: dict[tuple[tuple[int, int], Precision], dict[str, float]]) -> None:
    head = ("input", "precision", *STEPS, "to score", "bar", "met", f"x network, bar {BAR_BARE}", "met")
    rows = []
    for (size, precision), steps in models.items():
        score = sum(steps[name] for name in STEPS[:4])
        row = [f"{size[0]} x {size[1]}", precision.value, *(f"{steps[name]:.1f}" for name in STEPS), f"{score:.1f}"]
        times = score / steps["network"]
        rows.append([*row, f"{SIZES[size]:.0f}", bar(score <= SIZES[size]), f"{times:.2f}", bar(times <= BAR_BARE)])
    show(head, rows)


def _threads(root: Path, identity: str, images: list[bytes]) -> tuple[list[float], list[float]]:
    """Images a second and CPU milliseconds each, for one and for two threads in turns: the medians."""
    predictors = [OpenVinoPredictor(root, threads=threads) for threads in (1, 2)]
    question = Question(view=VIEW, models=(identity,), deadline_s=30)
    turns: list[list[tuple[float, float]]] = [[], []]
    try:
        for predictor in predictors:
            predictor.load(identity).result(60)
        for _ in range(TURNS):
            for turn, predictor in zip(turns, predictors, strict=True):
                turn.append(_serve(predictor, images, question))
    finally:
        for predictor in predictors:
            predictor.close()
    rates, cpu = np.median(np.array(turns), axis=1).T.tolist()
    return rates, cpu


def _serve(predictor: OpenVinoPredictor, images: list[bytes], question: Question) -> tuple[float, float]:
    """Keep the predictor's queue filled for some seconds."""
    waiting: deque[Future[Examination]] = deque()
    begun, before, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < begun + SECONDS or waiting:
        while len(waiting) < 4 and time.perf_counter() < begun + SECONDS:
            waiting.append(predictor.predict(images[(done + len(waiting)) % len(images)], question))
        opinion = waiting.popleft().result().opinions[0]
        if isinstance(opinion, NoPrediction):
            raise RuntimeError(f"The model gave no opinion: {opinion.failure} {opinion.detail}")
        done += 1
    return done / (time.perf_counter() - begun), (time.process_time() - before) * 1e3 / done


def _print_threads(models: dict[tuple[tuple[int, int], Precision], tuple[list[float], list[float]]]) -> None:
    head = ("as served", "precision", "1 thread: images/s", "CPU ms", "2 threads: images/s", "CPU ms", "times", "met")
    rows = []
    for (size, precision), (rates, cpu) in models.items():
        pairs = [figure for pair in zip(rates, cpu, strict=True) for figure in pair]
        times = rates[1] / rates[0]
        name = f"{size[0]} x {size[1]}", precision.value
        rows.append([*name, *(f"{p:.1f}" for p in pairs), f"{times:.2f}", bar(times >= BAR_THREADS)])
    show(head, rows)


if __name__ == "__main__":
    main()
