"""One view's model from its features: cross-fitted scores of good images first, then the fit on all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.core.train import Progress
from models.anomaly import (
    Familiar,
    Features,
    Position,
    Texture,
    fit_familiar,
    fit_position,
    fit_texture,
    position_distances,
    texture_distances,
    unfamiliarity,
)
from models.calibrate import Curve, Scale, far_out, fit_curve, novelty_limit, scale_of, standard
from models.features import stop_if
from models.scoring import POSITION_CHANNELS, Fitted, grid_of, worst_count

_FOLDS_FEW = 5
_FOLDS_MANY = 3
_MANY = 40
_SUSPECT_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The three models of good images, before their distances are brought to one scale."""

    texture: Texture
    position: Position
    familiar: Familiar


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Distances of images to models that have not seen them: per cell (images, cells), and per image."""

    texture: NDArray[np.float32]
    position: NDArray[np.float32]
    novelty: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FittedView:
    """A view's fitted model, its curve, and what held-out good images gave: `raw` per image, `kept` those fitted on."""

    fitted: Fitted
    curve: Curve
    novelty_limit: float
    raw: NDArray[np.float64]
    novelty: NDArray[np.float64]
    kept: NDArray[np.bool_]


def fit_parts(
    features: Features, images: Sequence[int], grid: tuple[int, int], seed: Sequence[int], bank: int
) -> Parts:
    """Fit the three models to some images; the same seed gives the same models."""
    texture = fit_texture(features, images, np.random.default_rng(list(seed)), bank)
    means = np.stack([mean_feature(features[i]) for i in images])
    position = fit_position(features, images, grid, POSITION_CHANNELS)
    return Parts(texture=texture, position=position, familiar=fit_familiar(means))


def mean_feature(cells: NDArray[np.floating]) -> NDArray[np.float32]:
    """Mean over the cells of one image (cells, channels)."""
    return np.asarray(cells.astype(np.float32).mean(axis=0), np.float32)


def cross_fit(
    features: Features, images: Sequence[int], grid: tuple[int, int], seed: Sequence[int], bank: int,
    progress: Progress, cancelled: Callable[[], bool],
) -> HeldOut:  # fmt: skip
    """Distances of each image to models of the other folds. Folds are runs of neighbours, which are often alike."""
    folds = np.array_split(np.asarray(images), _FOLDS_FEW if len(images) < _MANY else _FOLDS_MANY)
    texture, position, novelty = [], [], []
    for number, fold in enumerate(folds):
        rest = [i for i in images if i not in set(fold.tolist())]
        parts = fit_parts(features, rest, grid, [*seed, number], bank)
        for i in fold:
            stop_if(cancelled)
            cells = features[i].astype(np.float32)
            texture.append(texture_distances(parts.texture, cells))
            position.append(position_distances(parts.position, cells[:, POSITION_CHANNELS]))
            novelty.append(np.log(max(unfamiliarity(parts.familiar, mean_feature(cells)), 1e-6)))
        progress("cross-checking", number + 1, len(folds))
    return HeldOut(texture=np.stack(texture), position=np.stack(position), novelty=np.array(novelty))


def fit_view(
    features: Features, images: Sequence[int], *, size: tuple[int, int], pooled: bool, bank: int, seed: Sequence[int],
    keep_suspects: bool, progress: Progress, cancelled: Callable[[], bool],
) -> FittedView:  # fmt: skip
    """1 score each image by models of the others, 2 leave out what looks like a defect, 3 set the scales and the curve
    on the rest, 4 fit on the rest."""
    grid = grid_of(size)
    held_out = cross_fit(features, images, grid, seed, bank, progress, cancelled)
    everything = np.ones(len(images), np.bool_)
    first = _raw(held_out, *_scales(held_out, everything))
    kept = everything if keep_suspects else ~_suspects(first)
    texture_scale, position_scale = _scales(held_out, kept)
    novelty_scale = scale_of(held_out.novelty[kept])
    raw = _raw(held_out, texture_scale, position_scale)
    novelty = standard(held_out.novelty, novelty_scale)
    parts = fit_parts(features, [i for i, keep in zip(images, kept, strict=True) if keep], grid, seed, bank)
    progress("fitting", 1, 1)
    fitted = Fitted(
        size=size, pooled=pooled, texture=parts.texture, position=parts.position, familiar=parts.familiar,
        texture_scale=texture_scale, position_scale=position_scale, novelty_scale=novelty_scale,
    )  # fmt: skip
    return FittedView(
        fitted=fitted, curve=fit_curve(raw[kept]), novelty_limit=novelty_limit(novelty[kept]), raw=raw,
        novelty=novelty, kept=kept,
    )  # fmt: skip


def worst(cells: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of the worst cells of each image (images, cells)."""
    count = worst_count(cells.shape[1])
    top = np.partition(cells, cells.shape[1] - count, axis=1)[:, -count:]
    return np.asarray(top.mean(axis=1), np.float64)


def _scales(held_out: HeldOut, kept: NDArray[np.bool_]) -> tuple[Scale, Scale]:
    return scale_of(worst(held_out.texture[kept])), scale_of(worst(held_out.position[kept]))


def _raw(held_out: HeldOut, texture: Scale, position: Scale) -> NDArray[np.float64]:
    return worst((standard(held_out.texture, texture) + standard(held_out.position, position)) / 2)


def _suspects(raw: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Images far from all others, but never more than a tenth of them: beyond that they are no exception."""
    most = int(_SUSPECT_SHARE * len(raw))
    suspects = far_out(raw)
    suspects[np.argsort(-raw, kind="stable")[most:]] = False
    return suspects


def scores_of(fitted: Fitted, cells: NDArray[np.float32]) -> tuple[float, float]:
    """Raw score and novelty of one image's features (cells, channels), computed here and not by the graph."""
    texture = standard(texture_distances(fitted.texture, cells), fitted.texture_scale)
    position = standard(position_distances(fitted.position, cells[:, POSITION_CHANNELS]), fitted.position_scale)
    novelty = np.log(max(unfamiliarity(fitted.familiar, mean_feature(cells)), 1e-6))
    raw = worst(((texture + position) / 2)[None])[0]
    return float(raw), float((novelty - fitted.novelty_scale.centre) / fitted.novelty_scale.spread)
