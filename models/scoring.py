"""The scoring tail of the graph: from the backbone's features to a map, a raw score and a novelty figure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.anomaly import Familiar, Position, Texture, block_side, seen_along
from models.backbone import lite0
from models.calibrate import Scale
from models.graph import Graph
from models.learned import Learned, add_learned, add_whole
from models.trunk import Backbone

CELL = 16
_WORST_SHARE = 0.015
_WORST_LEAST = 3


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a view's images are looked at: input size (rows, columns), features averaged over 3 x 3 cells or not, and the
    weights of the texture's and the place's distances, and the backbone that gives the features."""

    size: tuple[int, int]
    pooled: bool = True
    weights: tuple[float, float] = (0.5, 0.5)
    backbone: Backbone = field(default_factory=lite0)

    @property
    def words(self) -> str:
        """The setup as people read it."""
        parts = [name for name, weight in zip(("texture", "place"), self.weights, strict=True) if weight]
        return f"{self.size[0]} x {self.size[1]}, {'averaged' if self.pooled else 'plain'}, {' + '.join(parts)}"


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Everything fitted for one view: the three models, the scales that bring their distances together, and the weights
    of texture and position."""

    size: tuple[int, int]
    pooled: bool
    texture: Texture
    position: Position
    familiar: Familiar
    texture_scale: Scale
    position_scale: Scale
    novelty_scale: Scale
    weights: tuple[float, float] = (0.5, 0.5)
    learned: Learned | None = None
    backbone: Backbone = field(default_factory=lite0)


def grid_of(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of cells of an input of (rows, columns) pixels."""
    return size[0] // CELL, size[1] // CELL


def worst_count(cells: int) -> int:
    """How many of the worst cells an image is judged by."""
    return min(cells, max(_WORST_LEAST, round(_WORST_SHARE * cells)))


def feature_graph(size: tuple[int, int], pooled: bool, backbone: Backbone) -> bytes:
    """The graph that training reads features from: outputs `features` (cells, channels), `whole` (2 * channels,) and,
    where a tail can be tuned from there, `stage2` (channels, rows, columns)."""
    graph = Graph(*size)
    rows, columns = grid_of(size)
    taps = backbone.add(graph)
    plain = _embedding(graph, backbone, taps, (rows, columns))
    x = graph.node("Transpose", graph.mean3(plain) if pooled else plain, perm=[0, 2, 3, 1])
    of_cells = (rows * columns, backbone.channels)
    graph.output(graph.node("Reshape", x, graph.integers(*of_cells)), "features", of_cells)
    of_whole = (2 * backbone.channels,)
    graph.output(graph.node("Reshape", add_whole(graph, plain), graph.integers(*of_whole)), "whole", of_whole)
    if backbone.tail is not None:
        shape = stage2_shape(size, backbone)
        graph.output(graph.node("Reshape", taps[backbone.tail.name], graph.integers(*shape)), "stage2", shape)
    return graph.model()


