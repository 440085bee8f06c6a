"""What is known of a line's part and where it lies: learned from good images, kept as plain JSON."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from models.locate_rectify import Pixels

FORMAT = 1
MARGIN = 0.05  # what is kept around the part, as a share of its longer side


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One way of finding the part, tried on the good images, or on some of them when it is hardly ever sure. `found` is
    the share of these in which it is sure; `confidence` is the lowest and the median one; `residual` is what rectified
    parts differ from their mean, in standard deviations of the picture, and `unmoved` the same without rectifying."""

    way: str
    found: float
    confidence: tuple[float, float] = (0.0, 0.0)
    residual: float | None = None
    unmoved: float | None = None
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Looks:
    """What the rectified part looks like: `png` is a grey picture in base64, its part inside a margin, and how unlike
    it a part may be (learned from good images, each compared with the mean of all others)."""

    png: str
    similarity: float
    detail: float
    odd: float
    contrast: float

    @property
    def picture(self) -> Pixels:
        """The mean good part in grey (rows, columns)."""
        data = np.frombuffer(base64.b64decode(self.png), np.uint8)
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How the part lies in good images: `width` and `height` as shares of the frame's longer side, `scale` as low and
    high multiples of these, `angle` in degrees against the reference and by how much it may differ (`turned`; 180 when
    parts lie any way round), `lead` by which the right way round must look better than any other (0 when the reference
    cannot tell)."""

    width: float
    height: float
    scale: tuple[float, float]
    angle: float
    turned: float
    lead: float


@dataclass(frozen=True, kw_only=True)
class Outline:
    """How the part is told from its ground, and what share of its rectangle it fills, at least and at most."""

    way: str
    extent: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class LocateCard:
    """All that finding the part needs. `kind` is "contour", "template", "whole" where nothing is gained by it, or
    "none"; `reason` says in words why; `frame` and `size` are rows and columns of the good images and of the rectified
    part at their resolution."""

    kind: str
    reason: str
    frame: tuple[int, int]
    size: tuple[int, int]
    trials: tuple[Trial, ...] = ()
    looks: Looks | None = None
    pose: Pose | None = None
    outline: Outline | None = None

    def plain(self) -> dict[str, Any]:
        """The card as JSON takes it."""
        return {"format": FORMAT, **asdict(self)}


def read_card(plain: Mapping[str, Any]) -> LocateCard:
    """The card that `plain()` gave, also after a way through JSON; raises ValueError for anything else."""
    if plain.get("format") != FORMAT:
        raise ValueError(f"The card of the part's place has format {plain.get('format')!r}, and this reads {FORMAT}.")
    try:
        known = {name: value for name, value in plain.items() if name != "format"}
        known["trials"] = tuple(Trial(**_tuples(trial)) for trial in known["trials"])
        for name, kind in (("looks", Looks), ("pose", Pose), ("outline", Outline)):
            known[name] = kind(**_tuples(known[name])) if known[name] is not None else None
        return LocateCard(**_tuples(known))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"The card of the part's place is damaged: {error}. Train the model anew.") from error


def _tuples(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
