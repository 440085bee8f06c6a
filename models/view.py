"""Trains one view's part of a model: features, fit, graph, and what the graph must say of a few images."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.core.train import MIN_GOOD_IMAGES, Progress, Sample, Untrainable, contradiction, pair
from models.anomaly import BANK_SIZE
from models.backbone import lite0
from models.engine import Precision
from models.features import Extracted, Read, extract, feature_bytes, pixel_hashes, read_headers
from models.fit import FittedView, fit_view, scores_of
from models.labels import labels_of, thinned
from models.placed import Placed, place
from models.scoring import Setup, grid_of, scoring_graph
from models.sizes import MAX_SIDE, sizes_to_try
from models.trials import Chosen, try_setups
from models.trunk import STRIDE, Backbone
from models.tune import Task, steps_for

_PINNED = 4
_FEATURE_BYTES = 4_000_000_000  # on disk while a view is trained
_TOLERANCE = 0.05

Scores = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train. `size` is the input's rows and columns, multiples of 32, and `pooled` whether features are averaged
    over 3 x 3 cells: where one is None, it is chosen by trials, within about `budget_ms` of CPU time for an image;
    `keep_suspects` trains on far-out images as well; `locate` finds the part first and looks at it alone."""

    seed: int = 0
    size: tuple[int, int] | None = None
    pooled: bool | None = None
    budget_ms: float = 40.0
    keep_suspects: bool = False
    precision: Precision = Precision.F32
    bank: int = BANK_SIZE
    max_images: int = 1000
    threads: int = 2
    steps: int | None = None
    device: str = "auto"
    locate: bool = False
    backbone: Backbone = field(default_factory=lite0)

    def __post_init__(self) -> None:
        if self.size is not None and any(not 64 <= side <= MAX_SIDE or side % STRIDE for side in self.size):
            raise Untrainable(f"An input size is two multiples of {STRIDE} from 64 to {MAX_SIDE}, not {self.size}.")


@dataclass(frozen=True, kw_only=True)
class TrainedView:
    """One view's card and graph, and the held-out scores of its good ones and, if it learned from them, its defects;
    `held_out` are those of all its images, no number for suspects, and `labels` which of these are defective."""

    card: dict[str, Any]
    graph: bytes
    good: Scores
    defective: Scores
    chosen: Chosen
    held_out: Scores
    labels: NDArray[np.bool_]


def train_view(
    samples: list[Sample], read: Read, number: int, settings: Settings, folder: Path, report: Progress,
    cancelled: Callable[[], bool], chosen: Chosen | None = None,
) -> TrainedView:  # fmt: skip
    """1 read all headers, 2 find the part where that is wanted, 3 choose size, pooling and weights by trials unless
    they are `chosen`, 4 extract features, 5 fit and learn, 6 build the graph and pin what it must say of a few
    images."""
    headers = read_headers(samples, read, cancelled)
    placed = place(
        samples, [header.upright for header in headers], read, wanted=settings.locate, threads=settings.threads,
        progress=report, cancelled=cancelled,
    )  # fmt: skip
    chosen = chosen or _choose(placed, number, settings, folder, report, cancelled)
    setup, size = chosen.setup, chosen.setup.size
    placed = placed.only(_bounded(placed.samples, setup))
    samples = placed.samples
    extracted = extract(
        samples, read, size=size, pooled=setup.pooled, backbone=setup.backbone, precision=settings.precision,
        threads=settings.threads, folder=folder, progress=report, cancelled=cancelled, locator=placed.locator,
    )  # fmt: skip
    images = _different(samples, extracted.pixels)
    labels = labels_of(placed.drawn, placed.sizes, grid_of(size), images)
    steps = settings.steps or steps_for(extracted.features.shape[1])
    task = Task(steps=steps, seed=settings.seed + number, threads=settings.threads, device=settings.device)
    view = fit_view(
        extracted.features, extracted.wholes, labels, setup=setup, bank=settings.bank, seed=(settings.seed, number),
        keep_suspects=settings.keep_suspects, folder=folder, task=task,
        progress=report, cancelled=cancelled,
    )  # fmt: skip
    graph = scoring_graph(view.fitted)
    warnings = [*placed.warnings, *_warnings(placed.sizes, len(samples) - len(images))]
    scores, defective = view.curve.scores(view.raw), labels.defective[view.images]
    return TrainedView(
        card={
            **_view_card([samples[i] for i in view.images], defective, view, warnings),
            "defects": _defects([samples[i] for i in images]),
            "parity": _pins(view, samples, extracted), "tolerance": _TOLERANCE,
            "trials": chosen.trials, "trials_reason": chosen.reason,
            "locate": placed.locator.card.plain() if placed.locator is not None else None,
        },
        graph=graph,
        good=scores[view.kept & ~defective],
        defective=scores[:0] if isinstance(view.lesson, str) else scores[defective],
        chosen=chosen, held_out=np.where(view.kept, scores, np.nan), labels=defective,
    )  # fmt: skip


def _bounded(samples: list[Sample], setup: Setup) -> list[int]:
    """As many of the good images, evenly picked, as there is room on disk for their features, and all defects."""
    room = int(_FEATURE_BYTES / feature_bytes(setup.size, setup.backbone))
    good = [i for i, sample in enumerate(samples) if not sample.defect]
    kept = set(range(len(samples))) - set(good)
    most = min(len(good), max(room - len(kept), MIN_GOOD_IMAGES))
    return sorted(kept | set(thinned(good, most)))