def stage2_shape(size: tuple[int, int], backbone: Backbone) -> tuple[int, int, int]:
    """Channels, rows and columns of the features from which a tail can be tuned; zeros where it cannot."""
    tail = backbone.tail
    return (0, 0, 0) if tail is None else (tail.channels, size[0] // tail.stride, size[1] // tail.stride)


def scoring_graph(fitted: Fitted) -> bytes:
    """The graph that is served: outputs `map` (rows, columns of cells) and `raw`, both in the units of the curve,
    `novelty` as robust z, the image's `feature`, and `types`, the probability of each type of defect, where these were
    learned."""
    graph = Graph(*fitted.size)
    grid = grid_of(fitted.size)
    taps = fitted.backbone.add(graph)
    plain = _embedding(graph, fitted.backbone, taps, grid)
    x = graph.mean3(plain) if fitted.pooled else plain
    cells = _anomaly(graph, x, fitted, grid)
    raw, types = _worst(graph, cells, grid), ""
    if fitted.learned is not None:
        served = add_learned(graph, fitted.learned, taps, plain, raw, cells, grid)
        raw, cells, types = served.raw, served.cells, served.types
    graph.output(cells, "map", grid)
    graph.output(raw, "raw", (1,))
    off = graph.node(
        "Sub", graph.node("ReduceMean", x, axes=[2, 3], keepdims=0), graph.floats(fitted.familiar.mean[None])
    )
    graph.output(_novelty(graph, off, fitted), "novelty", (1,))
    along = seen_along(fitted.familiar)
    feature = graph.node("MatMul", off, graph.floats(along))
    graph.output(graph.node("Reshape", feature, graph.integers(-1)), "feature", (along.shape[1],))
    if types and fitted.learned is not None and fitted.learned.tuned is not None:
        graph.output(types, "types", (len(fitted.learned.tuned.heads[1]) - 1,))
    return graph.model()


def _embedding(graph: Graph, backbone: Backbone, taps: Mapping[str, str], grid: tuple[int, int]) -> str:
    """All taps side by side, finer ones averaged over each cell and coarser ones spread over theirs."""
    parts = []
    for tap in backbone.taps:
        x = taps[tap.name]
        if tap.stride < CELL:
            side = CELL // tap.stride
            x = graph.node("AveragePool", x, kernel_shape=[side, side], strides=[side, side])
        elif tap.stride > CELL:
            x = graph.resize(x, *grid, tap.channels)
        parts.append(x)
    return graph.node("Concat", *parts, axis=1)


def _anomaly(graph: Graph, x: str, fitted: Fitted, grid: tuple[int, int]) -> str:
    """The weighted sum of the distances; one that weighs nothing is not computed."""
    parts = []
    for add, weight in zip((_texture_z, _position_z), fitted.weights, strict=True):
        if weight:
            parts.append(graph.node("Mul", add(graph, x, fitted, grid), graph.floats(weight)))
    return parts[0] if len(parts) == 1 else graph.node("Add", *parts)


def _texture_z(graph: Graph, x: str, fitted: Fitted, grid: tuple[int, int]) -> str:
    return _standard(graph, _texture(graph, x, fitted.texture, grid), fitted.texture_scale)


def _position_z(graph: Graph, x: str, fitted: Fitted, grid: tuple[int, int]) -> str:
    return _standard(graph, _position(graph, x, fitted, grid), fitted.position_scale)


def _texture(graph: Graph, x: str, texture: Texture, grid: tuple[int, int]) -> str:
    """Distance to the nearest row b of the bank, as |x|^2 + min(|b|^2 - 2 b x): two convolutions and a minimum."""
    whitening = texture.whitening.T.astype(np.float64)
    white = graph.conv(x, whitening[:, :, None, None], -whitening @ texture.mean)
    bank = texture.bank.astype(np.float64)
    products = graph.conv(white, -2 * bank[:, :, None, None], (bank**2).sum(axis=1))
    nearest = graph.node("ReduceMin", products, axes=[1], keepdims=1)
    length = graph.node("ReduceSumSquare", white, axes=[1], keepdims=1)
    return _root(graph, graph.node("Add", nearest, length), grid)


def _position(graph: Graph, x: str, fitted: Fitted, grid: tuple[int, int]) -> str:
    """Mahalanobis distance from each cell's own mean, computed in square blocks of cells."""
    position, place = fitted.position, fitted.backbone.place_channels
    side = block_side(grid)
    rows, columns = grid[0] // side, grid[1] // side
    channels = place.stop - place.start
    x = graph.slice(x, (1,), (place.start,), (place.stop,))
    x = graph.node("Reshape", x, graph.integers(channels, rows, side, columns, side))
    x = graph.node("Transpose", x, perm=[1, 3, 2, 4, 0])
    x = graph.node("Reshape", x, graph.integers(-1, side * side, channels))
    x = graph.node("Sub", x, graph.floats(position.mean[position.blocks]))
    x = graph.node("ReduceSumSquare", graph.node("MatMul", x, graph.floats(position.root)), axes=[2], keepdims=0)
    x = graph.node("Reshape", x, graph.integers(rows, columns, side, side))
    return _root(graph, graph.node("Transpose", x, perm=[0, 2, 1, 3]), grid)


def _root(graph: Graph, squares: str, grid: tuple[int, int]) -> str:
    flat = graph.node("Reshape", squares, graph.integers(*grid))
    return graph.node("Sqrt", graph.node("Max", flat, graph.floats(0.0)))


def _standard(graph: Graph, x: str, scale: Scale) -> str:
    return graph.node("Div", graph.node("Sub", x, graph.floats(scale.centre)), graph.floats(scale.spread))


def _worst(graph: Graph, cells: str, grid: tuple[int, int]) -> str:
    count = worst_count(grid[0] * grid[1])
    flat = graph.node("Reshape", cells, graph.integers(-1))
    worst = graph.top(flat, count)
    return graph.node("ReduceMean", worst, axes=[0], keepdims=1)


def _novelty(graph: Graph, off: str, fitted: Fitted) -> str:
    """The whole image's distance from what is usual, its logarithm standardised, for distances have a long tail."""
    off = graph.node("MatMul", off, graph.floats(fitted.familiar.root))
    length = graph.node("Sqrt", graph.node("ReduceSumSquare", off, axes=[1], keepdims=0))
    distance = graph.node("Log", graph.node("Max", length, graph.floats(1e-6)))
    return _standard(graph, distance, fitted.novelty_scale)
