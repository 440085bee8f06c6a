"""Cameras and videos through OpenCV: USB by number, RTSP by address, a video by file."""

import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import cv2
import numpy as np

from camera.frame import Frame, SourceFailed

OPEN_TIMEOUT_MS = 5000
READ_TIMEOUT_MS = 5000
_READ_FOR_S = 0.5
_SETTINGS = {
    "auto_exposure": cv2.CAP_PROP_AUTO_EXPOSURE,
    "exposure": cv2.CAP_PROP_EXPOSURE,
    "gain": cv2.CAP_PROP_GAIN,
    "auto_white_balance": cv2.CAP_PROP_AUTO_WB,
    "white_balance_k": cv2.CAP_PROP_WB_TEMPERATURE,
}
_MANUAL = (1, 0.25)  # as Video4Linux and as other drivers say it


class Device(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool:  # noqa: N802
        """Whether the device gives frames."""

    def read(self) -> tuple[bool, Any]:
        """Whether there was a frame, and its pixels (rows, columns, BGR)."""

    def get(self, property: int, /) -> float:
        """A property such as `cv2.CAP_PROP_GAIN`; 0 or -1 where the device does not know it."""

    def release(self) -> None:
        """Let go of the device."""


def settings_of(device: Device) -> str:
    """What a camera is set to. What it sets by itself changes with each frame, and is only said to be automatic."""
    known = {name: device.get(number) for name, number in _SETTINGS.items()}
    told = {name: value for name, value in known.items() if value not in (0, -1) or name.startswith("auto")}
    if known["auto_exposure"] not in _MANUAL:
        told = {name: value for name, value in told.items() if name not in ("exposure", "gain")}
    if known["auto_white_balance"] != 0:
        told.pop("white_balance_k", None)
    return ";".join(f"{name}={value:g}" for name, value in told.items() if value != -1)


def open_device(address: int | str) -> Device:
    """Open a camera or video, giving up after five seconds; network streams come over TCP."""
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    if isinstance(address, int):
        return cv2.VideoCapture(address)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
    return cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)


class VideoSource:
    """Takes a frame every `every_s` seconds from a camera that runs freely, or every n-th of a video.

    There is no serial reader in a video stream: units are numbered by the time of their frame, `SERIAL` being a format
    such as `cam1-%Y%m%d-%H%M%S`. Frames between two takes are read and thrown away, so that none is old.
    """

    def __init__(
        self,
        address: int | str,
        *,
        view: str,
        every_s: float = 1.0,
        serial: str = "unit-%Y%m%d-%H%M%S-%f",
        ends: bool = False,
        opener: Callable[[int | str], Device] = open_device,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._address, self._view, self._every_s, self._serial = address, view, every_s, serial
        self._ends, self._opener, self._clock, self._now = ends, opener, clock, now
        # Passwords in an address are nobody's business in a log.
        self._name = "Camera " + re.sub(r"//[^/@]*@", "//***@", str(address))
        self._device: Device | None = None
        self._next = 0.0

    def open(self) -> None:
        """Open the device; raises SourceFailed when it gives no frames."""
        self.close()
        device = self._opener(self._address)
        if not device.isOpened():
            device.release()
            raise SourceFailed(f"{self._name} does not open. Is it plugged in, and free for us?")
        self._device = device
        self._next = self._clock()

    def read(self) -> Frame | None:
        """A frame when one is due, else None. A camera that stops is lost; a video that stops has ended.

        Frames are read as fast as they come until one is due, so that none waits in the driver and grows old.
        """
        if self._device is None:
            raise SourceFailed(f"{self._name} is not open.")
        until = self._clock() + _READ_FOR_S
        while True:
            there, pixels = self._device.read()
            if not there:
                self.close()
                if self._ends:
                    raise StopIteration
                raise SourceFailed(f"{self._name} gives no more frames.")
            now = self._clock()
            if now >= self._next:
                self._next = max(self._next + self._every_s, now)
                return self._frame(pixels)
            if now >= until:
                return None

    def close(self) -> None:
        """Let go of the device."""
        if self._device is not None:
            self._device.release()
            self._device = None

    def sent(self, frame: Frame) -> None:
        """A stream keeps no copy."""

    def _frame(self, pixels: np.ndarray[Any, Any]) -> Frame:
        done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
        if not done:
            raise SourceFailed(f"{self._name} gave a frame that cannot be encoded.")
        taken = self._now()
        assert self._device is not None
        settings = settings_of(self._device) if isinstance(self._address, int) else ""
        serial = taken.strftime(self._serial)
        return Frame(data=encoded.tobytes(), serial=serial, view=self._view, captured_at=taken, settings=settings)
