"""Trains on real labelled sets and judges their test splits; prints accuracy, seconds and milliseconds.

    python benchmarks/accuracy.py [--labels 0,10,all] [--seeds 0,1] [set ...]

The sets lie under JIDOKA_TEST_DATA, by default ../shared/data beside the repository; each has an images.json and
split_seed0.json with the parts train_good, train_defect and test. `jidoka train` and `jidoka evaluate` do the same.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from inspection.core.train import Sample, Trained
from models.datasets import Labelled, read_set, regions_of
from models.decode import read_header
from models.exam import Result, examine
from models.train import train
from models.view import Settings

ROOT = Path(__file__).parents[1]
SETS = ("magnetic_tile", "kolektor")
HEAD = ("set", "labels", "seed", "input", "chosen", "AUROC", "AP", "recall 1 %", "5 %", "AUPRO", "train s", "CPU ms")


def main() -> None:
    """Print one row per set, number of labels and seed, and the means over the seeds."""
    asked = _asked()
    data = Path(os.environ.get("JIDOKA_TEST_DATA", ROOT.parent / "shared" / "data"))
    found = [name for name in asked.sets or SETS if (data / name / "images.json").exists()]
    if not found:
        print(f"No data under {data}: set JIDOKA_TEST_DATA to the folder with {', '.join(SETS)}. Nothing was measured.")
        return
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for name in found:
        for labels in asked.labels.split(","):
            results = [_row(data / name, labels, int(seed)) for seed in asked.seeds.split(",")]
            means = [np.mean([getattr(r.figures, f) for r in results]) for f in ("auroc", "average_precision")]
            print(f"| {name} | {labels} | mean | | | **{means[0]:.3f}** | {means[1]:.3f} | | | | | |", flush=True)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", default="0,10,30,all", help="numbers of labelled defects, with commas")
    parser.add_argument("--seeds", default="0,1", help="splits, with commas")
    parser.add_argument("sets", nargs="*")
    return parser.parse_args()


def _row(folder: Path, labels: str, seed: int) -> Result:
    split = folder / f"split_seed{seed}.json"
    good, bad, test = (read_set(folder, split, [part]) for part in ("train_good", "train_defect", "test"))
    if labels != "all":
        bad = [bad[i] for i in np.random.default_rng(seed).permutation(len(bad))[: int(labels)]]
    with tempfile.TemporaryDirectory() as root:
        begun = time.perf_counter()
        made = _train([*good, *bad], Path(root), seed)
        seconds = time.perf_counter() - begun
        result = examine(Path(root), made.artefact, "part", test, lambda *_: None)
    view = made.card["views"]["part"]
    mix = " + ".join(f"{weight:g} {part}" for part, weight in view["labels"].get("mix", {"anomaly": 1.0}).items())
    f = result.figures
    print(
        f"| {folder.name} | {labels} | {seed} | {view['height']} x {view['width']} | {mix} | {f.auroc:.3f} | "
        f"{f.average_precision:.3f} | {f.recall_1:.2f} | {f.recall_5:.2f} | {result.aupro or 0:.3f} | {seconds:.0f} | "
        f"{result.milliseconds:.1f} |",
        flush=True,
    )
    return result


def _train(images: Sequence[Labelled], root: Path, seed: int) -> Trained:
    files, samples = {}, []
    for image in images:
        data = image.file.read_bytes()
        digest = sha256(data).hexdigest()
        files[digest] = image.file
        regions = regions_of(image.mask, read_header(data).upright) if image.mask and image.defect else ()
        samples.append(
            Sample(
                view="part", sha256=digest, name=image.file.name, defect=image.defect, regions=regions,
                group=image.group,
            )
        )  # fmt: skip
    return train(
        line="benchmark", views=["part"], samples=samples, read=lambda digest: files[digest].read_bytes(), root=root,
        created=datetime.now(UTC), progress=lambda *_: None, cancelled=lambda: False, settings=Settings(seed=seed),
    )  # fmt: skip


if __name__ == "__main__":
    main()
