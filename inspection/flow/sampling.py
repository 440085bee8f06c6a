"""Which images are measured where no model runs: figures are worth less than images, so they get what time is left."""

import time
from collections.abc import Callable

EVERY_S = 0.2
CROWDED_EVERY_S = 1.0

Eye = tuple[int, str]  # a camera's id and the view it shows


class Sampling:
    """Whether an image is to be measured. `clock` is seconds that never run back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[Eye, float] = {}

    def due(self, eye: Eye, *, crowded: bool) -> bool:
        """Each view has a pace of its own, so that none is always forestalled by another that comes just before it.
        Where images wait to be stored (`crowded`), all views share one pace, however many there are."""
        now = self._clock()
        last = self._last.get(eye)
        pause = CROWDED_EVERY_S * len(self._last) if crowded else EVERY_S
        if last is not None and now - last < pause:
            return False
        self._last[eye] = now
        return True
