"""Whether a frame is fit to be judged, found out where it was taken."""

from collections import deque
from hashlib import sha256

import cv2
import numpy as np

from camera.frame import Frame, Source
from inspection.core.capture import FROZEN, WHOLE_IMAGE, QualityLimits, Region, unfit
from inspection.core.measure import measure

_WIDTH = 320


class QualitySource:
    """Wraps a source and marks frames that are unfit, or that repeat another's pixels: a frozen camera.

    Nothing is held back: the server sends an unfit frame to a person. The mark is for whoever stands at the camera.
    """

    def __init__(
        self, source: Source, limits: QualityLimits | None = None, reference: Region = WHOLE_IMAGE, memory: int = 16
    ) -> None:
        self._source = source
        self._limits = limits or QualityLimits()
        self._reference = reference
        self._recent: deque[str] = deque(maxlen=memory)

    def open(self) -> None:
        """Open what is wrapped."""
        self._source.open()

    def read(self) -> Frame | None:
        """The wrapped source's next frame, with its finding."""
        frame = self._source.read()
        if frame is None:
            return None
        return Frame(**{**frame.__dict__, "finding": self._look(frame)})

    def close(self) -> None:
        """Close what is wrapped."""
        self._source.close()

    def sent(self, frame: Frame) -> None:
        """Tell what is wrapped."""
        self._source.sent(frame)

    def _look(self, frame: Frame) -> str:
        digest = sha256(frame.data).hexdigest()
        if digest in self._recent:
            return FROZEN
        self._recent.append(digest)
        pixels = np.frombuffer(frame.data, np.uint8)
        try:
            grey = cv2.imdecode(pixels, cv2.IMREAD_REDUCED_GRAYSCALE_2) if pixels.size else None
        except cv2.error:  # such as a header that claims more pixels than any camera has
            grey = None
        if grey is None:
            return "unreadable: the picture cannot be decoded"
        scale = min(1.0, _WIDTH / grey.shape[1])
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
        return unfit(measure(small.astype(np.uint8), self._reference), self._limits) or ""
