"""The tuned tail: stages 3 to 6 of the backbone and three heads, learned with PyTorch from labelled images.

This is the one module that imports torch. It runs as a process of its own, `python -m models.tail FOLDER`, so that a
server never holds torch in its memory and a training can be stopped at any moment. The folder holds `task.json` and the
arrays that models.tune puts there; one line of JSON per step goes to the standard output.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name that every user of PyTorch reads at once

from models.backbone import Block, blocks_of, pads_of, unfolded
from models.tune import FIRST_STAGE, LAST_STAGE, MASK_STAGE, WINDOW, Task

Outputs = dict[str, NDArray[np.float32]]  # logit, type_logits and cells of each image

_BATCH, _LEAST_BATCH = 16, 4
_BATCH_CELLS = 16 * 640  # bounds the memory of a step
_HEAD_RATE = 3e-3
_RATE = 2e-4
_DECAY = 1e-2
_MASK_WEIGHT = 0.5
_TYPE_WEIGHT = 0.3
_WARM_UP = 0.1
_GRADIENT_NORM = 5.0


class _Conv(nn.Module):
    """A convolution whose batch norm stays as it was learned on ImageNet, but for its shift."""

    def __init__(self, name: str, stride: int = 1, kernel: int = 1, groups: int = 1) -> None:
        super().__init__()
        weight, factor, bias = (torch.from_numpy(part.astype(np.float32)) for part in unfolded()[name])
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        self.register_buffer("factor", factor)
        top, left, bottom, right = pads_of(kernel, stride)
        self.stride, self.groups, self.pads = stride, groups, (left, right, top, bottom)

    def folded(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight and bias of the plain convolution that computes the same."""
        weight = self.weight * self.factor[:, None, None, None]
        return weight.detach().cpu().numpy(), self.bias.detach().cpu().numpy()

    def forward(self, x: Tensor) -> Tensor:
        """(images, channels, rows, columns) in and out."""
        x = F.pad(x, self.pads) if any(self.pads) else x
        weight = self.weight * self.factor[:, None, None, None]
        return F.conv2d(x, weight, self.bias, self.stride, groups=self.groups)


class _Residual(nn.Module):
    """One inverted residual block."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.residual = block.residual
        self.expand = _Conv(f"{block.number}.expand")
        width = block.before * block.expansion
        self.depthwise = _Conv(f"{block.number}.depthwise", block.stride, block.kernel, width)
        self.project = _Conv(f"{block.number}.project")

    def forward(self, x: Tensor) -> Tensor:
        """(images, channels, rows, columns) in and out."""
        y = self.project(F.relu6(self.depthwise(F.relu6(self.expand(x)))))
        return x + y if self.residual else y


class Tail(nn.Module):
    """From the features of stage 2 to logits: defective (images,), of each type (images, types), of each cell."""

    def __init__(self, types: int) -> None:
        super().__init__()
        stages = range(FIRST_STAGE, LAST_STAGE + 1)
        self.stages = nn.ModuleList(nn.Sequential(*(_Residual(block) for block in blocks_of(s))) for s in stages)
        self.mask = nn.Conv2d(blocks_of(MASK_STAGE)[-1].after, 1, 1)
        self.heads = nn.Linear(2 * blocks_of(LAST_STAGE)[-1].after, 1 + types)
        for head in (self.mask, self.heads):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features (images, channels, rows, columns)."""
        for number, stage in enumerate(self.stages, FIRST_STAGE):
            x = stage(x)
            if number == MASK_STAGE:
                cells = self.mask(x)[:, 0]
        logits = self.heads(torch.cat((x.mean(dim=(2, 3)), x.amax(dim=(2, 3))), dim=1))
        return logits[:, 0], logits[:, 1:], cells

    def arrays(self) -> dict[str, Any]:
        """Every weight under the name that models.tune reads it by."""
        named: dict[str, Any] = {}
        for number, stage in enumerate(self.stages, FIRST_STAGE):
            for block, module in zip(blocks_of(number), stage, strict=True):
                for part in ("expand", "depthwise", "project"):
                    weight, bias = getattr(module, part).folded()
                    named |= {f"{block.number}.{part}.weight": weight, f"{block.number}.{part}.bias": bias}
        for part in ("mask", "heads"):
            for kind, array in getattr(self, part).named_parameters():
                named[f"{part}.{kind}"] = array.detach().cpu().numpy()
        return named


