"""Draws defects: each type is a function from a defect to a layer of light and dark, in grey levels."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.simulated.phone import BODY, HEIGHT, WIDTH
from camera.simulated.truth import Defect

Layer = NDArray[np.float32]
# Below these severities a defect of the kind fades, so that none is plain to a model below 0.15.
_FADES_FROM = {"scratch": 0.4, "crack": 0.45, "dust": 0.35, "stain": 0.4}
_FRONT_DENT_FADES_FROM = 0.25  # glass shows what brushed metal hides
_SEEN = 1.5  # grey levels from which on a pixel counts as part of the defect


def layer(defect: Defect) -> Layer:
    """What the defect adds to the picture (HEIGHT, WIDTH), in grey levels; inside the phone's outline."""
    dice = np.random.default_rng(defect.seed)
    drawn = DRAW[defect.type](defect, dice) * _strength(defect)
    left, top, right, bottom = BODY
    inside = np.zeros_like(drawn)
    inside[top + 2 : bottom - 2, left + 2 : right - 2] = drawn[top + 2 : bottom - 2, left + 2 : right - 2]
    return inside


def _strength(defect: Defect) -> np.float32:
    dent = _FRONT_DENT_FADES_FROM if (defect.type, defect.view) == ("dent", "front") else 0.0
    full = _FADES_FROM.get(defect.type, dent)
    return np.float32(min(1.0, defect.severity / full) if full else 1.0)


def mask(drawn: Layer) -> NDArray[np.bool_]:
    """Where a defect's layer changes the picture."""
    return np.abs(drawn) >= _SEEN


def _centre(defect: Defect) -> tuple[float, float]:
    left, top, right, bottom = BODY
    return left + 16 + defect.x * (right - left - 32), top + 16 + defect.y * (bottom - top - 32)


def _blank() -> Layer:
    return np.zeros((HEIGHT, WIDTH), np.float32)


