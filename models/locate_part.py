"""Finds the part in one image by a line's card, and says when it is not sure and why."""

import math

import cv2
import numpy as np

from models.locate_align import normal, scale_of
from models.locate_card import LocateCard, Pose
from models.locate_contour import Shape, find_shape
from models.locate_judge import Frame, Judge, Settled, angle_of, poses
from models.locate_rectify import Doubles, Located, Pixels, carry, inverse, scaling
from models.locate_small import Small, shrink
from models.locate_template import Template, beyond

_TWO = 0.5
_STEP = 1.5  # degrees between the turns that a template is searched at
_PEAK_TWO = 0.8


class Locator:
    """Finds the part that a card describes. Never raises for an image; the same image gives the same answer."""

    def __init__(self, card: LocateCard) -> None:
        self.card = card
        if card.looks is None or card.pose is None:
            return
        self._looks, self._pose = card.looks, card.pose
        picture = card.looks.picture
        self._frame = Frame.around(card.pose.width, card.pose.height)
        self._judge = Judge(normal(picture))
        share = max(self._frame.size) / self._frame.unit
        self._template = Template(picture, share, *_search(card.pose)) if card.kind == "template" else None

    def locate(self, pixels: Pixels) -> Located:
        """Where the part is; a card that says "none" or "whole" takes the whole image for the part."""
        try:
            small = shrink(pixels)
            if isinstance(small, str):
                return self._nowhere(small, pixels)
            if self.card.looks is None:
                return _whole(small.frame, self.card.size, 1.0, "")
            return self._locate(small)
        except (cv2.error, np.linalg.LinAlgError, FloatingPointError):
            return self._nowhere("The image cannot be measured.", pixels)

    def _locate(self, small: Small) -> Located:
        if float(small.grey.std()) < 1.0:
            return self._nowhere("The image shows nothing: it is one even grey.", small.bgr, small.frame)
        found = self._by_template(small) if self._template else self._by_contour(small)
        if isinstance(found, str):
            return self._nowhere(found, small.bgr, small.frame)
        settled, reason = found
        alike = min(max(settled.likeness.similarity, 0.0), 1.0)
        reason = reason or self._pose_doubt(small, settled) or self._doubt(settled)
        to_part = scaling(self._frame.size, self.card.size) @ settled.to_patch @ small.from_frame
        return Located(
            confidence=min(alike, self._looks.similarity / 2) if reason else alike,
            sure=not reason,
            reason=reason,
            to_part=to_part,
            quad=carry(inverse(settled.to_patch @ small.from_frame), self._frame.box),
            size=self.card.size,
        )

    def _by_contour(self, small: Small) -> tuple[Settled, str] | str:
        assert self.card.outline is not None
        shape = find_shape(small.bgr, self.card.outline.way)
        if shape is None:
            return "No part stands out from the ground."
        candidates = poses(shape, self._frame.box)
        if not candidates:
            ratio = max(shape.sides) / max(min(shape.sides), 1e-6)
            wanted = max(self._pose.width, self._pose.height) / min(self._pose.width, self._pose.height)
            cut_off = "The part is cut off at the edge of the image." if shape.cut_off else ""
            return (
                cut_off or f"What stands out is {ratio:.2f} times as long as wide; good parts are {wanted:.2f} times."
            )
        settled = self._judge.settle(small, self._right_way(candidates))
        return settled, shape_doubt(shape, self.card.outline.extent) or self._turn_doubt(settled)

    def _right_way(self, candidates: list[Doubles]) -> list[Doubles]:
        """All candidates where the reference tells them apart, else the one that lies as the fixture holds parts."""
        if self._pose.lead > 0:
            return candidates
        return [min(candidates, key=lambda c: self._off(c))]

    def _off(self, to_patch: Doubles) -> float:
        return abs((angle_of(to_patch) - self._pose.angle + 180) % 360 - 180)

    def _turn_doubt(self, settled: Settled) -> str:
        if settled.lead < self._pose.lead:
            return "Which way round the part lies cannot be told."
        if self._pose.lead == 0 and self._off(settled.to_patch) > self._pose.turned:
            return f"The part is turned by {self._off(settled.to_patch):.0f} degrees, which no good part was."
        return ""

    def _by_template(self, small: Small) -> tuple[Settled, str] | str:
        assert self._template is not None
        match = self._template.find(small.grey)
        if match is None:
            return "The image is too small to search the part in."
        settled = self._judge.settle(small, [match.to_patch])
        if self._doubt(settled) and self._upside_down(small):
            return settled, "The part lies upside down."
        if match.second > _PEAK_TWO * match.alike:
            return settled, "There are two places that look like the part."
        if self._off(settled.to_patch) > self._pose.turned:
            return settled, f"The part is turned by {self._off(settled.to_patch):.0f} degrees, which no good part was."
        return settled, ""

    def _upside_down(self, small: Small) -> bool:
        assert self._template is not None
        match = self._template.find(small.grey, extra=180.0)
        return match is not None and not self._doubt(self._judge.settle(small, [match.to_patch]))

    def _pose_doubt(self, small: Small, settled: Settled) -> str:
        scale = self._frame.unit / (scale_of(settled.to_patch) * max(small.frame) / 2**small.halved)
        low, high = self._pose.scale
        if not low <= scale <= high:
            return f"The part is {'larger' if scale > high else 'smaller'} than good ones: {scale:.2f} times as large."
        if beyond(settled.to_patch, self._frame.box, small.grey.shape) > 1.0:
            return "The part is cut off at the edge of the image."
        return ""

    def _doubt(self, settled: Settled) -> str:
        like = settled.likeness
        if settled.contrast < self._looks.contrast:
            return "The part is too dark or too pale: it has hardly any contrast."
        if like.similarity < self._looks.similarity:
            return (
                f"It does not look like a good part ({like.similarity:.2f} alike, {self._looks.similarity:.2f} needed)."
            )
        if like.detail < self._looks.detail:
            return f"The part is blurred: {max(like.detail, 0):.0%} of its fine detail is there."
        if like.odd > self._looks.odd:
            return "Something covers the part, or a tenth of it looks unlike good ones."
        return ""

    def _nowhere(self, reason: str, pixels: Pixels, frame: tuple[int, int] | None = None) -> Located:
        shape = tuple(getattr(pixels, "shape", ()))[:2]
        own = frame or ((int(shape[0]), int(shape[1])) if len(shape) == 2 and min(shape) > 0 else (1, 1))
        return _whole(own, self.card.size, 0.0, reason)


