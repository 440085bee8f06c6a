"""Image bytes by content hash: written to a temporary file, forced to disk, then renamed into place."""

import io
import os
import tempfile
import threading
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from PIL import Image, UnidentifiedImageError

from inspection.core.ingest import MEDIA_TYPES, StoredImage, UnfitBytes

MAX_PIXELS = 64_000_000
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
        self._made: set[str] = set()
        self._lock = threading.Lock()
        (root / "new").mkdir(parents=True, exist_ok=True)
        for left_over in (root / "new").iterdir():
            left_over.unlink(missing_ok=True)

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
        target = self.path(digest)
        self._make_folder(target.parent)
        if target.exists() and target.stat().st_size == len(data):
            return
        handle, name = tempfile.mkstemp(dir=self._root / "new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fdatasync(file.fileno())
            Path(name).rename(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    def _make_folder(self, folder: Path) -> None:
        if folder.name in self._made:
            return
        with self._lock:
            folder.mkdir(exist_ok=True)
            _sync_folder(self._root)
            self._made.add(folder.name)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
