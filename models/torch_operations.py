"""ONNX operations in PyTorch: those that graphs written here consist of, and a few that simple foreign ones add.

Meanings are those of ONNX opset 17 (onnx.ai/onnx/operators). What an operation cannot do here is refused when the
graph is loaded, and not when an image comes.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name that every user of PyTorch reads at once

# What a node is given: its inputs ("None" where left out), its attributes, and those inputs that are constant lists of
# integers, such as shapes and axes, as such.
Inputs = Sequence[Any]
How = dict[str, Any]
Integers = Sequence[list[int] | None]
Operation = Callable[[Inputs, How, Integers], Tensor | tuple[Tensor, ...]]

_TYPES = {1: torch.float32, 2: torch.uint8, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: torch.float16}


class CannotDo(ValueError):
    """An operation is asked for in a way that is not known here; the words complete "the model ..."."""


def check(kind: str, how: How) -> None:
    """Raise CannotDo unless the operation is known with these attributes."""
    if kind not in OPERATIONS:
        raise CannotDo(f"uses the operation {kind}")
    for name, allowed in _ONLY.get(kind, {}).items():
        if how.get(name, allowed[0]) not in allowed:
            raise CannotDo(f"uses {kind} with {name} = {how[name]}")
    if kind == "AveragePool" and (pads := how.get("pads", [])) and pads[: len(pads) // 2] != pads[len(pads) // 2 :]:
        raise CannotDo("uses AveragePool with uneven pads")


_ONLY: dict[str, dict[str, tuple[Any, ...]]] = {
    "Conv": {"auto_pad": ("NOTSET",)},
    "AveragePool": {"auto_pad": ("NOTSET",), "ceil_mode": (0,), "dilations": ([1, 1],)},
    "MaxPool": {"auto_pad": ("NOTSET",), "ceil_mode": (0,), "storage_order": (0,)},
    "Resize": {
        "mode": ("linear",), "coordinate_transformation_mode": ("half_pixel", "pytorch_half_pixel"),
        "antialias": (0,),
    },
    "TopK": {"sorted": (1,)},
}  # fmt: skip


def _conv(x: Inputs, how: How, _: Integers) -> Tensor:
    image, weight, *bias = x
    image = _padded(image, how.get("pads", [0, 0, 0, 0]), 0.0)
    strides, dilations = how.get("strides", [1, 1]), how.get("dilations", [1, 1])
    return F.conv2d(image, weight, bias[0] if bias else None, strides, 0, dilations, how.get("group", 1))


def _padded(image: Tensor, pads: list[int], value: float) -> Tensor:
    """Pads are top, left, bottom, right."""
    top, left, bottom, right = pads
    return F.pad(image, (left, right, top, bottom), value=value) if any(pads) else image


def _average_pool(x: Inputs, how: How, _: Integers) -> Tensor:
    pads, counted = how.get("pads", [0, 0, 0, 0])[:2], bool(how.get("count_include_pad", 0))
    strides = how.get("strides", [1, 1])
    return F.avg_pool2d(x[0], how["kernel_shape"], strides, pads, count_include_pad=counted)


def _max_pool(x: Inputs, how: How, _: Integers) -> Tensor:
    image = _padded(x[0], how.get("pads", [0, 0, 0, 0]), -math.inf)
    return F.max_pool2d(image, how["kernel_shape"], how.get("strides", [1, 1]), 0, how.get("dilations", [1, 1]))


def _resize(x: Inputs, _: How, integers: Integers) -> Tensor:
    sizes = integers[3] if len(integers) > 3 else None
    if sizes is None or sizes[:2] != list(x[0].shape[:2]):
        raise CannotDo("uses Resize without fixed rows and columns")
    return F.interpolate(x[0], sizes[2:], mode="bilinear", align_corners=False)


def _reduced(kind: Callable[[Tensor, list[int], bool], Tensor]) -> Operation:
    """A reduction over axes: an attribute or, in later opsets, an input; over all where they are left out."""

    def run(x: Inputs, how: How, integers: Integers) -> Tensor:
        axes = how.get("axes") or (integers[1] if len(integers) > 1 else None) or list(range(x[0].ndim))
        return kind(x[0], axes, bool(how.get("keepdims", 1)))

    return run


def _slice(x: Inputs, _: How, integers: Integers) -> Tensor:
    starts, ends = _whole(integers, 1), _whole(integers, 2)
    axes = integers[3] if len(integers) > 3 and integers[3] is not None else list(range(len(starts)))
    steps = integers[4] if len(integers) > 4 and integers[4] is not None else [1] * len(starts)
    if min(steps) < 1:
        raise CannotDo("uses Slice backwards")
    cut = [slice(None)] * x[0].ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        cut[axis] = slice(start, end, step)
    return x[0][tuple(cut)]


def _reshape(x: Inputs, how: How, integers: Integers) -> Tensor:
    kept = list(x[0].shape)
    if how.get("allowzero", 0):
        return x[0].reshape(_whole(integers, 1))
    return x[0].reshape([kept[i] if side == 0 else side for i, side in enumerate(_whole(integers, 1))])


def _top(x: Inputs, how: How, integers: Integers) -> tuple[Tensor, ...]:
    (count,) = _whole(integers, 1)
    return tuple(torch.topk(x[0], count, dim=how.get("axis", -1), largest=bool(how.get("largest", 1)), sorted=True))


def _gather(x: Inputs, how: How, integers: Integers) -> Tensor:
    axis, wanted = how.get("axis", 0), _whole(integers, 1)
    if x[1].ndim > 1:
        raise CannotDo("uses Gather with more than a list of places")
    side = x[0].shape[axis]
    places = torch.tensor([i % side for i in wanted], device=x[0].device)
    found = x[0].index_select(axis, places)
    return found.squeeze(axis) if x[1].ndim == 0 else found


def _whole(integers: Integers, place: int) -> list[int]:
    found = integers[place] if len(integers) > place else None
    if found is None:
        raise CannotDo("computes its shapes while it runs")
    return found


def _clip(x: Inputs, how: How, _: Integers) -> Tensor:
    low, high = (x[i] if len(x) > i else None for i in (1, 2))
    return torch.clamp(x[0], min=how.get("min", low), max=how.get("max", high))


def _flat(x: Inputs, how: How, _: Integers) -> Tensor:
    axis = how.get("axis", 1) % (x[0].ndim + 1)
    return x[0].reshape(int(np.prod(x[0].shape[:axis])), -1)


def _folded(kind: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    """An operation of two, over any number of inputs."""

    def run(x: Inputs, _: How, __: Integers) -> Tensor:
        made: Tensor = x[0]
        for one in x[1:]:
            made = kind(made, one)
        return made

    return run


def _simple(kind: Callable[..., Tensor]) -> Operation:
    return lambda x, how, integers: kind(*x)  # noqa: ARG005 - an operation without attributes


OPERATIONS: dict[str, Operation] = {
    "Add": _simple(torch.add),
    "AveragePool": _average_pool,
    "Cast": lambda x, how, _: x[0].to(_TYPES[how["to"]]),
    "Clip": _clip,
    "Concat": lambda x, how, _: torch.cat(tuple(x), dim=how["axis"]),
    "Conv": _conv,
    "Div": _simple(torch.true_divide),
    "Exp": _simple(torch.exp),
    "Flatten": _flat,
    "Gather": _gather,
    "GlobalAveragePool": lambda x, _, __: x[0].mean(dim=(2, 3), keepdim=True),
    "GlobalMaxPool": lambda x, _, __: x[0].amax(dim=(2, 3), keepdim=True),
    "HardSigmoid": lambda x, how, _: torch.clamp(x[0] * how.get("alpha", 0.2) + how.get("beta", 0.5), 0, 1),
    "HardSwish": _simple(F.hardswish),
    "Identity": _simple(lambda x: x),
    "Log": _simple(torch.log),
    "MatMul": _simple(torch.matmul),
    "Max": _folded(torch.maximum),
    "MaxPool": _max_pool,
    "Min": _folded(torch.minimum),
    "Mul": _simple(torch.mul),
    "ReduceMax": _reduced(lambda x, axes, keep: x.amax(dim=axes, keepdim=keep)),
    "ReduceMean": _reduced(lambda x, axes, keep: x.mean(dim=axes, keepdim=keep)),
    "ReduceMin": _reduced(lambda x, axes, keep: x.amin(dim=axes, keepdim=keep)),
    "ReduceSum": _reduced(lambda x, axes, keep: x.sum(dim=axes, keepdim=keep)),
    "ReduceSumSquare": _reduced(lambda x, axes, keep: x.square().sum(dim=axes, keepdim=keep)),
    "Relu": _simple(torch.relu),
    "Reshape": _reshape,
    "Resize": _resize,
    "Sigmoid": _simple(torch.sigmoid),
    "Slice": _slice,
    "Sqrt": _simple(torch.sqrt),
    "Sub": _simple(torch.sub),
    "TopK": _top,
    "Transpose": lambda x, how, _: x[0].permute(how.get("perm") or list(range(x[0].ndim))[::-1]),
}
