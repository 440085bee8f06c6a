"""Photos of a plate in any pose on a rough ground, and what has learned to find it."""

from functools import lru_cache

import cv2
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camera.simulated.draw import draw
from camera.simulated.truth import make_unit
from models.locate import Locator, fit

Pixels = NDArray[np.uint8]
ROWS, COLUMNS = 480, 640
PLATE = (150, 260)  # rows, columns
QUICK = settings(max_examples=15, deadline=None)
TURNS, SHIFTS, SCALES = st.floats(-180, 180), st.floats(-50, 50), st.floats(0.93, 1.07)


def plate(size: tuple[int, int] = PLATE, *, marks: bool = True) -> Pixels:
    """A light plate; its marks tell which way round it lies."""
    rows, columns = size
    picture = np.full((rows, columns, 3), (170, 180, 176), np.uint8)
    if marks:
        cv2.circle(picture, (columns // 5, rows // 4), 18, (60, 60, 70), -1)
        cv2.rectangle(picture, (columns // 2, rows // 2), (columns - 30, rows - 40), (110, 120, 150), -1)
        cv2.line(picture, (columns // 3, 20), (columns - 30, 34), (230, 235, 235), 5)
    return picture


def pose(turn: float, x: float, y: float, scale: float, size: tuple[int, int] = PLATE) -> NDArray[np.float64]:
    """The (3, 3) from the part's pixels to the scene's, turned clockwise about the part's middle."""
    way = np.eye(3)
    way[:2] = cv2.getRotationMatrix2D(((size[1] - 1) / 2, (size[0] - 1) / 2), -turn, scale)
    way[:2, 2] += ((COLUMNS - size[1]) / 2 + x, (ROWS - size[0]) / 2 + y)
    return way


def ground(seed: int, grey: float = 70, rough: float = 9) -> NDArray[np.float32]:
    """A rough, evenly lit ground (ROWS, COLUMNS, 3)."""
    grain = np.random.default_rng(seed).normal(0, rough, (ROWS, COLUMNS, 1))
    return np.repeat(grey + cv2.GaussianBlur(grain, (0, 0), 1.0)[..., None] * 2, 3, axis=2).astype(np.float32)


def put(scene: NDArray[np.float32], part: Pixels, way: NDArray[np.float64]) -> None:
    """Lay a part into the scene, with smooth edges."""
    flat = cv2.warpPerspective(part.astype(np.float32), way, (COLUMNS, ROWS), borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(np.ones(part.shape[:2], np.float32), way, (COLUMNS, ROWS))[..., None]
    scene[:] = scene * (1 - mask) + flat * mask


def photo(scene: NDArray[np.float32], seed: int) -> Pixels:
    """The scene with the sensor's noise."""
    noise = np.random.default_rng([seed, 1]).normal(0, 2, scene.shape)
    return np.clip(scene + noise, 0, 255).astype(np.uint8)


def shot(
    seed: int, turn: float = 0, x: float = 0, y: float = 0, scale: float = 1, part: Pixels | None = None, **floor: float
) -> Pixels:
    """A photo of one part in that pose."""
    scene, part = ground(seed, **floor), plate() if part is None else part
    put(scene, part, pose(turn, x, y, scale, part.shape[:2]))
    return photo(scene, seed)


def corners(size: tuple[int, int] = PLATE) -> NDArray[np.float64]:
    return np.array([(0, 0), (size[1], 0), (size[1], size[0]), (0, size[0])], np.float64) - 0.5


def shots(count: int, turn: float, part: Pixels | None = None, sway: float = 40, **floor: float) -> list[Pixels]:
    """Good images, each turned by up to `turn` degrees and shifted by up to `sway` pixels."""
    dice = np.random.default_rng(7)
    return [
        shot(
            100 + i, dice.uniform(-turn, turn), *dice.uniform(-sway, sway, 2), dice.uniform(0.95, 1.05), part, **floor
        )
        for i in range(count)
    ]  # fmt: skip


@lru_cache(maxsize=1)
def free() -> Locator:
    """What finds plates that lie any way round."""
    card = fit(shots(20, 180))
    assert card.kind == "contour", card
    return Locator(card)


@lru_cache(maxsize=1)
def hidden() -> Locator:
    """What finds a part that only its texture tells from the ground."""
    card = fit(shots(16, 4, grain_plate(), sway=12, rough=14))
    assert card.kind == "template", card
    return Locator(card)


@lru_cache(maxsize=1)
def grain_plate() -> Pixels:
    """A part as grey and as rough as its ground, and as large as most of the image."""
    grain = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 1, (380, 500)), (0, 0), 5)
    return np.repeat(np.clip(70 + 260 * grain, 0, 255)[..., None], 3, axis=2).astype(np.uint8)


@lru_cache(maxsize=2)
def phones(view: str) -> Locator:
    card = fit(draw(make_unit(3, i, 0.0), view) for i in range(20))
    assert card.kind == "contour", card
    return Locator(card)
