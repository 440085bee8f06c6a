"""The part as the place most alike to a reference, searched over small turns and sizes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.locate_rectify import Doubles, Pixels, carry, inverse, scaling, similarity

LONG = 160
_PAD = 0.08


@dataclass(frozen=True, kw_only=True)
class Match:
    """The best place of one search: `to_patch` (3, 3) from the small image, how alike it is (-1 to 1), and how alike
    the best place is that lies well apart from it."""

    to_patch: Doubles
    alike: float
    second: float


class Template:
    """A reference of `size` (rows, columns) and where it may be: how long its longer side is as a share of the image's,
    and by how many degrees turned and how many times as large."""

    def __init__(
        self, picture: Pixels, share: float, turns: NDArray[np.floating], scales: NDArray[np.floating]
    ) -> None:
        self._size = (picture.shape[0], picture.shape[1])
        self._share = share
        self._poses = [(float(turn), float(scale)) for scale in scales for turn in turns]
        self._picture = picture

    def find(self, grey: Pixels, extra: float = 0.0) -> Match | None:
        """The best place in a small grey image, turned by `extra` degrees more; None when it is too small to look."""
        rows, columns = grey.shape
        shrink = min(1.0, LONG / max(rows, columns))
        size = (max(8, round(rows * shrink)), max(8, round(columns * shrink)))
        tiny = np.asarray(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
        long = self._share * max(size)
        ratio = long / max(self._size)
        wanted = (max(4, round(self._size[0] * ratio)), max(4, round(self._size[1] * ratio)))
        reference = np.asarray(cv2.resize(self._picture, wanted[::-1], interpolation=cv2.INTER_AREA), np.uint8)
        canvas = (round(size[0] * (1 + 2 * _PAD)), round(size[1] * (1 + 2 * _PAD)))
        if wanted[0] >= canvas[0] or wanted[1] >= canvas[1]:
            return None
        best: Match | None = None
        for turn, scale in self._poses:
            way = _turned(size, canvas, turn + extra, 1 / scale)
            found = _peak(tiny, way, canvas, reference)
            if best is None or found.alike > best.alike:
                best = found
        if best is None:
            return None
        to_patch = scaling(wanted, self._size) @ best.to_patch @ scaling((rows, columns), size)
        ends = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64) * (self._size[1], self._size[0]) - 0.5
        # Whole sizes of the search squeeze the picture a little; only a turn, a scale and a shift are wanted.
        straight = similarity(carry(inverse(to_patch), ends), ends)
        return Match(to_patch=straight, alike=best.alike, second=best.second)


def _turned(size: tuple[int, int], canvas: tuple[int, int], turn: float, scale: float) -> Doubles:
    """The (3, 3) that turns an image back by so many degrees about its middle, on a somewhat larger canvas."""
    way = np.eye(3)
    way[:2] = cv2.getRotationMatrix2D(((size[1] - 1) / 2, (size[0] - 1) / 2), turn, scale)
    way[:2, 2] += ((canvas[1] - size[1]) / 2, (canvas[0] - size[0]) / 2)
    return way


def _peak(tiny: Pixels, way: Doubles, canvas: tuple[int, int], reference: Pixels) -> Match:
    rows, columns = reference.shape
    turned = cv2.warpAffine(tiny, way[:2], canvas[::-1], borderMode=cv2.BORDER_REPLICATE)
    found = cv2.matchTemplate(turned, reference, cv2.TM_CCOEFF_NORMED)
    scores = np.nan_to_num(found, copy=False, nan=-1.0, posinf=-1.0)
    row, column = (int(v) for v in np.unravel_index(int(scores.argmax()), scores.shape))
    alike = float(scores[row, column])
    scores[
        max(0, row - rows // 2) : row + rows // 2 + 1, max(0, column - columns // 2) : column + columns // 2 + 1
    ] = -1
    shift = np.array([[1, 0, -column], [0, 1, -row], [0, 0, 1]], np.float64)
    return Match(to_patch=shift @ way, alike=min(alike, 1.0), second=float(scores.max()))


def beyond(to_patch: Doubles, box: Doubles, frame: tuple[int, int]) -> float:
    """By how many pixels the corners `box` (n, 2) of the patch lie outside an image of `frame` (rows, columns)."""
    corners = carry(inverse(to_patch), box)
    low, high = -0.5 - corners.min(axis=0), corners.max(axis=0) - (frame[1] - 0.5, frame[0] - 0.5)
    return float(max(low.max(), high.max(), 0.0))
