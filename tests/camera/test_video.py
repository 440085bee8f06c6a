"""Cameras and videos through OpenCV, with a real video file and a camera that can fail."""

import socket
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera.frame import Frame, SourceFailed
from camera.video import VideoSource, open_device

T0 = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)


class FakeDevice:
    """A camera that gives as many frames as it was told to."""

    def __init__(self, frames: int, **known: float) -> None:
        self.frames, self.released = frames, False
        self.known = {getattr(cv2, f"CAP_PROP_{name}"): value for name, value in known.items()}

    def get(self, number: int, /) -> float:
        return self.known.get(number, -1.0)

    def isOpened(self) -> bool:  # noqa: N802
        return self.frames > 0

    def read(self) -> tuple[bool, Any]:
        self.frames -= 1
        return (True, np.full((40, 60, 3), 90, np.uint8)) if self.frames >= 0 else (False, None)

    def release(self) -> None:
        self.released = True


class Clock:
    """Goes on by a tenth of a second with each look."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 0.1
        return self.at

    def now(self) -> datetime:
        return T0 + timedelta(seconds=self.at)


def a_source(*devices: FakeDevice, every_s: float = 0.0) -> VideoSource:
    clock, left = Clock(), list(devices)
    return VideoSource(0, view="top", every_s=every_s, opener=lambda _address: left.pop(0), clock=clock, now=clock.now)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "belt.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for i in range(12):
        writer.write(np.full((48, 64, 3), 20 * i, np.uint8))
    writer.release()
    return path


def test_a_video_gives_its_frames_and_ends(video: Path) -> None:
    clock = Clock()
    source = VideoSource(str(video), view="top", every_s=0.0, ends=True, clock=clock, now=clock.now)
    source.open()
    frames = [source.read() for _ in range(12)]
    with pytest.raises(StopIteration):
        source.read()
    pixels = [cv2.imdecode(np.frombuffer(f.data, np.uint8), cv2.IMREAD_COLOR) for f in frames if f]
    assert pixels[0].shape == (48, 64, 3)
    assert pixels[-1].mean() > pixels[0].mean() + 150
    assert len({f.serial for f in frames if f}) == 12


def test_frames_between_two_takes_are_thrown_away() -> None:
    source = a_source(FakeDevice(1000), every_s=1.0)
    source.open()
    taken = [frame for frame in (source.read() for _ in range(60)) if frame]
    assert 10 <= len(taken) <= 60
    gaps = [b.captured_at - a.captured_at for a, b in pairwise(taken)]
    assert min(gaps) >= timedelta(seconds=0.9)


def test_a_camera_that_stops_is_lost_and_can_be_opened_again() -> None:
    first, second = FakeDevice(2), FakeDevice(2)
    source = a_source(first, second)
    source.open()
    assert isinstance(source.read(), Frame)
    source.read()
    with pytest.raises(SourceFailed, match="no more frames"):
        source.read()
    assert first.released
    source.open()
    assert isinstance(source.read(), Frame)


def test_a_camera_that_is_not_there_says_so() -> None:
    source = a_source(FakeDevice(0))
    with pytest.raises(SourceFailed, match="does not open"):
        source.open()
    with pytest.raises(SourceFailed, match="not open"):
        source.read()


def test_a_dead_network_camera_fails_without_hanging() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = VideoSource(f"rtsp://127.0.0.1:{port}/none", view="top", opener=open_device)
    with pytest.raises(SourceFailed, match="does not open"):
        source.open()


def test_a_password_in_the_address_is_not_told() -> None:
    source = VideoSource("rtsp://user:secret@192.0.2.1/s", view="top", opener=lambda _address: FakeDevice(0))
    with pytest.raises(SourceFailed) as failed:
        source.open()
    assert "secret" not in str(failed.value)
    assert "192.0.2.1" in str(failed.value)


def test_frames_that_are_not_due_do_not_pile_up() -> None:
    device = FakeDevice(1000)
    source = a_source(device, every_s=2.0)
    source.open()
    source.read()
    before = device.frames
    source.read()
    assert before - device.frames >= 4, "one look reads on until a frame is due or half a second is over"


MANUAL = {"AUTO_EXPOSURE": 1.0, "EXPOSURE": 156.0, "GAIN": 2.5, "AUTO_WB": 0.0, "WB_TEMPERATURE": 4600.0}


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({}, ""),
        (MANUAL, "auto_exposure=1;exposure=156;gain=2.5;auto_white_balance=0;white_balance_k=4600"),
        ({**MANUAL, "AUTO_EXPOSURE": 3.0, "AUTO_WB": 1.0}, "auto_exposure=3;auto_white_balance=1"),
        (
            {**MANUAL, "EXPOSURE": -6.0, "WB_TEMPERATURE": 0.0},
            "auto_exposure=1;exposure=-6;gain=2.5;auto_white_balance=0",
        ),
    ],
)
def test_frames_say_what_the_camera_was_set_to(known: dict[str, float], told: str) -> None:
    source = a_source(FakeDevice(3, **known))
    source.open()
    frame = source.read()
    assert frame is not None
    assert frame.settings == told
    assert frame.capture("cam").settings == told  # a name the server takes
