"""The simulated line: unit after unit before a camera that can fail on demand."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from camera.simulated.controls import Controls
from camera.simulated.draw import UNFIT, jpeg
from camera.simulated.phone import LIMITS, REFERENCE
from camera.simulated.truth import VIEWS, Unit, make_unit

__all__ = ["LIMITS", "REFERENCE", "SimulatedFrame", "SimulatedLine"]
REMEMBER = 100_000


@dataclass(frozen=True, kw_only=True)
class SimulatedFrame:
    """One frame of the simulated camera; a repeated one has the time and bytes of the one before."""

    serial: str
    view: str
    jpeg: bytes
    captured_at: datetime


class SimulatedLine:
    """Makes units one by one, deterministic by seed, and remembers what is really wrong with each."""

    def __init__(self, seed: int, controls: Controls, *, now: Callable[[], datetime], start: int = 0) -> None:
        self._seed, self._controls, self._now = seed, controls, now
        self._index = start
        self._known: OrderedDict[str, Unit] = OrderedDict()
        self._frozen: dict[str, bytes] = {}

    def next_unit(self) -> list[SimulatedFrame]:
        """The frames of the next unit: one for each view, fewer when one is lost, more when one is repeated."""
        state = self._controls.state()
        unit = make_unit(self._seed, self._index, float(state["defect_rate"]))
        self._index += 1
        self._remember(unit)
        self._controls.wear()
        faults = np.random.default_rng([self._seed, unit.index, 1])
        lost = VIEWS[int(faults.integers(0, 2))] if faults.random() < state["lost"] else None
        frames = [self._frame(unit, view, state, faults) for view in VIEWS if view != lost]
        if faults.random() < state["repeated"]:
            frames.append(frames[-1])
        return frames

    def truth(self, serial: str) -> Unit | None:
        """What is really wrong with a unit that this line has made."""
        return self._known.get(serial)

    def _frame(
        self, unit: Unit, view: str, state: dict[str, float | bool], faults: np.random.Generator
    ) -> SimulatedFrame:
        unfit = UNFIT[int(faults.integers(0, len(UNFIT)))] if faults.random() < state["unfit"] else None
        if state["frozen"] and view in self._frozen:
            picture = self._frozen[view]
        else:
            picture = self._frozen[view] = jpeg(unit, view, float(state["lamp"]), unfit)
        return SimulatedFrame(serial=unit.serial, view=view, jpeg=picture, captured_at=self._now())

    def _remember(self, unit: Unit) -> None:
        self._known[unit.serial] = unit
        if len(self._known) > REMEMBER:
            self._known.popitem(last=False)
