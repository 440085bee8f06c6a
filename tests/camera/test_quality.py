"""Fitness found out at the edge: marked, never held back."""

from collections import deque
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from camera.frame import Frame
from camera.quality import QualitySource
from tests.store.test_images import png_claiming

T0 = datetime(2026, 1, 31, tzinfo=UTC)
rng = np.random.default_rng(3)
GOOD = cv2.GaussianBlur(rng.integers(0, 255, (240, 320, 3), np.uint8), (0, 0), 1.2)


class Given:
    """A source of the pictures it was given."""

    def __init__(self, *pictures: bytes) -> None:
        self.left, self.told = deque(pictures), 0

    def open(self) -> None: ...

    def close(self) -> None: ...

    def sent(self, _frame: Frame) -> None:
        self.told += 1

    def read(self) -> Frame | None:
        if not self.left:
            return None
        return Frame(data=self.left.popleft(), serial="S", view="top", captured_at=T0)


def jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def finding(*pictures: bytes) -> str:
    source = QualitySource(Given(*pictures))
    frames = [source.read() for _ in pictures]
    assert all(frames), "a frame was held back"
    return frames[-1].finding


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (GOOD, ""),
        (GOOD // 20, "dark"),
        (np.maximum(GOOD, 250), "bright"),
        (np.full_like(GOOD, 128), "contrast"),
        (np.tile(np.linspace(40, 200, 320)[None, :, None], (240, 1, 3)), "blurred"),
    ],
)
def test_each_fault_is_named(pixels: np.ndarray, words: str) -> None:
    found = finding(jpeg(pixels.astype(np.uint8)))
    assert words in found
    assert bool(found) is bool(words)


def test_the_same_picture_again_is_a_frozen_camera() -> None:
    assert "frozen" in finding(jpeg(GOOD), jpeg(GOOD // 2), jpeg(GOOD))


@pytest.mark.parametrize("data", [b"", b"no picture", jpeg(GOOD)[:50], png_claiming(100_000, 100_000)])
def test_what_cannot_be_decoded_is_marked_and_sent_all_the_same(data: bytes) -> None:
    assert "unreadable" in finding(data)
