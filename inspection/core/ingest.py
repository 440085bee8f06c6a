"""One capture is one image: what counts as the same, and what the camera's clock is worth."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from inspection.core.decide import Verdict

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
CLOCK_TOLERANCE = timedelta(minutes=5)


class Refused(Exception):
    """The server will not take this capture; sending it again does not help."""


class UnfitBytes(Refused):
    """The bytes are no image that can be taken in; the message says which are."""


class OtherBody(Refused):
    """A capture id came again with other bytes, serial or view: one of the two would be lost."""


@dataclass(frozen=True, kw_only=True)
class StoredImage:
    """Bytes that lie durably in the image store, named by their SHA-256 in hex."""

    sha256: str
    size: int
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What must be equal for a capture that comes again to count as the same."""

    sha256: str
    serial: str
    view: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the sender of an image is told: where its unit stands. Whether a unit is audited is nobody's business."""

    image_id: int
    unit_id: int
    capture_id: str
    serial: str
    visit: int
    view: str
    verdict: Verdict | None
    by: str
    reason: str
    repeated: bool = False


def check_same(capture_id: str, before: Fingerprint, now: Fingerprint) -> None:
    """Raise OtherBody when a known capture id comes with something else."""
    if before != now:
        raise OtherBody(
            f"Capture {capture_id} is already stored with another body, serial or view. Give each capture its own id."
        )


def clock_skew(captured_at: datetime, received_at: datetime, tolerance: timedelta = CLOCK_TOLERANCE) -> float:
    """Seconds by which the camera's clock runs ahead of the server's, 0 within tolerance.

    Frames that waited in a spool are old, not skewed: only a capture time in the server's future proves a wrong clock.
    """
    ahead = captured_at - received_at
    return ahead.total_seconds() if ahead > tolerance else 0.0
