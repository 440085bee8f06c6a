"""What people said of training images, as arrays: defective or not, of which types, where, and in which fold."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.core.train import Outline, Sample

T = TypeVar("T")
_FINE = 8  # pixels to a cell's side when regions are drawn
_FEW, _FOLDS_FEW, _FOLDS_MANY = 40, 5, 3


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Per image: defective, its types (images, types; one-hot), the defect's share of each cell (images, rows, columns)
    where `masked`, its fold, -1 for one left out, and its group, of its own where nobody has named one. `names` are the
    types."""

    defective: NDArray[np.bool_]
    types: NDArray[np.float32]
    names: tuple[str, ...]
    masks: NDArray[np.float16]
    masked: NDArray[np.bool_]
    folds: NDArray[np.int64]
    groups: NDArray[np.int64]


def labels_of(
    samples: Sequence[Sample], sizes: Sequence[tuple[int, int]], grid: tuple[int, int], images: Sequence[int]
) -> Labels:
    """Labels of all samples, whose images have `sizes` (rows, columns); those not among `images` are left out."""
    names = tuple(sorted({s.defect for s in samples if s.defect}))
    masks = np.zeros((len(samples), *grid), np.float16)
    for k, (sample, size) in enumerate(zip(samples, sizes, strict=True)):
        if sample.regions:
            masks[k] = cell_shares(sample.regions, size, grid)
    named = [s.group or f"\0{i}" for i, s in enumerate(samples)]
    folds = np.full(len(samples), -1)
    folds[list(images)] = folds_of([samples[i] for i in images])
    return Labels(
        defective=np.array([bool(s.defect) for s in samples]),
        types=np.array([[s.defect == name for name in names] for s in samples], np.float32).reshape(len(samples), -1),
        names=names, masks=masks, masked=np.array([not s.defect or bool(s.regions) for s in samples]), folds=folds,
        groups=np.unique(named, return_inverse=True)[1].astype(np.int64),
    )  # fmt: skip


def cell_shares(regions: Sequence[Outline], size: tuple[int, int], grid: tuple[int, int]) -> NDArray[np.float16]:
    """How much of each cell lies in the regions, which are in pixels of an image of `size` (rows, columns)."""
    rows, columns = grid[0] * _FINE, grid[1] * _FINE
    drawn = np.zeros((rows, columns), np.uint8)
    scale = np.array([columns / size[1], rows / size[0]])
    for outline in regions:
        cv2.fillPoly(drawn, [np.floor(np.array(outline) * scale).astype(np.int32)], 1)
    return np.asarray(drawn.reshape(grid[0], _FINE, grid[1], _FINE).mean(axis=(1, 3)), np.float16)


def folds_of(samples: Sequence[Sample]) -> NDArray[np.int64]:
    """A fold for each sample. Groups stay together; good images without one are cut into runs of neighbours, which are
    often alike; defects are spread evenly."""
    count = _FOLDS_FEW if sum(not s.defect for s in samples) < _FEW else _FOLDS_MANY
    good = [i for i, s in enumerate(samples) if not s.group and not s.defect]
    run = {i: f"run {number}" for number, part in enumerate(np.array_split(good, count)) for i in part.tolist()}
    keys = [s.group or run.get(i, f"image {i}") for i, s in enumerate(samples)]
    members: dict[str, list[int]] = {}
    for i, key in enumerate(keys):
        members.setdefault(key, []).append(i)
    bad = {key: sum(bool(samples[i].defect) for i in those) for key, those in members.items()}
    sizes, defects = Counter(dict.fromkeys(range(count), 0)), Counter(dict.fromkeys(range(count), 0))
    folds = np.zeros(len(samples), np.int64)
    for key in sorted(members, key=lambda key: (-bad[key], -len(members[key]))):
        order = (defects, sizes) if bad[key] else (sizes, defects)
        fold = min(range(count), key=lambda f: (order[0][f], order[1][f], f))
        folds[members[key]] = fold
        sizes[fold] += len(members[key])
        defects[fold] += bad[key]
    return folds


def thinned(items: Sequence[T], most: int) -> list[T]:
    """No more than so many of the items, evenly picked."""
    return [items[i] for i in np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)]


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts file names as people do: 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,18})", name)]
