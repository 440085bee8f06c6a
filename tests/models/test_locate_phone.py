"""Simulated phones are found, whichever way they lie, unless their picture is unfit."""

import cv2
import numpy as np
import pytest

from camera.simulated.draw import UNFIT, draw
from camera.simulated.phone import BODY
from camera.simulated.truth import make_unit
from models.locate import LocateCard
from models.locate_rectify import carry
from tests.models.scenes import phones


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
