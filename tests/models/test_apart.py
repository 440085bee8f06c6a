"""A process of its own tells what it does, ends when that is cancelled, and says how it ended."""

from pathlib import Path

import pytest

from inspection.core.train import Cancelled
from models.apart import Died, run_apart


def run(what: str, cancelled: bool = False) -> list[str]:
    told: list[str] = []
    run_apart(
        "tests.models.apart", Path(what), told=lambda line: told.append(line.strip()),
        cancelled=lambda: cancelled and len(told) == 2,
    )  # fmt: skip
    return told


def test_what_it_says_is_told_to_the_end() -> None:
    assert run("ends") == ["one", "two"]


@pytest.mark.parametrize("what", ["waits", "falls silent"])
def test_it_ends_when_it_is_cancelled(what: str) -> None:
    with pytest.raises(Cancelled):
        run(what, cancelled=True)


def test_it_ends_when_nobody_wants_to_hear_it() -> None:
    with pytest.raises(ZeroDivisionError):
        run_apart("tests.models.apart", Path("waits"), told=lambda _: print(1 / 0), cancelled=lambda: False)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("fails", "ValueError: the third is missing"),
        ("exits", "its process ended with 3."),
        ("is killed", "its process was killed from outside, as happens when the memory does not suffice."),
        ("crashes", "its process was ended by SIGTERM."),
    ],
)
def test_how_it_died_is_said(what: str, words: str) -> None:
    with pytest.raises(Died) as died:
        run(what)
    assert str(died.value) == words
