"""What a model sees of an image, and the way back: boxes, outlines and heatmaps lie where the image shows them."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from inspection.core.predict import Failure, Finding
from models.calibrate import Curve
from models.decode import Picture
from models.explain import findings, heatmap_png, over_image
from models.locate import LocateCard, Located, Locator, read_card
from models.locate_rectify import carry
from models.look import Look, NoPart, find, look
from tests.models.scenes import (
    COLUMNS,
    QUICK,
    ROWS,
    SCALES,
    SHIFTS,
    TURNS,
    Pixels,
    free,
    ground,
    photo,
    plate,
    pose,
    shot,
)

SIZE = (160, 256)
MARK = (70.0, 100.0)  # the middle of a mark on the plate, and its radius
RADIUS = 12
CURVE = Curve(middle=0.0, width=1.0)


def encoded(pixels: Pixels, kind: str = ".png") -> bytes:
    return bytes(cv2.imencode(kind, pixels)[1])


def marked() -> Pixels:
    """A plate with a red mark."""
    part = plate()
    cv2.circle(part, (int(MARK[0]), int(MARK[1])), RADIUS, (0, 0, 255), -1)
    return part


def red(pixels: Pixels) -> NDArray[np.float32]:
    """A map of cells (8 pixels) as a model of red places would give it."""
    bgr = pixels.astype(np.float32)
    share = cv2.resize(bgr[..., 2] - bgr[..., 1], None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    return np.where(share > 60, 6.0, -6.0).astype(np.float32)


def seen(image: Pixels, kind: str = ".png") -> Look:
    return look(Picture(encoded(image, kind)), SIZE, free())


@QUICK
@given(TURNS, SHIFTS, SHIFTS, SCALES)
def test_findings_lie_where_the_defect_is_in_the_image(turn: float, x: float, y: float, scale: float) -> None:
    one = seen(shot(1, turn, x, y, scale, marked()))
    (found,) = findings(red(one.pixels), CURVE, one)
    true = carry(pose(turn, x, y, scale), np.array([MARK]))[0]
    reach = RADIUS * scale + 15 * scale  # a cell is 9 pixels of the image, and the mark may lie on its edge
    drawn = np.zeros((ROWS, COLUMNS), np.uint8)
    cv2.fillPoly(drawn, [np.array(found.outline, np.int32)], 1)
    assert drawn[round(true[1]), round(true[0])]
    assert np.hypot(*(np.argwhere(drawn)[:, ::-1] - true).T).max() <= reach
    assert found.box == bounds(found)


def bounds(found: Finding) -> tuple[int, int, int, int]:
    points = np.array(found.outline)
    return tuple(int(v) for v in (*points.min(axis=0), *points.max(axis=0)))  # type: ignore[return-value]


@QUICK
@given(TURNS, SHIFTS, SHIFTS)
def test_the_heatmap_lies_over_the_whole_image(turn: float, x: float, y: float) -> None:
    one = seen(shot(1, turn, x, y, 1, marked()))
    png = np.frombuffer(heatmap_png(red(one.pixels), CURVE, one), np.uint8)
    alpha = cv2.resize(cv2.imdecode(png, cv2.IMREAD_UNCHANGED)[..., 3].astype(np.float32), (COLUMNS, ROWS))
    true = carry(pose(turn, x, y, 1), np.array([MARK]))[0]
    shown = np.argwhere(alpha > 100)[:, ::-1]
    assert np.abs(shown.mean(axis=0) - true).max() < 6
    assert np.hypot(*(shown - true).T).max() < RADIUS + 24


def test_outside_the_part_nothing_is_shown() -> None:
    one = seen(shot(1, 30))
    everywhere = np.full((20, 32), 9.0, np.float32)
    shown = over_image(everywhere, one, (ROWS, COLUMNS), -1.0)
    assert one.located is not None
    inside = cv2.fillConvexPoly(np.zeros((ROWS, COLUMNS), np.uint8), np.round(one.located.quad).astype(np.int32), 1)
    assert (shown[inside > 0] == 9).all()
    far = cv2.dilate(inside, np.ones((61, 61), np.uint8)) == 0
    assert (shown[far] == -1).all()
    assert far.mean() > 0.3


def test_without_a_locator_it_is_the_whole_image() -> None:
    picture = Picture(encoded(shot(1)))
    one = look(picture, SIZE, None)
    assert (one.pixels == picture.at(*SIZE)).all()
    assert carry(one.to_image((20, 32)), np.array([(0.0, 0.0), (32.0, 20.0)])) == pytest.approx(
        np.array([(0, 0), (COLUMNS, ROWS)])
    )


def test_a_camera_that_moved_away_shows_in_the_share_of_the_part() -> None:
    image = shot(1, 30)
    whole, zoomed = seen(image), seen(shot(1, 30, scale=0.9))
    assert whole.located is not None
    drawn = cv2.fillPoly(np.zeros((ROWS, COLUMNS), np.uint8), [np.round(whole.located.quad).astype(np.int32)], 1)
    assert whole.part == pytest.approx(drawn.mean(), rel=0.03)
    assert zoomed.part == pytest.approx(0.81 * whole.part, rel=0.06)
    assert look(Picture(encoded(image)), SIZE, None).part is None


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_a_large_image_is_seen_like_a_small_one(kind: str) -> None:
    image = shot(1, 70, part=marked())
    large = cv2.resize(image, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    one, other = seen(image), seen(large, kind)
    assert other.size == (5 * ROWS, 5 * COLUMNS)
    blurred = [cv2.GaussianBlur(look.pixels, (0, 0), 1.5).astype(np.float32) for look in (one, other)]
    assert np.abs(blurred[0] - blurred[1]).mean() < 2
    assert one.located is not None
    assert other.located is not None
    assert (other.located.quad + 0.5) / 5 - 0.5 == pytest.approx(one.located.quad, abs=1)
    places = [np.array(findings(red(look.pixels), CURVE, look)[0].box) for look in (one, other)]
    assert places[1] / 5 == pytest.approx(places[0], abs=9)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_the_same_part(orientation: int) -> None:
    upright = shot(1, 20, part=marked())
    back = {1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1]}
    back |= {5: upright.swapaxes(0, 1), 8: upright.swapaxes(0, 1)[:, ::-1]}
    back |= {6: upright.swapaxes(0, 1)[::-1], 7: upright.swapaxes(0, 1)[::-1, ::-1]}
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0]) + bytes(6)
    jpeg = encoded(np.ascontiguousarray(back[orientation]), ".jpg")
    one = look(Picture(jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]), SIZE, free())
    (found,) = findings(red(one.pixels), CURVE, one)
    true = carry(pose(20, 0, 0, 1), np.array([MARK]))[0]
    assert np.abs(np.array(found.box).reshape(2, 2).mean(axis=0) - true).max() < 9


def test_an_unsure_place_is_no_look_and_says_why() -> None:
    picture = Picture(encoded(photo(ground(5), 5)))
    for _ in range(2):
        with pytest.raises(NoPart, match="No part stands out") as caught:
            look(picture, SIZE, free())
        assert caught.value.failure is Failure.NO_PART


class Counting(Locator):
    """Counts how often it searches."""

    def __init__(self, card: LocateCard) -> None:
        super().__init__(card)
        self.searches = 0

    def locate(self, pixels: Pixels) -> Located:
        self.searches += 1
        return super().locate(pixels)


def test_the_part_is_searched_once_for_all_models_of_the_same_card() -> None:
    picture = Picture(encoded(shot(1, 10)))
    mine = Counting(free().card)
    other = Counting(read_card(free().card.plain()))
    first = look(picture, SIZE, mine)
    assert look(picture, SIZE, other).pixels is first.pixels
    assert look(picture, (96, 160), mine).pixels.shape == (96, 160, 3)
    assert (mine.searches, other.searches) == (1, 0)
    assert find(picture, other) is find(picture, mine)


def test_what_several_models_see_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        seen(shot(1)).pixels[0, 0] = 0


def test_a_place_beyond_the_edge_of_the_image_keeps_to_it() -> None:
    image = shot(6, 0, 180)
    one = look(Picture(encoded(image)), SIZE, free())
    (found,) = findings(np.full((20, 32), 9.0, np.float32), CURVE, one)
    left, top, right, bottom = found.box
    assert 0 <= left < right == COLUMNS
    assert 0 <= top < bottom <= ROWS
    assert all(0 <= x <= COLUMNS and 0 <= y <= ROWS for x, y in found.outline)
