"""The drawings: the same for the same seed, defects where they are said to be, and plainer the worse they are."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.simulated.draw import UNFIT, defect_mask, draw, jpeg
from camera.simulated.phone import HEIGHT, LIMITS, REFERENCE, VARIANTS, WIDTH, good_phone
from camera.simulated.truth import TYPES, VIEWS, Defect, Unit, make_unit
from inspection.core.capture import unfit
from inspection.core.measure import measure


def a_unit(*defects: Defect, index: int = 3) -> Unit:
    return replace(make_unit(7, index, 0.0), defects=defects)


def a_defect(kind: str, severity: float, view: str = "front", y: float = 0.3) -> Defect:
    return Defect(view=view, type=kind, severity=severity, x=0.4, y=y, seed=5)


def figures(picture: np.ndarray) -> object:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return measure(cv2.resize(grey, (320, 180), interpolation=cv2.INTER_AREA), REFERENCE)


@pytest.mark.parametrize("view", VIEWS)
def test_the_same_unit_is_the_same_picture_and_another_is_another(view: str) -> None:
    assert jpeg(make_unit(7, 5, 0.1), view) == jpeg(make_unit(7, 5, 0.1), view)
    assert jpeg(make_unit(7, 5, 0.1), view) != jpeg(make_unit(7, 6, 0.1), view)
    assert jpeg(make_unit(7, 5, 0.1), view) != jpeg(make_unit(8, 5, 0.1), view)
    assert draw(make_unit(7, 5, 0.1), view).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", TYPES)
def test_a_defect_changes_the_picture_at_its_place_alone(kind: str, view: str) -> None:
    unit = a_unit(a_defect(kind, 0.5, view))
    change = np.abs(draw(unit, view).astype(int) - draw(a_unit(), view)).max(axis=2)
    mask = defect_mask(unit, view)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((25, 25))) > 0
    assert mask.any()
    assert change[mask].mean() > 5
    assert change[~near].max() <= 4, "the picture changed away from its defect"
    assert not defect_mask(unit, VIEWS[1 - VIEWS.index(view)]).any()


@pytest.mark.parametrize("kind", TYPES)
def test_worse_is_plainer(kind: str) -> None:
    def visible(severity: float) -> float:
        change = draw(a_unit(a_defect(kind, severity)), "front").astype(int) - draw(a_unit(), "front")
        return float(np.square(change).sum())

    ladder = [visible(severity) for severity in (0.05, 0.15, 0.3, 0.6)]
    assert ladder == sorted(ladder)
    assert ladder[0] > 0
    assert ladder[-1] > 10 * ladder[0]


@pytest.mark.parametrize("view", VIEWS)
def test_a_good_picture_is_fit_and_every_kind_of_unfit_is_found(view: str) -> None:
    assert unfit(figures(draw(a_unit(), view)), LIMITS) is None
    for kind in set(UNFIT) - {"hand"}:  # a hand is for the model to find strange
        assert unfit(figures(draw(a_unit(), view, unfit=kind)), LIMITS) is not None, kind


def test_the_lamp_shows_on_the_reference_patch() -> None:
    levels = [figures(draw(a_unit(), "front", lamp)).brightness for lamp in (0.5, 0.9, 1.0, 1.2)]
    assert levels == sorted(levels)
    assert levels[2] == pytest.approx(150, rel=0.06)
    assert levels[1] / levels[2] == pytest.approx(0.9, rel=0.02)


def test_good_phones_differ_among_themselves() -> None:
    assert len({good_phone("back", c, v).tobytes() for c in range(4) for v in range(VARIANTS)}) == 4 * VARIANTS


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), index=st.integers(0, 10**6), rate=st.floats(0, 1))
def test_the_truth_is_known_without_drawing_and_a_higher_rate_only_adds(seed: int, index: int, rate: float) -> None:
    unit = make_unit(seed, index, rate)
    assert unit == make_unit(seed, index, rate)
    assert not make_unit(seed, index, 0.0).defective
    assert make_unit(seed, index, 1.0).defective
    if unit.defective:
        assert unit.defects == make_unit(seed, index, 1.0).defects
    assert all(0.05 <= d.severity <= 0.6 and d.type in TYPES and d.view in VIEWS for d in unit.defects)
