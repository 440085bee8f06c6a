"""A classifier of pooled features for the first few labelled defects: a least-squares support vector machine."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.anomaly import Floats

_LOSS = 0.1


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """A weighted sum of Gaussian bumps at the training images: `support` (images, features) after standardising."""

    centre: Floats
    scale: Floats
    support: Floats
    weights: Floats
    bias: float
    gamma: float


def fit_kernel(features: Floats, defective: NDArray[np.bool_]) -> Kernel:
    """Fit to mean and maximum of each channel over the cells of an image (images, 2 * channels), not averaged before:
    maxima of averages tell scratches less well. Both kinds weigh the same however few the defects are (Suykens and
    Vandewalle, 1999, with weights)."""
    centre = features.mean(axis=0)
    scale = features.std(axis=0) + 1e-6
    x = ((features - centre) / scale).astype(np.float64)
    gamma = 1 / x.shape[1]
    count = len(x)
    weight = np.where(defective, count / (2 * defective.sum()), count / (2 * (~defective).sum()))
    system = np.zeros((count + 1, count + 1))
    system[:count, :count] = _bumps(x, x, gamma) + np.diag(_LOSS / weight)
    system[count, :count] = system[:count, count] = 1
    solved = np.linalg.solve(system, np.append(np.where(defective, 1.0, -1.0), 0))
    return Kernel(
        centre=centre, scale=scale.astype(np.float32), support=x.astype(np.float32),
        weights=solved[:count].astype(np.float32), bias=float(solved[count]), gamma=gamma,
    )  # fmt: skip


def decide(kernel: Kernel, features: Floats) -> NDArray[np.float64]:
    """The decision of each image (images, 2 * channels), about -1 for good and 1 for defective ones."""
    x = ((features - kernel.centre) / kernel.scale).astype(np.float64)
    return np.asarray(_bumps(x, kernel.support.astype(np.float64), kernel.gamma) @ kernel.weights + kernel.bias)


def _bumps(a: NDArray[np.float64], b: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.exp(-gamma * np.maximum(squares, 0)), np.float64)
