"""`jidoka` without any monitoring, to measure what that costs: `python -m benchmarks.unwatched serve ...`.

No figures are counted, timed or kept, no light is measured where no model runs, and no rules or guards are asked.
"""

from importlib import import_module
from typing import Any

from inspection.flow.sampling import Sampling
from inspection.flow.stages import Stages
from inspection.main import main

MONITORS = (2, 3, 4, 5)  # light, guards, alarms and rules, among what is done each second


def _silent(*_: Any, **__: Any) -> Stages:
    return Stages()


def _nothing(*_: Any, **__: Any) -> Any:
    return ()


if __name__ == "__main__":
    # Not by attribute: some commands have the names of the modules.
    figures, serve, wiring = (import_module(f"inspection.main.{name}") for name in ("figures", "serve", "server"))
    wiring.Stages = _silent
    figures.counted.count_all = _nothing
    serve._reckoning = _nothing
    all_of_them = serve._guarding
    serve._guarding = lambda server: tuple(one for at, one in enumerate(all_of_them(server)) if at not in MONITORS)
    serve._notify = _nothing
    serve._relight = _nothing
    Sampling.due = lambda _self, _eye: False  # type: ignore[method-assign]
    main()
