"""Where a model looked: a heatmap to lay over the image, and the suspicious places in the image's own pixels."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.core.predict import Finding
from models.calibrate import Curve
from models.locate_rectify import Doubles, carry, moved
from models.look import Look

_SCALE = 4
_LONGEST = 640  # pixels of a heatmap over the whole image
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


def heatmap_png(cells: NDArray[np.float32], curve: Curve, look: Look) -> bytes:
    """The map (rows, columns of cells; robust z) as a small RGBA picture to lay over the whole image, transparent where
    the part looks good and where there is none."""
    scores = curve.scores(cells).astype(np.float32)
    rows, columns = cells.shape
    large = np.asarray(cv2.resize(scores, (columns * _SCALE, rows * _SCALE), interpolation=cv2.INTER_CUBIC), np.float32)
    if look.located is not None:
        large = over_image(large, look, _canvas(look, (rows, columns)), 0.0)
    levels = (np.clip(np.nan_to_num(large, nan=1.0), 0, 1) * (_LEVELS - 1)).round().astype(np.uint8)
    return bytes(cv2.imencode(".png", _PALETTE[levels], [cv2.IMWRITE_PNG_COMPRESSION, 6])[1])


def _canvas(look: Look, grid: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a picture of the whole image on which a cell is as large as in a picture of the part."""
    cell = abs(float(np.linalg.det(look.to_image(grid)[:2, :2]))) ** 0.5
    shrunk = max(cell / _SCALE, max(look.size) / _LONGEST, 1.0)
    return max(1, round(look.size[0] / shrunk)), max(1, round(look.size[1] / shrunk))


def over_image(values: NDArray[np.float32], look: Look, size: tuple[int, int], outside: float) -> NDArray[np.float32]:
    """Values over what a model sees (rows, columns) as values over the whole image at `size`; `outside` where it saw
    nothing."""
    if look.located is None:
        return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    onto = np.diag([size[1] / look.size[1], size[0] / look.size[0], 1.0])
    rows, columns = values.shape
    matrix = moved(-0.5, -0.5) @ onto @ look.to_image((rows, columns)) @ moved(0.5, 0.5)
    warped = cv2.warpPerspective(
        values, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=outside
    )
    return np.asarray(warped, np.float32)


def findings(cells: NDArray[np.float32], curve: Curve, look: Look, kind: str | None = None) -> tuple[Finding, ...]:
    """Connected places whose score is 0.5 or more in the image's own pixels, the worst first; `kind` is the type of
    defect that the image shows."""
    scores = curve.scores(cells)
    count, labels = cv2.connectedComponents((scores >= _FOUND_FROM).astype(np.uint8), connectivity=8)
    to_image = look.to_image((cells.shape[0], cells.shape[1]))
    found = [replace(_finding(scores, labels == i, to_image, look.size), defect_type=kind) for i in range(1, count)]
    return tuple(sorted(found, key=lambda f: -f.peak)[:_MAX_FINDINGS])


def _finding(
    scores: NDArray[np.float64], inside: NDArray[np.bool_], to_image: Doubles, size: tuple[int, int]
) -> Finding:
    rows, columns = size
    points = np.round(carry(to_image, _outline(inside))).clip(0, (columns, rows)).astype(int)
    left, top = np.minimum(points.min(axis=0), (columns - 1, rows - 1)).tolist()
    right, bottom = np.maximum(points.max(axis=0), (left + 1, top + 1)).tolist()
    outline = tuple((int(x), int(y)) for x, y in points)
    return Finding(box=(left, top, right, bottom), outline=outline, peak=float(scores[inside].max()))


def _outline(inside: NDArray[np.bool_]) -> Doubles:
    """The outer edge of a place, corners (n, 2) of cells: drawn twice as large so that one cell has an area."""
    large = np.kron(inside.astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(np.pad(large, 1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    points = max(contours, key=len)[:, 0, :].astype(np.float64)
    return np.asarray(np.where(points % 2 == 1, points - 1, points) / 2, np.float64)  # without the padding
