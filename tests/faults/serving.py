"""The real server as a real process, for tests that end it badly."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

COMMAND = [sys.executable, "-c", "from inspection.main import main; main()"]


def jidoka(*words: str, data_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the product to its end."""
    return subprocess.run(
        [*COMMAND, *words, "--data-dir", str(data_dir)], capture_output=True, text=True, timeout=90,
        env={**os.environ, **environment},
    )  # fmt: skip


def wait_for(look: Callable[[], object], seconds: float = 40.0) -> object:
    """What `look` finds, asked again and again."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
    raise AssertionError(f"Nothing came of it in {seconds} seconds.")


class Process:
    """`jidoka serve` on a free port, with the camera token of a line called tiles."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.said = data_dir.with_suffix(".txt")
        with self.said.open("w") as file:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--port", "0", "--data-dir", str(data_dir)], stdout=file, stderr=file,
                env={**os.environ, **environment},
            )  # fmt: skip
        self.address = str(wait_for(self._address))

    def _address(self) -> str | None:
        assert self.process.poll() is None, self.said.read_text()
        found = re.search(r"http://[\d.]+:\d+", self.said.read_text())
        return found[0] if found else None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> float:
        """Ask it to stop; the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - begun

    def put(
        self, client: httpx.Client, token: str, capture: str, serial: str, view: str, data: bytes
    ) -> httpx.Response:
        return client.put(
            f"{self.address}/api/v1/lines/tiles/images/{capture}",
            params={"serial": serial, "view": view, "captured_at": "2026-01-31T08:00:00Z"},
            content=data,
            headers={"Authorization": f"Bearer {token}"},
        )


def add_line(data_dir: Path) -> str:
    """A line called tiles with two views; its camera's token."""
    done = jidoka("line", "add", "tiles", "--views", "front,back", "--defects", "crack", data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    token = re.search(r"jdk_[\w-]+", done.stdout)
    assert token is not None
    return token[0]
