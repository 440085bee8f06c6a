"""One picture of one unit: the good phone, its defects, then pose, light, harmless dust and the sensor's noise."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.simulated.defects import layer, mask
from camera.simulated.phone import BODY, HEIGHT, PATCH, PATCH_GREY, VARIANTS, WIDTH, Pixels, good_phone
from camera.simulated.truth import VIEWS, Unit

JPEG_QUALITY = 90
UNFIT = ("blurred", "dark", "overexposed", "hand")
_MARGIN = 64


def draw(unit: Unit, view: str, lamp: float = 1.0, unfit: str | None = None) -> Pixels:
    """The picture (HEIGHT, WIDTH, BGR) of a unit's view under a lamp, 1 being the lamp as installed."""
    dice = np.random.default_rng([unit.seed, VIEWS.index(view)])
    phone = good_phone(view, unit.colour, int(dice.integers(0, VARIANTS)))
    drawn = [layer(defect) for defect in unit.defects if defect.view == view]
    if drawn:
        phone = np.clip(phone + np.sum(drawn, axis=0)[..., None], 0, 255).astype(np.uint8)
    turned = cv2.warpAffine(phone, _pose(dice), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    picture = turned.astype(np.uint8, copy=False)
    left, top, width, height = PATCH  # fixed to the fixture, whatever the phone's pose
    picture[top : top + height, left : left + width] = PATCH_GREY
    _specks(picture, dice)
    gain = lamp * float(dice.normal(1.0, 0.008))
    if unfit == "hand":
        _hand(picture, dice)
    if unfit in ("dark", "overexposed"):
        gain *= 0.08 if unfit == "dark" else 4.5
    lit = cv2.convertScaleAbs(picture, alpha=gain)
    if unfit == "blurred":
        lit = cv2.GaussianBlur(lit, (0, 0), 9)
    noise = _noise()
    y, x = dice.integers(0, _MARGIN, 2)
    crop = noise[y : y + HEIGHT, x : x + WIDTH]
    return cv2.addWeighted(lit, 1.0, crop, 1.0, -128.0).astype(np.uint8, copy=False)


def jpeg(unit: Unit, view: str, lamp: float = 1.0, unfit: str | None = None) -> bytes:
    """The picture as the simulated camera gives it."""
    picture = draw(unit, view, lamp, unfit)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])


def defect_mask(unit: Unit, view: str) -> NDArray[np.bool_]:
    """Where the unit's defects are in its picture (HEIGHT, WIDTH)."""
    dice = np.random.default_rng([unit.seed, VIEWS.index(view)])
    dice.integers(0, VARIANTS)
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for defect in unit.defects:
        if defect.view == view:
            found |= mask(layer(defect)).astype(np.uint8)
    return cv2.warpAffine(found * 255, _pose(dice), (WIDTH, HEIGHT)) > 96


def _pose(dice: np.random.Generator) -> NDArray[np.float64]:
    """A phone in its fixture: turned by up to 0.4 degrees, shifted by up to 3 pixels."""
    angle, (dx, dy) = dice.uniform(-0.4, 0.4), dice.uniform(-3, 3, 2)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), angle, 1.0)
    turn[:, 2] += (dx, dy)
    return np.asarray(turn, np.float64)


def _specks(picture: Pixels, dice: np.random.Generator) -> None:
    """The dust that lies on every good phone: a few faint specks, one pixel or less."""
    left, top, right, bottom = BODY
    for _ in range(int(dice.integers(3, 9))):
        x, y = int(dice.integers(left + 20, right - 20)), int(dice.integers(top + 20, bottom - 20))
        faint = int(dice.integers(4, 14))
        spot = picture[y : y + 2, x : x + 1 + int(dice.integers(0, 2))]
        spot[:] = np.minimum(spot.astype(np.int16) + faint, 255)


def _hand(picture: Pixels, dice: np.random.Generator) -> None:
    """Somebody reaches into the picture."""
    x = int(dice.integers(300, 700))
    skin = picture.copy()
    for finger in range(4):
        tip = (x + finger * 52 - 80, 250 + abs(finger - 1) * 26)
        cv2.line(skin, tip, (x + finger * 44 - 60, HEIGHT + 40), (120, 150, 205), 46, cv2.LINE_AA)
    cv2.ellipse(skin, (x, HEIGHT + 10), (150, 130), 0, 0, 360, (112, 142, 198), -1, cv2.LINE_AA)
    picture[:] = cv2.GaussianBlur(skin, (0, 0), 3)


@lru_cache(maxsize=1)
def _noise() -> Pixels:
    """A larger tile of the sensor's noise around 128, from which each picture takes its own part."""
    dice = np.random.default_rng(11)
    shape = (HEIGHT + _MARGIN, WIDTH + _MARGIN)
    grey = dice.normal(0, 2.0, shape)[..., None] + dice.normal(0, 1.1, (*shape, 3))
    return np.clip(np.round(grey + 128), 0, 255).astype(np.uint8)
