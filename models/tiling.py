"""Large inputs in tiles: the first stages, whose features are large, run on one tile after the other.

Each tile is taken with a rim of pixels around it as wide as the first stages can see, and the rim's features are cut
off again. So the stitched features are those of the whole image, without seams, in a fraction of the memory.
"""

from dataclasses import dataclass
from itertools import pairwise

from models.graph import Graph

TILE = 512  # pixels to a tile's side, about
RIM = 64  # pixels around a tile; stages 0 to 2 look 33 pixels far
_STEP = 32  # tiles begin at whole steps of the network


@dataclass(frozen=True, kw_only=True)
class Span:
    """One tile's place along one side, in pixels: what is taken, and within it what is kept."""

    start: int
    end: int
    keep_from: int
    keep_to: int


def spans_of(side: int) -> list[Span]:
    """The tiles along a side, in order; together they keep each pixel once."""
    count = max(1, round(side / TILE))
    cuts = [round(k * side / count / _STEP) * _STEP for k in range(count)] + [side]
    spans = []
    for left, right in pairwise(cuts):
        start, end = max(0, left - RIM), min(side, right + RIM)
        spans.append(Span(start=start, end=end, keep_from=left - start, keep_to=right - start))
    return spans


def cut(graph: Graph, x: str, axes: tuple[int, int], rows: Span, columns: Span) -> str:
    """What a tile takes of `x`, whose rows and columns are its `axes`."""
    return graph.slice(x, axes, (rows.start, columns.start), (rows.end, columns.end))


def kept(graph: Graph, x: str, stride: int, rows: Span, columns: Span) -> str:
    """The features (NCHW, one cell per `stride` pixels) of a tile without those of its rim."""
    starts = (rows.keep_from // stride, columns.keep_from // stride)
    return graph.slice(x, (2, 3), starts, (rows.keep_to // stride, columns.keep_to // stride))
