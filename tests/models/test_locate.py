"""A part is found the right way round in any pose; what cannot be learned or read is said to be."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspection.core.train import Cancelled
from models.locate import Locator, fit, read_card
from models.locate_rectify import carry
from tests.models.scenes import (
    COLUMNS,
    QUICK,
    ROWS,
    SCALES,
    SHIFTS,
    TURNS,
    Pixels,
    corners,
    free,
    grain_plate,
    ground,
    hidden,
    photo,
    plate,
    pose,
    shot,
    shots,
)


@QUICK
@given(TURNS, SHIFTS, SHIFTS, SCALES)
def test_corners_are_found_the_right_way_round_in_any_pose(turn: float, x: float, y: float, scale: float) -> None:
    located = free().locate(shot(1, turn, x, y, scale))
    assert located.sure, located.reason
    true = carry(pose(turn, x, y, scale), corners())
    turned = min((np.abs(np.roll(true, k, axis=0) - located.quad).max(), k) for k in range(4))
    assert turned[0] < 3
    straight = free().locate(shot(2)).quad  # the reference may lie any way round, but always the same
    assert turned[1] == min((np.abs(np.roll(corners_in_middle(), k, axis=0) - straight).max(), k) for k in range(4))[1]


def corners_in_middle() -> NDArray[np.float64]:
    return carry(pose(0, 0, 0, 1), corners())


@pytest.mark.parametrize("lean", [-6, 6])
def test_a_part_held_upright_stays_upright(lean: float) -> None:
    tall = np.ascontiguousarray(plate().swapaxes(0, 1))
    locator = Locator(fit(shot(i, lean + i % 3, i, -i, part=tall) for i in range(12)))
    located = locator.locate(shot(20, lean, part=tall))
    assert np.abs(located.quad - carry(pose(lean, 0, 0, 1, tall.shape[:2]), corners(tall.shape[:2]))).max() < 3
    assert located.size[0] > located.size[1]


def test_a_square_part_has_four_ways_round() -> None:
    square = plate((200, 200))
    locator = Locator(fit(shots(14, 180, square)))
    straight = carry(np.linalg.inv(pose(0, 0, 0, 1, (200, 200))), locator.locate(shot(1, part=square)).quad)
    for turn in (-170, -80, 45, 100, 190):
        located = locator.locate(shot(2, turn, part=square))
        assert located.sure, (turn, located.reason)
        own = carry(np.linalg.inv(pose(turn, 0, 0, 1, (200, 200))), located.quad)
        assert np.abs(own - straight).max() < 3


@settings(max_examples=15, deadline=None)
@given(st.floats(-4, 4), st.floats(-12, 12), st.floats(-12, 12), st.floats(0.96, 1.04))
def test_a_part_like_its_ground_is_found_by_its_picture(turn: float, x: float, y: float, scale: float) -> None:
    size = grain_plate().shape[:2]
    located = hidden().locate(shot(1, turn, x, y, scale, grain_plate(), rough=14))
    assert located.sure, located.reason
    own = carry(np.linalg.inv(pose(turn, x, y, scale, size)), located.quad)
    straight = carry(np.linalg.inv(pose(0, 0, 0, 1, size)), hidden().locate(shot(2, part=grain_plate(), rough=14)).quad)
    assert np.abs(own - straight).max() < 3


def test_a_part_that_fills_the_image_is_left_alone() -> None:
    full = cv2.resize(plate(), (COLUMNS, ROWS)).astype(np.float32)
    card = fit(photo(full, i) for i in range(12))
    assert card.kind == "whole"
    assert "fills" in card.reason
    located = Locator(card).locate(photo(full, 20))
    assert located.sure
    assert located.quad == pytest.approx(corners((ROWS, COLUMNS)))


def test_good_images_without_a_part_are_left_alone_with_a_reason() -> None:
    asked = Asked()
    card = fit((photo(ground(i), i) for i in range(30)), cancelled=asked)
    assert card.kind == "none"
    assert card.reason
    assert len(card.trials) >= 5
    assert asked.times < 6 * 30  # such a way is given up after some images, for to search in vain takes longest


def test_too_few_images_are_said_to_be() -> None:
    assert "needs 10" in fit(shots(4, 5)).reason
    assert fit([]).kind == "none"


def test_each_way_is_told_and_learning_ends_at_any_image_when_it_is_cancelled() -> None:
    images, told = shots(10, 20), list[tuple[int, int]]()
    asked = Asked()
    fit(images, tried=lambda done, ways: told.append((done, ways)), cancelled=asked)
    assert told == [(done, 9) for done in range(1, 10)]
    assert asked.times > 10 * len(images)  # in each image of each pass over them, so that it is soon seen
    with pytest.raises(Cancelled):
        fit(images, cancelled=Asked(stop_after=asked.times // 3))


class Asked:
    """Counts how often it is asked whether to stop, and says so after some times."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.times, self._stop_after = 0, stop_after

    def __call__(self) -> bool:
        self.times += 1
        return self.times == self._stop_after


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 1, 3), np.uint8), np.zeros((0, 0, 3), np.uint8), np.zeros((1, 100_000, 3), np.uint8),
        np.zeros((300, 400), np.uint8), np.zeros((300, 400, 1), np.uint8), np.zeros((300, 400, 4), np.uint8),
        np.zeros((300, 400, 7), np.uint8), np.full((3000, 4000, 3), 127, np.uint8), np.zeros((3, 3, 3, 3), np.uint8),
        np.zeros((300, 400, 3), np.float32), np.eye(300, 400, dtype=np.uint8) * 255, None,
    ],
    ids=lambda image: str(getattr(image, "shape", None)),
)  # fmt: skip
def test_no_image_raises_and_none_of_these_is_sure(image: Pixels) -> None:
    for locator in (free(), hidden()):
        located = locator.locate(image)
        assert not located.sure
        assert located.reason
        assert located.confidence == 0 or located.confidence < 0.5
    assert fit([image] * 10).kind == "none"


def test_grey_turned_and_larger_images_are_the_same_part() -> None:
    image = shot(1, 25)
    located = free().locate(image)
    turned = np.ascontiguousarray(image[:, ::-1])[:, ::-1]
    assert not turned.flags.c_contiguous
    assert (free().locate(turned).quad == located.quad).all()
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    assert (free().locate(large).quad + 0.5) / 3 - 0.5 == pytest.approx(located.quad, abs=1.5)
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    assert free().locate(grey).quad == pytest.approx(located.quad, abs=1.5)


@pytest.mark.parametrize("locator", [free, hidden])
def test_a_card_goes_through_json_and_does_the_same(locator) -> None:  # type: ignore[no-untyped-def]
    text = json.dumps(locator().card.plain())
    assert len(text) < 100_000
    card = read_card(json.loads(text))
    assert card == locator().card
    image = shot(1, 3) if locator is free else shot(1, 3, part=grain_plate(), rough=14)
    one, other = locator().locate(image), Locator(card).locate(image)
    assert (one.to_part == other.to_part).all()
    assert (one.confidence, one.reason) == (other.confidence, other.reason)


@pytest.mark.parametrize("plain", [{}, {"format": 2}, {"format": 1}, {"format": 1, "trials": [], "looks": 3}])
def test_a_damaged_card_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="card of the part's place"):
        read_card(plain)
