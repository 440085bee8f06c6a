"""What the models must know of a backbone, whichever it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.graph import Graph

STRIDE = 32  # an input's sides are multiples of it


@dataclass(frozen=True, kw_only=True)
class Tap:
    """Features that a backbone gives: their name, channels, and pixels of the image per cell along a side."""

    name: str
    channels: int
    stride: int


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """A pretrained network. `add` puts it behind the image of a graph and gives the names of its taps' tensors;
    `sha256` is its weights file's. `taps`, of strides 8, 16 or 32, make up the features of a cell, and those of the tap
    `place` say what is usual at its place. From `tail` on it can be tuned on labels; None where it cannot. `cost` is
    its multiplications for an image, EfficientNet-Lite0's being 1."""

    name: str
    sha256: str
    taps: tuple[Tap, ...]
    place: str
    add: Callable[[Graph], Mapping[str, str]]
    tail: Tap | None = None
    cost: float = 1.0

    @property
    def channels(self) -> int:
        """Features of a cell."""
        return sum(tap.channels for tap in self.taps)

    @property
    def place_channels(self) -> slice:
        """Where among them those of the tap `place` are."""
        names = [tap.name for tap in self.taps]
        start = sum(tap.channels for tap in self.taps[: names.index(self.place)])
        return slice(start, start + self.taps[names.index(self.place)].channels)
