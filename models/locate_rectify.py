"""What finding a part gives, and the ways from the image's pixels to the rectified part's and back."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Located:
    """Where the part lies in an image. Pixels have their centre at whole numbers; points are (x, y).

    `to_part` (3, 3) takes points of the image to points of the rectified part at its own `size` (rows, columns); `quad`
    (4, 2) are the part's corners in the image, clockwise from the part's own upper left; `confidence` runs from 0 to 1;
    `reason` tells a person why it is not `sure`, and is empty when it is.
    """

    confidence: float
    sure: bool
    reason: str
    to_part: Doubles
    quad: Doubles
    size: tuple[int, int]


def scaling(before: tuple[int, int], after: tuple[int, int]) -> Doubles:
    """The (3, 3) that takes points of an image of `before` (rows, columns) to those of the same resized to `after`."""
    tall, wide = after[0] / before[0], after[1] / before[1]
    return np.array([[wide, 0, wide / 2 - 0.5], [0, tall, tall / 2 - 0.5], [0, 0, 1]], np.float64)


def moved(x: float, y: float) -> Doubles:
    """The (3, 3) that moves points by x and y."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def inverse(matrix: Doubles) -> Doubles:
    """The way back of a (3, 3)."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def carry(matrix: Doubles, points: Doubles) -> Doubles:
    """Points (n, 2) through a (3, 3)."""
    flat = np.asarray(points, np.float64).reshape(-1, 2)
    carried = np.column_stack([flat, np.ones(len(flat))]) @ matrix.T
    return np.asarray(carried[:, :2] / carried[:, 2:], np.float64)


def similarity(points: Doubles, onto: Doubles) -> Doubles:
    """The turn, scale and shift (3, 3) that brings points nearest to others (least squares)."""
    z, w = points @ (1, 1j), onto @ (1, 1j)
    factor = np.vdot(z - z.mean(), w - w.mean()) / np.vdot(z - z.mean(), z - z.mean()).real
    shift = w.mean() - factor * z.mean()
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag], [0, 0, 1]], np.float64
    )


def rectify(pixels: Pixels, located: Located, size: tuple[int, int]) -> Pixels:
    """The part alone, upright, at `size` (rows, columns); what lies beyond the image repeats its edge.

    An image that shrinks to less than a half is averaged over whole pixels first, so that thin scratches stay.
    """
    matrix = _to_size(located, size)
    halvings = max(0, int(math.log2(max(_coarseness(matrix, size), 1.0))))
    left, top, right, bottom = _around(matrix, size, (pixels.shape[0], pixels.shape[1]))
    cut = np.ascontiguousarray(pixels[top:bottom, left:right])
    matrix = matrix @ moved(left, top)
    for _ in range(halvings):
        tall, wide = max(1, cut.shape[0] // 2), max(1, cut.shape[1] // 2)
        even = cut[: tall * 2, : wide * 2]
        matrix = matrix @ scaling((tall, wide), even.shape[:2])
        cut = np.asarray(cv2.resize(even, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)
    return _warped(cut, matrix, size)


def _warped(pixels: Pixels, matrix: Doubles, size: tuple[int, int]) -> Pixels:
    onto, flags, border = size[::-1], cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    if np.abs(matrix[2, :2]).max() < 1e-12:
        return np.asarray(
            cv2.warpAffine(pixels, matrix[:2] / matrix[2, 2], onto, flags=flags, borderMode=border), np.uint8
        )
    return np.asarray(cv2.warpPerspective(pixels, matrix, onto, flags=flags, borderMode=border), np.uint8)


def _to_size(located: Located, size: tuple[int, int]) -> Doubles:
    return np.asarray(scaling(located.size, size) @ located.to_part, np.float64)


def pixels_per_pixel(located: Located, size: tuple[int, int]) -> float:
    """How many of the image's pixels make one of the part's rectified to `size`, along a side."""
    return _coarseness(_to_size(located, size), size)


def _coarseness(matrix: Doubles, size: tuple[int, int]) -> float:
    """How many of the image's pixels make one of the rectified part's, along a side, in its middle."""
    middle = np.array([size[1] / 2, size[0] / 2])
    corners = carry(inverse(matrix), middle + np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]))
    across, down = corners[1] - corners[0], corners[2] - corners[0]
    return math.sqrt(abs(float(across[0] * down[1] - across[1] * down[0])))


def _around(matrix: Doubles, size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int, int, int]:
    """The image's part that is needed, with a little around it: left, top, right, bottom; never empty."""
    rows, columns = size
    corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float64) - 0.5
    found = carry(inverse(matrix), corners)
    spare = 2 + 2 * _coarseness(matrix, size)
    left, top = np.floor(found.min(axis=0) - spare)
    right, bottom = np.ceil(found.max(axis=0) + spare)
    left, top = int(np.clip(left, 0, frame[1] - 1)), int(np.clip(top, 0, frame[0] - 1))
    return left, top, int(np.clip(right, left + 1, frame[1])), int(np.clip(bottom, top + 1, frame[0]))
