"""The product's side of the comparison with Anomalib: `python -m benchmarks.own_side ORDER ANSWER`.

Like anomalib_side, with `files` beside the pixels: a training here reads, checks and decodes them, cross-checks its
good images in folds, sets limits, builds and verifies its graph, and all of that is in its seconds.
"""

import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.core.train import Sample
from models import artefact
from models.artefact import Artefact
from models.engine import precisions
from models.engines import open_engine
from models.train import train
from models.view import Settings

_VIEW = "part"


def run(order: dict[str, Any]) -> dict[str, Any]:
    """1 fit to the good images, 2 score the others; once for each precision that this processor computes in."""
    cv2.setNumThreads(1)
    pixels, good = np.load(order["pixels"], mmap_mode="r"), order["good"]
    ways, fits = {}, {}
    for precision in sorted(precisions(), reverse=True):
        settings = Settings(
            seed=order["seed"], size=pixels.shape[1:3], pooled=True, bank=order["bank"], precision=precision, threads=1
        )
        with tempfile.TemporaryDirectory() as root:
            begun = time.process_time()
            model = fit([Path(file) for file in order["files"][:good]], Path(root), settings)
            fits[precision.value] = time.process_time() - begun
        ways[f"OpenVINO {precision.value}"] = measured(model, pixels[good:])
    return {"fit_s": fits["f32"], "fits": fits, "ways": ways}


def fit(files: list[Path], root: Path, settings: Settings) -> Artefact:
    """Train on good images alone, in this order."""
    data = {sha256(file.read_bytes()).hexdigest(): file for file in files}
    samples = [Sample(view=_VIEW, sha256=digest, name=f"{i:05d}", defect="") for i, digest in enumerate(data)]
    made = train(
        line="benchmark", views=[_VIEW], samples=samples, read=lambda digest: data[digest].read_bytes(), root=root,
        created=datetime.now(UTC), progress=lambda *_: None, cancelled=lambda: False, settings=settings,
    )  # fmt: skip
    return artefact.load(root, made.artefact)


def measured(model: Artefact, asked: NDArray[np.uint8]) -> dict[str, Any]:
    """Raw scores of all images (images, rows, columns, 3), and the median of the CPU milliseconds that they took."""
    engine = open_engine(model.views[_VIEW], model.runtime, model.precision, 1)
    scores, taken = [], []
    for image in asked:
        begun = time.process_time()
        scores.append(float(engine.run(image, 0)["raw"][0]))
        taken.append((time.process_time() - begun) * 1e3)
    engine.close()
    return {"scores": scores, "ms": float(np.median(taken))}


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(run(json.loads(Path(sys.argv[1]).read_text()))))
