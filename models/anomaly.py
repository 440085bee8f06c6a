"""What good images look like: a bank of textures, a Gaussian per place, and a Gaussian of whole images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Features = NDArray[np.floating]  # (images, cells, channels), possibly on disk; cells row by row

BANK_SIZE = 1000
MAX_PATCHES = 40_000
_RIDGE = 1e-3
_POSITION_RIDGE = 1e-2
_PROJECTION = 96
_CHUNK = 16
_MOST_BLOCKS = 1024
_FEATURE_NUMBERS = 16


@dataclass(frozen=True, kw_only=True)
class Texture:
    """Typical patches anywhere in the image (PatchCore; Roth et al., 2022): `(x - mean) @ whitening` is compared with
    the rows of `bank`."""

    mean: Floats
    whitening: Floats
    bank: Floats


@dataclass(frozen=True, kw_only=True)
class Position:
    """A Gaussian per cell (PaDiM; Defard et al., 2021): a mean per cell, an inverse root of the covariance per block of
    neighbouring cells; `blocks` (blocks, cells) are the cells of each."""

    mean: Floats
    root: Floats
    blocks: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Familiar:
    """A Gaussian of the mean feature of whole images: how far off is one that shows something else entirely?"""

    mean: Floats
    root: Floats


def fit_texture(
    features: Features, images: Sequence[int], rng: np.random.Generator, size: int = BANK_SIZE, most: int = MAX_PATCHES
) -> Texture:
    """Whiten a random sample of `most` of the images' patches and keep the `size` most different ones."""
    patches = _sample_patches(features, images, rng, most)
    mean = patches.mean(axis=0)
    centred = patches - mean
    values, vectors = np.linalg.eigh((centred.T @ centred / max(len(centred) - 1, 1)).astype(np.float64))
    scale = 1 / np.sqrt(np.maximum(values, 0) + _RIDGE * max(values.mean(), 1e-6))
    whitening = ((vectors * scale) @ vectors.T).astype(np.float32)
    white = centred @ whitening
    return Texture(mean=mean, whitening=whitening, bank=white[spread_out(white, size, rng)])


