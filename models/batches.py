"""What one step of tuning learns from: good and defective images, windows of large ones, turned, and defects moved."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.tune import WINDOW

_MOST, _LEAST = 16, 4
_CELLS = 16 * 640  # bounds the memory of a step
_MOVED = 0.5  # share of the defective images whose defect is shown on a good one instead

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Data:
    """Features of all images (images, channels, rows, columns), and what people said of them: defective or not, types
    as 0 and 1 (images, types), the defect's share of each cell (images, rows, columns), and whether it is known. There
    are two rows and columns of features to a cell."""

    features: NDArray[np.float16]
    defective: NDArray[np.bool_]
    types: NDArray[np.float32]
    masks: NDArray[np.float16]
    masked: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What is shown of one image: features (channels, 2 * rows, 2 * columns) and its cells' shares (rows, columns)."""

    features: Floats
    mask: Floats


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Features (images, channels, 2 * rows, 2 * columns) and what is said of them, as in Data."""

    features: Floats
    defective: NDArray[np.bool_]
    types: Floats
    masks: Floats
    masked: NDArray[np.bool_]


def batches(data: Data, images: NDArray[np.int64], steps: int, seed: int) -> Iterator[Batch]:
    """A batch for each step, as many good as defective images in each; the same seed gives the same batches.

    Half of the outlined defects are cut out and shown at another place of a good image (copy and paste; Ghiasi et al.,
    2021), here of its features: a tail learns from few labels what is the defect, and not what else is in its image.
    """
    dice = np.random.default_rng(seed)
    rows, columns = (min(side, WINDOW) for side in data.masks.shape[1:])
    half = max(_LEAST, min(_MOST, _CELLS // (rows * columns))) // 2
    # Where only windows are seen, a defect must be known to lie inside.
    usable = images if (rows, columns) == data.masks.shape[1:] else images[data.masked[images]]
    good, bad = (_endless(usable[data.defective[usable] == kind], dice) for kind in (False, True))
    others = _endless(usable[~data.defective[usable]], dice)
    for _ in range(steps):
        chosen = np.array([next(source) for source in (good, bad) for _ in range(half)])
        shown = [_shown(data, i, others, dice) for i in chosen]
        yield Batch(
            features=np.stack([one.features for one in shown]), masks=np.stack([one.mask for one in shown]),
            defective=data.defective[chosen], types=data.types[chosen], masked=data.masked[chosen],
        )  # fmt: skip


def _endless(images: NDArray[np.int64], dice: np.random.Generator) -> Iterator[np.int64]:
    """All images in random order, again and again."""
    if not len(images):
        raise ValueError("All outlined defects belong to one group: nothing can be tried on others.")
    while True:
        yield from dice.permutation(images)


def _shown(data: Data, image: np.int64, others: Iterator[np.int64], dice: np.random.Generator) -> Shown:
    shown = _window(data, image, dice)
    if data.defective[image] and shown.mask.any() and dice.random() < _MOVED:
        shown = moved(_turned(shown, dice), _window(data, next(others), dice), dice)
    return _turned(shown, dice)


def _window(data: Data, image: np.int64, dice: np.random.Generator) -> Shown:
    """All of an image, or a window with some cell of its defect in it, if it has one."""
    features, mask = data.features[image], data.masks[image]
    shape = np.array(mask.shape)
    room = np.maximum(shape - WINDOW, 0)
    top, left = 0, 0
    if room.any():
        cells = np.argwhere(mask > 0)
        middle = (
            dice.choice(cells) - dice.integers(0, np.minimum(shape, WINDOW))
            if len(cells)
            else dice.integers(0, room + 1)
        )
        top, left = np.clip(middle, 0, room)
    part = (slice(top, top + WINDOW), slice(left, left + WINDOW))
    fine = tuple(slice(2 * s.start, 2 * s.stop) for s in part)
    return Shown(features=features[:, *fine].astype(np.float32), mask=mask[part].astype(np.float32))


def _turned(shown: Shown, dice: np.random.Generator) -> Shown:
    """Mirrored across, down, both, or not."""
    turn = tuple(slice(None, None, -1 if flip else 1) for flip in dice.random(2) < 0.5)
    return Shown(features=shown.features[:, *turn], mask=shown.mask[turn])


def moved(defect: Shown, onto: Shown, dice: np.random.Generator) -> Shown:
    """The outlined part of `defect`, with one row of features around it, at a random place of another image."""
    cut = _grown((defect.mask > 0).repeat(2, axis=0).repeat(2, axis=1))
    places = np.argwhere(cut)
    least, most = places.min(axis=0) // 2, (np.array(cut.shape) - 1 - places.max(axis=0)) // 2
    down, across = (int(step) for step in dice.integers(-least, most + 1))
    fine = (2 * down, 2 * across)
    seen, features = np.roll(cut, fine, axis=(0, 1)), np.roll(defect.features, fine, axis=(1, 2))
    return Shown(
        features=np.where(seen, features, onto.features), mask=np.roll(defect.mask, (down, across), axis=(0, 1))
    )


def _grown(cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With all neighbours, those across a corner included."""
    wide = np.pad(cut, 1)
    for axis in (0, 1):
        wide = wide | np.roll(wide, 1, axis) | np.roll(wide, -1, axis)
    return wide[1:-1, 1:-1]