def shape_doubt(shape: Shape, extent: tuple[float, float]) -> str:
    """In words why a shape is not one whole part, or nothing."""
    if shape.cut_off:
        return "The part is cut off at the edge of the image."
    if shape.second > _TWO:
        return "There are two parts, or another thing as large as the part."
    if not extent[0] <= shape.extent <= extent[1]:
        return f"The outline is not a good part's: it fills {shape.extent:.0%} of its rectangle."
    return ""


def _whole(frame: tuple[int, int], size: tuple[int, int], confidence: float, reason: str) -> Located:
    """The whole image as if it were the part."""
    rows, columns = frame
    quad = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float64) - 0.5
    return Located(
        confidence=confidence, sure=not reason, reason=reason, to_part=scaling(frame, size), quad=quad, size=size
    )


def _search(pose: Pose) -> tuple[Doubles, Doubles]:
    """The turns, in degrees, and scales at which a template is searched."""
    turns = max(1, 2 * math.ceil(pose.turned / _STEP / 2) + 1)
    scales = max(1, 2 * round(math.log(pose.scale[1] / pose.scale[0]) / 0.12) + 1) if pose.scale[1] > 1.1 else 1
    return (
        pose.angle + np.linspace(-pose.turned, pose.turned, turns),
        np.geomspace(*pose.scale, scales) if scales > 1 else np.ones(1),
    )