@dataclass(frozen=True, kw_only=True)
class Data:
    """Features of all images (images, channels, rows, columns), and what people said of them: defective or not, types
    as 0 and 1 (images, types), the defect's share of each cell (images, rows, columns), and whether it is known."""

    features: NDArray[np.float16]
    defective: NDArray[np.bool_]
    types: NDArray[np.float32]
    masks: NDArray[np.float16]
    masked: NDArray[np.bool_]


def learn(
    data: Data, images: NDArray[np.int64], steps: int, seed: int, device: torch.device, tell: Callable[[], None]
) -> Tail:
    """Tune a tail on some images, as many good as defective ones in each batch."""
    torch.manual_seed(seed)
    # Depthwise convolutions learn about twice as fast with the channels last.
    tail = Tail(data.types.shape[1]).to(device, memory_format=torch.channels_last).train()
    heads = [*tail.mask.parameters(), *tail.heads.parameters()]
    rates = [{"params": tail.stages.parameters(), "lr": _RATE}, {"params": heads, "lr": _HEAD_RATE}]
    optimiser = torch.optim.AdamW(rates, weight_decay=_DECAY)
    highest = [_RATE, _HEAD_RATE]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, highest, total_steps=steps, pct_start=_WARM_UP)
    for batch in _batches(data, images, steps, np.random.default_rng(seed)):
        loss = _loss(tail, data, batch, device, np.random.default_rng([seed, int(batch.sum())]))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(tail.parameters(), _GRADIENT_NORM)
        optimiser.step()
        schedule.step()
        tell()
    return tail.eval()


