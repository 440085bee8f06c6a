"""Draws the good phone: front and back on a dark mat; the fixture has a grey reference patch in its corner."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.core.capture import QualityLimits, Region

Pixels = NDArray[np.uint8]
WIDTH, HEIGHT = 960, 540
VARIANTS = 6
# The grey patch lies at (24, 24) and is 60 x 60 pixels; what is measured keeps clear of its edges.
PATCH, PATCH_GREY = (24, 24, 60, 60), 150
REFERENCE = Region(left=34 / WIDTH, top=34 / HEIGHT, width=40 / WIDTH, height=40 / HEIGHT)
# A sharp picture of these phones has a sharpness of 200 or more; noise alone has 13.
LIMITS = QualityLimits(brightness_low=45.0, sharpness_low=60.0)
# The phone's outline in pixels: left, top, right, bottom.
BODY = (112, 78, 848, 462)
_RADIUS = 58
_SCALE = 2  # drawn twice as large and shrunk, so that edges are smooth
# Blue, green, red of the four backs: graphite, mist blue, sage, rose.
COLOURS = ((74, 68, 66), (176, 150, 128), (132, 150, 128), (150, 146, 188))


@lru_cache(maxsize=64)
def good_phone(view: str, colour: int, variant: int) -> Pixels:
    """The picture of a good phone in even light (HEIGHT, WIDTH, BGR), not to be written to."""
    dice = np.random.default_rng([17, variant])
    picture = _mat()
    _shadow(picture)
    body = _front(dice) if view == "front" else _back(COLOURS[colour % len(COLOURS)], dice)
    mask = _rounded(BODY, _RADIUS)[..., None]
    picture = picture * (1 - mask) + body * mask
    picture *= _slope(dice)
    even: Pixels = np.clip(picture, 0, 255).astype(np.uint8)
    return even


def _rounded(box: tuple[int, int, int, int], radius: int, blur: float = 0.0) -> NDArray[np.float32]:
    """A rounded rectangle as a mask from 0 to 1 with smooth edges."""
    left, top, right, bottom = (int(v * _SCALE) for v in box)
    r = int(radius * _SCALE)
    mask = np.zeros((HEIGHT * _SCALE, WIDTH * _SCALE), np.uint8)
    cv2.rectangle(mask, (left + r, top), (right - r, bottom), 255, -1)
    cv2.rectangle(mask, (left, top + r), (right, bottom - r), 255, -1)
    for x in (left + r, right - r):
        for y in (top + r, bottom - r):
            cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_AA)
    small = _shrunk(mask)
    return _blurred(small, blur) if blur else small


def _shrunk(mask: Pixels) -> NDArray[np.float32]:
    return cv2.resize(mask, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)


def _disc(x: float, y: float, radius: float) -> NDArray[np.float32]:
    mask = np.zeros((HEIGHT * _SCALE, WIDTH * _SCALE), np.uint8)
    centre = (round(x * _SCALE), round(y * _SCALE))
    cv2.circle(mask, centre, round(radius * _SCALE), 255, -1, cv2.LINE_AA)
    return _shrunk(mask)


def _blurred(mask: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), np.float32)


def _paint(picture: NDArray[np.float32], mask: NDArray[np.float32], colour: Any, strength: float = 1.0) -> None:
    """Lay a colour over the picture where the mask is."""
    m = (mask * strength)[..., None]
    picture *= 1 - m
    picture += m * np.asarray(colour, np.float32)


@lru_cache(maxsize=1)
def _mat_tile() -> NDArray[np.float32]:
    """The dark, woven mat with the fixture's fine ruling."""
    dice = np.random.default_rng(3)
    weave = cv2.GaussianBlur(dice.normal(0, 16, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 0.9)
    broad = cv2.GaussianBlur(dice.normal(0, 120, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 28)
    mat = np.empty((HEIGHT, WIDTH, 3), np.float32)
    mat[:] = (66, 60, 54)
    mat += (weave + broad)[..., None]
    for x in range(-40, WIDTH + 40, 120):
        mat[:, max(x, 0) : max(x, 0) + 1] += 6
    return mat


def _mat() -> NDArray[np.float32]:
    return _mat_tile().copy()


def _shadow(picture: NDArray[np.float32]) -> None:
    left, top, right, bottom = BODY
    picture *= 1 - 0.55 * _rounded((left + 6, top + 14, right + 12, bottom + 22), _RADIUS, 13)[..., None]


def _slope(dice: np.random.Generator) -> NDArray[np.float32]:
    """A gentle gradient of the light over the picture, a few percent."""
    x, y = np.linspace(-1, 1, WIDTH, dtype=np.float32), np.linspace(-1, 1, HEIGHT, dtype=np.float32)
    a, b = dice.uniform(-0.03, 0.03, 2)
    slope: NDArray[np.float32] = (1 + a * x[None, :] + b * y[:, None])[..., None].astype(np.float32)
    return slope


def _rim(picture: NDArray[np.float32], colour: Sequence[float]) -> None:
    """The metal frame: lighter towards the lamp, with a dark seam on its inside."""
    left, top, right, bottom = BODY
    shine = np.linspace(1.5, 0.75, HEIGHT, dtype=np.float32)[:, None, None]
    picture[:] = np.asarray(colour, np.float32) * shine
    _paint(picture, _rounded((left + 9, top + 9, right - 9, bottom - 9), _RADIUS - 9), (16, 15, 14))
    for x in (left + 90, right - 90):  # antenna gaps
        cv2.line(picture, (x, top), (x, top + 9), (52, 50, 48), 4)
        cv2.line(picture, (x, bottom - 9), (x, bottom), (52, 50, 48), 4)


def _front(dice: np.random.Generator) -> NDArray[np.float32]:
    picture = np.empty((HEIGHT, WIDTH, 3), np.float32)
    _rim(picture, (140, 136, 132))
    left, top, right, bottom = BODY
    glass = _rounded((left + 12, top + 12, right - 12, bottom - 12), _RADIUS - 12)
    deep = np.linspace(44, 30, WIDTH, dtype=np.float32)[None, :, None] * np.array((1.12, 1.0, 0.92), np.float32)
    picture[:] = picture * (1 - glass[..., None]) + deep * glass[..., None]
    _soft_boxes(picture, glass, dice)
    screen = _rounded((left + 24, top + 22, right - 24, bottom - 22), _RADIUS - 22)
    edge = _blurred(screen, 1.2) - screen
    picture -= np.clip(edge, 0, 1)[..., None] * 14
    middle = (top + bottom) / 2
    for radius, colour in ((11, (10, 10, 10)), (6.5, (40, 26, 20)), (2.6, (96, 72, 52))):
        _paint(picture, _disc(right - 52, middle, radius), colour)
    _paint(picture, _disc(right - 54, middle - 3, 1.4), (210, 205, 200))
    _paint(picture, _rounded((right - 18, int(middle) - 46, right - 14, int(middle) + 46), 2), (12, 12, 12))
    return picture


def _soft_boxes(picture: NDArray[np.float32], glass: NDArray[np.float32], dice: np.random.Generator) -> None:
    """Two lamps mirrored in the glass as slanting bands, where the phone lies a little differently each time."""
    for start, width, strength in ((230, 150, 30.0), (560, 60, 17.0)):
        shift = float(dice.uniform(-14, 14))
        x = start + shift
        band = np.zeros((HEIGHT, WIDTH), np.float32)
        slant = 150
        corners = [(x + slant, 0), (x + slant + width, 0), (x + width - slant, HEIGHT), (x - slant, HEIGHT)]
        cv2.fillPoly(band, [np.array(corners, np.int32)], 1.0, cv2.LINE_AA)
        soft = _blurred(band, 9)
        fade = np.linspace(1.0, 0.35, HEIGHT, dtype=np.float32)[:, None]
        picture += (soft * fade * glass)[..., None] * np.array((1.06, 1.0, 0.96), np.float32) * strength


def _back(colour: tuple[int, int, int], dice: np.random.Generator) -> NDArray[np.float32]:
    picture = np.empty((HEIGHT, WIDTH, 3), np.float32)
    _rim(picture, [22 + c * 0.86 for c in colour])
    left, top, right, bottom = BODY
    plate = _rounded((left + 8, top + 8, right - 8, bottom - 8), _RADIUS - 8)
    sheen = np.linspace(1.10, 0.90, WIDTH, dtype=np.float32)[None, :, None]
    shape = (HEIGHT, WIDTH)
    brushed = cv2.blur(np.random.default_rng(5).normal(0, 34, shape).astype(np.float32), (61, 1))
    face = np.asarray(colour, np.float32) * sheen + brushed[..., None] * 0.9
    picture[:] = picture * (1 - plate[..., None]) + face * plate[..., None]
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    centre = 350 + float(dice.uniform(-16, 16))
    glow = np.exp(-(((x - centre) / 260) ** 2) - ((y - 170) / 150) ** 2)
    picture += (glow * plate)[..., None] * 22
    _island(picture, colour)
    _mark(picture, colour)
    return picture


def _island(picture: NDArray[np.float32], colour: tuple[int, int, int]) -> None:
    """The cameras: three lenses and a lamp on a raised plate."""
    _, top, right, _ = BODY
    box = (right - 188, top + 28, right - 32, top + 190)
    picture *= 1 - 0.28 * _rounded((box[0] - 1, box[1] + 4, box[2] + 5, box[3] + 9), 38, 5)[..., None]
    _paint(picture, _rounded(box, 38), [min(255, c * 1.12 + 6) for c in colour])
    _paint(picture, _rounded((box[0] + 2, box[1] + 2, box[2] - 2, box[3] - 2), 36), [c * 1.02 for c in colour])
    for dx, dy in ((48, 46), (48, 116), (114, 81)):
        lens_x, lens_y = box[0] + dx, box[1] + dy
        rings = ((31, (118, 114, 110)), (28, (24, 23, 22)), (20, (44, 34, 28)), (12, (20, 15, 13)), (6, (58, 38, 24)))
        for radius, ring in rings:
            _paint(picture, _disc(lens_x, lens_y, radius), ring)
        _paint(picture, _blurred(_disc(lens_x - 7, lens_y - 9, 4.2), 1.3), (214, 204, 198), 0.75)
        _paint(picture, _disc(lens_x + 8, lens_y + 9, 1.8), (150, 128, 120), 0.6)
    _paint(picture, _disc(box[0] + 118, box[1] + 30, 9), (196, 222, 232))
    _paint(picture, _disc(box[0] + 118, box[1] + 30, 5), (224, 240, 244))
    _paint(picture, _disc(box[0] + 120, box[1] + 134, 3), (22, 22, 22))


def _mark(picture: NDArray[np.float32], colour: tuple[int, int, int]) -> None:
    """The maker's mark: a ring around a dot."""
    tone = [min(255, c * 1.22 + 14) for c in colour]
    ring = np.clip(_disc(452, 270, 31) - _disc(452, 270, 24), 0, 1).astype(np.float32)
    _paint(picture, ring, tone, 0.85)
    _paint(picture, _disc(452, 270, 11), tone, 0.85)
