"""Faults drawn into good images: what a model that knows only good ones can be tried on."""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from models.decode import Picture

Pixels = NDArray[np.uint8]

_CONTRAST = (15.0, 90.0)  # grey levels between a fault and its surroundings
_SCRATCH_WIDTH = (1, 3)  # pixels of the original image
_JOINTS = 5


class Fault(StrEnum):
    """What is drawn: a scratch of 1 to 3 pixels, a soft spot, or a piece of the image in a wrong place."""

    SCRATCH = "scratch"
    SPOT = "spot"
    PATCH = "patch"


def plain(data: bytes) -> bytes:
    """An encoded image as one that takes the same way to a model as those with a planted fault."""
    return _encoded(_pixels(data))


def planted(data: bytes, fault: Fault, dice: np.random.Generator) -> bytes:
    """An encoded image with one fault drawn into its original pixels, encoded without loss. Faults cover 5 to 20 % of
    the shorter side, and range from hardly visible to plain."""
    pixels = _pixels(data)
    side = min(pixels.shape[:2]) * dice.uniform(0.05, 0.2)
    place = np.array([dice.uniform(0.1, 0.9) * n for n in pixels.shape[1::-1]])
    contrast = dice.uniform(*_CONTRAST) * dice.choice([-1, 1])
    if fault is Fault.PATCH:
        changed = _patched(pixels, place, side, dice)
    else:
        mask = (
            _scratch(pixels.shape[:2], place, side, dice)
            if fault is Fault.SCRATCH
            else _spot(pixels, place, side, dice)
        )
        changed = pixels + contrast * mask[..., None]
    return _encoded(np.clip(np.round(changed), 0, 255).astype(np.uint8))


def _pixels(data: bytes) -> Pixels:
    picture = Picture(data)
    return picture.at(*picture.size)


def _encoded(pixels: Pixels) -> bytes:
    return bytes(cv2.imencode(".bmp", pixels)[1])


def _scratch(
    size: tuple[int, ...], place: NDArray[np.float64], side: float, dice: np.random.Generator
) -> NDArray[np.float32]:
    """A slightly bent line, 1 where it is."""
    width = int(dice.integers(_SCRATCH_WIDTH[0], _SCRATCH_WIDTH[1] + 1))
    angle = dice.uniform(0, np.pi)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    steps = np.linspace(-1, 1, _JOINTS)[:, None]
    line = place + side * (steps * along + 0.1 * dice.normal(size=(_JOINTS, 1)) * across)
    mask = np.zeros(size, np.float32)
    cv2.polylines(
        mask, [np.round(line).astype(np.int32)], isClosed=False, color=1.0, thickness=width, lineType=cv2.LINE_8
    )
    return mask


def _spot(pixels: Pixels, place: NDArray[np.float64], side: float, dice: np.random.Generator) -> NDArray[np.float32]:
    """An ellipse with a soft edge, 1 in its middle."""
    rows, columns = (np.arange(n, dtype=np.float32) for n in pixels.shape[:2])
    radii = side * dice.uniform(0.2, 0.6, 2)
    distance = ((columns - place[0]) / radii[0])[None] ** 2 + ((rows - place[1]) / radii[1])[:, None] ** 2
    return np.asarray(np.exp(-(distance**2)), np.float32)


def _patched(pixels: Pixels, place: NDArray[np.float64], side: float, dice: np.random.Generator) -> NDArray[np.float32]:
    """The image with a soft-edged ellipse of it shown elsewhere, as CutPaste does (Li et al., 2021)."""
    mask = _spot(pixels, place, side, dice)[..., None]
    shift = [int(dice.uniform(0.15, 0.85) * n) for n in pixels.shape[:2]]
    return np.asarray(pixels + mask * (np.roll(pixels, shift, axis=(0, 1)).astype(np.float32) - pixels), np.float32)
