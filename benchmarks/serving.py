"""The real server as a process of its own, and others to compare it with."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from inspection.core.line import Line, Recipe
from inspection.flow import line as line_flow
from inspection.main.server import now, open_database
from inspection.settings import read

LINE, VIEW, BY = "bench", "top", "benchmark"
JIDOKA = [sys.executable, "-c", "from inspection.main import main; main()"]


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that answers: its process number, its port, and seconds from its start to its first answer."""

    pid: int
    port: int
    seconds: float


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the disk that the working directory is on: a file system in memory would flatter."""
    with TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        yield Path(folder)


@contextmanager
def serving(command: list[str], said: Path, asks: str = "/") -> Iterator[Served]:
    """Start a server that prints its address on 127.0.0.1, wait until it answers `asks`, and stop it at the end."""
    begun = time.perf_counter()
    with said.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        port = _port(process, said)
        httpx.get(f"http://127.0.0.1:{port}{asks}", timeout=30)
        yield Served(pid=process.pid, port=port, seconds=time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(30)


def serve_command(data_dir: Path) -> list[str]:
    """The command that a plant uses, on a free port."""
    return [*JIDOKA, "serve", "--port", "0", "--data-dir", str(data_dir)]


def add_line(data_dir: Path) -> str:
    """A line with one view at human_only; its camera's token."""
    db = open_database(read(data_dir=data_dir))
    try:
        line = Line(name=LINE, title="Benchmark", recipe=Recipe(views=(VIEW,)))
        db.write(lambda tx: line_flow.add(tx, line=line, by=BY, now=now()))
        return db.write(lambda tx: line_flow.add_camera(tx, line=LINE, name="camera", by=BY, now=now()))
    finally:
        db.close()


def _port(process: "subprocess.Popen[bytes]", said: Path) -> int:
    while True:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said.read_text())
        if found:
            return int(found[1])
        if process.poll() is not None:
            raise RuntimeError(f"The server ended before it answered:\n{said.read_text()}")
        time.sleep(0.005)
