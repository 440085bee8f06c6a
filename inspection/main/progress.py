"""Progress of trainings on the command line: each stage as a bar, with what it and the whole still take."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from inspection.core.pace import Left, Stage, left, noted, words


class Bar:
    """Shows each stage as one bar with the time it has taken and still takes; `before` are the stages of the line's
    last training, from which the time of the whole is told."""

    def __init__(self, before: Sequence[Stage] = (), clock: Callable[[], float] = time.time) -> None:
        columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, TextColumn("{task.fields[left]}"))
        self._clock, self._since, self._before = clock, clock(), before
        self._stages: tuple[Stage, ...] = ()
        self._tasks: list[TaskID] = []

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    @property
    def lines(self) -> list[str]:
        """What the bars say, one line each."""
        return [
            " ".join([task.description, f"{task.completed:g}/{task.total:g}", task.fields["left"]]).strip()
            for task in self._progress.tasks
        ]

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` steps of the stage are finished."""
        now = self._clock()
        self._stages = noted(self._stages, stage, done, total, at=now, since=self._since)
        if len(self._stages) > len(self._tasks):
            self._tasks.append(self._progress.add_task(stage, total=total, left=""))
        told = told_of(left(self._stages, now, self._before)) if done < total else ""
        self._progress.update(self._tasks[-1], completed=done, total=total, left=told)


def told_of(found: Left) -> str:
    """What is left, in words; empty where nothing is known."""
    whole = f"; {words(found.whole)} in all" if found.whole is not None else ""
    return "" if found.stage is None else f"{words(found.stage)} left{whole}"
