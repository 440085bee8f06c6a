"""Serial numbers that follow one another, and how many between them never came."""

import math
import re
from collections.abc import Iterable
from itertools import pairwise

FEWEST = 5  # serials of which it can be said that they follow one another
_NUMBERED = re.compile(r"(.*?)([0-9]{1,15})([^0-9]{0,16})", re.DOTALL)
_WIDEST = 4  # times as many numbers as serials: further apart they are not given one after another


def missing(serials: Iterable[str]) -> int | None:
    """How many serials lie between these and are not among them; None where they are not numbered one after another.

    The last number in a serial counts, and what stands around it must be the same in all. A line that is sent every
    second unit has steps of two and misses none: the step is the greatest that all differences are multiples of.
    """
    parts = [_NUMBERED.fullmatch(serial) for serial in set(serials)]
    if len(parts) < FEWEST or not all(parts):
        return None
    split = [part.groups() for part in parts if part]
    if len({(before, after) for before, _, after in split}) != 1:
        return None
    numbers = sorted({int(number) for _, number, _ in split})
    if len(numbers) != len(split):  # such as 7 and 07
        return None
    step = math.gcd(*(high - low for low, high in pairwise(numbers)))
    places = (numbers[-1] - numbers[0]) // step + 1
    return places - len(numbers) if places <= _WIDEST * len(numbers) else None
