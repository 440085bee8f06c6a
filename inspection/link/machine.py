"""What the process takes and what is left of the machine: memory, CPU, disk, and GPU where there is one."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from inspection.core.metrics import CORES_BUSY, DISK_FREE, DISK_SIZE, GPU_LOAD, GPU_SIZE, GPU_USED, MEMORY, Reading

_ASK_GPU = ("--query-gpu=index,utilization.gpu,memory.used,memory.total", "--format=csv,noheader,nounits")
_PAGES = Path("/proc/self/statm")
GPU_EVERY_S = 15.0
_GPU_WITHIN_S = 5.0


def disk(folder: Path) -> Iterator[Reading]:
    """Room on the disk that a folder lies on."""
    usage = shutil.disk_usage(folder)
    yield Reading(metric=DISK_FREE, value=usage.free)
    yield Reading(metric=DISK_SIZE, value=usage.total)


class Process:
    """This process: its memory, where the system tells it as Linux does, and the cores it keeps busy."""

    def __init__(self) -> None:
        self._at, self._cpu_s = time.monotonic(), time.process_time()

    def __call__(self) -> Iterator[Reading]:
        """The newest figures; the first cores are since it was made."""
        at, cpu_s = time.monotonic(), time.process_time()
        if at > self._at:
            yield Reading(metric=CORES_BUSY, value=(cpu_s - self._cpu_s) / (at - self._at))
        self._at, self._cpu_s = at, cpu_s
        if _PAGES.exists():
            resident = int(_PAGES.read_text().split()[1])
            yield Reading(metric=MEMORY, value=resident * os.sysconf("SC_PAGE_SIZE"))


class Gpus:
    """NVIDIA's GPUs, asked of nvidia-smi, which takes its time: at most every quarter of a minute. Nothing where there
    is none."""

    def __init__(self, command: str = "nvidia-smi") -> None:
        self._command = shutil.which(command)
        self._lock = threading.Lock()
        self._known: list[Reading] = []
        self._asked_at: float | None = None

    def __call__(self) -> list[Reading]:
        """The newest figures; raises where nvidia-smi is there and fails."""
        if self._command is None:
            return []
        with self._lock:
            if self._asked_at is None or time.monotonic() - self._asked_at > GPU_EVERY_S:
                self._asked_at = time.monotonic()
                done = subprocess.run(
                    [self._command, *_ASK_GPU], capture_output=True, text=True, check=True, timeout=_GPU_WITHIN_S
                )
                self._known = list(gpu_readings(done.stdout))
            return self._known


def gpu_readings(said: str) -> Iterator[Reading]:
    """nvidia-smi's table, a line each GPU: number, per cent busy, MiB used, MiB there. What it cannot tell is left
    out."""
    for line in said.splitlines():
        number, *figures = (part.strip() for part in line.split(","))
        for metric, figure, unit in zip((GPU_LOAD, GPU_USED, GPU_SIZE), figures, (0.01, 2.0**20, 2.0**20), strict=True):
            if figure.replace(".", "", 1).isdigit():
                yield Reading(metric=metric, labels=(number,), value=float(figure) * unit)
