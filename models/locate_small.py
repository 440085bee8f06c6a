"""Any image made small enough to search in, or in words why it is none."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from models.locate_align import Floats, cut, scale_of
from models.locate_rectify import Doubles, Pixels, inverse, scaling

LONG = 640
_SMALLEST, _LONGEST = 32, 20
_STRONG = 0.3


@dataclass(frozen=True, kw_only=True)
class Small:
    """An image at no more than 640 pixels a side, halved as often as that takes; `frame` is its own rows, columns."""

    bgr: Pixels
    frame: tuple[int, int]
    halved: int

    @cached_property
    def from_frame(self) -> Doubles:
        """The (3, 3) from the image's points to the small one's."""
        return scaling((2**self.halved, 2**self.halved), (1, 1))

    @cached_property
    def grey(self) -> Pixels:
        """The small image in grey."""
        return np.asarray(cv2.cvtColor(self.bgr, cv2.COLOR_BGR2GRAY), np.uint8)

    @cached_property
    def half(self) -> Pixels:
        """The small image in grey at half its size."""
        rows, columns = self.grey.shape
        even = self.grey[: rows // 2 * 2, : columns // 2 * 2]
        return np.asarray(cv2.resize(even, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA), np.uint8)

    @cached_property
    def strong_edges(self) -> NDArray[np.bool_]:
        """Where the small image has its strong edges (rows, columns)."""
        smooth = cv2.GaussianBlur(self.grey, (5, 5), 1.2)
        edges = cv2.magnitude(*(cv2.Sobel(smooth, cv2.CV_32F, *way) for way in ((1, 0), (0, 1))))
        return np.asarray(edges > _STRONG * float(np.percentile(edges, 99.5)), np.bool_)

    def level(self, scale: float) -> tuple[Pixels, Doubles]:
        """The grey picture that suits a patch of so many pixels to one, and the (3, 3) from the small image to it."""
        return (self.half, scaling((2, 2), (1, 1))) if scale < 0.6 else (self.grey, np.eye(3))

    def cut(self, to_patch: Doubles, size: tuple[int, int]) -> Floats:
        """The patch of `size` (rows, columns) that `to_patch` takes from the small image, normalised."""
        grey, way = self.level(scale_of(to_patch))
        return cut(grey, to_patch @ inverse(way), size)


def shrink(pixels: Pixels) -> Small | str:
    """The image made small, or in words why nothing can be found in it."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim not in (2, 3):
        return "This is no picture of 8-bit pixels."
    rows, columns = pixels.shape[:2]
    if min(rows, columns) < _SMALLEST or max(rows, columns) > _LONGEST * min(rows, columns):
        return f"An image of {columns} x {rows} pixels is too small to find a part in."
    if pixels.ndim == 3 and pixels.shape[2] not in (1, 3, 4):
        return f"An image of {pixels.shape[2]} colours cannot be read."
    small, halved = pixels, 0
    while max(small.shape[:2]) > LONG:
        tall, wide = small.shape[0] // 2, small.shape[1] // 2
        even = np.ascontiguousarray(small[: tall * 2, : wide * 2])
        small, halved = np.asarray(cv2.resize(even, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8), halved + 1
    return Small(bgr=_bgr(small), frame=(rows, columns), halved=halved)


def _bgr(pixels: Pixels) -> Pixels:
    whole = np.ascontiguousarray(pixels)
    if whole.ndim == 2 or whole.shape[2] == 1:
        return np.asarray(cv2.cvtColor(whole, cv2.COLOR_GRAY2BGR), np.uint8)
    return np.ascontiguousarray(whole[..., :3])
