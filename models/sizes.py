"""Input sizes: the usual one for a line's images, others worth trying, and what each costs about."""

import math
from collections.abc import Sequence

import numpy as np

from models.engine import Precision
from models.trunk import STRIDE

MAX_SIDE = 4096
_LARGE_PIXELS = 288 * 512
_SMALL_PIXELS = 256 * 256
_LEAST_SIDE = 2 * STRIDE
# CPU time of the default backbone and its scores on one core of a server.
_MS_PER_MEGAPIXEL = {Precision.F32: 200.0, Precision.BF16: 110.0}


def nominal_ms(size: tuple[int, int], precision: Precision, cost: float = 1.0) -> float:
    """CPU milliseconds that an image of this size costs about, with a backbone of this cost. A rule and not a
    measurement, so that the same images and seed give the same model on a busy machine as well."""
    return size[0] * size[1] / 1e6 * _MS_PER_MEGAPIXEL[precision] * cost


def input_size(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Rows and columns of the model's input for images of these sizes: about 288 x 512 pixels in all in their shape, or
    256 x 256 for images with fewer pixels; a square where shapes vary."""
    rows, columns = (float(side) for side in np.median(np.array(sizes), axis=0))
    shapes = np.array([r / c for r, c in sizes])
    area = _LARGE_PIXELS if rows * columns >= _LARGE_PIXELS else _SMALL_PIXELS
    low, high = np.quantile(shapes, (0.1, 0.9))
    shape = 1.0 if high > 1.3 * low else min(max(float(np.median(shapes)), 0.2), 5.0)
    return _multiple((area * shape) ** 0.5), _multiple((area / shape) ** 0.5)


def sizes_to_try(
    sizes: Sequence[tuple[int, int]], budget_ms: float, precision: Precision, cost: float = 1.0
) -> list[tuple[int, int]]:
    """Input sizes for images of these sizes, the usual one first; then half its area, and up to two larger ones as far
    as the images' own pixels and the budget go."""
    base = input_size(sizes)
    room = budget_ms / nominal_ms(base, precision, cost)
    if room < 1:
        base, room = _scaled(base, room), 1.0
    own = float(np.median([rows * columns for rows, columns in sizes])) / (base[0] * base[1])
    doublings = math.floor(math.log2(max(min(own, room), 1.0)))
    areas = (0.5, 2.0 ** ((doublings + 1) // 2), 2.0**doublings)
    return list(dict.fromkeys([base, *(_scaled(base, area) for area in areas)]))


def _scaled(size: tuple[int, int], area: float) -> tuple[int, int]:
    rows, columns = (min(max(_multiple(side * area**0.5), _LEAST_SIDE), MAX_SIDE) for side in size)
    return rows, columns


def _multiple(side: float) -> int:
    return max(2, round(side / STRIDE)) * STRIDE
