"""Found places map back to the image, and the rectified part keeps what the image shows."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.locate import Located, rectify
from models.locate_rectify import carry
from models.look import Look
from tests.models.scenes import COLUMNS, QUICK, ROWS, SCALES, SHIFTS, TURNS, corners, free, plate, pose, shot


def points_back(points: NDArray[np.float64], located: Located, size: tuple[int, int]) -> NDArray[np.float64]:
    """Points of the part rectified to `size` in the image's pixels, as findings and heatmaps get there."""
    seen = Look(pixels=np.zeros((1, 1, 3), np.uint8), size=(ROWS, COLUMNS), located=located)
    return carry(seen.to_image(size), points + 0.5) - 0.5


def in_part(located: Located, points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """Points of the image in the part rectified to `size`: the way that points_back goes back."""
    own = carry(located.to_part, points)
    return (own + 0.5) * (size[1] / located.size[1], size[0] / located.size[0]) - 0.5


@QUICK
@given(TURNS, SHIFTS, SHIFTS, SCALES)
def test_one_part_looks_the_same_from_any_pose(turn: float, x: float, y: float, scale: float) -> None:
    pictures = []
    for image in (shot(1, turn, x, y, scale), shot(2)):
        picture = rectify(image, free().locate(image), (160, 260))
        pictures.append(cv2.GaussianBlur(picture, (0, 0), 1)[14:-14, 14:-14].astype(np.float64))
    assert np.abs(pictures[0] - pictures[1]).mean() < 3


@QUICK
@given(TURNS, SHIFTS, SHIFTS, SCALES, st.integers(40, 900), st.integers(40, 900))
def test_places_found_in_the_part_map_back(
    turn: float, x: float, y: float, scale: float, rows: int, columns: int
) -> None:
    located, size = free().locate(shot(1, turn, x, y, scale)), (rows, columns)
    box = carry(pose(turn, x, y, scale), np.array([(40.0, 30.0), (90.0, 30.0), (90.0, 80.0), (40.0, 80.0)]))
    assert points_back(in_part(located, box, size), located, size) == pytest.approx(box, abs=1e-6)


def test_a_place_in_the_rectified_picture_is_that_place_in_the_image() -> None:
    part = plate()
    part[70:76, 40:46] = (0, 0, 255)
    image, size = shot(1, 130, 20, -15, 1.03, part), (300, 500)
    located = free().locate(image)
    red = rectify(image, located, size).astype(np.int16)
    found = np.argwhere((red[..., 2] - red[..., 0]) > 100)[:, ::-1].mean(axis=0)
    true = carry(pose(130, 20, -15, 1.03), np.array([(42.5, 72.5)]))
    assert points_back(found[None], located, size) == pytest.approx(true, abs=1)


@pytest.mark.parametrize("turn", [0, 33, 90])
def test_a_thin_scratch_survives_shrinking(turn: float) -> None:
    part = cv2.resize(plate(marks=False), (2080, 1200))
    part[600:602, 200:1900] = 255
    way = pose(turn, 0, 0, 1, (1200, 2080))
    way[:2, 2] += ((2600 - COLUMNS) / 2, (2600 - ROWS) / 2)
    image = cv2.warpPerspective(part, way, (2600, 2600), borderMode=cv2.BORDER_CONSTANT, borderValue=(70, 70, 70))
    size = (150, 260)
    to_part = np.linalg.inv(way)
    located = Located(confidence=1, sure=True, reason="", to_part=to_part, quad=corners(), size=(1200, 2080))
    small = rectify(image.astype(np.uint8), located, size)[..., 0].astype(np.int16)
    line = small[70:80, 40:220].max(axis=0) - 170
    assert line.min() >= 8  # of 85 grey levels on 2 of 8 pixels; without averaging, three of four columns show nothing
