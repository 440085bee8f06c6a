"""Images of 200 KB, taken in durably at human_only: beside a bare FastAPI endpoint, and beside the disk alone."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from benchmarks.load import Order, Outcome, run
from benchmarks.serving import LINE, VIEW, add_line, scratch, serve_command, serving
from benchmarks.table import bar, show

BYTES, THREADS, DISK_S = 200_000, 8, 4.0
PATH = f"/api/v1/lines/{LINE}/images/{{capture}}?serial={{serial}}&view={VIEW}&captured_at=2026-01-31T08:00:00Z"
BAR_RATE, BAR_P99_MS = 500, 100


def main() -> None:
    """Print images a second, times and CPU, and the ratios."""
    with scratch() as folder:
        image = folder / "image.jpg"
        image.write_bytes(picture())
        with serving([sys.executable, "-m", "benchmarks.bare"], folder / "bare.txt") as bare:
            least = run(Order(port=bare.port, pid=bare.pid, path=PATH, token="-", images=[str(image)]))
        token = add_line(folder / "data")
        with serving(serve_command(folder / "data"), folder / "server.txt") as server:
            real = run(Order(port=server.port, pid=server.pid, path=PATH, token=token, images=[str(image)]))
        disk = _disk(folder, image.read_bytes())
    head = ("200 KB, 16 connections", "images/s", "p50 ms", "p99 ms", "server CPU ms", "sender CPU ms", "failed")
    show(head, [_row("bare FastAPI, nothing kept", least), _row("jidoka serve, durable", real), _disk_row(*disk)])
    print()
    show(
        ("bar", "reached", "met"),
        [
            (f"{BAR_RATE} images/s", f"{real.rate:.0f}", bar(real.rate >= BAR_RATE)),
            (f"p99 {BAR_P99_MS} ms", f"{real.p99:.0f}", bar(real.p99 <= BAR_P99_MS)),
            ("rate, as a share of bare FastAPI", f"{real.rate / least.rate:.0%}", "-"),
            ("rate, as a share of the disk alone", f"{real.rate / disk[0]:.0%}", "-"),
            ("CPU, times bare FastAPI", f"{real.server / least.server:.1f}", "-"),
        ],
    )


def picture(width: int = 800, height: int = 600, size: int = BYTES) -> bytes:
    """A grainy JPEG, filled up to `size` bytes."""
    dice = np.random.default_rng(1)
    grain = dice.normal(128, 30, (height, width, 3)).clip(0, 255).astype(np.uint8)
    for quality in range(95, 20, -5):
        data = cv2.imencode(".jpg", grain, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= size:
            return bytes(data) + bytes(size - len(data))
    raise ValueError(f"No JPEG of {width} x {height} fits into {size} bytes.")


def _disk(folder: Path, data: bytes) -> tuple[float, float]:
    """Files a second and CPU milliseconds each when threads only write, force to disk and rename."""
    (folder / "disk").mkdir()
    begun, cpu = time.perf_counter(), time.process_time()
    until = begun + DISK_S

    def write(thread: int) -> int:
        done, entries = 0, os.open(folder / "disk", os.O_RDONLY)
        while time.perf_counter() < until:
            name = folder / "disk" / f"{thread}-{done}"
            handle = os.open(f"{name}.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            os.write(handle, data)
            os.fdatasync(handle)
            os.close(handle)
            Path(f"{name}.new").rename(name)
            os.fsync(entries)
            done += 1
        os.close(entries)
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        files = sum(pool.map(write, range(THREADS)))
    return files / (time.perf_counter() - begun), (time.process_time() - cpu) * 1e3 / files


def _row(name: str, made: Outcome) -> tuple[str, ...]:
    cpu = f"{made.server:.2f} ({made.server_user:.2f} + {made.server_system:.2f})"
    times = f"{made.p50:.0f}", f"{made.p99:.0f}"
    return name, f"{made.rate:.0f}", *times, cpu, f"{made.sender:.2f}", str(made.failed)


def _disk_row(rate: float, cpu: float) -> tuple[str, ...]:
    name = f"write, fdatasync, rename, fsync by {THREADS} threads"
    return name, f"{rate:.0f}", "-", "-", f"{cpu:.2f}", "-", "-"
