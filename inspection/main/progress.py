"""A progress bar for trainings on the command line."""

from types import TracebackType

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Bar:
    """Shows each stage of a training as one bar with the time it still takes."""

    def __init__(self) -> None:
        self._progress = Progress(TextColumn("{task.description:<24}"), BarColumn(), TimeRemainingColumn())
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` steps of the stage are finished."""
        if stage not in self._stages:
            self._stages[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._stages[stage], completed=done, total=total)
