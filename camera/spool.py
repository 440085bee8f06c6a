"""Frames on the edge's own disk, from the moment they are taken until the server has them."""

import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from camera.frame import Frame

MAX_FRAMES = 50_000
MAX_BYTES = 20_000_000_000
_META, _BODY = ".json", ".img"


class SpoolFull(Exception):
    """The spool holds as much as it may: the source has to wait until the server takes some of it."""


class Spool:
    """A folder of frames in the order they came. A frame is there once its metadata file is: it is written last."""

    def __init__(self, folder: Path, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_frames, self._max_bytes = max_frames, max_bytes
        self._lock = threading.Lock()
        for name in ("bad", "refused"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._sizes = self._recover()
        self._bytes = sum(self._sizes.values())
        self._next = max((int(name) for name in self._sizes), default=0) + 1

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._sizes)

    def put(self, frame: Frame) -> str:
        """Keep a frame durably; its name in the spool. Raises SpoolFull. One thread may put at a time."""
        with self._lock:
            if len(self._sizes) >= self._max_frames or self._bytes + len(frame.data) > self._max_bytes:
                raise SpoolFull(f"The spool {self._folder} is full: {len(self._sizes)} frames wait for the server.")
        name = f"{self._next:012d}"
        self._next += 1
        meta = {k: v for k, v in asdict(frame).items() if k != "data"}
        meta["captured_at"] = frame.captured_at.isoformat()
        try:
            _write(self._folder / (name + _BODY), frame.data)
            _write(self._folder / (name + _META), json.dumps(meta).encode())
            _sync(self._folder)
        except OSError:
            self._clear(name)
            raise
        with self._lock:
            self._sizes[name] = len(frame.data)
            self._bytes += len(frame.data)
        return name

    def waiting(self, limit: int = 1000) -> list[str]:
        """The names of the oldest frames, in order."""
        with self._lock:
            return sorted(self._sizes)[:limit]

    def serial(self, name: str) -> str:
        """The serial number of a frame, "" for one that cannot be read, which only `get` sets aside."""
        try:
            return str(json.loads((self._folder / (name + _META)).read_bytes())["serial"])
        except (OSError, ValueError, TypeError, KeyError):
            return ""

    def get(self, name: str) -> Frame | None:
        """A frame by name; one that cannot be read any more is set aside in `bad/`, and None."""
        try:
            meta = json.loads((self._folder / (name + _META)).read_bytes())
            meta["captured_at"] = datetime.fromisoformat(meta["captured_at"])
            return Frame(data=(self._folder / (name + _BODY)).read_bytes(), **meta)
        except (OSError, ValueError, TypeError, KeyError) as error:
            self._set_aside(name, "bad", f"{type(error).__name__}: {error}")
        return None

    def done(self, name: str) -> None:
        """The server has the frame: let it go."""
        self._clear(name)
        self._drop(name)

    def refuse(self, name: str, why: str) -> None:
        """The server will never take the frame: keep it in `refused/`, with the server's words."""
        self._set_aside(name, "refused", why)

    def _set_aside(self, name: str, where: str, why: str) -> None:
        target = self._folder / where
        with suppress(OSError):  # a full disk takes a file's new place, if not the words for it
            (target / (name + ".why.txt")).write_text(why + "\n")
        for suffix in (_BODY, _META):
            if (self._folder / (name + suffix)).exists():
                (self._folder / (name + suffix)).replace(target / (name + suffix))
        self._drop(name)

    def _clear(self, name: str) -> None:
        for suffix in (_META, _BODY):
            (self._folder / (name + suffix)).unlink(missing_ok=True)

    def _drop(self, name: str) -> None:
        with self._lock:
            self._bytes -= self._sizes.pop(name, 0)

    def _recover(self) -> dict[str, int]:
        """What lies here from before: pictures without metadata were never acknowledged, and are cleared away."""
        found = {}
        for body in self._folder.glob("*" + _BODY):
            if body.with_suffix(_META).exists():
                found[body.stem] = body.stat().st_size
            else:
                body.unlink()
        for left_over in self._folder.glob("*.part"):
            left_over.unlink()
        return {name: size for name, size in found.items() if name.isdecimal()}


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
