"""Image bytes by content hash: written to a temporary file, forced to disk, then renamed into place."""

import contextlib
import io
import itertools
import os
import secrets
import threading
import time
import weakref
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from PIL import Image, UnidentifiedImageError

from inspection.core.ingest import MEDIA_TYPES, StoredImage, UnfitBytes

MAX_PIXELS = 64_000_000
_LEFT_OVER_S = 3600.0
_FORMATS = tuple(MEDIA_TYPES)


class ImageStore(Protocol):
    """Keeps bytes under their own hash."""

    def put(self, data: bytes) -> StoredImage:
        """Check and keep an image; return only once it is durable. Raises UnfitBytes for what is no image."""

    def get(self, digest: str) -> bytes:
        """The bytes of that hash; raises FileNotFoundError when they are not there."""


def check_image(data: bytes, max_pixels: int = MAX_PIXELS) -> tuple[str, int, int]:
    """Media type, width and height from the header alone: nothing is decoded, so a bomb does no harm."""
    if not data:
        raise UnfitBytes("The body is empty: send the bytes of a JPEG, PNG, BMP, TIFF or WebP image.")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            kind, (width, height) = image.format or "", image.size
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        Image.DecompressionBombError,
    ) as error:
        raise UnfitBytes(
            "This is no readable JPEG, PNG, BMP, TIFF or WebP image. Send the file as the camera made it."
        ) from error
    except Exception as error:  # a hostile header may trip the parser in ways it does not declare
        raise UnfitBytes("The image's header is damaged. Send the file as the camera made it.") from error
    if width < 8 or height < 8:
        raise UnfitBytes(f"An image of {width} x {height} pixels shows nothing; at least 8 x 8 are needed.")
    if width * height > max_pixels:
        raise UnfitBytes(
            f"{width} x {height} pixels are too many; at most {max_pixels / 1e6:.0f} megapixels are taken."
        )
    return MEDIA_TYPES[kind], width, height


class FolderImageStore:
    """Images as files `ab/cdef...` under one folder."""

    def __init__(self, root: Path, max_pixels: int = MAX_PIXELS) -> None:
        self._root = root
        self._max_pixels = max_pixels
        self._folders: dict[str, int] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        (root / "new").mkdir(parents=True, exist_ok=True)
        _clear_left_over(root / "new")
        self._new = f"{root}/new/{secrets.token_hex(8)}-"
        weakref.finalize(self, _close, self._folders)

    def put(self, data: bytes) -> StoredImage:
        """Check and keep an image; see ImageStore."""
        media_type, width, height = check_image(data, self._max_pixels)
        digest = sha256(data).hexdigest()
        self._write(digest, data)
        return StoredImage(sha256=digest, size=len(data), media_type=media_type, width=width, height=height)

    def get(self, digest: str) -> bytes:
        """The bytes of that hash."""
        return self.path(digest).read_bytes()

    def path(self, digest: str) -> Path:
        """Where the bytes of that hash lie."""
        if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
            raise FileNotFoundError(digest)
        return self._root / digest[:2] / digest[2:]

    def _write(self, digest: str, data: bytes) -> None:
        """Plain system calls: each gives the other threads a turn, and on this path pathlib and tempfile cost as much
        as the disk."""
        folder = self._folders.get(digest[:2]) or self._open_folder(digest[:2])
        new = f"{self._new}{next(self._numbers)}"
        try:
            _write_through(new, data)
            # Also over a file that is there: it has the same bytes, or had them once.
            os.rename(new, f"{self._root}/{digest[:2]}/{digest[2:]}")  # noqa: PTH104
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(new)  # noqa: PTH108
            raise
        os.fsync(folder)

    def _open_folder(self, name: str) -> int:
        """A handle on a folder, kept open to force its entries to disk."""
        with self._lock:
            if name not in self._folders:
                (self._root / name).mkdir(exist_ok=True)
                root = os.open(self._root, os.O_RDONLY)
                try:
                    os.fsync(root)
                finally:
                    os.close(root)
                self._folders[name] = os.open(self._root / name, os.O_RDONLY)
            return self._folders[name]


def _clear_left_over(folder: Path) -> None:
    """What a crash left half-written an hour ago or more; anything younger may be another process's, at work now."""
    for file in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > _LEFT_OVER_S:
                file.unlink()


def _write_through(path: str, data: bytes) -> None:
    """Write a new file and force its bytes to disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        os.fdatasync(handle)
    finally:
        os.close(handle)


def _close(folders: dict[str, int]) -> None:
    for handle in folders.values():
        os.close(handle)
