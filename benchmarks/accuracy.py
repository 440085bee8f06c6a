"""Trains on real sets of good images and evaluates on their test splits; prints accuracy, seconds and milliseconds.

    python benchmarks/accuracy.py [set ...]

The sets lie under JIDOKA_TEST_DATA, by default ../shared/data beside the repository; see README.md there.
"""

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from inspection.core.train import Sample
from models import artefact
from models.decode import Picture
from models.engine import Compiled
from models.evaluate import Figures, figures
from models.train import Settings, Trained, train

ROOT = Path(__file__).parents[1]
SETS = ("magnetic_tile", "kolektor")
SEEDS = (0, 1)


def main(names: list[str]) -> int:
    """Print one row per set and seed, and the mean of both."""
    data = Path(os.environ.get("JIDOKA_TEST_DATA", ROOT.parent / "shared" / "data"))
    found = [name for name in names or SETS if (data / name / "images.json").exists()]
    if not found:
        print(f"No data under {data}: set JIDOKA_TEST_DATA to the folder with {', '.join(SETS)}. Nothing was measured.")
        return 0
    print("| set | seed | input | AUROC | AP | recall at 1 % | at 5 % | novel good / bad | train s | CPU ms |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in found:
        aurocs = [_row(data / name, seed) for seed in SEEDS]
        print(f"| {name} | mean | | **{np.mean(aurocs):.3f}** | | | | | | |", flush=True)
    return 0


def _row(folder: Path, seed: int) -> float:
    split = json.loads((folder / f"split_seed{seed}.json").read_text())
    defects = {image["path"]: image["defect"] is not None for image in json.loads((folder / "images.json").read_text())}
    with tempfile.TemporaryDirectory() as root:
        start = time.perf_counter()
        trained = _train(folder, split["train_good"], Path(root))
        seconds = time.perf_counter() - start
        result, novel, milliseconds = _evaluate(folder, split["test"], defects, Path(root), trained)
    view = trained.card["views"]["part"]
    print(
        f"| {folder.name} | {seed} | {view['height']} x {view['width']} | {result.auroc:.3f} | "
        f"{result.average_precision:.3f} | {result.recall_1:.2f} | {result.recall_5:.2f} | {novel} | {seconds:.0f} | "
        f"{milliseconds:.1f} |",
        flush=True,
    )
    return result.auroc


def _train(folder: Path, paths: list[str], root: Path) -> Trained:
    files = {sha256((folder / path).read_bytes()).hexdigest(): folder / path for path in paths}
    samples = [Sample(view="part", sha256=digest, name=path.name) for digest, path in files.items()]
    return train(
        line="benchmark", views=["part"], samples=samples, read=lambda digest: files[digest].read_bytes(), root=root,
        created=datetime.now(UTC), progress=lambda *_: None, cancelled=lambda: False,
        settings=Settings(seed=0, max_images=1000),
    )  # fmt: skip


def _evaluate(
    folder: Path, paths: list[str], defects: dict[str, bool], root: Path, trained: Trained
) -> tuple[Figures, str, float]:
    """Figures on the test images, shares called novel, and CPU milliseconds from bytes to score on one thread."""
    loaded = artefact.load(root, trained.artefact)
    view = loaded.views["part"]
    compiled = Compiled(view.graph, loaded.precision, 1)
    defective = np.array([defects[path] for path in paths])
    images = [(folder / path).read_bytes() for path in paths]
    start = time.process_time()
    outputs = [compiled.run(Picture(image).at(*view.size), 0) for image in images]
    milliseconds = (time.process_time() - start) / len(images) * 1000
    scores = view.curve.scores(np.array([float(output["raw"][0]) for output in outputs]))
    novel = np.array([float(output["novelty"][0]) > view.novelty_limit for output in outputs])
    told = f"{novel[~defective].mean():.3f} / {novel[defective].mean():.3f}"
    return figures(defective, scores), told, milliseconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
