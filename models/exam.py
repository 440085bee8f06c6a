"""Puts a trained model through a labelled set, by the decode path and graph that serve."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models import artefact
from models.datasets import Labelled, read_mask
from models.decode import Picture, read_header
from models.engines import open_engine
from models.evaluate import Figures, aupro, figures, pixel_auroc
from models.explain import over_image
from models.look import NoPart, look

_MOST_PIXELS = 512 * 512  # of one mask, for the figures per pixel


@dataclass(frozen=True, kw_only=True)
class Result:
    """Figures per image, per pixel where masks are there (else None), and per type of defect its AUROC; the share of
    images called novel, and CPU milliseconds from bytes to score on one thread. `not_found` images, in which the part
    is not surely found, have no score: they count in none of the others."""

    images: int
    defective: int
    figures: Figures
    pixel_auroc: float | None
    aupro: float | None
    by_type: dict[str, float]
    novel_good: float
    novel_defective: float
    milliseconds: float
    not_found: int = 0

    def plain(self) -> dict[str, Any]:
        """The result as JSON takes it."""
        return asdict(self)


def examine(
    root: Path, identity: str, view: str, images: Sequence[Labelled], progress: Callable[[str, int, int], None]
) -> Result:
    """Judge every image of the set; raises Undefined unless there are good and defective ones in which the part is
    found."""
    loaded = artefact.load(root, identity)
    model = loaded.views[view]
    engine = open_engine(model, loaded.runtime, loaded.precision, 1)
    judged: list[Labelled] = []
    scores, novel, maps, masks, cpu = [], [], [], [], 0.0
    for number, image in enumerate(images, 1):
        progress("examining", number, len(images))
        data = image.file.read_bytes()
        begun = time.process_time()
        try:
            seen = look(Picture(data), model.size, model.locator)
        except NoPart:
            continue
        output = engine.run(seen.pixels, 0)
        cpu += time.process_time() - begun
        judged.append(image)
        scores.append(model.curve.score(float(output["raw"][0])))
        novel.append(not float(output["novelty"][0]) <= model.novelty_limit)
        if image.mask is not None or not image.defect:
            mask = _mask(image, read_header(data).upright)
            masks.append(mask)
            maps.append(over_image(output["map"], seen, (mask.shape[0], mask.shape[1]), float(output["map"].min())))
    engine.close()
    defective = np.array([bool(image.defect) for image in judged])
    whole = figures(defective, np.array(scores))
    outlined = any(image.mask is not None for image in judged)
    return Result(
        images=len(judged), defective=int(defective.sum()), figures=whole,
        pixel_auroc=pixel_auroc(masks, maps) if outlined else None, aupro=aupro(masks, maps) if outlined else None,
        by_type=_by_type(judged, np.array(scores)), novel_good=float(np.mean(np.array(novel)[~defective])),
        novel_defective=float(np.mean(np.array(novel)[defective])), milliseconds=cpu / len(judged) * 1e3,
        not_found=len(images) - len(judged),
    )  # fmt: skip


def _mask(image: Labelled, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Where the defect is, in the image's size or, for large ones, in a smaller one of the same shape."""
    shrink = min(1.0, (_MOST_PIXELS / (size[0] * size[1])) ** 0.5)
    rows, columns = (max(1, round(side * shrink)) for side in size)
    if image.mask is None:
        return np.zeros((rows, columns), np.bool_)
    drawn = read_mask(image.mask, size).astype(np.uint8)
    return np.asarray(cv2.resize(drawn * 255, (columns, rows), interpolation=cv2.INTER_AREA) > 0)


def _by_type(images: Sequence[Labelled], scores: NDArray[np.float64]) -> dict[str, float]:
    kinds = np.array([image.defect for image in images])
    found = {}
    for kind in sorted(set(kinds.tolist()) - {""}):
        chosen = (kinds == kind) | (kinds == "")
        found[kind] = figures(kinds[chosen] != "", scores[chosen]).auroc
    return found
