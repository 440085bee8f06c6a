"""Who hears the events of lines, and how far behind the slowest is."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from inspection.core.metrics import EVENT_LAG, LISTENERS, Reading


class Listener:
    """One connection; `up_to_date` is said whenever it has heard all that there is."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.since = time.monotonic()

    def up_to_date(self) -> None:
        """It has heard everything up to now."""
        self.since = time.monotonic()


class Listeners:
    """The connections that are open now. A lag of a second or so is usual: each looks at least so often."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[Listener] = set()

    @contextmanager
    def hearing(self, line: str) -> Iterator[Listener]:
        """A connection, until it ends."""
        listener = Listener(line)
        with self._lock:
            self._open.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._open.discard(listener)

    def readings(self) -> Iterator[Reading]:
        """For each line that somebody hears: how many do, and the seconds by which the slowest is behind."""
        with self._lock:
            now, hearing = time.monotonic(), list(self._open)
        for line in {one.line for one in hearing}:
            since = [one.since for one in hearing if one.line == line]
            yield Reading(metric=LISTENERS, labels=(line,), value=len(since))
            yield Reading(metric=EVENT_LAG, labels=(line,), value=now - min(since))
