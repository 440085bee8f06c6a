"""What is fitted to good images, against plain definitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models import anomaly

RNG = np.random.default_rng(5)
FEATURES = RNG.normal(size=(20, 16, 12)).astype(np.float16)  # images, cells of a 4 x 4 grid, channels
EVERY = list(range(20))


def test_a_known_patch_is_at_no_distance_and_an_odd_one_far_away() -> None:
    texture = anomaly.fit_texture(FEATURES, EVERY, np.random.default_rng(0), size=1000)
    known = FEATURES[3].astype(np.float32)
    assert anomaly.texture_distances(texture, known).max() < 0.02
    assert anomaly.texture_distances(texture, known + 5).min() > 3


def test_distances_are_those_to_the_nearest_of_the_bank() -> None:
    texture = anomaly.fit_texture(FEATURES, EVERY, np.random.default_rng(0), size=30)
    cells = RNG.normal(size=(7, 12)).astype(np.float32)
    white = (cells - texture.mean) @ texture.whitening
    plain = np.linalg.norm(white[:, None] - texture.bank[None], axis=2).min(axis=1)
    np.testing.assert_allclose(anomaly.texture_distances(texture, cells), plain, rtol=1e-3)


def test_whitened_patches_have_unit_covariance() -> None:
    skewed = (FEATURES.astype(np.float32) * np.arange(1, 13)).astype(np.float16)
    texture = anomaly.fit_texture(skewed, EVERY, np.random.default_rng(0))
    white = (skewed.reshape(-1, 12).astype(np.float32) - texture.mean) @ texture.whitening
    np.testing.assert_allclose(np.cov(white, rowvar=False), np.eye(12), atol=0.06)


def test_patches_are_bounded_whatever_the_number_of_images() -> None:
    texture = anomaly.fit_texture(FEATURES, EVERY, np.random.default_rng(0), size=1000, most=40)
    assert len(texture.bank) == 40


@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 5))
def test_points_spread_out_are_different_ones(count: int, size: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    chosen = anomaly.spread_out(points, size, np.random.default_rng(seed))
    assert len(set(chosen.tolist())) == len(chosen) == min(count, size)


def test_points_spread_out_reach_every_cluster() -> None:
    centres = 100 * np.eye(5, dtype=np.float32)
    points = np.repeat(centres, [200, 50, 10, 3, 1], axis=0) + RNG.normal(size=(264, 5)).astype(np.float32)
    chosen = points[anomaly.spread_out(points, 5, np.random.default_rng(0))]
    assert sorted(chosen.argmax(axis=1)) == [0, 1, 2, 3, 4]


def test_blocks_are_squares_of_neighbours_and_cover_all() -> None:
    blocks = anomaly.blocks_of((4, 6))
    assert blocks[0].tolist() == [0, 1, 6, 7]
    assert sorted(blocks.ravel().tolist()) == list(range(24))


def test_a_place_knows_what_is_usual_there_and_only_there() -> None:
    features = 0.1 * RNG.normal(size=(30, 16, 12))
    features[:, 5] += 3  # at this place three is usual
    position = anomaly.fit_position(features.astype(np.float16), list(range(30)), (4, 4), slice(0, 12))
    usual = anomaly.position_distances(position, np.where(np.arange(16)[:, None] == 5, 3.0, 0.0).astype(np.float32))
    moved = anomaly.position_distances(position, np.where(np.arange(16)[:, None] == 6, 3.0, 0.0).astype(np.float32))
    assert usual.max() < 2
    assert set(np.argsort(-moved)[:2].tolist()) == {5, 6}
    assert moved[[5, 6]].min() > 10 * usual.max()


def test_few_images_of_many_channels_still_give_a_gaussian() -> None:
    means = RNG.normal(size=(8, 50)).astype(np.float32)
    familiar = anomaly.fit_familiar(means)
    assert anomaly.unfamiliarity(familiar, means[0]) < 3
    assert anomaly.unfamiliarity(familiar, means[0] + 20) > 10


def test_images_without_any_spread_do_not_break_the_fit() -> None:
    same = np.ones((12, 16, 12), np.float16)
    texture = anomaly.fit_texture(same, list(range(12)), np.random.default_rng(0))
    position = anomaly.fit_position(same, list(range(12)), (4, 4), slice(0, 12))
    familiar = anomaly.fit_familiar(np.ones((12, 12), np.float32))
    cells = np.ones((16, 12), np.float32)
    assert np.isfinite(anomaly.texture_distances(texture, cells)).all()
    assert np.isfinite(anomaly.position_distances(position, cells)).all()
    assert np.isfinite(anomaly.unfamiliarity(familiar, cells[0]))


def test_a_short_feature_has_the_spread_of_good_images_and_moves_with_them() -> None:
    means = (RNG.normal(size=(2000, 50)) * np.linspace(0.1, 5, 50)).astype(np.float32)
    familiar = anomaly.fit_familiar(means)
    short = np.stack([anomaly.short_feature(familiar, mean) for mean in means])
    assert short.shape == (2000, 16)
    np.testing.assert_allclose(short.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(short.std(axis=0), 1, atol=0.15)
    moved = anomaly.short_feature(familiar, means[0] + np.linspace(0.1, 5, 50).astype(np.float32))
    assert np.abs(moved - short[0]).max() > 0.5


def test_directions_stand_at_right_angles_and_are_the_same_for_all_models() -> None:
    found = anomaly.directions(40)
    np.testing.assert_allclose(found.T @ found, np.eye(16), atol=1e-6)
    np.testing.assert_array_equal(found, anomaly.directions(40))
    assert anomaly.directions(7).shape == (7, 7), "a narrow backbone has fewer"
