"""The figures of one frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from inspection.core.capture import WHOLE_IMAGE, Region
from inspection.core.measure import fingerprint, measure

PATCH = Region(left=0.1, top=0.1, width=0.1, height=0.1)


def test_figures_of_known_pictures() -> None:
    flat = measure(np.full((90, 160), 77, np.uint8))
    assert (flat.brightness, flat.mean, flat.contrast, flat.sharpness, flat.saturated, flat.black, flat.noise) == (
        77, 77, 0, 0, 0, 0, 0
    )  # fmt: skip
    board = (np.indices((90, 160)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert measure(board).saturated == 1
    assert measure(board).black == 0.5
    assert measure(board).contrast == 255
    assert measure(board).sharpness > measure(board // 2).sharpness > 1000


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)))
def test_the_histogram_says_what_numpy_says_of_the_pixels(grey: np.ndarray) -> None:
    found = measure(grey)
    low, middle, high = np.percentile(grey, (5, 50, 95))
    assert found.brightness == pytest.approx(middle)
    assert found.contrast == pytest.approx(high - low)
    assert found.mean == pytest.approx(grey.mean())
    assert found.saturated == pytest.approx(np.mean((grey <= 1) | (grey >= 254)))
    assert found.black == pytest.approx(np.mean(grey <= 1))
    if min(grey.shape) > 2:
        g = grey.astype(float)
        laplacian = g[:-2, 1:-1] + g[2:, 1:-1] + g[1:-1, :-2] + g[1:-1, 2:] - 4 * g[1:-1, 1:-1]
        assert found.sharpness == pytest.approx(laplacian.var(), rel=1e-3, abs=1e-2)


def test_the_lamp_is_measured_on_the_reference_alone() -> None:
    picture, colour = np.full((100, 200), 30, np.uint8), np.full((100, 200, 3), 30, np.uint8)
    picture[10:20, 20:40] = 150
    colour[10:20, 20:40] = (140, 150, 175)
    patch, whole = measure(picture, PATCH, colour), measure(picture, WHOLE_IMAGE, colour)
    assert (patch.brightness, patch.mean, patch.red, patch.blue) == (150, 150, 25, -10)
    assert (whole.brightness, whole.red) == (30, pytest.approx(0.25))
    assert patch.contrast == whole.contrast
    assert measure(picture).red is None


@pytest.mark.parametrize("sigma", [2.0, 5.0, 12.0])
def test_noise_is_found_and_a_picture_without_noise_has_little(sigma: float) -> None:
    rng = np.random.default_rng(3)
    slope = np.add.outer(np.arange(240), np.arange(320)) / 4 + 40
    noisy = np.clip(slope + rng.normal(0, sigma, slope.shape), 0, 255).astype(np.uint8)
    assert measure(noisy).noise == pytest.approx(sigma, rel=0.06)
    assert measure(slope.astype(np.uint8)).noise < 0.8


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (3, 3)])
def test_tiny_pictures_have_figures_too(shape: tuple[int, int]) -> None:
    tiny = Region(left=0.99, top=0.99, width=0.01, height=0.01)
    found = measure(np.zeros(shape, np.uint8), tiny, np.zeros((*shape, 3), np.uint8))
    assert (found.brightness, found.red, found.black) == (0, 0, 1)


@given(st.integers(0, 239), st.integers(0, 319), st.integers(1, 255))
def test_one_pixel_makes_another_picture(row: int, column: int, by: int) -> None:
    picture = np.full((240, 320), 90, np.uint8)
    same = fingerprint(picture.copy())
    assert same == fingerprint(picture)
    picture[row, column] = (int(picture[row, column]) + by) % 256
    assert fingerprint(picture) != same
    assert -(2**63) <= same < 2**63


def test_a_picture_is_its_shape_too() -> None:
    assert fingerprint(np.zeros((2, 6), np.uint8)) != fingerprint(np.zeros((3, 4), np.uint8))
    turned = np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    assert fingerprint(turned) == fingerprint(np.ascontiguousarray(turned))
