"""The part as the largest thing that differs from a plain ground, and the rectangle around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.locate_rectify import Doubles, Pixels

_RING = 0.03
_SPREADS = 6.0
_LEAST = 8
_SMALLEST = 0.01
_OPEN = 0.02
_SAMPLES = 1024  # a few samples of the border say as much as all of them


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The largest thing in an image: its rectangle's corners (4, 2), clockwise; the share of it that is filled; whether
    the frame cuts it off; the area of the next largest thing as a share of its own; all in the image's pixels."""

    corners: Doubles
    extent: float
    cut_off: bool
    second: float

    @property
    def sides(self) -> tuple[float, float]:
        """The lengths of the first side and of the next."""
        return (
            float(np.linalg.norm(self.corners[1] - self.corners[0])),
            float(np.linalg.norm(self.corners[2] - self.corners[1])),
        )


Ground = Doubles  # blue, green, red and a fourth that OpenCV wants with one colour


def _differs(small: Pixels, ground: Ground) -> Pixels:
    blue, green, red = cv2.split(cv2.absdiff(small, ground))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _brighter(small: Pixels, ground: Ground) -> Pixels:
    blue, green, red = cv2.split(cv2.subtract(small, ground))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _darker(small: Pixels, ground: Ground) -> Pixels:
    blue, green, red = cv2.split(cv2.subtract(ground, small))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _coloured(small: Pixels, ground: Ground) -> Pixels:
    own = cv2.cvtColor(ground[:3].astype(np.uint8).reshape(1, 1, 3), cv2.COLOR_BGR2LAB).reshape(3)
    apart = cv2.absdiff(cv2.cvtColor(small, cv2.COLOR_BGR2LAB), np.append(own, 0).astype(np.float64))
    _, red_green, blue_yellow = cv2.split(apart)
    return np.asarray(cv2.max(red_green, blue_yellow), np.uint8)


_PLAIN: dict[str, Callable[[Pixels, Ground], Pixels]] = {
    "differs from the ground": _differs,
    "is brighter than the ground": _brighter,
    "is darker than the ground": _darker,
    "has another colour than the ground": _coloured,
}
_FAINTLY = ", if only faintly"
WAYS = (*_PLAIN, *(way + _FAINTLY for way in _PLAIN))


def find_shape(small: Pixels, way: str) -> Shape | None:
    """The largest thing in a small BGR image that stands out in that way; None when nothing does."""
    return find_shapes(small, (way,))[way]


def find_shapes(small: Pixels, ways: Sequence[str] = WAYS) -> dict[str, Shape | None]:
    """The same for several ways, which share most of the work."""
    smooth = np.asarray(cv2.GaussianBlur(small, (5, 5), 1.2), np.uint8)
    ring = _border(smooth)
    ground = np.append(np.round(np.median(ring, axis=0)), 0.0)
    found: dict[str, Shape | None] = {}
    for plain, apart_of in _PLAIN.items():
        wanted = [way for way in (plain, plain + _FAINTLY) if way in ways]
        if not wanted:
            continue
        apart, floor = apart_of(smooth, ground), _floor(apart_of(ring.reshape(1, -1, 3), ground))
        for way in wanted:
            mask = _mask(apart, floor, faintly=way.endswith(_FAINTLY))
            found[way] = None if mask is None else _largest(mask)
    return found


def _largest(mask: Pixels) -> Shape | None:
    contours, _ = cv2.findContours(_filled(mask), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = sorted(((cv2.contourArea(c), i) for i, c in enumerate(contours)), reverse=True)
    if not large or large[0][0] < _SMALLEST * mask.size:
        return None
    contour = contours[large[0][1]]
    middle, (wide, tall), angle = cv2.minAreaRect(contour)
    corners = cv2.boxPoints((middle, (wide + 1, tall + 1), angle)).astype(np.float64)
    left, top, columns, rows = cv2.boundingRect(contour)
    return Shape(
        corners=_clockwise(corners),
        extent=float((large[0][0] + len(contour) / 2) / ((wide + 1) * (tall + 1))),
        cut_off=left <= 1 or top <= 1 or left + columns >= mask.shape[1] - 1 or top + rows >= mask.shape[0] - 1,
        second=float(large[1][0] / large[0][0]) if len(large) > 1 else 0.0,
    )


def _floor(border: Pixels) -> float:
    """By how much anything must stand out to be more than the border's own spread about its median."""
    usual = border.astype(np.float64)
    middle = float(np.median(usual))
    return max(middle + _SPREADS * 1.4826 * float(np.median(np.abs(usual - middle))), _LEAST)


def _mask(apart: Pixels, floor: float, *, faintly: bool) -> Pixels | None:
    """White where the image stands out more than its border does."""
    otsu = 0.0 if faintly else cv2.threshold(apart, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    limit = max(floor, float(otsu))
    if limit >= 255:
        return None
    return np.asarray(cv2.threshold(apart, limit, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _border(small: Pixels) -> Pixels:
    """Pixels (n, 3) of a frame around the image, evenly picked."""
    wide = max(2, round(_RING * max(small.shape[:2])))
    sides = (small[:wide], small[-wide:], small[wide:-wide, :wide], small[wide:-wide, -wide:])
    ring = np.concatenate([side.reshape(-1, 3) for side in sides])
    return ring[:: max(1, len(ring) // _SAMPLES)]


def _filled(mask: Pixels) -> Pixels:
    """The mask without gaps, holes, and threads that hang on to things."""
    whole = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    contours, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    solid = cv2.drawContours(np.zeros_like(mask), contours, -1, 255, -1)
    reach = 2 * round(_OPEN * max(mask.shape) / 2) + 1
    return np.asarray(cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8)), np.uint8)


def _clockwise(corners: Doubles) -> Doubles:
    """Corners that go round clockwise as seen (y points down), from the one that makes the first side most level."""
    (ax, ay), (bx, by) = corners[1] - corners[0], corners[2] - corners[1]
    if ax * by - ay * bx < 0:
        corners = corners[::-1]
    sides = np.roll(corners, -1, axis=0) - corners
    return np.roll(corners, -int(np.argmax(sides[:, 0] / np.linalg.norm(sides, axis=1))), axis=0)
