"""A small grey picture of the mean good part: how alike another is, and the small move that makes it more alike."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.locate_rectify import Doubles, Pixels, carry, inverse

Floats = NDArray[np.float32]

_CLIP = 1.5
_FAR = 0.12
_DETAIL = 2.0
_TILES = 12
_WORST = 0.1


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike two pictures are: `similarity` is their correlation (1 the same); `detail` is the share of the
    reference's fine detail that is there (1 all, 0 when blurred away); `odd` is by how much the worst tenth of the
    places differs, in standard deviations of the reference."""

    similarity: float
    detail: float
    odd: float


def normal(picture: NDArray[np.generic]) -> Floats:
    """The picture with mean 0 and standard deviation 1; all zero when it is constant."""
    values = np.asarray(picture, np.float32)
    mean, deviation = cv2.meanStdDev(values)
    return np.asarray((values - np.float32(mean[0, 0])) / np.float32(max(deviation[0, 0], 1e-3)), np.float32)


def scale_of(to_patch: Doubles) -> float:
    """How many pixels of the patch one pixel of the image becomes, along a side."""
    return math.sqrt(abs(float(np.linalg.det(to_patch[:2, :2]))))


def cut_grey(grey: Pixels, to_patch: Doubles, size: tuple[int, int]) -> Pixels:
    """The place that `to_patch` (3, 3) takes to a patch of `size` (rows, columns)."""
    rows, columns = size
    return np.asarray(cv2.warpAffine(grey, to_patch[:2], (columns, rows), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def cut(grey: Pixels, to_patch: Doubles, size: tuple[int, int]) -> Floats:
    """That place, normalised."""
    return normal(cut_grey(grey, to_patch, size))


def likeness(patch: Floats, reference: Floats, wanted: Floats | None = None) -> Likeness:
    """Compare two normalised pictures of the same size; `wanted` is the reference's detail where it is known."""
    fine, wanted = detail(patch), detail(reference) if wanted is None else wanted
    rows, columns = patch.shape
    tiles = (_TILES, max(1, round(_TILES * rows / columns))) if columns >= rows else (
        max(1, round(_TILES * columns / rows)), _TILES
    )  # fmt: skip
    apart = cv2.resize(np.abs(patch - reference), tiles, interpolation=cv2.INTER_AREA).ravel()
    worst = np.sort(apart)[-max(1, round(_WORST * len(apart))) :]
    return Likeness(
        similarity=float((patch * reference).mean()),
        detail=float((fine * wanted).mean() / max(float((wanted * wanted).mean()), 1e-6)),
        odd=float(worst.mean()),
    )


def detail(picture: Floats) -> Floats:
    """What blur would take away."""
    return picture - cv2.GaussianBlur(picture, (0, 0), _DETAIL)


class Aligner:
    """Moves, turns and scales a patch until it is most alike to the reference (inverse compositional Lucas-Kanade;
    Baker and Matthews, 2004), with residuals clipped so that a defect does not pull. It takes no more than `steps`,
    and ends at one that moves nothing by `still` pixels."""

    def __init__(self, reference: Floats, steps: int = 8, still: float = 0.03) -> None:
        self._steps, self._still = steps, still
        self.size = (reference.shape[0], reference.shape[1])
        self.picture = normal(reference)
        self._half = max(self.size) / 2
        self._middle = ((self.size[1] - 1) / 2, (self.size[0] - 1) / 2)
        self._moves, self._inverse = self._slopes()

    def _slopes(self) -> tuple[Floats, Doubles]:
        """How the reference changes with each of four moves (4, pixels), and their inverse Hessian."""
        down, across = np.gradient(self.picture)
        y, x = np.indices(self.picture.shape, np.float32)
        x, y = (x - self._middle[0]) / self._half, (y - self._middle[1]) / self._half
        moves = np.stack([across * x + down * y, down * x - across * y, across, down]).reshape(4, -1)
        hessian = (moves @ moves.T).astype(np.float64)
        hessian += np.eye(4) * max(1e-4 * float(np.trace(hessian)), 1e-6)
        return moves.astype(np.float32), np.linalg.inv(hessian)

    def refine(self, grey: Pixels, to_patch: Doubles) -> Doubles:
        """A better `to_patch` near the one given, or that one when the search runs away."""
        better = to_patch
        for _ in range(self._steps):
            apart = cut(grey, better, self.size) - self.picture
            pull = self._moves @ np.clip(apart, -_CLIP, _CLIP).ravel()
            step = (self._inverse @ pull.astype(np.float64)).tolist()
            longest = max(abs(part) for part in step)
            if not longest < 0.5 * self._half:  # not a number is no step either
                return to_patch
            better = self._move(*step) @ better
            if longest < self._still:
                break
        return better if self._near(to_patch, better) else to_patch

    def _move(self, grow: float, turn: float, right: float, down: float) -> Doubles:
        """The (3, 3) of one step: growth and turn in pixels at the longer side's end, and the shift in pixels."""
        a, b, (x, y) = 1 + grow / self._half, turn / self._half, self._middle
        return np.array([[a, -b, x - a * x + b * y + right], [b, a, y - b * x - a * y + down], [0, 0, 1]], np.float64)

    def _near(self, before: Doubles, after: Doubles) -> bool:
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64) * self.size[::-1]
        return bool(abs(carry(after @ inverse(before), corners) - corners).max() < _FAR * 2 * self._half)
