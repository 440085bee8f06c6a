"""What a figure of alarm rules is: its stage, title, unit and window, and how it is asked of a line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from inspection.core.stage import Stage
from inspection.store.database import Tx
from inspection.store.lines import LineInForce

FEWEST = 20  # units, images or answers of which a share says something
SHARE, SECONDS, PER_MINUTE, TIMES, PSI = "share", "seconds", "per_minute", "times", "psi"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a figure is asked of: a line, from `since` until now. `disk_left` is the free share of the data's disk."""

    tx: Tx
    line: LineInForce
    since: datetime
    now: datetime
    disk_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a line; `stage` is where in the pipeline it is measured. `rests` is whether it also speaks of a
    line that does not run; `against_ai` whether it holds people's answers against the AI's; `trains` whether a new
    training may mend it: what the AI and people say of parts, and nothing that a lamp, lens or clock can cause."""

    name: str
    stage: Stage
    title: str
    unit: str
    window: timedelta
    compute: Callable[[Asked], float | None]
    rests: bool = False
    against_ai: bool = False
    trains: bool = False

    @property
    def of_ai(self) -> bool:
        """Whether it is made of what the AI said of units, which nobody may learn of one whose blind review is to
        come."""
        return self.stage in (Stage.LOCATE, Stage.PREDICT, Stage.DECIDE) or self.against_ai

    def ask(self, tx: Tx, line: LineInForce, now: datetime, disk_left: float | None = None) -> float | None:
        """Its value now."""
        return self.compute(Asked(tx=tx, line=line, since=now - self.window, now=now, disk_left=disk_left))
