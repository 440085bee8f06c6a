"""What the figures of a frame cost beside its decode: `python -m benchmarks.measure`."""

import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np

from benchmarks.table import show
from inspection.core.measure import measure
from models.decode import Picture

SIZES = ((1600, 1200), (4000, 3000))
ROUNDS = 60


def main() -> None:
    """Medians of rounds that take turns, on one core."""
    cv2.setNumThreads(1)
    rows = []
    for width, height in SIZES:
        data = a_photo(width, height)
        decoded = Picture(data)
        full, small, figures = timed(
            lambda data=data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR),
            lambda data=data: Picture(data).grey,
            lambda seen=decoded: measure(seen.grey, colour=seen.small),
        )
        told = (f"{one:.2f}" for one in (full, small, figures))
        rows.append([f"{width} x {height}", *told, f"{figures / full:.1%}", f"{figures / small:.1%}"])
    show(["JPEG", "decode ms", "decode to 320 columns ms", "figures ms", "of the decode", "of the small one"], rows)


def a_photo(width: int, height: int) -> bytes:
    """A JPEG with texture and the noise of a sensor."""
    rng = np.random.default_rng(0)
    coarse = np.clip(rng.normal(120, 40, (height // 8, width // 8, 3)), 0, 255).astype(np.uint8)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(fine + rng.normal(0, 3, fine.shape), 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def timed(*calls: Callable[[], object]) -> list[float]:
    """Median milliseconds of each."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, kept in zip(calls, taken, strict=True):
            begun = time.perf_counter()
            call()
            kept.append((time.perf_counter() - begun) * 1e3)
    return [median(kept) for kept in taken]


if __name__ == "__main__":
    main()
