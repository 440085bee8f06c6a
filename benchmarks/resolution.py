"""Thin scratches on a 12-megapixel phone: what an input size costs, and what it finds that a smaller one does not.

python -m benchmarks.resolution
"""

import os
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from benchmarks.table import show
from camera.simulated.draw import draw
from camera.simulated.truth import make_unit
from inspection.core.train import Sample
from models.backbone import lite0
from models.decode import Picture
from models.engine import Compiled, Precision
from models.figures import resident_mb
from models.scoring import Setup, feature_graph
from models.sizes import nominal_ms
from models.trials import try_setups

ROWS, COLUMNS = 3000, 4000
PHONES = 40
SIZES = ((288, 384), (576, 768), (1152, 1536), (1536, 2048))
TIMED = 3


def main() -> None:
    """Print for each size the share of planted scratches found at 5 % false rejects, and measured milliseconds."""
    cv2.setNumThreads(1)
    print(f"load {os.getloadavg()[0]:.1f}\n")
    photos = {sha256(photo).hexdigest(): photo for photo in map(_photo, range(PHONES))}
    samples = [Sample(view="front", sha256=digest, name=f"{i}.jpg") for i, digest in enumerate(photos)]
    setups = [Setup(size=size) for size in SIZES]
    with tempfile.TemporaryDirectory() as folder:
        chosen = try_setups(
            setups, samples, photos.__getitem__, seed=0, precision=Precision.F32, threads=os.cpu_count() or 1,
            folder=Path(folder), progress=lambda *_: None, cancelled=lambda: False,
        )  # fmt: skip
    rows = [_row(size, chosen.trials[3 * k]["figures"], next(iter(photos.values()))) for k, size in enumerate(SIZES)]
    show(
        ("input", "pixels of the camera to one", "1-3 px scratches found", "AUROC, all planted faults", "decode ms",
         "network ms", "nominal ms", "memory MB"),
        rows,
    )  # fmt: skip


def _photo(index: int) -> bytes:
    """A simulated front as a 12-megapixel camera would give it, with a sensor's noise in its own pixels."""
    picture = cv2.resize(draw(make_unit(5, index, 0.0), "front"), (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(index).normal(0, 2.5, (ROWS, COLUMNS, 1)).astype(np.float32)
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])


def _row(size: tuple[int, int], figures: dict[str, float], photo: bytes) -> tuple[object, ...]:
    before = resident_mb()
    compiled = Compiled(feature_graph(size, True, lite0()), Precision.F32, 1)
    decode, network = [], []
    for _ in range(TIMED):
        begun = time.process_time()
        pixels = Picture(photo).at(*size)
        ready = time.process_time()
        compiled.run(pixels, 0)
        decode.append(ready - begun)
        network.append(time.process_time() - ready)
    return (
        f"{size[0]} x {size[1]}", f"{COLUMNS / size[1]:.1f}", f"{figures['1-3 px scratches found']:.0%}",
        f"{figures['AUROC, planted faults']:.3f}", f"{min(decode) * 1e3:.0f}", f"{min(network) * 1e3:.0f}",
        f"{nominal_ms(size, Precision.F32):.0f}", f"{resident_mb() - before:.0f}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
