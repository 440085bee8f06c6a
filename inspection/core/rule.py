"""Rules of alarms: a figure of a line lies beyond a threshold for long enough."""

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from inspection.core.alarm import InvalidAlarm, Severity

LONGEST_HOLD = timedelta(days=1)


class Comparison(StrEnum):
    """On which side of the threshold the alarm lies."""

    ABOVE = "above"
    BELOW = "below"


class Action(StrEnum):
    """What is done when an alarm begins to fire."""

    NOTIFY = "notify"
    LOWER = "lower"
    MAINTENANCE = "maintenance"
    RETRAINING = "retraining"


ASKS = (Action.MAINTENANCE, Action.RETRAINING)  # of people


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An alarm fires when `figure` has been beyond `threshold` for `hold`, and ends when it has come back by
    `hysteresis`, both in the figure's unit; with `by_hand` only a person ends it."""

    figure: str
    comparison: Comparison
    threshold: float
    hysteresis: float = 0.0
    hold: timedelta = timedelta(0)
    severity: Severity = Severity.WARNING
    actions: tuple[Action, ...] = (Action.NOTIFY,)
    by_hand: bool = False
    enabled: bool = True

    def __post_init__(self) -> None:
        if not math.isfinite(self.threshold) or not math.isfinite(self.hysteresis) or self.hysteresis < 0:
            raise InvalidAlarm("A threshold is a number, and the way back from it a number that is not below zero.")
        if not timedelta(0) <= self.hold <= LONGEST_HOLD:
            raise InvalidAlarm("A rule waits for at most a day before its alarm fires.")
        if len(set(self.actions)) != len(self.actions):
            raise InvalidAlarm("Each action of a rule is named once.")

    def true(self, value: float | None, *, told: bool) -> bool | None:
        """Whether the alarm is due: None where the figure says nothing. Once it has been `told`, it stays due until
        the figure is back by the hysteresis."""
        if value is None or not math.isfinite(value):
            return None
        over = value - self.threshold if self.comparison is Comparison.ABOVE else self.threshold - value
        return over > (-self.hysteresis if told else 0.0)
