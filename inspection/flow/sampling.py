"""Which images are measured where no model runs: figures are worth less than images, so they get what time is left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf

EVERY_S = 0.2
CROWDED_EVERY_S = 1.0

Eye = tuple[int, str]  # a camera's id and the view it shows


class Sampling:
    """Whether an image is to be measured, by what goes on in the event loop that this is used in. `threads` store
    images; `clock` is seconds that never run back."""

    def __init__(self, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads, self._clock = threads, clock
        self._storing = self._measuring = 0
        self._crowded_at = -inf
        self._last: dict[Eye, float] = {}

    @contextmanager
    def storing(self) -> Iterator[None]:
        """While an image is being stored."""
        self._storing += 1
        self._crowded(self._clock())
        try:
            yield
        finally:
            self._storing -= 1

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """While an image that was due is being measured, or waits for it."""
        self._measuring += 1
        try:
            yield
        finally:
            self._measuring -= 1

    def due(self, eye: Eye) -> bool:
        """Each view has a pace of its own, so that none is always forestalled by another that comes just before it.
        Where images wait to be stored, all views share one pace, however many there are."""
        if self._measuring >= self._threads:
            return False
        now = self._clock()
        last = self._last.get(eye)
        pause = CROWDED_EVERY_S * len(self._last) if self._crowded(now) else EVERY_S
        if last is not None and now - last < pause:
            return False
        self._last[eye] = now
        return True

    def _crowded(self, now: float) -> bool:
        """Whether images wait to be stored, or did lately: they are stored in groups, and after one none waits."""
        if self._storing > self._threads // 2:
            self._crowded_at = now
        return now - self._crowded_at < CROWDED_EVERY_S
