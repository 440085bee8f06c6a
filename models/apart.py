"""Runs a module as a process of its own, which alone holds what it imports, and which can be ended at any moment."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from inspection.core.train import stop_if

_LOOK_EVERY_S = 0.2  # for whether it is cancelled
# Threads that spin while they wait would take the cores from those who serve.
_QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}


class Died(RuntimeError):
    """The process ended before its work was done; the message says how."""


def run_apart(
    module: str, *arguments: Path, cancelled: Callable[[], bool], told: Callable[[str], None] = lambda _: None
) -> None:
    """Run `python -m module arguments` to its end; each line of its standard output is `told`. Raises Died, and
    Cancelled as soon as it is `cancelled`. Whatever is raised, the process is gone by then."""
    with tempfile.TemporaryFile("w+", errors="replace") as errors, subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)], stdout=subprocess.PIPE, stderr=errors, text=True,
        cwd=Path(__file__).parents[1], env={**os.environ, **_QUIET},
    ) as process:  # fmt: skip
        lines: SimpleQueue[str | None] = SimpleQueue()
        reader = Thread(target=_read, args=(process, lines), name="jidoka-apart", daemon=True)
        reader.start()
        try:
            while (line := _next(lines, cancelled)) is not None:
                told(line)
        except BaseException:
            process.kill()
            raise
        finally:
            reader.join()
        if process.returncode != 0:
            errors.seek(0)
            raise Died(_how(process.returncode, errors.read()))


def _read(process: "subprocess.Popen[str]", lines: "SimpleQueue[str | None]") -> None:
    """Hand on what the process says, and nothing once it has ended."""
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    process.wait()
    lines.put(None)


def _next(lines: "SimpleQueue[str | None]", cancelled: Callable[[], bool]) -> str | None:
    while True:
        stop_if(cancelled)
        try:
            return lines.get(timeout=_LOOK_EVERY_S)
        except Empty:
            continue


def _how(code: int, errors: str) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed from outside, as happens when the memory does not suffice."
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}."
    return (errors.strip().splitlines() or [f"its process ended with {code}."])[-1]
