"""A watched folder: whatever image file is put there is a frame."""

import os
import re
import shutil
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from camera.frame import Frame, SourceFailed
from inspection.core.capture import VIEW, Capture, InvalidCapture

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
MAX_BYTES = 256_000_000
_DONE, _FAILED = "done", "failed"


class FolderSource:
    """Watches a folder by looking at it, which works on network shares too.

    A file is taken once its size and time have not changed between two looks. Its serial and view come from its name,
    `SERIAL_VIEW.jpg`, or from the sub-folder it lies in, `VIEW/SERIAL.jpg`; a lone view needs no naming.
    Files that are safely spooled move to `done/`, files that cannot be used to `failed/`, with a line in the log.
    """

    def __init__(self, folder: Path, views: tuple[str, ...] = (), log: Callable[[str], None] = print) -> None:
        self._folder = folder
        self._views = views
        self._log = log
        self._seen: dict[Path, tuple[int, int]] = {}
        self._ready: deque[Path] = deque()
        self._taken: dict[tuple[str, str, datetime], Path] = {}

    def open(self) -> None:
        """Make the folders; raises SourceFailed when the folder is not there."""
        if not self._folder.is_dir():
            raise SourceFailed(f"There is no folder {self._folder}. Make it, or mount the share.")
        for name in (_DONE, _FAILED):
            (self._folder / name).mkdir(exist_ok=True)

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
        """Keep what is new or still growing in mind; what has not changed since the last look is ready."""
        now: dict[Path, tuple[int, int]] = {}
        waiting = set(self._taken.values())
        try:
            for path in sorted(self._files()):
                stat = path.stat()
                now[path] = (stat.st_size, stat.st_mtime_ns)
        except OSError as error:
            raise SourceFailed(f"The folder {self._folder} cannot be read: {error.strerror or error}.") from error
        still = [p for p, state in now.items() if self._seen.get(p) == state and state[0] > 0 and p not in waiting]
        self._ready.extend(still)
        self._seen = now

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
        except OSError as error:
            self._log(f"{path.name} cannot be moved to {where}/: {error.strerror or error}")
        self._seen.pop(path, None)