def _choose(
    placed: Placed, number: int, settings: Settings, folder: Path, report: Progress, cancelled: Callable[[], bool]
) -> Chosen:
    fitting = sizes_to_try(placed.sizes, settings.budget_ms, settings.precision, settings.backbone.cost)
    shapes = [settings.size] if settings.size else fitting
    poolings = (True, False) if settings.pooled is None else (settings.pooled,)
    setups = [Setup(size=shape, pooled=pooled, backbone=settings.backbone) for shape in shapes for pooled in poolings]
    if len(setups) == 1:
        return Chosen(setup=setups[0], reason="Size and pooling were given, and nothing was tried.", trials=[])
    seen = pixel_hashes(
        placed.samples, placed.read, size=shapes[0], threads=settings.threads, progress=report, cancelled=cancelled
    )
    _different(placed.samples, seen)  # trials take minutes: what cannot be trained from is told before
    return try_setups(
        setups, placed.samples, placed.read, seed=settings.seed + number, precision=settings.precision,
        threads=settings.threads, folder=folder, progress=report, cancelled=cancelled,
    )  # fmt: skip


def _different(samples: list[Sample], hashes: Sequence[str]) -> list[int]:
    """Indices of samples that show different pixels; raises Untrainable when too few of them are good, or when the same
    pixels are called good and defective."""
    first: dict[str, int] = {}
    torn, alike = [], ""
    for index, pixels in enumerate(hashes):
        known, sample = samples[first.setdefault(pixels, index)], samples[index]
        if bool(known.defect) != bool(sample.defect):
            torn.append(pair(known, sample))
        elif known is not sample:
            alike = alike or f", such as {known.name} and {sample.name}"
    if torn:
        raise contradiction(torn)
    good_ones = sum(not samples[index].defect for index in first.values())
    if good_ones < MIN_GOOD_IMAGES:
        raise Untrainable(
            f"The {sum(not s.defect for s in samples)} good images of view {samples[0].view!r} show only {good_ones} "
            f"different pictures; the others repeat them{alike}. "
            f"Add photos of at least {MIN_GOOD_IMAGES} different good parts."
        )
    return sorted(first.values())


def _warnings(images: Sequence[tuple[int, int]], repeated: int) -> list[str]:
    sizes = Counter(images)
    shapes = [rows / columns for rows, columns in sizes]
    told = []
    if max(shapes) > 1.1 * min(shapes):
        told.append(f"The images have {len(sizes)} sizes of different shapes; they were squeezed to one shape.")
    elif len(sizes) > 1:
        told.append(f"The images have {len(sizes)} different sizes.")
    if repeated:
        told.append(f"{repeated} images repeat the pixels of others and were left out.")
    return told


def _defects(samples: list[Sample]) -> dict[str, Any]:
    bad = [sample for sample in samples if sample.defect]
    return {
        "images": len(bad), "outlined": sum(bool(sample.regions) for sample in bad),
        "types": dict(sorted(Counter(sample.defect for sample in bad).items())),
    }  # fmt: skip


def _pins(view: FittedView, samples: list[Sample], extracted: Extracted) -> list[dict[str, Any]]:
    """What the fit, and not the graph, says of a few images: whoever loads the model can check that it does as well."""
    pinned: dict[int, dict[str, float]] = {int(i): {} for i in view.images[:_PINNED]}
    return [
        {"sha256": samples[i].sha256, "raw": scores_of(view.fitted, extracted.features[i].astype(np.float32), parts)[0]}
        for i, parts in (pinned if isinstance(view.lesson, str) else view.lesson.pinned).items()
    ]


def _view_card(
    samples: list[Sample], defective: NDArray[np.bool_], view: FittedView, warnings: list[str]
) -> dict[str, Any]:
    scores = view.curve.scores(view.raw)
    suspects = [
        {"name": samples[i].name, "sha256": samples[i].sha256, "score": round(float(view.suspicion[i]), 4)}
        for i in np.argsort(-view.suspicion, kind="stable")
        if not view.kept[i]
    ]
    if suspects:
        told = f"{len(suspects)} images look unlike the others and were left out: look at the suspects."
        warnings = [*warnings, told]
    good = view.kept & ~defective
    height, width = view.fitted.size
    return {
        "height": height, "width": width, "pooled": view.fitted.pooled, "images": int(good.sum()),
        "curve": {"middle": view.curve.middle, "width": view.curve.width}, "novelty_limit": view.novelty_limit,
        "held_out": {
            "images": int(good.sum()), "median": round(float(np.median(scores[good])), 4),
            "q90": round(float(np.quantile(scores[good], 0.9)), 4),
            "q99": round(float(np.quantile(scores[good], 0.99)), 4),
            "highest": round(float(scores[good].max()), 4),
            "novelty_highest": round(float(view.novelty[good].max()), 2),
        },
        "suspects": suspects, **_lesson_card(view, warnings),
    }  # fmt: skip


def _lesson_card(view: FittedView, warnings: list[str]) -> dict[str, Any]:
    if isinstance(view.lesson, str):
        return {"warnings": warnings, "labels": {"reason": view.lesson}, "types": []}
    types = view.lesson.card["types"] if view.lesson.learned.tuned is not None else []
    return {"warnings": [*warnings, *view.lesson.warnings], "labels": view.lesson.card, "types": types}
