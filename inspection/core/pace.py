"""How long a training still takes, from the pace it has shown and from how the last one went."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

_ENOUGH_S = 2.0  # of reports, before their pace says anything
_ENOUGH_SHARE = 0.1  # or so much of the stage
_PATIENCE_S = 20.0
_PATIENCE_STEPS = 4.0
_SLOWEST, _FASTEST = 5.0, 0.2  # as against the last training


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a training as it was reported, with times in seconds since 1970.

    It began at `begun`, when the stage before it ended; its first report, at `first_at`, said that `first_done` steps
    were done, and its last one, at `at`, that `done` of `total` were.
    """

    name: str
    begun: float
    first_done: int
    first_at: float
    done: int
    total: int
    at: float


@dataclass(frozen=True, kw_only=True)
class Left:
    """Seconds that the stage under way and the whole training still take; None where it cannot be known yet."""

    stage: float | None = None
    whole: float | None = None


def noted(seen: Sequence[Stage], name: str, done: int, total: int, *, at: float, since: float) -> tuple[Stage, ...]:
    """The stages with one more report, at time `at`, of a training that began at `since`."""
    last = seen[-1] if seen else None
    if last is not None and (last.name, last.total) == (name, total) and last.done <= done:
        return (*seen[:-1], replace(last, done=done, at=at))
    begun = last.at if last else since
    return (*seen, Stage(name=name, begun=begun, first_done=done, first_at=at, done=done, total=total, at=at))


def left(seen: Sequence[Stage], now: float, before: Sequence[Stage] = ()) -> Left:
    """What is left at time `now` of a training with the stages `seen`; `before` are the stages of the line's last one.

    A stage goes on at its own mean pace, once that is known, else at the pace it had before. What follows the stage is
    known from the training before alone: it takes as much longer as everything up to now did. After a silence that is
    too long for the pace, nothing is claimed.
    """
    if not seen:
        return Left()
    stage, silent = seen[-1], max(now - seen[-1].at, 0.0)
    place = _place(seen, before)
    same = before[place] if place is not None else None
    pace = _pace(stage, same)
    if pace is None:
        return Left()
    rest = pace * max(stage.total - stage.done, 0)
    follows = before[place + 1 :] if place is not None else ()
    slower = _slower(seen[-1].at + rest - seen[0].begun, same.at - before[0].begun) if same else 1.0
    first = (follows[0].first_at - follows[0].begun) * slower if follows and not rest else 0.0
    if silent > max(_PATIENCE_S, _PATIENCE_STEPS * pace, _PATIENCE_STEPS * first):
        return Left()
    whole = rest + slower * sum(one.at - one.begun for one in follows) if same else None
    return Left(stage=max(rest - silent, 0.0), whole=None if whole is None else max(whole - silent, 0.0))


def _place(seen: Sequence[Stage], before: Sequence[Stage]) -> int | None:
    """Where the stage under way stood in the training before: its name, for the same time in a row."""
    name = seen[-1].name
    turn = sum(one.name == name for one in seen)
    places = [i for i, one in enumerate(before) if one.name == name]
    return places[turn - 1] if turn <= len(places) else None


def _pace(stage: Stage, same: Stage | None) -> float | None:
    """Seconds a step; the first report is left out, for it waits for what is done once."""
    steps, seconds = stage.done - stage.first_done, stage.at - stage.first_at
    if steps > 0 and (seconds >= _ENOUGH_S or steps >= _ENOUGH_SHARE * stage.total):
        return max(seconds, 0.0) / steps
    if same is not None and same.done > same.first_done:
        return max(same.at - same.first_at, 0.0) / (same.done - same.first_done)
    if same is not None:
        return max(same.at - same.begun, 0.0) / max(same.total, 1)
    return 0.0 if stage.done >= stage.total else None


def _slower(now: float, before: float) -> float:
    return min(max(now / before, _FASTEST), _SLOWEST) if before > 1.0 else 1.0


def words(seconds: float) -> str:
    """A length of time as roughly as an estimate is known: `about 3 min`."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.0f} h" if seconds < 129_600 else "more than a day"
