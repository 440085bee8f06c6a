"""How a part may lie in its patch, and which of several moves lays it there best."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.locate_align import Aligner, Floats, Likeness, cut, cut_grey, detail, likeness, normal, scale_of
from models.locate_card import MARGIN
from models.locate_contour import Shape
from models.locate_rectify import Doubles, Pixels, inverse, scaling, similarity
from models.locate_small import Small

PATCH_LONG = 192
_SQUARE = 0.15


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The part inside its patch: `size` (rows, columns) of the patch, and the part's corners `box` (4, 2) in it."""

    size: tuple[int, int]
    box: Doubles
    unit: float

    @classmethod
    def around(cls, width: float, height: float) -> "Frame":
        """For a part of that width and height, in any unit; the patch has so many (`unit`) pixels to one."""
        long = PATCH_LONG / (1 + 2 * MARGIN)
        unit = long / max(width, height)
        columns, rows = (math.ceil(side * unit + 2 * MARGIN * long) for side in (width, height))
        x, y = np.array([-1, 1, 1, -1]) * width * unit / 2, np.array([-1, -1, 1, 1]) * height * unit / 2
        return cls(size=(rows, columns), box=np.column_stack([x + (columns - 1) / 2, y + (rows - 1) / 2]), unit=unit)


def angle_of(to_patch: Doubles) -> float:
    """By how many degrees the part is turned in the image, clockwise as seen, from -180 to 180."""
    return math.degrees(math.atan2(to_patch[0, 1], to_patch[0, 0]))


def apart(one: Doubles, other: Doubles) -> float:
    """By how many degrees two poses are turned against each other, 0 to 180."""
    return abs((angle_of(one) - angle_of(other) + 180) % 360 - 180)


def poses(shape: Shape, box: Doubles) -> list[Doubles]:
    """The moves that lay a shape's rectangle on the part's `box`, one for each turn that keeps its sides' ratio."""
    found = []
    for turn in range(4):
        corners = np.roll(shape.corners, -turn, axis=0)
        sides = np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[1])
        wanted = np.linalg.norm(box[1] - box[0]), np.linalg.norm(box[2] - box[1])
        if abs(math.log(sides[0] * wanted[1] / (sides[1] * wanted[0]))) < _SQUARE:
            found.append(similarity(corners, box))
    return found


@dataclass(frozen=True, kw_only=True)
class Settled:
    """One of several moves that looks most alike to the reference, after refinement; by how much more (`lead`) than the
    next best; and the patch's `contrast` in grey levels."""

    to_patch: Doubles
    patch: Floats
    likeness: Likeness
    lead: float
    contrast: float


class Judge:
    """Lays an image's candidates for the part beside the reference (a normalised picture): roughly at half its size to
    tell which is right, then finely."""

    def __init__(self, reference: Floats) -> None:
        rows, columns = reference.shape
        self.reference = reference
        self.size = (rows, columns)
        self._detail = detail(reference)
        self._fine = Aligner(reference)
        half = cv2.resize(reference, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        blurred = np.asarray(cv2.GaussianBlur(half, (0, 0), 1.0), np.float32)
        self._rough = Aligner(blurred, steps=5, still=0.1)
        self._to_rough = scaling((rows, columns), self._rough.size)

    def settle(self, small: Small, candidates: Sequence[Doubles]) -> Settled:
        """The best of one or more candidates (3, 3), each from the small image to the patch."""
        level, way = small.level(scale_of(candidates[0]))
        tried = sorted((self._try(level, c @ inverse(way)) for c in candidates), key=lambda pair: -pair[0])
        to_patch = self._fine.refine(level, tried[0][1])
        grey = cut_grey(level, to_patch, self._fine.size)
        patch = normal(grey)
        return Settled(
            to_patch=to_patch @ way,
            patch=patch,
            likeness=likeness(patch, self.reference, self._detail),
            lead=tried[0][0] - tried[1][0] if len(tried) > 1 else 1.0,
            contrast=float(grey.std()),
        )

    def _try(self, grey: Pixels, candidate: Doubles) -> tuple[float, Doubles]:
        """How alike a candidate is at half size after refinement, and it."""
        rough = self._rough.refine(grey, self._to_rough @ candidate)
        alike = float((cut(grey, rough, self._rough.size) * self._rough.picture).mean())
        return alike, inverse(self._to_rough) @ rough
