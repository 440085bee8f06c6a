"""One view's model from its features: cross-fitted scores of good images first, then the fit on all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspection.core.train import Progress, stop_if
from models.anomaly import (
    MAX_PATCHES,
    Familiar,
    Features,
    Floats,
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
from models.labels import Labels
from models.learn import Lesson, learn
from models.mix import ANOMALY
from models.scoring import Fitted, Setup, grid_of, worst_count
from models.tune import Task

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
    """A view's fitted model, its curve, and what held-out images gave: `images` are those in a fold, `raw`, `novelty`
    and `suspicion` (anomaly score) theirs, `kept` those fitted to; `lesson` is what labels taught, or why nothing."""

    fitted: Fitted
    curve: Curve
    novelty_limit: float
    images: NDArray[np.int64]
    raw: NDArray[np.float64]
    novelty: NDArray[np.float64]
    kept: NDArray[np.bool_]
    suspicion: NDArray[np.float64]
    lesson: Lesson | str


def fit_parts(
    features: Features, images: Sequence[int], setup: Setup, seed: Sequence[int], bank: int, patches: int = MAX_PATCHES
) -> Parts:  # fmt: skip
    """Fit the three models to some images; the same seed gives the same models."""
    texture = fit_texture(features, images, np.random.default_rng(list(seed)), bank, patches)
    means = np.stack([mean_feature(features[i]) for i in images])
    position = fit_position(features, images, grid_of(setup.size), setup.backbone.place_channels)
    return Parts(texture=texture, position=position, familiar=fit_familiar(means))


def mean_feature(cells: NDArray[np.floating]) -> NDArray[np.float32]:
    """Mean over the cells of one image (cells, channels)."""
    return np.asarray(cells.astype(np.float32).mean(axis=0), np.float32)


def cross_fit(
    features: Features, labels: Labels, setup: Setup, seed: Sequence[int], bank: int,
    progress: Progress, cancelled: Callable[[], bool], patches: int = MAX_PATCHES,
) -> HeldOut:  # fmt: skip
    """Distances of each image in a fold to models of the good ones in the other folds."""
    images = np.flatnonzero(labels.folds >= 0)
    count, grid, place = len(images), grid_of(setup.size), setup.backbone.place_channels
    found = HeldOut(
        texture=np.zeros((count, grid[0] * grid[1]), np.float32),
        position=np.zeros((count, grid[0] * grid[1]), np.float32), novelty=np.zeros(count),
    )  # fmt: skip
    folds = sorted(set(labels.folds[images].tolist()))
    for number, fold in enumerate(folds):
        rest = images[(labels.folds[images] != fold) & ~labels.defective[images]]
        parts = fit_parts(features, rest.tolist(), setup, [*seed, number], bank, patches)
        for row in np.flatnonzero(labels.folds[images] == fold):
            stop_if(cancelled)
            cells = features[images[row]].astype(np.float32)
            found.texture[row] = texture_distances(parts.texture, cells)
            found.position[row] = position_distances(parts.position, cells[:, place])
            found.novelty[row] = np.log(max(unfamiliarity(parts.familiar, mean_feature(cells)), 1e-6))
        progress("cross-checking", number + 1, len(folds))
    return found


def fit_view(
    features: Features, wholes: Floats, labels: Labels, *, setup: Setup, bank: int, seed: Sequence[int],
    keep_suspects: bool, folder: Path, task: Task, progress: Progress, cancelled: Callable[[], bool],
) -> FittedView:  # fmt: skip
    """1 score each image by models of the others, 2 leave out good ones that look like a defect, 3 set the scales on
    the rest, 4 learn from labels where there are enough, 5 fit on the rest."""
    images = np.flatnonzero(labels.folds >= 0)
    held_out = cross_fit(features, labels, setup, seed, bank, progress, cancelled)
    good = ~labels.defective[images]
    first = _raw(held_out, setup, *_scales(held_out, good))
    kept = good.copy()
    if not keep_suspects:
        kept[good] = ~_suspects(first[good])
    scales = _scales(held_out, kept)
    raw = _raw(held_out, setup, *scales)
    curve = fit_curve(raw[kept])
    suspicion = curve.scores(raw)
    novelty_scale = scale_of(held_out.novelty[kept])
    novelty = standard(held_out.novelty, novelty_scale)
    used = kept | ~good
    taught = replace(labels, folds=np.where(np.isin(np.arange(len(labels.folds)), images[used]), labels.folds, -1))
    lesson = learn(
        wholes, taught, raw[used], curve, tunable=setup.backbone.tail is not None, folder=folder, task=task,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip
    parts = fit_parts(features, images[kept].tolist(), setup, seed, bank)
    progress("fitting", 1, 1)
    learned = None if isinstance(lesson, str) else lesson.learned
    if not isinstance(lesson, str):
        raw[used], curve = lesson.raw, lesson.learned.curve
    fitted = Fitted(
        size=setup.size, pooled=setup.pooled, weights=setup.weights, texture=parts.texture, position=parts.position,
        familiar=parts.familiar, texture_scale=scales[0], position_scale=scales[1], novelty_scale=novelty_scale,
        learned=learned, backbone=setup.backbone,
    )  # fmt: skip
    return FittedView(
        fitted=fitted, curve=curve, novelty_limit=novelty_limit(novelty[kept]), images=images, raw=raw,
        novelty=novelty, kept=used, suspicion=suspicion, lesson=lesson,
    )  # fmt: skip


def worst(cells: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of the worst cells of each image (images, cells)."""
    count = worst_count(cells.shape[1])
    top = np.partition(cells, cells.shape[1] - count, axis=1)[:, -count:]
    return np.asarray(top.mean(axis=1), np.float64)


def _scales(held_out: HeldOut, kept: NDArray[np.bool_]) -> tuple[Scale, Scale]:
    return scale_of(worst(held_out.texture[kept])), scale_of(worst(held_out.position[kept]))


def _raw(held_out: HeldOut, setup: Setup, texture: Scale, position: Scale) -> NDArray[np.float64]:
    z = standard(held_out.texture, texture), standard(held_out.position, position)
    return worst(setup.weights[0] * z[0] + setup.weights[1] * z[1])


def _suspects(raw: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Images far from all others, but never more than a tenth of them: beyond that they are no exception."""
    most = int(_SUSPECT_SHARE * len(raw))
    suspects = far_out(raw)
    suspects[np.argsort(-raw, kind="stable")[most:]] = False
    return suspects


def scores_of(
    fitted: Fitted, cells: NDArray[np.float32], served: Mapping[str, float] | None = None
) -> tuple[float, float]:
    """Raw figure and novelty of one image's features (cells, channels), computed here and not by the graph; what was
    learned takes its parts' figures from `served`."""
    texture = standard(texture_distances(fitted.texture, cells), fitted.texture_scale)
    place = cells[:, fitted.backbone.place_channels]
    position = standard(position_distances(fitted.position, place), fitted.position_scale)
    novelty = np.log(max(unfamiliarity(fitted.familiar, mean_feature(cells)), 1e-6))
    raw = worst((fitted.weights[0] * texture + fitted.weights[1] * position)[None])
    if fitted.learned is not None:
        parts = {ANOMALY: raw, **{part: np.array([figure]) for part, figure in (served or {}).items()}}
        raw = fitted.learned.mix.raw(parts)
    return float(raw[0]), float((novelty - fitted.novelty_scale.centre) / fitted.novelty_scale.spread)
