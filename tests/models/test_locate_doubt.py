"""Whatever is doubtful about a part's place is said to be, and nothing is guessed."""

import cv2
import numpy as np

from models.locate import Locator, fit
from models.locate_learn import learn_template
from models.locate_rectify import carry
from models.locate_small import Small, shrink
from tests.models.scenes import (
    COLUMNS,
    ROWS,
    Pixels,
    corners,
    free,
    grain_plate,
    ground,
    hidden,
    photo,
    plate,
    pose,
    put,
    shot,
    shots,
)


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


def test_a_picture_that_fits_two_places_is_not_guessed() -> None:
    images = shots(12, 3)
    smalls = [small for small in map(shrink, images) if isinstance(small, Small)]
    card, _ = learn_template(smalls, [fit(images)])
    assert card is not None
    assert Locator(card).locate(shot(1, 2, 5, 5)).sure
    assert "two places" in Locator(card).locate(two(-2)).reason


def test_a_picture_tells_upside_down() -> None:
    located = hidden().locate(shot(1, 180, part=grain_plate(), rough=14))
    assert (located.sure, located.reason) == (False, "The part lies upside down.")
