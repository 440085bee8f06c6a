"""What was learned from labels, as part of the served graph."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.backbone import add_stage, blocks_of
from models.calibrate import Curve
from models.graph import Graph
from models.kernel import Kernel
from models.mix import ANOMALY, CELLS, KERNEL, TUNED, Mix
from models.tune import FIRST_STAGE, LAST_STAGE, MASK_STAGE, WORST_CELLS, Tuned

_ANOMALY_ON_MAP = 0.25


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A mix of parts and what they need; `curve` turns the mixed figure into the score, and `anomaly_curve` the anomaly
    figure alone."""

    mix: Mix
    curve: Curve
    anomaly_curve: Curve
    kernel: Kernel | None
    tuned: Tuned | None


@dataclass(frozen=True, kw_only=True)
class Served:
    """Names of the graph's results: map and raw figure in the units of the curve, and probabilities of types, or ""."""

    cells: str
    raw: str
    types: str


def add_learned(
    graph: Graph,
    learned: Learned,
    taps: Mapping[str, str],
    embedding: str,
    anomaly: str,
    cells: str,
    grid: tuple[int, int],
) -> Served:
    """Add the parts of the mix behind the embedding, not averaged over cells, the anomaly figure (1,) and its map
    (rows, columns)."""
    parts, types, mask = {ANOMALY: anomaly}, "", ""
    if learned.kernel is not None:
        parts[KERNEL] = _kernel(graph, learned.kernel, embedding)
    if learned.tuned is not None:
        parts[TUNED], types, mask = _tail(graph, learned.tuned, taps["s2"], grid)
        worst = graph.top(graph.node("Reshape", mask, graph.integers(-1)), WORST_CELLS)
        parts[CELLS] = graph.node("ReduceMean", worst, axes=[0], keepdims=1)
    raw = ""
    for part, weight in learned.mix.weights.items():
        scaled = graph.node("Sub", parts[part], graph.floats(learned.mix.centres[part]))
        scaled = graph.node("Mul", scaled, graph.floats(weight / learned.mix.spreads[part]))
        raw = graph.node("Add", raw, scaled) if raw else scaled
    return Served(cells=_map(graph, learned, cells, mask), raw=raw, types=types)


def add_whole(graph: Graph, x: str) -> str:
    """Mean and maximum over all cells, side by side (1, 2 * channels): what a whole image is like."""
    pooled = [graph.node(kind, x, axes=[2, 3], keepdims=0) for kind in ("ReduceMean", "ReduceMax")]
    return graph.node("Concat", *pooled, axis=1)


def _map(graph: Graph, learned: Learned, cells: str, mask: str) -> str:
    """The learned mask, where there is one, with a little of the anomaly map: a defect of a kind that nobody has
    labelled yet shows there. In the units of the score's curve, so that 0.5 means the same on map and image."""
    off = graph.node("Sub", cells, graph.floats(learned.anomaly_curve.middle))
    logits = graph.node("Div", off, graph.floats(learned.anomaly_curve.width))
    if mask:
        logits = graph.node("Add", mask, graph.node("Mul", logits, graph.floats(_ANOMALY_ON_MAP)))
    scaled = graph.node("Mul", logits, graph.floats(learned.curve.width))
    return graph.node("Add", scaled, graph.floats(learned.curve.middle))


def _kernel(graph: Graph, kernel: Kernel, embedding: str) -> str:
    """The decision (1,) from mean and maximum of the embedding."""
    x = add_whole(graph, embedding)
    x = graph.node("Div", graph.node("Sub", x, graph.floats(kernel.centre)), graph.floats(kernel.scale))
    products = graph.node("MatMul", x, graph.floats(-2 * kernel.support.T))
    length = graph.node("ReduceSumSquare", x, axes=[1], keepdims=1)
    squares = graph.node("Add", products, graph.floats((kernel.support.astype(np.float64) ** 2).sum(axis=1)[None]))
    squares = graph.node("Max", graph.node("Add", squares, length), graph.floats(0.0))
    bumps = graph.node("Exp", graph.node("Mul", squares, graph.floats(-kernel.gamma)))
    decision = graph.node("MatMul", bumps, graph.floats(kernel.weights[:, None]))
    return graph.node("Reshape", graph.node("Add", decision, graph.floats(kernel.bias)), graph.integers(1))


def _tail(graph: Graph, tuned: Tuned, x: str, grid: tuple[int, int]) -> tuple[str, str, str]:
    """The tuned stages behind stage 2: logit (1,), probabilities of types (types,), logits of cells (rows, columns)."""
    mask = ""
    for stage in range(FIRST_STAGE, LAST_STAGE + 1):
        x = add_stage(graph, tuned.convs, x, stage)
        if stage == MASK_STAGE:
            mask = graph.node("Reshape", graph.conv(x, *tuned.mask), graph.integers(*grid))
    weight, bias = tuned.heads
    assert weight.shape[1] == 2 * blocks_of(LAST_STAGE)[-1].after
    logits = graph.node("MatMul", add_whole(graph, x), graph.floats(weight.T))
    logits = graph.node("Reshape", graph.node("Add", logits, graph.floats(bias)), graph.integers(-1))
    logit = graph.node("Slice", logits, graph.integers(0), graph.integers(1), graph.integers(0))
    types = ""
    if len(bias) > 1:
        rest = graph.node("Slice", logits, graph.integers(1), graph.integers(len(bias)), graph.integers(0))
        types = graph.node("Sigmoid", rest)
    return logit, types, mask
