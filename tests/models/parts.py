"""Little plates, good and with a stain, and the samples and models made of them."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from inspection.core.train import Sample, Trained
from models import artefact
from models.train import train
from models.view import Settings

SIZE = (128, 160)  # rows, columns
SPOT = (70, 40, 96, 62)  # left, top, right, bottom of the planted defect
CREATED = datetime(2026, 1, 31, tzinfo=UTC)
QUICK = Settings(size=SIZE, pooled=True, bank=100)


def plate(seed: int, *, spot: bool = False, kind: str = "PNG", scale: int = 1) -> bytes:
    """A brushed plate with a bolt; with `spot`, it has a bright stain."""
    out = io.BytesIO()
    image = draw(seed, spot=spot)
    image.resize((image.width * scale, image.height * scale)).save(out, kind)
    return out.getvalue()


def draw(seed: int, *, spot: bool = False) -> Image.Image:
    """The picture of that plate."""
    dice = np.random.default_rng(seed)
    rows, columns = SIZE
    grey = 110 + dice.normal(0, 5, (rows, 1)) + dice.normal(0, 4, (rows, columns))
    image = Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    pen = ImageDraw.Draw(image)
    pen.ellipse((20, 90, 44, 114), fill=(60, 60, 66))
    if spot:
        pen.ellipse(SPOT, fill=(225, 215, 120))
    return image


@dataclass
class Shelf:
    """Samples and their bytes."""

    samples: list[Sample] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)

    def put(self, data: bytes, view: str = "top", name: str = "", **label: Any) -> None:
        digest = sha256(data).hexdigest()
        self.contents[digest] = data
        self.samples.append(Sample(view=view, sha256=digest, name=name or f"{len(self.samples)}.png", **label))

    def train(self, root: Path, settings: Settings = QUICK, **other: Any) -> Trained:
        views: Iterable[str] = other.pop("views", ["top"])
        progress: Callable[..., None] = other.pop("progress", lambda *_: None)
        cancelled: Callable[[], bool] = other.pop("cancelled", lambda: False)
        read: Callable[[str], bytes] = other.pop("read", self.contents.__getitem__)
        return train(
            line="plates", views=list(views), samples=self.samples, read=read, root=root, created=CREATED,
            progress=progress, cancelled=cancelled, settings=settings,
        )  # fmt: skip


def good_plates(count: int, start: int = 0) -> Shelf:
    """A shelf of good plates."""
    shelf = Shelf()
    for seed in range(start, start + count):
        shelf.put(plate(seed))
    return shelf


def twin(root: Path, name: str, words: str) -> str:
    """Put another model under `root` that judges just as the first does; its name."""
    known = artefact.load(root, name)
    return artefact.save(root, {**known.card, "name": words}, {v: m.graph for v, m in known.views.items()})
