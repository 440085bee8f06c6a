"""The tuned tail: stages 3 to 6 of the backbone and three heads, learned with PyTorch from labelled images.

It runs as a process of its own, `python -m models.tail FOLDER`, so that nothing else need hold torch in its memory, and
a training can be stopped at any moment. The folder holds `task.json` and the
arrays that models.tune puts there; one line of JSON per step goes to the standard output.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name that every user of PyTorch reads at once

from models.apart import give_way
from models.backbone import Block, blocks_of, pads_of, unfolded
from models.batches import Batch, Data, batches
from models.tune import FIRST_STAGE, LAST_STAGE, MASK_STAGE, Task

Outputs = dict[str, NDArray[np.float32]]  # logit, type_logits and cells of each image

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
    for batch in batches(data, images, steps, seed):
        loss = _loss(tail, batch, device)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(tail.parameters(), _GRADIENT_NORM)
        optimiser.step()
        schedule.step()
        tell()
    return tail.eval()


def _loss(tail: Tail, batch: Batch, device: torch.device) -> Tensor:
    logit, types, cells = tail(torch.from_numpy(batch.features).to(device, memory_format=torch.channels_last))
    defective, said, wanted, known = (
        torch.from_numpy(part).to(device)
        for part in (batch.defective.astype(np.float32), batch.types, batch.masks, batch.masked)
    )
    loss = F.binary_cross_entropy_with_logits(logit, defective)
    if known.any():
        loss = loss + _MASK_WEIGHT * _mask_loss(cells[known], wanted[known])
    if said.shape[1] and (defective > 0).any():
        loss = loss + _TYPE_WEIGHT * F.binary_cross_entropy_with_logits(types[defective > 0], said[defective > 0])
    return loss


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
    give_way()
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
