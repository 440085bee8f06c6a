"""What a loaded model costs: seconds to load, memory, and milliseconds per image."""

import threading
from collections import deque
from pathlib import Path

import numpy as np

from inspection.core.predict import ModelFigures

_KEPT = 300


class Meter:
    """Counts the images of one model. Safe to use from several threads."""

    def __init__(self, load_s: float, megabytes: float) -> None:
        self._load_s, self._megabytes = load_s, megabytes
        self._last: deque[float] = deque(maxlen=_KEPT)
        self._images, self._lock = 0, threading.Lock()

    def add(self, milliseconds: float) -> None:
        """Note one image."""
        with self._lock:
            self._last.append(milliseconds)
            self._images += 1

    def figures(self) -> ModelFigures:
        """How it stands."""
        with self._lock:
            last, images = list(self._last) or [0.0], self._images
        median, high = (float(v) for v in np.quantile(last, (0.5, 0.95)))
        return ModelFigures(
            load_s=self._load_s, megabytes=self._megabytes, median_ms=median, p95_ms=high, images=images
        )


def resident_mb() -> float:
    """The memory this process holds now, in MB; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0
