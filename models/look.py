"""What a model is shown of an image: all of it, or the part alone and upright; and the way back to the image."""

from dataclasses import dataclass, replace

import numpy as np

from inspection.core.predict import Failure
from models.decode import Picture, Pixels
from models.engine import NoAnswer
from models.locate import Located, Locator, rectify
from models.locate_rectify import Doubles, carry, inverse, moved, pixels_per_pixel, scaling
from models.locate_small import LONG

_HALF = 0.5


class NoPart(NoAnswer):
    """The part is not surely found; the message says why, and a person has to look."""

    def __init__(self, words: str) -> None:
        super().__init__(Failure.NO_PART, words)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a model sees of an image of `size` (rows, columns). `located` is where the part was found, if it was
    searched."""

    pixels: Pixels
    size: tuple[int, int]
    located: Located | None = None

    @property
    def part(self) -> float | None:
        """The share of the image that the part takes (the shoelace formula over its corners); None unless searched."""
        if self.located is None:
            return None
        x, y = self.located.quad.T
        area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
        return area / (self.size[0] * self.size[1])

    def to_image(self, grid: tuple[int, int]) -> Doubles:
        """The (3, 3) from a grid of cells (rows, columns) over what the model sees to the image's pixels. Points are
        (x, y) and count from the upper left corner of the first cell or pixel, as outlines and boxes do."""
        if self.located is None:
            return np.diag([self.size[1] / grid[1], self.size[0] / grid[0], 1.0])
        to_grid = scaling(self.located.size, grid) @ self.located.to_part
        return moved(_HALF, _HALF) @ inverse(to_grid) @ moved(-_HALF, -_HALF)


def look(picture: Picture, size: tuple[int, int], locator: Locator | None) -> Look:
    """What a model whose input has `size` (rows, columns) sees. Raises NoPart where the part is to be found first and
    is not. Models that find the part in the same way share the work, and those of the same size the pixels as well."""
    if locator is None:
        return Look(pixels=picture.at(*size), size=picture.size)
    key = (locator.card, size)
    if key not in picture.known:
        located = find(picture, locator)
        if not located.sure:
            raise NoPart(located.reason)
        picture.known[key] = Look(pixels=_part(picture, located, size), size=picture.size, located=located)
    found = picture.known[key]
    assert isinstance(found, Look)
    return found


def find(picture: Picture, locator: Locator) -> Located:
    """Where the part lies in the whole image; searched once however often it is asked."""
    if locator.card not in picture.known:
        pixels = small(picture)
        located = locator.locate(pixels)
        to_small = scaling(picture.size, _shape(pixels))
        picture.known[locator.card] = replace(
            located, to_part=located.to_part @ to_small, quad=carry(inverse(to_small), located.quad)
        )
    found = picture.known[locator.card]
    assert isinstance(found, Located)
    return found


def small(picture: Picture) -> Pixels:
    """The image as the part is searched in it: decoded no larger than that needs."""
    return picture.whole(_enough(picture))


def _enough(picture: Picture) -> float:
    return max(picture.size) / LONG


def _part(picture: Picture, located: Located, size: tuple[int, int]) -> Pixels:
    """The part alone at that size, to be read only: from the image that it was searched in, where that is large enough,
    for a second decode costs more than the smaller image saves."""
    whole = picture.whole(min(pixels_per_pixel(located, size), _enough(picture)))
    to_part = located.to_part @ scaling(_shape(whole), picture.size)
    pixels = rectify(whole, replace(located, to_part=to_part), size)
    pixels.flags.writeable = False
    return pixels


def _shape(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[0], pixels.shape[1]
