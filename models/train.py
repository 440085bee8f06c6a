"""Trains a line's defect model from images of good parts, and says what is wrong with them when it cannot."""

import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from inspection.core.train import MIN_GOOD_IMAGES, Progress, Sample, Untrainable, check_enough, manifest_hash
from models import artefact, backbone
from models.anomaly import BANK_SIZE
from models.calibrate import LIMIT_SCORE
from models.decode import Header, Picture
from models.engine import Compiled, Precision, check_precision
from models.features import Extracted, Read, extract, read_headers, stop_if
from models.fit import FittedView, fit_view, scores_of
from models.scoring import scoring_graph

_LARGE_PIXELS = 288 * 512
_SMALL_PIXELS = 256 * 256
_PROGRESS_EVERY_S = 0.5
_PARITY_IMAGES = 4
_PARITY = 0.05
_PASS_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train. `size` is the input's rows and columns, multiples of 32, chosen from the images when None;
    `pooled` averages features over 3 x 3 cells; `keep_suspects` trains on far-out images as well."""

    seed: int = 0
    size: tuple[int, int] | None = None
    pooled: bool = True
    keep_suspects: bool = False
    precision: Precision = Precision.F32
    bank: int = BANK_SIZE
    max_images: int = 500
    threads: int = 2

    def __post_init__(self) -> None:
        if self.size is not None and any(not 64 <= side <= 2048 or side % backbone.STRIDE for side in self.size):
            raise Untrainable(f"An input size is two multiples of {backbone.STRIDE} from 64 to 2048, not {self.size}.")


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished training: the artefact's identity and its card, which is plain JSON."""

    artefact: str
    card: dict[str, Any]


def train(
    *, line: str, views: Sequence[str], samples: Sequence[Sample], read: Read, root: Path, created: datetime,
    progress: Progress, cancelled: Callable[[], bool], settings: Settings | None = None,
) -> Trained:  # fmt: skip
    """Train on samples of good parts whose bytes `read(sha256)` gives, and put the artefact under `root`.

    The same samples, settings and `created` give the same artefact. Raises Untrainable or Cancelled.
    """
    settings = settings or Settings()
    check_precision(settings.precision)
    check_enough(samples, views)
    report = _sparing(progress)
    root.mkdir(parents=True, exist_ok=True)
    cards: dict[str, Any] = {}
    graphs: dict[str, bytes] = {}
    used: list[Sample] = []
    everything = []
    for number, view in enumerate(sorted(views)):
        of_view = _chosen([s for s in samples if s.view == view], settings)
        with tempfile.TemporaryDirectory(prefix=".features-", dir=root) as folder:
            one = _train_view(of_view, read, number, settings, Path(folder), report, cancelled)
        cards[view], graphs[view] = one.card, one.graph
        used += of_view
        everything.append(one.scores)
    scores = np.concatenate(everything)
    card = {
        "kind": "anomaly", "name": f"{line}-{manifest_hash(used)[:8]}", "line": line,
        "created": created.isoformat(timespec="seconds"), "manifest": manifest_hash(used), "seed": settings.seed,
        "precision": settings.precision.value, "images": len(used), "views": cards,
        "backbone": {"name": backbone.NAME, "sha256": backbone.pretrained().sha256},
        "pass_below": round(float(np.quantile(scores, _PASS_SHARE)), 3),
        "reject_above": round(max(LIMIT_SCORE, float(scores.max()) + 0.02), 3),
    }  # fmt: skip
    stop_if(cancelled)
    identity = artefact.save(root, card, graphs)
    return Trained(artefact=identity, card=artefact.load(root, identity).card)


@dataclass(frozen=True, kw_only=True)
class _View:
    card: dict[str, Any]
    graph: bytes
    scores: np.ndarray[Any, np.dtype[np.float64]]


def _train_view(
    samples: list[Sample], read: Read, number: int, settings: Settings, folder: Path, report: Progress,
    cancelled: Callable[[], bool],
) -> _View:  # fmt: skip
    headers = read_headers(samples, read, cancelled)
    size = settings.size or input_size([header.upright for header in headers])
    extracted = extract(
        samples, read, size=size, pooled=settings.pooled, precision=settings.precision, threads=settings.threads,
        folder=folder, progress=report, cancelled=cancelled,
    )  # fmt: skip
    images = _different(samples, extracted)
    view = fit_view(
        extracted.features, images, size=size, pooled=settings.pooled, bank=settings.bank,
        seed=(settings.seed, number), keep_suspects=settings.keep_suspects, progress=report, cancelled=cancelled,
    )  # fmt: skip
    graph = scoring_graph(view.fitted)
    _check_parity(graph, view, [samples[i] for i in images[:_PARITY_IMAGES]], read, extracted, images, settings)
    warnings = _warnings(headers, len(samples) - len(images))
    card = _view_card([samples[i] for i in images], view, warnings)
    return _View(card=card, graph=graph, scores=view.curve.scores(view.raw[view.kept]))


