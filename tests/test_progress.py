"""Progress on the command line."""

from inspection.core.pace import Left, Stage
from inspection.main.progress import Bar, told_of


class Clock:
    """A clock that is set."""

    at = 100.0

    def __call__(self) -> float:
        return self.at


def test_each_stage_has_a_bar_and_words_on_what_is_left(capsys) -> None:
    clock = Clock()
    before = (Stage(name="features", begun=0, first_done=1, first_at=10, done=40, total=40, at=400),
              Stage(name="fitting", begun=400, first_done=1, first_at=520, done=1, total=1, at=520))  # fmt: skip
    with Bar(before, clock) as bar:
        for done in range(1, 21):
            clock.at += 10
            bar("features", done, 40)
        during = bar.lines
        clock.at += 200
        bar("features", 40, 40)
        clock.at += 100
        bar("fitting", 1, 1)
    assert during == ["features 20/40 about 3 min left; about 5 min in all"]
    assert bar.lines == ["features 40/40", "fitting 1/1"]
    assert "features" in capsys.readouterr().out


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert told_of(Left()) == ""
    assert told_of(Left(stage=30.0)) == "about 30 s left"
