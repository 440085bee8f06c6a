"""What tuning learns from: balanced, windowed where images are large, and with defects moved onto good images."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.batches import Batch, Data, Shown, batches, moved
from models.tune import WINDOW


def data(grid: tuple[int, int], good: int = 4, bad: int = 3) -> Data:
    """Good images whose features are 0, and defective ones of 1 but for a defect of 7 in two cells."""
    count = good + bad
    defective = np.arange(count) >= good
    features = np.zeros((count, 2, 2 * grid[0], 2 * grid[1]), np.float16)
    masks = np.zeros((count, *grid), np.float16)
    features[defective] = 1
    features[defective, :, 4:6, 6:10] = 7
    masks[defective, 2, 3:5] = 0.5
    return Data(
        features=features, defective=defective, types=np.ones((count, 1), np.float32), masks=masks,
        masked=np.ones(count, bool),
    )  # fmt: skip


def drawn(of: Data, steps: int = 40, seed: int = 1) -> list[Batch]:
    return list(batches(of, np.arange(len(of.defective)), steps, seed))


def test_half_of_each_batch_is_defective_and_says_so() -> None:
    for batch in drawn(data((8, 10))):
        assert batch.defective.sum() == 8 == len(batch.defective) - 8
        assert (batch.masks[~batch.defective] == 0).all()
        assert (batch.features[~batch.defective] == 0).all()
        np.testing.assert_array_equal(batch.masks[batch.defective].sum(axis=(1, 2)), 1.0)


def test_about_half_of_the_defects_are_shown_on_good_images_and_all_of_each_is_seen() -> None:
    seen = np.concatenate([batch.features[batch.defective] for batch in drawn(data((8, 10)))])
    elsewhere = (seen == 0).any(axis=(1, 2, 3))
    assert 0.4 < elsewhere.mean() < 0.6
    assert ((seen == 7).sum(axis=(1, 2, 3)) == 16).all()
    places = {tuple(np.argwhere(image[0] == 7)[0]) for image in seen[elsewhere]}
    assert len(places) > 20
    assert len({tuple(np.argwhere(image[0] == 7)[0]) for image in seen[~elsewhere]}) == 4  # mirrored only


def test_the_same_seed_gives_the_same_batches_and_another_others() -> None:
    one, same, other = (drawn(data((8, 10)), 3, seed) for seed in (1, 1, 2))
    for a, b in zip(one, same, strict=True):
        np.testing.assert_array_equal(a.features, b.features)
    assert any((a.features != b.features).any() for a, b in zip(one, other, strict=True))


def test_defects_that_nobody_has_outlined_stay_where_they_are() -> None:
    of = data((8, 10))
    of.masks[:] = 0
    of.masked[of.defective] = False
    for batch in drawn(of, 10):
        assert (batch.features[batch.defective] >= 1).all()
        np.testing.assert_array_equal(batch.masked, ~batch.defective)


def test_of_large_images_windows_with_the_defect_are_seen_and_few_at_once() -> None:
    of = data((WINDOW + 9, WINDOW + 30))
    for batch in drawn(of, 10):
        assert batch.features.shape[2:] == (2 * WINDOW, 2 * WINDOW)
        assert len(batch.defective) == 6
        assert (batch.masks[batch.defective].sum(axis=(1, 2)) > 0).all()


def test_defects_that_nobody_outlined_are_not_learned_from_windows() -> None:
    of = data((WINDOW, WINDOW + 1))
    of.masked[-1], of.features[-1] = False, 99
    assert all((batch.features < 99).all() and batch.masked.all() for batch in drawn(of, 10))
    of.masked[of.defective] = False
    with pytest.raises(ValueError, match="outlined"):
        next(islice(batches(of, np.arange(7), 1, 0), 1))


@given(
    cells=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 7)), min_size=1), seed=st.integers(0, 2**32 - 1)
)  # fmt: skip
def test_a_moved_defect_keeps_its_shape_and_features(cells: set[tuple[int, int]], seed: int) -> None:
    mask = np.zeros((6, 8), np.float32)
    for cell in cells:
        mask[cell] = 0.25
    features = np.arange(1, 12 * 16 + 1, dtype=np.float32).reshape(1, 12, 16)
    result = moved(
        Shown(features=features, mask=mask),
        Shown(features=np.zeros((1, 12, 16), np.float32), mask=np.zeros((6, 8), np.float32)),
        np.random.default_rng(seed),
    )
    step = np.argwhere(result.mask)[0] - np.argwhere(mask)[0]
    np.testing.assert_array_equal(np.argwhere(result.mask), np.argwhere(mask) + step)
    for row, column in np.argwhere(result.mask):
        np.testing.assert_array_equal(_cell(result.features, row, column), _cell(features, *([row, column] - step)))


def _cell(features: NDArray[np.float32], row: int, column: int) -> NDArray[np.float32]:
    return features[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
