"""The part is found and laid upright, its places map back, and whatever is doubtful is said to be."""

import json
from functools import lru_cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camera.simulated.draw import UNFIT, draw
from camera.simulated.phone import BODY
from camera.simulated.truth import make_unit
from models.locate import LocateCard, Located, Locator, fit, points_back, read_card, rectify
from models.locate_learn import learn_template
from models.locate_rectify import carry
from models.locate_small import Small, shrink

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


def in_part(located: Located, points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """Points of the image in the part rectified to `size`: the way that points_back goes back."""
    own = carry(located.to_part, points)
    return (own + 0.5) * (size[1] / located.size[1], size[0] / located.size[0]) - 0.5


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


def test_what_is_doubtful_is_said_to_be() -> None:
    for reason, image in DOUBTFUL.items():
        located = free().locate(image)
        assert not located.sure, reason
        assert reason in located.reason, (reason, located.reason)
        assert located.confidence < free().card.looks.similarity  # type: ignore[union-attr]


def two(turn: float = 20) -> Pixels:
    scene, small = ground(3), plate()
    put(scene, small, pose(0, -165, 100, 1))
    put(scene, small, pose(turn, 140, -100, 1))
    return photo(scene, 3)


def hand() -> Pixels:
    scene = ground(4)
    put(scene, plate(), pose(0, 0, 0, 1))
    cv2.line(scene, (330, ROWS + 20), (330, 230), (120, 150, 205), 70)
    return photo(scene, 4)


def covered(width: int, height: int) -> Pixels:
    """A glove lies on the plate, inside its outline."""
    part = plate()
    cv2.ellipse(part, (130, 60), (width, height), 0, 0, 360, (20, 30, 60), -1)
    return shot(4, 10, part=part)


DOUBTFUL = {
    "No part stands out": photo(ground(5), 5),
    "two parts": two(),
    "cut off": shot(6, 0, 260),
    "The part is cut off": shot(6, 0, 189),  # it touches the edge, so nobody knows
    "smaller": shot(6, scale=0.7),
    "larger": shot(6, scale=1.4),
    "blurred": cv2.GaussianBlur(shot(6, 40), (0, 0), 8).astype(np.uint8),
    "cut off at the edge": hand(),
    "does not look like": covered(36, 20),
    "covers the part": covered(33, 18),
    "as long as wide": shot(6, part=plate((200, 240))),
    "even grey": np.zeros((ROWS, COLUMNS, 3), np.uint8),
    "one even grey": np.full((ROWS, COLUMNS, 3), 255, np.uint8),
    "too dark": (shot(6, 30).astype(np.float64) * 0.15).astype(np.uint8),
    "": np.random.default_rng(1).integers(0, 256, (ROWS, COLUMNS, 3), np.uint8),
}


def test_a_plate_without_marks_is_not_guessed_the_right_way_round() -> None:
    card = fit(shots(14, 180, plate(marks=False)))
    assert card.kind == "none"
    assert any("which way" in trial.words for trial in card.trials)
    assert "Which way round" in free().locate(shot(1, 20, part=plate(marks=False))).reason


def test_a_fixture_tells_the_way_round_of_a_plate_without_marks() -> None:
    plain = plate(marks=False)
    locator = Locator(fit(shots(14, 3, plain)))
    assert locator.card.kind == "contour"
    located = locator.locate(shot(1, 2, 10, 5, part=plain))
    assert located.sure, located.reason
    assert np.abs(located.quad - carry(pose(2, 10, 5, 1), corners())).max() < 3
    assert "turned by" in locator.locate(shot(1, 70, part=plain)).reason


@pytest.mark.parametrize("lean", [-6, 6])
def test_a_part_held_upright_stays_upright(lean: float) -> None:
    tall = np.ascontiguousarray(plate().swapaxes(0, 1))
    locator = Locator(fit(shot(i, lean + i % 3, i, -i, part=tall) for i in range(12)))
    located = locator.locate(shot(20, lean, part=tall))
    assert np.abs(located.quad - carry(pose(lean, 0, 0, 1, tall.shape[:2]), corners(tall.shape[:2]))).max() < 3
    assert located.size[0] > located.size[1]


def test_a_picture_that_fits_two_places_is_not_guessed() -> None:
    images = shots(12, 3)
    smalls = [small for small in map(shrink, images) if isinstance(small, Small)]
    card, _ = learn_template(smalls, [fit(images)])
    assert card is not None
    assert Locator(card).locate(shot(1, 2, 5, 5)).sure
    assert "two places" in Locator(card).locate(two(-2)).reason


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


def test_a_picture_tells_upside_down() -> None:
    located = hidden().locate(shot(1, 180, part=grain_plate(), rough=14))
    assert (located.sure, located.reason) == (False, "The part lies upside down.")


def test_a_part_that_fills_the_image_is_left_alone() -> None:
    full = cv2.resize(plate(), (COLUMNS, ROWS)).astype(np.float32)
    card = fit(photo(full, i) for i in range(12))
    assert card.kind == "none"
    assert "fills" in card.reason
    located = Locator(card).locate(photo(full, 20))
    assert located.sure
    assert located.quad == pytest.approx(corners((ROWS, COLUMNS)))


def test_good_images_without_a_part_are_left_alone_with_a_reason() -> None:
    card = fit(photo(ground(i), i) for i in range(12))
    assert card.kind == "none"
    assert card.reason
    assert len(card.trials) >= 5


def test_too_few_images_are_said_to_be() -> None:
    assert "needs 10" in fit(shots(4, 5)).reason
    assert fit([]).kind == "none"


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


@pytest.mark.parametrize("view", ["front", "back"])
def test_simulated_phones_are_found_good_or_not(view: str) -> None:
    card: LocateCard = phones(view).card
    left, top, right, bottom = BODY
    body = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    found = [phones(view).locate(draw(make_unit(9, i, 0.5), view)) for i in range(25)]
    assert sum(located.sure for located in found) >= 24
    assert all(np.abs(located.quad - body).max() < 16 for located in found if located.sure)
    assert max(card.size) <= 960


@pytest.mark.parametrize("view", ["front", "back"])
@pytest.mark.parametrize("turn", [-178, -90, -20, 45, 120])
def test_a_simulated_phone_is_laid_upright_from_any_turn(view: str, turn: float) -> None:
    image = draw(make_unit(9, 1, 0.0), view)
    wide = cv2.copyMakeBorder(image, 210, 210, 0, 0, cv2.BORDER_CONSTANT, value=(66, 60, 54))
    way = cv2.getRotationMatrix2D((479.5, 479.5), -turn, 1.0)
    turned = cv2.warpAffine(wide, way, (960, 960), borderMode=cv2.BORDER_CONSTANT, borderValue=(66, 60, 54)).astype(
        np.uint8
    )
    one, other = phones(view).locate(image), phones(view).locate(turned)
    assert other.sure, other.reason
    expected = carry(np.vstack([way, [0, 0, 1]]), one.quad + np.array([0, 210]))
    assert np.abs(other.quad - expected).max() < 6


@pytest.mark.parametrize("view", ["front", "back"])
@pytest.mark.parametrize("unfit", UNFIT)
def test_an_unfit_picture_of_a_phone_is_unsure(view: str, unfit: str) -> None:
    for i in range(6):
        located = phones(view).locate(draw(make_unit(9, i, 0.0), view, unfit=unfit))
        assert not located.sure
        assert located.reason
