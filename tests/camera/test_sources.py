"""Every source by its address, through the same checks."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.folder import FolderSource
from camera.frame import Frame, Source
from camera.sources import KINDS, UnknownSource, parse_source
from camera.video import VideoSource
from inspection.core.capture import Capture


def a_folder(tmp_path: Path) -> str:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "A1_top.jpg").write_bytes(cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
    return f"folder:{tmp_path / 'in'}"


def a_video(tmp_path: Path) -> str:
    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for _ in range(5):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    return f"video:{path}?every=0&view=top"


# Sources that can be tried anywhere; the others need a camera, and are tried with a fake one in test_video.py.
HERE = {"folder": a_folder, "video": a_video, "simulated": lambda _path: "simulated:3"}
ELSEWHERE = {"usb": "usb:0", "rtsp": "rtsp://192.0.2.1/stream?every=2&view=top"}


def first_frame(source: Source) -> Frame:
    if isinstance(source, FolderSource):
        source._settle_s = 0.0
    source.open()
    for _ in range(1000):
        frame = source.read()
        if frame is not None:
            return frame
    raise AssertionError("The source gave no frame.")


def test_all_sources_are_tried() -> None:
    assert set(HERE) | set(ELSEWHERE) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(HERE))
def test_a_source_gives_whole_frames_and_may_be_closed_any_time(kind: str, tmp_path: Path) -> None:
    source = parse_source(HERE[kind](tmp_path))
    source.close()
    frame = first_frame(source)
    assert cv2.imdecode(np.frombuffer(frame.data, np.uint8), cv2.IMREAD_COLOR) is not None
    assert frame.captured_at.tzinfo is not None
    assert frame.simulated is (kind == "simulated")
    capture = frame.capture("cam1")
    assert isinstance(capture, Capture)
    assert capture == frame.capture("cam1")
    assert capture.capture_id != frame.capture("cam2").capture_id
    source.sent(frame)
    source.close()
    source.close()


@pytest.mark.parametrize("address", ELSEWHERE.values())
def test_a_camera_is_not_opened_by_naming_it(address: str) -> None:
    parse_source(address).close()


@pytest.mark.parametrize(
    "address",
    ["", "usb:", "usb:x", "usb:-1", "folder:", "video:", "video:/no/such/file.mp4", "ftp://x", "webcam", "simulated:x",
     "rtsp:nonsense",
     "rtsp://", "folder:x?pattern=y", "simulated:7?foo=1", "usb:0?every=soon",
     "usb:0?every=-1", "usb:0?every=nan", "usb:0?speed=3"],
)  # fmt: skip
def test_nonsense_is_refused_in_words(address: str) -> None:
    with pytest.raises(UnknownSource, match=r"source|no video file|every|seed"):
        parse_source(address)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("rtsp://h/s?channel=2&every=3", "rtsp://h/s?channel=2"),
        ("rtsp://h/s?every=3", "rtsp://h/s"),
        ("rtsp://h/s?token=a%2Fb", "rtsp://h/s?token=a%2Fb"),
    ],
)
def test_the_cameras_own_options_stay_in_its_address(given: str, kept: str) -> None:
    source = parse_source(given)
    assert isinstance(source, VideoSource)
    assert source._address == kept