def _stroke(points: NDArray[np.float64], thickness: int, strength: float) -> Layer:
    """A smooth line through points, drawn to a sixteenth of a pixel."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.polylines(drawn, [np.round(points * 16).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 4)
    return drawn.astype(np.float32) * np.float32(strength / 255)


def _scratch(defect: Defect, dice: np.random.Generator) -> Layer:
    """A thin, slightly bent line that catches the light, with a dark flank."""
    x, y = _centre(defect)
    length, angle, bend = dice.uniform(50, 110) + 160 * defect.severity, dice.uniform(0, np.pi), dice.normal(0, 0.12)
    t = np.linspace(-0.5, 0.5, 24)
    along, across = t * length, (t**2 - 0.08) * length * bend
    points = np.stack(
        [x + along * np.cos(angle) - across * np.sin(angle), y + along * np.sin(angle) + across * np.cos(angle)], axis=1
    )
    bright = _stroke(points, 1 + int(defect.severity > 0.4), 9 + 120 * defect.severity)
    dark = _stroke(points + np.array([0.9, 1.1]), 1, 4 + 30 * defect.severity)
    return bright - dark


def _crack(defect: Defect, dice: np.random.Generator) -> Layer:
    """Jagged lines that branch, from one point outward."""
    x, y = _centre(defect)
    drawn = _blank()
    for branch in range(2 + int(dice.integers(0, 3))):
        angle = dice.uniform(0, 2 * np.pi)
        steps = 5 + int(14 * defect.severity)
        turns = angle + np.cumsum(dice.normal(0, 0.35, steps))
        stride = dice.uniform(5, 11, steps)
        points = np.stack([x + np.cumsum(stride * np.cos(turns)), y + np.cumsum(stride * np.sin(turns))], axis=1)
        points = np.vstack([[x, y], points])
        drawn = np.maximum(drawn, _stroke(points, 1, (10 + 130 * defect.severity) * (1.0 if branch < 2 else 0.7)))
    return drawn


def _dent(defect: Defect, dice: np.random.Generator) -> Layer:
    """A hollow: bright on the side away from the lamp, dark towards it."""
    x, y = _centre(defect)
    radius = dice.uniform(11, 20) + 16 * defect.severity
    gx, gy = np.meshgrid(np.arange(WIDTH, dtype=np.float32) - x, np.arange(HEIGHT, dtype=np.float32) - y)
    hollow = np.exp(-(gx**2 + (gy * dice.uniform(0.8, 1.25)) ** 2) / (2 * (radius / 2) ** 2))
    slope: Layer = ((0.45 * gx + 0.9 * gy) / radius * hollow).astype(np.float32)
    return slope * np.float32(12 + 125 * defect.severity)


def _dust(defect: Defect, dice: np.random.Generator) -> Layer:
    """A cluster of specks and a fibre or two."""
    x, y = _centre(defect)
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    for _ in range(9 + int(34 * defect.severity)):
        dx, dy = dice.normal(0, 17, 2)
        size = int(dice.uniform(8, 15 + 14 * defect.severity))
        centre = (round((x + dx) * 16), round((y + dy) * 16))
        cv2.circle(drawn, centre, size, int(dice.integers(130, 255)), -1, cv2.LINE_AA, 4)
    for _ in range(int(dice.integers(0, 3))):
        start, turn = np.array([x, y]) + dice.normal(0, 14, 2), dice.uniform(0, 2 * np.pi)
        steps = turn + np.cumsum(dice.normal(0, 0.4, 8))
        points = start + np.cumsum(np.stack([2.4 * np.cos(steps), 2.4 * np.sin(steps)], axis=1), axis=0)
        cv2.polylines(drawn, [np.round(points * 16).astype(np.int32)], False, 170, 1, cv2.LINE_AA, 4)
    return drawn.astype(np.float32) * np.float32((14 + 110 * defect.severity) / 255)


def _stain(defect: Defect, dice: np.random.Generator) -> Layer:
    """A dull film with an uneven outline: oil, glue or a fingerprint's rest."""
    x, y = _centre(defect)
    drawn = _blank()
    for _ in range(7):
        dx, dy = dice.normal(0, 15, 2)
        axes = (int(dice.uniform(9, 24)), int(dice.uniform(7, 18)))
        cv2.ellipse(drawn, (int(x + dx), int(y + dy)), axes, float(dice.uniform(0, 180)), 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(drawn, (0, 0), 3.5)
    ripple = cv2.GaussianBlur(dice.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 4) * 3
    return soft * (1 + 0.5 * ripple) * np.float32(5 + 62 * defect.severity)


def _chip(defect: Defect, dice: np.random.Generator) -> Layer:
    """A splinter broken out of the nearest edge, bright at the break."""
    left, top, right, bottom = BODY
    x = left + 70 + defect.x * (right - left - 140)
    y, inward = (top + 5, 1) if defect.y < 0.5 else (bottom - 5, -1)
    size = 5 + 26 * defect.severity
    corners = [(x + dx * size, y + inward * dy * size) for dx, dy in ((-1.1, -0.3), (1.0, -0.3))]
    corners += [(x + float(dice.uniform(0.3, 0.9)) * size, y + inward * 0.5 * size)]
    corners += [(x + float(dice.uniform(-0.3, 0.2)) * size, y + inward * 0.95 * size)]
    corners += [(x - float(dice.uniform(0.5, 0.9)) * size, y + inward * 0.4 * size)]
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    outline = np.round(np.array(corners) * 16).astype(np.int32)
    cv2.fillPoly(drawn, [outline], 150, cv2.LINE_AA, 4)
    cv2.polylines(drawn, [outline], True, 255, 1, cv2.LINE_AA, 4)
    return drawn.astype(np.float32) * np.float32((16 + 130 * defect.severity) / 255)


DRAW: dict[str, Callable[[Defect, np.random.Generator], Layer]] = {
    "scratch": _scratch,
    "crack": _crack,
    "dent": _dent,
    "dust": _dust,
    "stain": _stain,
    "chip": _chip,
}
