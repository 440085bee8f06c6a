"""Learning from labelled defects: which parts help is tried on held-out images, and told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.core.train import Progress, stop_if
from models.anomaly import Floats
from models.calibrate import Curve, fit_platt, reliability
from models.kernel import Kernel, decide, fit_kernel
from models.labels import Labels
from models.learned import Learned
from models.mix import ANOMALY, CELLS, KERNEL, TUNED, Choice, choose
from models.tune import WINDOW, NotTuned, Task, Tuned, torch_is_there, tune

MIN_DEFECTS = 4  # under these, nothing can be tried on held-out images
MIN_TO_TUNE = 10
_PINNED = 4

Doubles = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What was learned from labels. `raw` are the mixed figures of the images in a fold, each from parts that had not
    seen it; `pinned` maps an image to the figures of the parts that are served, to check the graph by."""

    learned: Learned
    raw: Doubles
    choice: Choice
    warnings: tuple[str, ...]
    pinned: dict[int, dict[str, float]]
    card: dict[str, Any]


def learn(
    wholes: Floats, labels: Labels, anomaly: Doubles, anomaly_curve: Curve, *, tunable: bool, folder: Path,
    task: Task, progress: Progress, cancelled: Callable[[], bool],
) -> Lesson | str:  # fmt: skip
    """Learn from the labels of the images in a fold, whose held-out anomaly figures are given; or words for why not.
    `wholes` are mean and maximum of all images' features (images, 2 * channels). The network itself is tuned where it
    is `tunable`."""
    images = np.flatnonzero(labels.folds >= 0)
    defective, folds = labels.defective[images], labels.folds[images]
    count = int(defective.sum())
    if count < MIN_DEFECTS:
        return (
            f"{count} images with a defect are too few to learn from; {MIN_DEFECTS} are needed, and {MIN_TO_TUNE} help."
        )
    if any(not defective[folds != fold].any() for fold in set(folds.tolist())):
        return (
            "All images with a defect belong to one group: nothing can be tried on others. Add defects of other parts."
        )
    warnings: list[str] = []
    x = wholes[images]
    parts = {ANOMALY: anomaly, KERNEL: _held_out_kernel(x, defective, folds, cancelled)}
    pinned = _pinned(images, defective)
    tuned = None
    if count >= MIN_TO_TUNE and tunable:
        tuned = _tuned(labels, folder, task, pinned, progress, cancelled, warnings)
    elif count >= MIN_TO_TUNE:
        warnings.append(
            "This backbone cannot be tuned on the labels, which helps most: they are used by the other parts alone. "
            "Compare the figures with those of the default backbone."
        )
    if tuned is not None:
        parts |= {TUNED: tuned.held_out.logit.astype(np.float64), CELLS: tuned.held_out.worst_cells}
    if tuned is not None and not labels.masked[images][defective].any():
        del parts[CELLS]  # nobody has drawn where the defects are
    choice = choose(parts, defective, labels.groups[images])
    mix = choice.trial.mix
    raw = mix.raw(parts)
    kernel = fit_kernel(x, defective) if KERNEL in mix.weights else None
    tuned = tuned if {TUNED, CELLS} & set(mix.weights) else None
    learned = Learned(mix=mix, curve=fit_platt(raw, defective), anomaly_curve=anomaly_curve, kernel=kernel, tuned=tuned)
    return Lesson(
        learned=learned, raw=raw, choice=choice, warnings=tuple(warnings),
        pinned=_figures(pinned, images, x, kernel, tuned),
        card=_card(learned, choice, labels, images, raw),
    )  # fmt: skip


def _held_out_kernel(
    x: NDArray[np.float32], defective: NDArray[np.bool_], folds: NDArray[np.int64], cancelled: Callable[[], bool]
) -> Doubles:
    held_out = np.zeros(len(x))
    for fold in set(folds.tolist()):
        stop_if(cancelled)
        out = folds == fold
        held_out[out] = decide(fit_kernel(x[~out], defective[~out]), x[out])
    return held_out


def _tuned(
    labels: Labels, folder: Path, task: Task, pinned: NDArray[np.int64], progress: Progress,
    cancelled: Callable[[], bool], warnings: list[str],
) -> Tuned | None:  # fmt: skip
    """The tuned tail, or None and a warning: a model that is less good is better than none."""
    if not torch_is_there():
        warnings.append(
            "PyTorch is not installed, so the network itself was not tuned on the labels, which helps most. "
            "Install it with ./setup --training, or pip install 'jidoka[training]', and train again."
        )
        return None
    defective = labels.defective & (labels.folds >= 0)
    if max(labels.masks.shape[1:]) > WINDOW and (labels.masked & defective).sum() < MIN_TO_TUNE:
        warnings.append(
            "The input is so large that the network is tuned on windows around the defects, and fewer than "
            f"{MIN_TO_TUNE} of them are outlined. Outline more of them, or train with a smaller input."
        )
        return None
    try:
        return tune(
            folder, task, folds=labels.folds, defective=labels.defective, types=labels.types, masks=labels.masks,
            masked=labels.masked, pinned=pinned, progress=progress, cancelled=cancelled,
        )  # fmt: skip
    except NotTuned as error:
        warnings.append(str(error))
        return None


def _pinned(images: NDArray[np.int64], defective: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.concatenate([images[~defective][:_PINNED], images[defective][:_PINNED]])


def _figures(
    pinned: NDArray[np.int64], images: NDArray[np.int64], x: NDArray[np.float32], kernel: Kernel | None,
    tuned: Tuned | None,
) -> dict[int, dict[str, float]]:  # fmt: skip
    rows = {int(image): row for row, image in enumerate(images)}
    found: dict[int, dict[str, float]] = {int(i): {} for i in pinned}
    for place, i in enumerate(found):
        if kernel is not None:
            found[i][KERNEL] = float(decide(kernel, x[rows[i]][None])[0])
        if tuned is not None:
            found[i] |= {
                TUNED: float(tuned.pinned.logit[place]), CELLS: float(tuned.pinned.worst_cells[place])
            }  # fmt: skip
    return found


def _card(learned: Learned, choice: Choice, labels: Labels, images: NDArray[np.int64], raw: Doubles) -> dict[str, Any]:
    defective = labels.defective[images]
    return {
        "defects": int(defective.sum()),
        "outlined": int((labels.masked[images] & defective).sum()),
        "types": list(labels.names),
        "mix": dict(choice.trial.mix.weights),
        "reason": choice.reason,
        "trials": [
            {
                "mix": trial.words, "auroc": round(trial.auroc, 4), "recall_5": round(trial.recall_5, 4),
                "chosen": trial is choice.trial,
            }
            for trial in choice.trials
        ],
        "reliability": reliability(learned.curve.scores(raw), defective),
        "device": learned.tuned.device if learned.tuned is not None else None,
    }  # fmt: skip
