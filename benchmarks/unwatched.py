"""`jidoka` without any monitoring, to measure what that costs: `python -m benchmarks.unwatched serve ...`.

No figures are counted, timed or kept, no light is measured where no model runs, and no rules or guards are asked.
"""

from typing import Any

from inspection.flow import ingest
from inspection.flow.stages import Stages
from inspection.main import figures, main, serve
from inspection.main import server as wiring


def _silent(*_: Any, **__: Any) -> Stages:
    return Stages()


def _nothing(*_: Any, **__: Any) -> Any:
    return ()


if __name__ == "__main__":
    wiring.Stages = _silent  # type: ignore[assignment,misc]
    figures.counted.count_all = _nothing
    serve._reckoning = _nothing
    serve._guarding = _nothing
    serve._notify = _nothing
    serve._relight = _nothing
    ingest.Intake._worth_examining = lambda _self, _camera, question: bool(question.models)  # type: ignore[method-assign]
    main()
