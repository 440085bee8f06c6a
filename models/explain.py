"""Where a model looked: a heatmap to lay over the image, and the suspicious places in the image's own pixels."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.core.predict import Finding
from models.calibrate import Curve

_SCALE = 4
_SHOWN_FROM = 0.15
_FOUND_FROM = 0.5
_MAX_FINDINGS = 16
_LEVELS = 64
# Yellow to dark red, told apart by brightness too: blue, green, red at rising scores.
_RAMP = np.array([(90, 230, 255), (20, 165, 255), (30, 80, 235), (60, 20, 150)], np.float64)


def _palette() -> NDArray[np.uint8]:
    """BGRA for scores from 0 to 1 in even levels; few of them, because equal pixels pack well."""
    shown = np.clip((np.linspace(0, 1, _LEVELS) - _SHOWN_FROM) / (1 - _SHOWN_FROM), 0, 1)
    steps = np.linspace(0, 1, len(_RAMP))
    colour = np.stack([np.interp(shown, steps, _RAMP[:, channel]) for channel in range(3)], axis=-1)
    palette = np.column_stack([colour, 220 * np.sqrt(shown)]).round().astype(np.uint8)
    palette[shown == 0] = 0
    return palette


_PALETTE = _palette()


def heatmap_png(cells: NDArray[np.float32], curve: Curve) -> bytes:
    """The map (rows, columns of cells; robust z) as a small RGBA picture, transparent where the part looks good."""
    scores = curve.scores(cells).astype(np.float32)
    rows, columns = cells.shape
    large = cv2.resize(scores, (columns * _SCALE, rows * _SCALE), interpolation=cv2.INTER_CUBIC)
    levels = (np.clip(np.nan_to_num(large, nan=1.0), 0, 1) * (_LEVELS - 1)).round().astype(np.uint8)
    return bytes(cv2.imencode(".png", _PALETTE[levels], [cv2.IMWRITE_PNG_COMPRESSION, 6])[1])


def findings(
    cells: NDArray[np.float32], curve: Curve, size: tuple[int, int], kind: str | None = None
) -> tuple[Finding, ...]:
    """Connected places whose score is 0.5 or more, the worst first; `size` is the image's rows and columns, `kind` the
    type of defect that the image shows."""
    scores = curve.scores(cells)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((scores >= _FOUND_FROM).astype(np.uint8), connectivity=8)
    found = [replace(_finding(scores, labels == i, stats[i], size), defect_type=kind) for i in range(1, count)]
    return tuple(sorted(found, key=lambda f: -f.peak)[:_MAX_FINDINGS])


def _finding(
    scores: NDArray[np.float64], inside: NDArray[np.bool_], stats: NDArray[np.int32], size: tuple[int, int]
) -> Finding:
    tall, wide = size[0] / scores.shape[0], size[1] / scores.shape[1]
    left, top, columns, rows = (int(v) for v in stats[:4])
    box = (round(left * wide), round(top * tall), round((left + columns) * wide), round((top + rows) * tall))
    return Finding(box=box, outline=_outline(inside, wide, tall), peak=float(scores[inside].max()))


def _outline(inside: NDArray[np.bool_], wide: float, tall: float) -> tuple[tuple[int, int], ...]:
    """The outer edge of a place, following the cells' own edges: drawn twice as large so that one cell has an area."""
    large = np.kron(inside.astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(np.pad(large, 1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    points = max(contours, key=len)[:, 0, :].astype(np.float64)
    corners = np.where(points % 2 == 1, points - 1, points) / 2  # back to cell edges, without the padding
    return tuple((round(float(x) * wide), round(float(y) * tall)) for x, y in corners)