def _sample_patches(features: Features, images: Sequence[int], rng: np.random.Generator, most: int) -> Floats:
    cells = features.shape[1]
    quota = min(cells, max(1, most // len(images)))
    picked = [features[i][rng.permutation(cells)[:quota]] for i in images]
    return np.concatenate(picked).astype(np.float32)


def spread_out(points: Floats, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of up to `size` points, each the farthest from those before it (greedy k-centre), found in a random
    projection that keeps distances well enough."""
    width = points.shape[1]
    directions = rng.standard_normal((width, min(_PROJECTION, width)), dtype=np.float32)
    projected = points @ directions
    norms = np.einsum("ij,ij->i", projected, projected)
    nearest = np.full(len(points), np.inf, np.float32)
    chosen = [int(rng.integers(len(points)))]
    while len(chosen) < min(size, len(points)):
        last = chosen[-1]
        distance = norms + norms[last] - 2 * (projected @ projected[last])
        np.minimum(nearest, distance, out=nearest)
        nearest[last] = -np.inf
        chosen.append(int(nearest.argmax()))
    return np.array(chosen)


def texture_distances(texture: Texture, cells: Floats) -> Floats:
    """Distance of each cell (cells, channels) to the nearest patch of the bank."""
    white = (cells - texture.mean) @ texture.whitening
    bank = texture.bank
    nearest = (np.einsum("ij,ij->i", bank, bank) - 2 * white @ bank.T).min(axis=1)
    squares = np.maximum(nearest + np.einsum("ij,ij->i", white, white), 0)
    return np.asarray(np.sqrt(squares), np.float32)


def fit_position(features: Features, images: Sequence[int], grid: tuple[int, int], channels: slice) -> Position:
    """Fit a Gaussian per cell of the grid (rows, columns) to some channels.

    Neighbours in a block share a covariance, and the fewer the images, the more all blocks share theirs: a few dozen
    images are not enough for a covariance of their own.
    """
    blocks = blocks_of(grid)
    mean = sum(chunk.sum(axis=0, dtype=np.float64) for chunk in _chunks(features, images, channels)) / len(images)
    mean = np.asarray(mean, np.float32)
    own = np.zeros((len(blocks), mean.shape[1], mean.shape[1]), np.float32)
    for chunk in _chunks(features, images, channels):
        rest = (chunk - mean)[:, blocks].transpose(1, 0, 2, 3).reshape(len(blocks), -1, mean.shape[1])
        own += rest.transpose(0, 2, 1) @ rest
    own /= max(len(images) - 1, 1) * blocks.shape[1]
    shared = own.mean(axis=0)
    trust = len(images) / (len(images) + mean.shape[1])
    ridge = _POSITION_RIDGE * max(float(np.trace(shared)) / len(shared), 1e-6)
    covariance = trust * own + (1 - trust) * shared + ridge * np.eye(len(shared), dtype=np.float32)
    root = np.linalg.cholesky(np.linalg.inv(covariance.astype(np.float64)))
    return Position(mean=mean, root=root.astype(np.float32), blocks=blocks)


def blocks_of(grid: tuple[int, int]) -> NDArray[np.int64]:
    """Indices of the cells in each square block, (blocks, cells), of a grid of even rows and columns."""
    rows, columns = grid
    side = block_side(grid)
    cells = np.arange(rows * columns).reshape(rows // side, side, columns // side, side)
    return cells.transpose(0, 2, 1, 3).reshape(-1, side * side)


def block_side(grid: tuple[int, int]) -> int:
    """Cells along a side of the blocks that share a covariance: 2, or more where a large grid would need too many."""
    side = 2
    while grid[0] * grid[1] > _MOST_BLOCKS * side**2 and not (grid[0] % (2 * side) or grid[1] % (2 * side)):
        side *= 2
    return side


def _chunks(features: Features, images: Sequence[int], channels: slice) -> Iterator[Floats]:
    for start in range(0, len(images), _CHUNK):
        yield np.stack([features[i][:, channels] for i in images[start : start + _CHUNK]]).astype(np.float32)


def position_distances(position: Position, cells: Floats) -> Floats:
    """Mahalanobis distance of each cell (cells, channels) from what is usual at its place."""
    off = (cells - position.mean)[position.blocks] @ position.root
    distances = np.empty(len(cells), np.float32)
    distances[position.blocks] = np.sqrt(np.einsum("bij,bij->bi", off, off))
    return distances


def fit_familiar(means: Floats) -> Familiar:
    """Fit a Gaussian to mean features (images, channels), shrunk as Ledoit and Wolf (2004) do."""
    mean = means.mean(axis=0)
    x = (means - mean).astype(np.float64)
    scale = x.std(axis=0) + 0.1 * x.std() + 1e-6
    x /= scale
    n, p = x.shape
    s = x.T @ x / n
    target = np.trace(s) / p
    spread = ((s - target * np.eye(p)) ** 2).sum() / p
    noise = ((x**2).T @ (x**2) / n - s**2).sum() / n / p
    shrink = min(1.0, noise / spread) if spread > 0 else 1.0
    covariance = (1 - shrink) * s + (shrink * target + 1e-6) * np.eye(p)
    root = np.linalg.cholesky(np.linalg.inv(covariance)) / scale[:, None] / np.sqrt(p)
    return Familiar(mean=mean, root=root.astype(np.float32))


def directions(channels: int) -> Floats:
    """What turns a whitened mean feature (channels,) into a few numbers: directions (channels, numbers) at right angles
    to each other, the same ones for every model of so many channels."""
    dice = np.random.default_rng(0).standard_normal((channels, min(_FEATURE_NUMBERS, channels)))
    return np.asarray(np.linalg.qr(dice)[0], np.float32)


def short_feature(familiar: Familiar, mean: Floats) -> Floats:
    """An image's mean feature as a few numbers, each of mean 0 and variance 1 over good images."""
    return np.asarray((mean - familiar.mean) @ seen_along(familiar), np.float32)


def seen_along(familiar: Familiar) -> Floats:
    """What a mean feature, less that of good images, is multiplied with to give these numbers."""
    return np.asarray(familiar.root @ directions(len(familiar.mean)) * np.sqrt(len(familiar.mean)), np.float32)


def unfamiliarity(familiar: Familiar, mean: Floats) -> float:
    """How far an image's mean feature lies from the good images', about 1 for one of them."""
    return float(np.linalg.norm((mean - familiar.mean) @ familiar.root))
