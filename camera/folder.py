"""A watched folder: whatever image file is put there is a frame."""

import os
import re
import shutil
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from camera.frame import Frame, SourceFailed
from inspection.core.capture import VIEW, Capture, InvalidCapture

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
MAX_BYTES = 256_000_000
_DONE, _FAILED = "done", "failed"
_State = tuple[int, int]  # size in bytes, time of the last change in nanoseconds


class FolderSource:
    """Watches a folder by looking at it, which works on network shares too.

    A file is taken once its size and time have not changed for two seconds. Its serial and view come from its name,
    `SERIAL_VIEW.jpg`, or from the sub-folder it lies in, `VIEW/SERIAL.jpg`; a lone view needs no naming.
    Files that are safely spooled move to `done/`, files that cannot be used to `failed/`, with a line in the log.
    """

    def __init__(
        self,
        folder: Path,
        views: tuple[str, ...] = (),
        log: Callable[[str], None] = print,
        settle_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._views, self._log = folder, views, log
        self._settle_s, self._clock = settle_s, clock
        self._seen: dict[Path, tuple[_State, float]] = {}
        self._stuck: dict[Path, _State] = {}
        self._ready: deque[Path] = deque()
        self._taken: dict[tuple[str, str, datetime], Path] = {}

    def open(self) -> None:
        """Make the folders; raises SourceFailed when the folder is not there."""
        if not self._folder.is_dir():
            raise SourceFailed(f"There is no folder {self._folder}. Make it, or mount the share.")
        try:
            for name in (_DONE, _FAILED):
                (self._folder / name).mkdir(exist_ok=True)
        except OSError as error:
            raise SourceFailed(f"The folder {self._folder} cannot be written to: {error.strerror or error}.") from error

    def read(self) -> Frame | None:
        """The next file that lies still; None when there is none."""
        if not self._ready:
            self._look()
        while self._ready:
            frame = self._frame(self._ready.popleft())
            if frame is not None:
                return frame
        return None

    def sent(self, frame: Frame) -> None:
        """Move the frame's file to `done/`."""
        path = self._taken.pop((frame.serial, frame.view, frame.captured_at), None)
        if path is not None:
            self._move(path, _DONE)

    def close(self) -> None:
        """Forget what was seen."""
        self._seen.clear()
        self._ready.clear()
        self._taken.clear()

    def _look(self) -> None:
        """Keep in mind since when each file has not changed; what has lain still for long enough is ready."""
        found: dict[Path, tuple[_State, float]] = {}
        waiting, now = set(self._taken.values()), self._clock()
        if not self._folder.is_dir():
            raise SourceFailed(f"The folder {self._folder} is gone. Is the share still mounted?")
        try:
            for path in sorted(self._files()):
                stat = path.stat()
                state = (stat.st_size, stat.st_mtime_ns)
                before, since = self._seen.get(path, (None, now))
                found[path] = (state, since if before == state else now)
                still = before == state and now - since >= self._settle_s and state[0] > 0
                if still and path not in waiting and self._stuck.get(path) != state:
                    self._ready.append(path)
        except OSError as error:
            raise SourceFailed(f"The folder {self._folder} cannot be read: {error.strerror or error}.") from error
        self._seen = found

    def _files(self) -> list[Path]:
        kept = (self._folder / _DONE, self._folder / _FAILED)
        found = []
        for root, folders, names in os.walk(self._folder):
            folders[:] = [f for f in folders if not f.startswith(".") and Path(root, f) not in kept]
            found += [Path(root, n) for n in names if not n.startswith(".") and Path(n).suffix.lower() in SUFFIXES]
        return found

    def _frame(self, path: Path) -> Frame | None:
        try:
            stat = path.stat()
            if stat.st_size > MAX_BYTES:
                raise InvalidCapture(f"{stat.st_size / 1e6:.0f} MB are too many")
            serial, view = self._named(path)
            taken = datetime.fromtimestamp(stat.st_mtime, UTC)
            Capture(capture_id="x", serial=serial, view=view, captured_at=taken)
            frame = Frame(data=path.read_bytes(), serial=serial, view=view, captured_at=taken)
        except FileNotFoundError:
            return None  # somebody took it away between two looks
        except (InvalidCapture, OSError) as error:
            self._log(f"{path.name} is set aside: {error}")
            self._move(path, _FAILED)
            return None
        self._taken[(serial, view, taken)] = path
        return frame

    def _named(self, path: Path) -> tuple[str, str]:
        inside = path.relative_to(self._folder)
        if len(inside.parts) > 1 and VIEW.fullmatch(inside.parts[0]):
            return path.stem, inside.parts[0]
        match = re.fullmatch(r"(.+)_([a-z0-9-]{1,32})", path.stem)
        if match and (not self._views or match[2] in self._views):
            return match[1], match[2]
        if len(self._views) == 1:
            return path.stem, self._views[0]
        raise InvalidCapture("name it SERIAL_VIEW.jpg, or put it into a folder named after its view")

    def _move(self, path: Path, where: str) -> None:
        """Move without ever overwriting: the same name gets a number."""
        target = self._folder / where / path.name
        number = 1
        while target.exists():
            target = target.with_name(f"{path.stem}.{number}{path.suffix}")
            number += 1
        try:
            shutil.move(path, target)
            self._stuck.pop(path, None)
        except OSError as error:
            # It stays where it is; the same file is not sent for ever.
            self._log(f"{path.name} cannot be moved to {where}/: {error.strerror or error}")
            if path in self._seen:
                self._stuck[path] = self._seen[path][0]
        self._seen.pop(path, None)
