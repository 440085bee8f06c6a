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
_PATIENCE_S = 10.0  # for it to tidy up, before it is killed
_NICE = 10
_NOTED = 10_000  # characters of what it said of its end, for the log
# Threads that spin while they wait would take the cores from those who serve. OpenBLAS has no other way not to: on two
# busy cores its threads make the algebra of a fit three to eight times slower.
_QUIET = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", "OPENBLAS_NUM_THREADS": "1"}


class Died(RuntimeError):
    """The process ended before its work was done; the message says how."""


def run_apart(
    module: str, *arguments: Path, cancelled: Callable[[], bool], told: Callable[[str], None] = lambda _: None
) -> None:
    """Run `python -m module arguments` to its end; each line of its standard output is `told`. Raises Died, and
    Cancelled as soon as it is `cancelled`. Whatever is raised, the process is gone by then: asked to end first, killed
    when it does not."""
    with tempfile.TemporaryFile("w+", errors="replace") as errors, subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)], stdout=subprocess.PIPE, stderr=errors, text=True,
        cwd=Path(__file__).parents[1], env={**os.environ, **_QUIET},
        start_new_session=True,  # an interrupt from the terminal is for the one who waits for it
    ) as process:  # fmt: skip
        lines: SimpleQueue[str | None] = SimpleQueue()
        reader = Thread(target=_read, args=(process, lines), name="jidoka-apart", daemon=True)
        reader.start()
        try:
            while (line := _next(lines, cancelled)) is not None:
                told(line)
        except BaseException:
            _end(process)
            raise
        finally:
            reader.join()
        if process.returncode != 0:
            errors.seek(0)
            said = errors.read()
            died = Died(_how(process.returncode, said))
            died.add_note(said[-_NOTED:])
            raise died


def give_way() -> None:
    """Let the processes that serve images on this machine go first."""
    os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()


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
