"""What a camera says about one frame, and whether the frame is fit to be judged."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from numpy.typing import NDArray

CAPTURE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
SERIAL = re.compile(r"\S(?:.{0,126}\S)?")
VIEW = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SETTING = r"[a-z][a-z0-9_]{0,31}=[A-Za-z0-9.+-]{1,32}"
SETTINGS = re.compile(rf"({_SETTING}(;{_SETTING}){{0,15}})?")


class InvalidCapture(ValueError):
    """What came with a frame cannot be used; the message says what to send instead."""


@dataclass(frozen=True, kw_only=True)
class Capture:
    """One captured frame of one view of a unit, without its pixels. `settings` is what the camera was set to, such as
    "exposure_us=8000;gain_db=2"; empty where it is not known."""

    capture_id: str
    serial: str
    view: str
    captured_at: datetime
    simulated: bool = False
    settings: str = ""

    def __post_init__(self) -> None:
        if not CAPTURE_ID.fullmatch(self.capture_id):
            raise InvalidCapture(
                "A capture id is 1 to 128 letters, digits or . _ : - and starts with a letter or digit."
            )
        if not SERIAL.fullmatch(self.serial) or not self.serial.isprintable():
            raise InvalidCapture("A unit serial is 1 to 128 printable characters without spaces at its ends.")
        if not VIEW.fullmatch(self.view):
            raise InvalidCapture("A view is named by 1 to 32 lower-case letters, digits, _ or -, such as 'front'.")
        if self.captured_at.tzinfo is None:
            raise InvalidCapture("captured_at needs a time zone, such as 2026-01-31T08:15:00.250Z.")
        if not SETTINGS.fullmatch(self.settings):
            raise InvalidCapture("settings are up to 16 of name=value with ; between, such as exposure_us=8000;gain=2.")


@dataclass(frozen=True, kw_only=True)
class Region:
    """A rectangle in shares of the image's width and height, 0 to 1, from the top left corner."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        inside = 0 <= self.left < 1 and 0 <= self.top < 1 and self.width > 0 and self.height > 0
        if not inside or self.left + self.width > 1 + 1e-9 or self.top + self.height > 1 + 1e-9:
            raise ValueError("A region lies inside the image: left, top, width and height are shares from 0 to 1.")

    def cut(self, image: NDArray[Any]) -> NDArray[Any]:
        """The part of `image` (rows, columns, ...) under this region, at least one pixel."""
        rows, columns = image.shape[:2]
        top, left = int(self.top * rows), int(self.left * columns)
        bottom = max(top + 1, round((self.top + self.height) * rows))
        right = max(left + 1, round((self.left + self.width) * columns))
        return image[top:bottom, left:right]


WHOLE_IMAGE = Region(left=0, top=0, width=1, height=1)


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Figures of one frame: brightness (median), mean and contrast in grey levels 0-255, sharpness in grey levels
    squared, saturated as the share of pixels at either end of the range and black at the lower one, red and blue as
    grey levels above green (a colour cast), noise as its standard deviation in grey levels. `picture` is a fingerprint
    of all its pixels. None is what was not measured: a grey frame has no colour."""

    brightness: float
    contrast: float
    sharpness: float
    saturated: float
    mean: float | None = None
    black: float | None = None
    red: float | None = None
    blue: float | None = None
    noise: float | None = None
    picture: int | None = None


@dataclass(frozen=True, kw_only=True)
class QualityLimits:
    """The hard limits outside which a frame is unfit and goes to a person."""

    brightness_low: float = 20.0
    brightness_high: float = 245.0
    contrast_low: float = 8.0
    sharpness_low: float = 2.0
    saturated_high: float = 0.5


def unfit(quality: Quality, limits: QualityLimits) -> str | None:
    """Why the frame cannot be judged, in words for the inspector; None when it is fit."""
    if not quality.brightness >= limits.brightness_low:
        return f"too dark: brightness {quality.brightness:.0f} is under {limits.brightness_low:.0f}"
    if not quality.brightness <= limits.brightness_high:
        return f"too bright: brightness {quality.brightness:.0f} is over {limits.brightness_high:.0f}"
    if not quality.saturated <= limits.saturated_high:
        return f"saturated: {quality.saturated:.0%} of the pixels are black or white"
    if not quality.contrast >= limits.contrast_low:
        return f"no contrast: {quality.contrast:.0f} grey levels, at least {limits.contrast_low:.0f} are needed"
    if not quality.sharpness >= limits.sharpness_low:
        return f"blurred: sharpness {quality.sharpness:.1f} is under {limits.sharpness_low:.1f}"
    return None


FROZEN = "frozen: the camera gave the very same picture again"
