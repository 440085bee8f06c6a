"""Serial numbers that never came."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.capture import SERIAL
from inspection.core.serials import missing


@given(
    st.integers(0, 10**9), st.integers(8, 60), st.sets(st.integers(1, 58), max_size=20), st.sampled_from([1, 2, 5]),
    st.randoms(),
)  # fmt: skip
def test_what_was_taken_out_of_a_row_is_missing(
    first: int, count: int, gone: set[int], step: int, dice: random.Random
) -> None:
    gone = {i for i in gone if i % 3 == 0 and i < count - 1}  # no two neighbours, not the ends: the step stays known
    serials = [f"PH-{first + step * i:012d}A" for i in range(count) if i not in gone]
    dice.shuffle(serials)
    assert missing(serials) == len(gone)
    assert missing([*serials, *serials]) == len(gone)


@pytest.mark.parametrize(
    "serials",
    [
        [], ["A1", "A2", "A3", "A4"], ["a", "b", "c", "d", "e"], ["A1", "A2", "B3", "A4", "A5"],
        ["A1", "A01", "A2", "A3", "A4"], ["A1", "A900", "A17000", "A44", "A523", "A7"],
    ],
)  # fmt: skip
def test_serials_that_are_not_numbered_in_a_row_say_nothing(serials: list[str]) -> None:
    assert missing(serials) is None


@given(st.lists(st.from_regex(SERIAL, fullmatch=True), max_size=12))
def test_any_serials_are_taken(serials: list[str]) -> None:
    found = missing(serials)
    assert found is None or found >= 0
