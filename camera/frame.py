"""One frame on its way from a source to the server."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

from inspection.core.capture import Capture


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The bytes as the source made them, and what is known of them. `finding` says why the edge thinks it unfit,
    `settings` what the camera was set to (see Capture)."""

    data: bytes
    serial: str
    view: str
    captured_at: datetime
    simulated: bool = False
    finding: str = ""
    settings: str = ""

    def capture(self, camera: str) -> Capture:
        """The frame's metadata under an id that is the same however often it is sent."""
        moment = self.captured_at.astimezone(UTC)
        key = f"{camera}\n{self.serial}\n{self.view}\n{moment.isoformat()}\n{sha256(self.data).hexdigest()}"
        stamp = moment.strftime("%Y%m%dT%H%M%S")
        return Capture(
            capture_id=f"{stamp}-{sha256(key.encode()).hexdigest()[:24]}",
            serial=self.serial,
            view=self.view,
            captured_at=moment,
            simulated=self.simulated,
            settings=self.settings,
        )


class SourceFailed(Exception):
    """The source cannot give frames now; it will be opened again."""


class Source(Protocol):
    """Where frames come from, in three verbs."""

    def open(self) -> None:
        """Make ready; raises SourceFailed when the camera or folder is not there."""

    def read(self) -> Frame | None:
        """The next frame, or None when there is none now. Raises SourceFailed when the source was lost, and
        StopIteration when it has ended for good."""

    def close(self) -> None:
        """Let go of the device; may be called at any time."""

    def sent(self, frame: Frame) -> None:
        """The frame is safe in the spool: a source that keeps its own copy may let it go."""
