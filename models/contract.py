"""What a model made elsewhere expects and gives: its card, and the same arithmetic for images and outputs in numpy."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from models.calibrate import Curve
from models.engine import Precision, Runtime

Floats = NDArray[np.float32]
T = TypeVar("T")
Three = tuple[float, float, float]

IDENTITY = Curve(middle=0.0, width=1.0)
EDGE = 1e-6  # keeps the logarithms of 0 and 1 finite
_FEWEST_CELLS = 24
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


class Unusable(ValueError):
    """The model cannot be used as its card says; the message says what to change."""


class Preset(StrEnum):
    """Where a model comes from, when that settles most of its card."""

    ANOMALIB = "anomalib"


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Input:
    """How an image becomes the model's input: (pixel / scale - mean) / std, in this layout and order of channels. Size
    in pixels, where the model leaves it open. `constants` are further inputs of the model that hold one value."""

    name: str | None = None
    height: int | None = Field(default=None, ge=16, le=4096)
    width: int | None = Field(default=None, ge=16, le=4096)
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    channels: Literal["RGB", "BGR"] = "RGB"
    scale: float = Field(default=255.0, gt=0)
    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (1.0, 1.0, 1.0)
    constants: dict[str, float] = Field(default_factory=dict)

    def factors(self) -> tuple[Floats, Floats]:
        """Per channel a and b such that the input is pixel * a + b."""
        std = np.asarray(self.std, np.float64)
        if not (std > 0).all():
            raise Unusable(f"[input] std must be above 0 for each channel, not {self.std}.")
        return (1 / (self.scale * std)).astype(np.float32), (-np.asarray(self.mean) / std).astype(np.float32)

    def shape(self) -> tuple[int, int, int, int]:
        """The model's input shape; raises Unusable while the size is open."""
        if self.height is None or self.width is None:
            raise Unusable("The model takes images of any size: say [input] height and width in the card.")
        rows, columns = self.height, self.width
        return (1, 3, rows, columns) if self.layout == "NCHW" else (1, rows, columns, 3)

    def check_bytes(self) -> None:
        """Raise Unusable unless the pixels stay as they are, for a model that takes bytes."""
        if (self.scale, self.mean, self.std) != (1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)):
            raise Unusable("The model takes bytes: say [input] scale = 1.0 in the card, and leave mean and std out.")

    def fixed(self, shape: tuple[int | None, ...]) -> Self:
        """With the size that the model itself fixes; `shape` is its input's, None where open."""
        if len(shape) != 4:
            raise Unusable(f"The model's input has {len(shape)} dimensions; an image has 4: export it for images.")
        batch, *rest = shape
        depth, rows, columns = rest if self.layout == "NCHW" else (rest[2], rest[0], rest[1])
        if batch not in (None, 1):
            raise Unusable(f"The model takes {batch} images at once: export it for one, or with an open batch size.")
        if depth not in (None, 3):
            other = "NHWC" if self.layout == "NCHW" else "NCHW"
            raise Unusable(
                f"The model's input {list(shape)} has {depth} channels in layout {self.layout}, and images have 3: "
                f'try [input] layout = "{other}", or export the model for colour images.'
            )
        for word, ours, its in (("height", self.height, rows), ("width", self.width, columns)):
            if None not in (ours, its) and ours != its:
                raise Unusable(
                    f"[input] {word} is {ours} in the card and {its} in the model: leave it out of the card."
                )
        fixed = replace(self, height=rows or self.height, width=columns or self.width)
        fixed.shape()
        return fixed

    def prepare(self, image: NDArray[np.uint8]) -> Floats:
        """The model's input for one image (rows, columns, 3; BGR)."""
        factor, shift = self.factors()
        turned = image[..., ::-1] if self.channels == "RGB" else image
        x = turned.astype(np.float32) * factor + shift
        return np.ascontiguousarray(x.transpose(2, 0, 1) if self.layout == "NCHW" else x, np.float32)[None]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Steps:
    """From a figure of the model to a score: 0.5 at `middle`, 0.73 one `width` above."""

    middle: float
    width: float = Field(gt=0)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Output:
    """What the model's outputs mean. Without `curve` they are scores from 0 to 1 already; without `score` the highest
    value of the map is the score; without `map` the model shows no place. `index` picks one value of several."""

    score: str | None = None
    index: int | None = Field(default=None, ge=0)
    map: str | None = None
    curve: Steps | None = None
    map_curve: Steps | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of the outputs that are read."""
        return tuple(name for name in (self.score, self.map) if name is not None)

    @property
    def served(self) -> Curve:
        """The curve from `raw` and `map`, as they are served, to scores."""
        return IDENTITY if self.curve is None else Curve(middle=self.curve.middle, width=self.curve.width)

    @property
    def nowhere(self) -> float:
        """The value of a map that shows nothing."""
        return self.served.middle - 40 * self.served.width

    def map_factors(self) -> tuple[float, float]:
        """a and b such that value * a + b puts the map on the score's own scale."""
        if self.curve is None or self.map_curve is None:
            return 1.0, 0.0
        factor = self.curve.width / self.map_curve.width
        return factor, self.curve.middle - self.map_curve.middle * factor

    def pick(self, size: int) -> int:
        """Which of the score output's `size` values is the score."""
        if self.index is None and size != 1:
            raise Unusable(
                f"Output {self.score!r} has {size} values: say with [output] index which one rises with defects."
            )
        if (self.index or 0) >= size:
            raise Unusable(f"[output] index is {self.index}, and {self.score!r} has {size} values, counted from 0.")
        return self.index or 0

    def interpret(self, outputs: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
        """`map`, `raw` and `novelty` from the model's own outputs."""
        cells = None if self.map is None else pooled(outputs[self.map], self.map)
        if self.score is not None:
            values = np.asarray(outputs[self.score], np.float32).reshape(-1)
            raw = values[[self.pick(values.size)]]
        elif cells is not None:
            raw = cells.max().reshape(1)
        else:
            raise Unusable("[output] needs score or map.")
        shown = np.full((1, 1), self.nowhere, np.float32)
        if cells is not None:
            factor, shift = self.map_factors()
            shown = self.standard(cells * np.float32(factor) + np.float32(shift))
        return {"map": shown, "raw": self.standard(raw), "novelty": np.zeros(1, np.float32)}

    def standard(self, values: Floats) -> Floats:
        """Where outputs are scores already, their logits; no number at all from values that are not within 0..1."""
        if self.curve is not None:
            return values
        with np.errstate(invalid="ignore"):
            inside = values * np.float32(1 - 2 * EDGE) + np.float32(EDGE)
            return np.asarray(np.log(inside / (1 - inside)), np.float32)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Server:
    """A server that speaks the Open Inference Protocol v2 over HTTP, and the model on it."""

    url: str = Field(pattern=r"^https?://[^/@\s]+(/\S*)?$")
    model: str = Field(min_length=1)
    version: str | None = None
    timeout_s: float = Field(default=2.0, gt=0, le=60)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Pin:
    """An image beside the card, and the value of the score output that the model gave for it where it was made."""

    image: str
    score: float


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Card:
    """All that somebody who brings a model has to say about it."""

    name: str = Field(min_length=1, max_length=80)
    preset: Preset | None = None
    runtime: Runtime = Runtime.OPENVINO
    precision: Precision = Precision.F32
    views: tuple[str, ...] = ()
    input: Input = Field(default_factory=Input)
    output: Output = Field(default_factory=Output)
    server: Server | None = None
    pass_below: float = Field(default=0.3, ge=0, le=1)
    reject_above: float = Field(default=0.7, ge=0, le=1)
    parity: tuple[Pin, ...] = ()
    tolerance: float = Field(default=0.02, gt=0, le=1)


def read_card(source: Path | Mapping[str, Any]) -> Card:
    """The card from a TOML file or a mapping; raises Unusable."""
    if isinstance(source, Mapping):
        return checked(Card, source)
    try:
        return checked(Card, tomllib.loads(source.read_text()))
    except OSError as error:
        raise Unusable(f"The card {source} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unusable(f"The card {source.name} is no TOML: {error}.") from error


def checked(kind: type[T], facts: Mapping[str, Any]) -> T:
    """Facts as one of the values above; raises Unusable for the first that cannot be so."""
    try:
        return TypeAdapter(kind).validate_python(facts)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unusable(f"The card's {where} cannot be used: {first['msg']}.") from error


def facts_of(value: object) -> dict[str, Any]:
    """One of the values above as plain JSON."""
    return dict(TypeAdapter(type(value)).dump_python(value, mode="json"))


def grid(shape: tuple[int, ...], name: str) -> tuple[int, int]:
    """Rows and columns of a map output of this shape."""
    large = [side for side in shape if side != 1]
    if len(large) > 2 or len(shape) < 2 or 0 in shape:
        raise Unusable(
            f"The map {name!r} has shape {list(shape)}. It must hold one value per place: rows and columns, and other "
            "dimensions of 1. Name another output, or export one channel of it."
        )
    return (large[0], large[1]) if len(large) == 2 else (shape[-2], shape[-1])


def pool_of(rows: int, columns: int) -> int:
    """How many pixels of a map become one cell: as many as leave 24 cells along its shorter side."""
    common, most = math.gcd(rows, columns), min(rows, columns) / _FEWEST_CELLS
    return max((k for k in range(1, common + 1) if common % k == 0 and k <= most), default=1)


def pooled(values: NDArray[Any], name: str) -> Floats:
    """A map output (one value per pixel or cell) as cells (rows, columns), each its highest value."""
    rows, columns = grid(values.shape, name)
    k = pool_of(rows, columns)
    blocks = np.asarray(values, np.float32).reshape(rows // k, k, columns // k, k)
    return np.asarray(blocks.max(axis=(1, 3)), np.float32)