def _batches(
    data: Data, images: NDArray[np.int64], steps: int, dice: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    rows, columns = (min(side, WINDOW) for side in data.masks.shape[1:])
    half = max(_LEAST_BATCH, min(_BATCH, _BATCH_CELLS // (rows * columns))) // 2
    # Where only windows are seen, a defect must be known to lie inside.
    usable = images if (rows, columns) == data.masks.shape[1:] else images[data.masked[images]]
    good, bad = (_endless(usable[data.defective[usable] == kind], dice) for kind in (False, True))
    for _ in range(steps):
        yield np.array([next(source) for source in (good, bad) for _ in range(half)])


def _endless(images: NDArray[np.int64], dice: np.random.Generator) -> Iterator[np.int64]:
    """All images in random order, again and again."""
    if not len(images):
        raise ValueError("All outlined defects belong to one group: nothing can be tried on others.")
    while True:
        yield from dice.permutation(images)


def _loss(tail: Tail, data: Data, batch: NDArray[np.int64], device: torch.device, dice: np.random.Generator) -> Tensor:
    seen = [_window(data.features[i], data.masks[i], dice) for i in batch]
    features, masks = (np.stack(part).astype(np.float32) for part in zip(*seen, strict=True))
    for k, (across, down) in enumerate(dice.random((len(batch), 2)) < 0.5):
        turn = (slice(None, None, -1 if down else 1), slice(None, None, -1 if across else 1))
        features[k], masks[k] = features[k][:, *turn], masks[k][turn]
    logit, types, cells = tail(torch.from_numpy(features).to(device, memory_format=torch.channels_last))
    defective, said, wanted, known = (
        torch.from_numpy(part).to(device)
        for part in (data.defective[batch].astype(np.float32), data.types[batch], masks, data.masked[batch])
    )
    loss = F.binary_cross_entropy_with_logits(logit, defective)
    if known.any():
        loss = loss + _MASK_WEIGHT * _mask_loss(cells[known], wanted[known])
    if said.shape[1] and (defective > 0).any():
        loss = loss + _TYPE_WEIGHT * F.binary_cross_entropy_with_logits(types[defective > 0], said[defective > 0])
    return loss


def _window(
    features: NDArray[np.float16], masks: NDArray[np.float16], dice: np.random.Generator
) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """What is learned from of one image: all of it, or a window with some cell of its defect in it, if it has one."""
    shape = np.array(masks.shape)
    room = np.maximum(shape - WINDOW, 0)
    if not room.any():
        return features, masks
    cells = np.argwhere(masks > 0)
    middle = (
        dice.choice(cells) - dice.integers(0, np.minimum(shape, WINDOW)) if len(cells) else dice.integers(0, room + 1)
    )
    top, left = np.clip(middle, 0, room)
    part = (slice(top, top + WINDOW), slice(left, left + WINDOW))
    return features[:, *(slice(2 * s.start, 2 * s.stop) for s in part)], masks[part]


def _mask_loss(cells: Tensor, wanted: Tensor) -> Tensor:
    """Cross entropy of the cells, where the defective ones weigh as much as the good ones together, but no more than
    twenty times as much each."""
    share = wanted.mean().clamp(min=1e-4)
    return F.binary_cross_entropy_with_logits(cells, wanted, pos_weight=((1 - share) / share).clamp(max=20.0))


def apply(tail: Tail, data: Data, images: NDArray[np.int64], device: torch.device, into: Outputs) -> None:
    """Put the tail's outputs for some images into their places."""
    with torch.inference_mode():
        for i in images:
            outputs = tail(torch.from_numpy(data.features[i : i + 1].astype(np.float32)).to(device))
            for array, output in zip(into.values(), outputs, strict=True):
                array[i] = output[0].float().cpu().numpy()


def run(folder: Path) -> None:
    """1 read the task, 2 tune a tail without each fold and apply it to that fold, 3 tune the last one on everything."""
    task = Task(**json.loads((folder / "task.json").read_text()))
    device = torch.device("cuda" if task.device == "auto" and torch.cuda.is_available() else "cpu")
    torch.set_num_threads(task.threads)
    os.nice(10)  # who serves images on this machine goes first
    data = Data(**{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in Data.__dataclass_fields__})
    folds, pinned = np.load(folder / "folds.npy"), np.load(folder / "pinned.npy")
    held_out = _outputs(len(folds), data)
    turns = sorted(set(folds[folds >= 0].tolist()))
    total, done = task.steps * (len(turns) + 1), 0

    def tell() -> None:
        nonlocal done
        done += 1
        print(json.dumps({"done": done, "total": total}), flush=True)

    for fold in turns:
        tail = learn(
            data, np.flatnonzero((folds >= 0) & (folds != fold)), task.steps, task.seed + 1 + fold, device, tell
        )
        apply(tail, data, np.flatnonzero(folds == fold), device, held_out)
    final = learn(data, np.flatnonzero(folds >= 0), task.steps, task.seed, device, tell)
    served = _outputs(len(folds), data)
    apply(final, data, pinned, device, served)
    np.savez(folder / "held_out.npz", **_rows(held_out, folds >= 0))
    np.savez(folder / "served.npz", **_rows(served, pinned))
    np.savez(folder / "weights.npz", **final.arrays())
    print(json.dumps({"device": str(device)}), flush=True)


def _rows(outputs: Outputs, which: NDArray[Any]) -> dict[str, Any]:
    return {name: array[which] for name, array in outputs.items()}


def _outputs(count: int, data: Data) -> Outputs:
    shapes = {"logit": (), "type_logits": data.types.shape[1:], "cells": data.masks.shape[1:]}
    return {name: np.full((count, *shape), np.nan, np.float32) for name, shape in shapes.items()}


if __name__ == "__main__":
    run(Path(sys.argv[1]))
