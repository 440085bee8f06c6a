"""Where to tap a network: the features at the end of each of its stages, a stage being what has one stride."""

from collections.abc import Sequence
from dataclasses import dataclass

STRIDES = (8, 16, 32)


@dataclass(frozen=True, kw_only=True)
class Node:
    """A value that a network computes, in the order of computing: the path of its module and operation, its channels,
    and pixels of the image per cell along a side; None for what is not spread over the image."""

    name: str
    stride: int | None
    channels: int


def choose_taps(nodes: Sequence[Node]) -> list[Node]:
    """The last value of each stage of stride 8, 16 or 32 that there is. A module that halves the grid may first widen
    its input, which is its own affair: the stage before ends where that module begins."""
    taps = []
    for stride in STRIDES:
        coarser = next((k for k, node in enumerate(nodes) if node.stride == 2 * stride), len(nodes))
        end = _begins(nodes, coarser, stride) if coarser < len(nodes) else coarser
        of_stage = [node for node in nodes[:end] if node.stride == stride]
        taps += (of_stage or [node for node in nodes[:coarser] if node.stride == stride])[-1:]
    return taps


def _begins(nodes: Sequence[Node], coarser: int, stride: int) -> int:
    """Where the outermost module begins that computes node `coarser` and only takes part in these two stages."""
    parts = nodes[coarser].name.split(".")
    for depth in range(1, len(parts) + 1):
        inside = [k for k, node in enumerate(nodes) if node.name.split(".")[:depth] == parts[:depth]]
        if {nodes[k].stride for k in inside} <= {None, stride, 2 * stride}:
            return inside[0]
    return coarser
