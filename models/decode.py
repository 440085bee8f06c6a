"""From the bytes of an image to pixels at a model's input size: checked first, decoded no larger than needed."""

import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

MAX_PIXELS = 64_000_000
QUALITY_WIDTH = 320
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
_ORIENTATION = 0x0112
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


class Unreadable(ValueError):
    """These bytes cannot be shown to a model; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What an image says about itself before anything is decoded; `orientation` is EXIF's 1 to 8."""

    format: str
    width: int
    height: int
    orientation: int = 1

    @property
    def turned(self) -> bool:
        """Whether width and height change places when the image is put upright."""
        return self.orientation >= 5

    @property
    def upright(self) -> tuple[int, int]:
        """Rows and columns as people see the image."""
        return (self.width, self.height) if self.turned else (self.height, self.width)


def read_header(data: bytes, max_pixels: int = MAX_PIXELS) -> Header:
    """Format, size and orientation; raises Unreadable for what is no whole image of a known format, or too large."""
    if not data:
        raise Unreadable("The image is empty.")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            header = Header(
                format=image.format or "", width=image.width, height=image.height, orientation=_orientation(image)
            )
            cut_off = _cut_off(data, image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable(f"The image has more than {max_pixels / 1e6:.0f} megapixels.") from error
    except Exception as error:  # a hostile header may trip the parser in ways it does not declare
        raise Unreadable("This is no readable JPEG, PNG, BMP, TIFF or WebP image.") from error
    if header.width * header.height > max_pixels:
        raise Unreadable(
            f"The image has {header.width} x {header.height} pixels, more than {max_pixels / 1e6:.0f} million."
        )
    if cut_off:
        raise Unreadable("The image is cut off: its end is missing.")
    return header


def _orientation(image: Image.Image) -> int:
    """EXIF orientation from what the header holds; anything odd counts as upright."""
    try:
        tags: Any = getattr(image, "tag_v2", None)
        if tags is None:
            tags = Image.Exif()
            tags.load(image.info.get("exif", b""))
        value = int(tags.get(_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block says nothing about the pixels
        return 1
    return value if 1 <= value <= 8 else 1


def _cut_off(data: bytes, image: Image.Image) -> bool:
    """Whether the file's end is missing. Decoders fill the rest with grey, on which a model would give an opinion."""
    if image.format == "JPEG":
        return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")
    if image.format == "PNG":
        return b"IEND" not in data[-4096:]
    if image.format == "WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if image.format == "TIFF":
        return _tiff_end(image) > len(data)
    return image.format == "BMP" and int.from_bytes(data[2:6], "little") > len(data)


def _tiff_end(image: Image.Image) -> int:
    tags: Any = getattr(image, "tag_v2", {})
    starts = tags.get(273) or tags.get(324) or ()
    sizes = tags.get(279) or tags.get(325) or ()
    return max((start + size for start, size in zip(starts, sizes, strict=False)), default=0)


class Picture:
    """One encoded image, decoded once per reduction however many models look at it. For use by one thread at a time.

    EXIF orientation is applied, as browsers do: all sizes are those of the upright image. Grey, palette, CMYK and
    16-bit images become 8-bit BGR; transparency is dropped.
    """

    def __init__(self, data: bytes, max_pixels: int = MAX_PIXELS) -> None:
        self._data = np.frombuffer(data, np.uint8)
        self.header = read_header(data, max_pixels)
        self._decoded: dict[int, Pixels] = {}
        self._sized: dict[tuple[int, int], Pixels] = {}
        self._whole: dict[int, Pixels] = {}
        self.known: dict[Any, Any] = {}  # what was found out about the picture, for all who look at it

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the upright image."""
        return self.header.upright

    def at(self, rows: int, columns: int) -> Pixels:
        """The upright image in BGR, squeezed to exactly this size. What it returns depends on no earlier call."""
        if (rows, columns) not in self._sized:
            wanted = (columns, rows) if self.header.turned else (rows, columns)
            resized = _resize(self._decode(self._reduction(wanted)), wanted)
            sized = _upright(resized, self.header.orientation)
            sized.flags.writeable = False  # so that whoever has seen it once may rely on it
            self._sized[rows, columns] = sized
        return self._sized[rows, columns]

    def whole(self, shrunk: float) -> Pixels:
        """The upright image in BGR, decoded up to so many times smaller along a side: by 1, 2, 4 or 8, JPEG only."""
        room = shrunk if self.header.format == "JPEG" else 1.0
        reduction = max((r for r in _REDUCED if r <= room), default=1)
        if reduction not in self._whole:
            self._whole[reduction] = _upright(self._decode(reduction), self.header.orientation)
        return self._whole[reduction]

    @cached_property
    def small(self) -> Pixels:
        """The upright image in BGR, at most 320 columns, for the quality figures."""
        rows, columns = self.size
        scale = min(1.0, QUALITY_WIDTH / columns)
        size = (max(1, round(rows * scale)), max(1, round(columns * scale)))
        wanted = size[::-1] if self.header.turned else size
        large_enough = [r for r in self._decoded if r <= self._reduction(wanted)]
        pixels = self._decode(max(large_enough, default=self._reduction(wanted)))
        return _upright(_resize(pixels, wanted), self.header.orientation)

    @cached_property
    def grey(self) -> Pixels:
        """The same in grey."""
        return _bytes(cv2.cvtColor(self.small, cv2.COLOR_BGR2GRAY))

    def _reduction(self, wanted: tuple[int, int]) -> int:
        """By how much a JPEG may be decoded smaller and still be no smaller than wanted (rows, columns)."""
        if self.header.format != "JPEG":
            return 1
        room = min(self.header.height / wanted[0], self.header.width / wanted[1])
        return max((r for r in _REDUCED if r <= room), default=1)

    def _decode(self, reduction: int) -> Pixels:
        if reduction not in self._decoded:
            self._decoded[reduction] = _decode(self._data, reduction)
        return self._decoded[reduction]


def _decode(data: Pixels, reduction: int) -> Pixels:
    try:
        pixels = cv2.imdecode(data, _REDUCED[reduction] | cv2.IMREAD_IGNORE_ORIENTATION)
    except (cv2.error, MemoryError) as error:
        raise Unreadable("The image cannot be decoded.") from error
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.size == 0:
        raise Unreadable("The image cannot be decoded.")
    return _bytes(pixels)


def _bytes(pixels: NDArray[Any]) -> Pixels:
    return np.asarray(pixels, np.uint8)


def _resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    rows, columns = size
    if pixels.shape[:2] == size:
        return pixels
    shrinks = pixels.shape[0] > rows or pixels.shape[1] > columns
    # Area averaging keeps thin scratches that linear sampling would step over.
    return _bytes(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
