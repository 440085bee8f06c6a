"""What is due once a minute is done then, and again while there is more of it."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest

serve = import_module("inspection.main.serve")  # one of the commands has the module's name
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


class Clock:
    """A clock and a watch that finds so much to do, or fails."""

    def __init__(self, *found: int | Exception) -> None:
        self.now, self.found, self.asked = NOON, list(found), 0

    def watch(self) -> int:
        self.asked += 1
        one = self.found.pop(0) if self.found else 0
        if isinstance(one, Exception):
            raise one
        return one


def asked(clock: Clock, *seconds: int) -> list[int]:
    """How often the watch was asked by each of these moments."""
    due, counts = serve.each_minute(clock.watch, lambda: clock.now), []
    for second in seconds:
        clock.now = NOON + timedelta(seconds=second)
        with suppress(OSError):
            due()
        counts.append(clock.asked)
    return counts


@pytest.mark.parametrize(
    ("found", "seconds", "counts"),
    [
        ((), (0, 1, 59, 60, 61), [1, 1, 1, 2, 2]),
        ((3, 1, 0), (0, 1, 2, 3, 4), [1, 2, 3, 3, 3]),
        ((OSError(), 0), (0, 1, 2), [1, 2, 2]),
        ((), (0, 1, -3600, -3599), [1, 1, 2, 2]),
    ],
    ids=["once a minute", "while there is more", "again where it failed", "when the clock goes back"],
)
def test_it_is_asked(found: tuple[int | Exception, ...], seconds: tuple[int, ...], counts: list[int]) -> None:
    assert asked(Clock(*found), *seconds) == counts
