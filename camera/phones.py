"""The simulated line of phones as a source of frames."""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from camera.frame import Frame
from camera.simulated.controls import Controls
from camera.simulated.line import SimulatedLine


class SimulatedSource:
    """Gives the frames of one unit after the other at the pace its controls say, all marked as simulated."""

    def __init__(
        self,
        seed: int,
        controls: Controls | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        start: int = 0,
    ) -> None:
        self.controls = controls or Controls()
        self.line = SimulatedLine(seed, self.controls, now=now, start=start)
        self._clock = clock
        self._frames: deque[Frame] = deque()
        self._next = 0.0
        self._hurried = 0

    def open(self) -> None:
        """The simulated camera is always there."""

    def read(self) -> Frame | None:
        """The next frame when its unit has arrived, else None."""
        if not self._frames:
            state = self.controls.state()
            if state["paused"] or self._clock() < self._next:
                return None
            wait_s = 60.0 / max(float(state["pace"]), 0.1)
            if self._hurried > 0:
                self._hurried, wait_s = self._hurried - 1, 0.0
            self._next = max(self._next, self._clock() - 1.0) + wait_s
            self._frames.extend(
                Frame(data=f.jpeg, serial=f.serial, view=f.view, captured_at=f.captured_at, simulated=True)
                for f in self.line.next_unit()
            )
        return self._frames.popleft() if self._frames else None

    def hurry(self, units: int) -> None:
        """Let the next units come as fast as they can be drawn."""
        self._hurried = units

    def close(self) -> None:
        """There is nothing to let go of."""

    def sent(self, frame: Frame) -> None:
        """A drawing is kept nowhere else."""