def _chosen(samples: list[Sample], settings: Settings) -> list[Sample]:
    """One view's samples in the order of their names, each content once, evenly thinned to a bounded number."""
    unique = {sample.sha256: sample for sample in sorted(samples, key=lambda s: (_natural(s.name), s.sha256))}
    ordered = sorted(unique.values(), key=lambda s: (_natural(s.name), s.sha256))
    if len(ordered) <= settings.max_images:
        return ordered
    return [ordered[i] for i in np.linspace(0, len(ordered) - 1, settings.max_images).round().astype(int)]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,18})", name)]


def input_size(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Rows and columns of the model's input for images of these sizes: about 288 x 512 pixels in all in their shape, or
    256 x 256 for images with fewer pixels; a square where shapes vary."""
    rows, columns = (float(side) for side in np.median(np.array(sizes), axis=0))
    shapes = np.array([r / c for r, c in sizes])
    area = _LARGE_PIXELS if rows * columns >= _LARGE_PIXELS else _SMALL_PIXELS
    low, high = np.quantile(shapes, (0.1, 0.9))
    shape = 1.0 if high > 1.3 * low else min(max(float(np.median(shapes)), 0.2), 5.0)
    return _multiple((area * shape) ** 0.5), _multiple((area / shape) ** 0.5)


def _multiple(side: float) -> int:
    return max(2, round(side / backbone.STRIDE)) * backbone.STRIDE


def _different(samples: list[Sample], extracted: Extracted) -> list[int]:
    """Indices of samples that show different pixels; raises Untrainable when there are too few."""
    first: dict[str, int] = {}
    for index, pixels in enumerate(extracted.pixels):
        first.setdefault(pixels, index)
    if len(first) < MIN_GOOD_IMAGES:
        raise Untrainable(
            f"The {len(samples)} images of view {samples[0].view!r} show only {len(first)} different pictures. "
            f"Add photos of at least {MIN_GOOD_IMAGES} different good parts."
        )
    return sorted(first.values())


def _warnings(headers: list[Header], repeated: int) -> list[str]:
    sizes = Counter(header.upright for header in headers)
    shapes = [rows / columns for rows, columns in sizes]
    told = []
    if max(shapes) > 1.1 * min(shapes):
        told.append(f"The images have {len(sizes)} sizes of different shapes; they were squeezed to one shape.")
    elif len(sizes) > 1:
        told.append(f"The images have {len(sizes)} different sizes.")
    if repeated:
        told.append(f"{repeated} images repeat the pixels of others and were left out.")
    return told


def _check_parity(
    graph: bytes, view: FittedView, samples: list[Sample], read: Read, extracted: Extracted, images: list[int],
    settings: Settings,
) -> None:  # fmt: skip
    """Raise when the graph, through the decode path that serves, gives other figures than the fit."""
    compiled = Compiled(graph, settings.precision, 1)
    for sample, index in zip(samples, images, strict=False):
        output = compiled.run(Picture(read(sample.sha256)).at(*view.fitted.size), 0)
        served = np.array([output["raw"][0], output["novelty"][0]])
        fitted = np.array(scores_of(view.fitted, extracted.features[index].astype(np.float32)))
        if not np.abs(served - fitted).max() <= _PARITY * (1 + np.abs(fitted).max()):
            raise RuntimeError(f"The graph gives {served} for {sample.name} where the fit gave {fitted}.")


def _view_card(samples: list[Sample], view: FittedView, warnings: list[str]) -> dict[str, Any]:
    scores = view.curve.scores(view.raw)
    suspects = [
        {"name": samples[i].name, "sha256": samples[i].sha256, "score": round(float(scores[i]), 4)}
        for i in np.argsort(-scores, kind="stable")
        if not view.kept[i]
    ]
    if suspects:
        warnings = [
            *warnings,
            f"{len(suspects)} images look unlike the others and were left out: look at the suspects.",
        ]
    good = scores[view.kept]
    height, width = view.fitted.size
    return {
        "height": height, "width": width, "pooled": view.fitted.pooled, "images": int(view.kept.sum()),
        "curve": {"middle": view.curve.middle, "width": view.curve.width}, "novelty_limit": view.novelty_limit,
        "held_out": {
            "images": len(good), "median": round(float(np.median(good)), 4),
            "q90": round(float(np.quantile(good, 0.9)), 4), "q99": round(float(np.quantile(good, 0.99)), 4),
            "highest": round(float(good.max()), 4), "novelty_highest": round(float(view.novelty[view.kept].max()), 2),
        },
        "suspects": suspects, "warnings": warnings,
    }  # fmt: skip


def _sparing(progress: Progress) -> Progress:
    """Tell the first and last step of a stage, and in between twice a second at most."""
    told_at = 0.0

    def report(stage: str, done: int, total: int) -> None:
        nonlocal told_at
        now = time.monotonic()
        if done in (1, total) or now - told_at >= _PROGRESS_EVERY_S:
            told_at = now
            progress(stage, done, total)

    return report
