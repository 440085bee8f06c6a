"""A tiny model on little plates, trained once for all tests of the runtime."""

import io
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from inspection.core.train import Sample
from models.train import Settings, train

SIZE = (128, 160)  # rows, columns
SPOT = (70, 40, 96, 62)  # left, top, right, bottom of the planted defect


def plate(seed: int, *, spot: bool = False, kind: str = "PNG", scale: int = 1) -> bytes:
    """A brushed plate with a bolt; with `spot`, it has a bright stain."""
    dice = np.random.default_rng(seed)
    rows, columns = SIZE
    grey = 110 + dice.normal(0, 5, (rows, 1)) + dice.normal(0, 4, (rows, columns))
    image = Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    pen = ImageDraw.Draw(image)
    pen.ellipse((20, 90, 44, 114), fill=(60, 60, 66))
    if spot:
        pen.ellipse(SPOT, fill=(225, 215, 120))
    out = io.BytesIO()
    image.resize((columns * scale, rows * scale)).save(out, kind)
    return out.getvalue()


@lru_cache(maxsize=1)
def good_plates() -> dict[str, bytes]:
    return {sha256(data).hexdigest(): data for data in (plate(seed) for seed in range(24))}


def train_into(root: Path, seed: int = 0) -> str:
    """Train on the good plates; the artefact's identity."""
    plates = good_plates()
    samples = [Sample(view="top", sha256=digest, name=f"{i}.png") for i, digest in enumerate(plates)]
    trained = train(
        line="plates", views=("top",), samples=samples,
        read=plates.__getitem__, root=root, created=datetime(2026, 1, 31, tzinfo=UTC),
        progress=lambda *_: None, cancelled=lambda: False, settings=Settings(seed=seed, size=SIZE),
    )  # fmt: skip
    return trained.artefact
