"""Has the backbone's tail tuned on labelled images by another process, which imports torch."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspection.core.train import Progress
from models.apart import Died, run_apart
from models.backbone import Convs, blocks_of

FIRST_STAGE, MASK_STAGE, LAST_STAGE = 3, 4, 6
_MOST_STEPS, _LEAST_STEPS = 180, 120
_STEPS_AT = 256  # cells of an image; larger ones show more of them in each step
WINDOW = 40  # cells to a side: of larger images, windows around the defects are learned from
WORST_CELLS = 3
_STAGE = "learning from labels"


def steps_for(cells: int) -> int:
    """How many steps to learn for, with images of so many cells."""
    return max(_LEAST_STEPS, round(_MOST_STEPS * min(1.0, _STEPS_AT / cells)))


class NotTuned(RuntimeError):
    """The tail could not be tuned; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the other process is asked for; `device` is auto or cpu."""

    steps: int = _MOST_STEPS
    seed: int = 0
    threads: int = 2
    device: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Said:
    """Logits that images are defective (images,), of each type (images, types), and of each cell (images, rows,
    columns)."""

    logit: NDArray[np.float32]
    type_logits: NDArray[np.float32]
    cells: NDArray[np.float32]

    @property
    def worst_cells(self) -> NDArray[np.float64]:
        """The mean of the few highest cells of each image."""
        flat = self.cells.reshape(len(self.cells), -1)
        return np.asarray(np.sort(flat, axis=1)[:, -WORST_CELLS:].mean(axis=1), np.float64)


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """Weights of the tail, what tails that had not seen an image said of it, for all images in a fold, and what the
    tail itself says of the pinned images."""

    convs: Convs
    mask: tuple[NDArray[np.float32], NDArray[np.float32]]
    heads: tuple[NDArray[np.float32], NDArray[np.float32]]
    held_out: Said
    pinned: Said
    device: str


def torch_is_there() -> bool:
    """Whether PyTorch is installed beside this."""
    return importlib.util.find_spec("torch") is not None


def tune(
    folder: Path, task: Task, *, folds: NDArray[np.int64], defective: NDArray[np.bool_], types: NDArray[np.float32],
    masks: NDArray[np.float16], masked: NDArray[np.bool_], pinned: NDArray[np.int64], progress: Progress,
    cancelled: Callable[[], bool],
) -> Tuned:  # fmt: skip
    """Tune on the features of stage 2 in `folder`/features.npy; raises NotTuned or Cancelled.

    Each image is in one fold, or left out in fold -1, and is judged for the outcome by a tail that has not seen its
    fold. `masks` are shares of defect in each cell of stage 4 (images, rows, columns), known where `masked`.
    """
    arrays = {
        "folds": folds, "defective": defective, "types": types, "masks": masks, "masked": masked, "pinned": pinned,
    }  # fmt: skip
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "task.json").write_text(json.dumps(asdict(task)))
    told = _run(folder, progress, cancelled)
    weights, held_out, served = (np.load(folder / f"{name}.npz") for name in ("weights", "held_out", "served"))
    convs = {
        name: (weights[f"{name}.weight"], weights[f"{name}.bias"])
        for stage in range(FIRST_STAGE, LAST_STAGE + 1)
        for block in blocks_of(stage)
        for name in (f"{block.number}.{part}" for part in ("expand", "depthwise", "project"))
    }
    if not all(np.isfinite(array).all() for array in (*weights.values(), *held_out.values(), *served.values())):
        raise NotTuned("The tuning diverged: its weights are no numbers. Train again with another seed.")
    return Tuned(
        convs=convs, mask=(weights["mask.weight"], weights["mask.bias"]),
        heads=(weights["heads.weight"], weights["heads.bias"]), held_out=Said(**held_out), pinned=Said(**served),
        device=told,
    )  # fmt: skip


def _run(folder: Path, progress: Progress, cancelled: Callable[[], bool]) -> str:
    """Run the other process to its end and pass its progress on; the device it worked on."""
    device = ""

    def told(line: str) -> None:
        nonlocal device
        said = json.loads(line)
        device = said.get("device", device)
        if "done" in said:
            progress(_STAGE, said["done"], said["total"])

    try:
        run_apart("models.tail", folder, told=told, cancelled=cancelled)
    except Died as error:
        raise NotTuned(f"Learning from labels failed: {error}") from error
    return device
