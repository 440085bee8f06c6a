"""How a line decides: an immutable, numbered version of level, model and thresholds."""

import math
from dataclasses import dataclass
from datetime import datetime

from inspection.core.level import FREEDOM, Level

DEFAULT_AUDIT_SHARE = 0.05
DEFAULT_DEADLINE_MS = 2000


class InvalidPolicy(ValueError):
    """A policy that cannot be put into force; the message says what to change."""


class Outdated(InvalidPolicy):
    """Somebody else has changed the line since it was looked at."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a policy says. Scores run from 0 (good) to 1 (defective); a threshold belongs to the AI's side of it."""

    level: Level
    model: str | None = None
    pass_below: float | None = None
    reject_above: float | None = None
    audit_share: float = DEFAULT_AUDIT_SHARE
    deadline_ms: int = DEFAULT_DEADLINE_MS

    def __post_init__(self) -> None:
        if FREEDOM[self.level].runs_model and self.model is None:
            raise InvalidPolicy(f"{FREEDOM[self.level].title} runs a model: train one and choose it.")
        for name in ("pass_below", "reject_above"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and 0 <= value <= 1):
                raise InvalidPolicy(f"{name} is a score from 0 to 1, not {value}.")
        if self.level is Level.PARTIAL_AUTOMATION and self.pass_below is None and self.reject_above is None:
            raise InvalidPolicy("Partial automation needs at least one threshold: pass_below or reject_above.")
        if self.level is Level.FULL_AUTOMATION and self.reject_above is None:
            raise InvalidPolicy("Full automation needs the threshold reject_above: below it units pass.")
        if self.pass_below is not None and self.reject_above is not None and self.pass_below >= self.reject_above:
            raise InvalidPolicy("pass_below must be under reject_above; what lies between goes to a person.")
        if not 0 <= self.audit_share <= 1:
            raise InvalidPolicy("The audit share is a part of all units, from 0 to 1.")
        if FREEDOM[self.level].ai_decides and self.audit_share == 0:
            raise InvalidPolicy("Where the AI decides, some units must be audited: choose an audit share above 0.")
        if not 10 <= self.deadline_ms <= 60_000:
            raise InvalidPolicy("The deadline for a prediction lies between 10 and 60000 milliseconds.")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The terms in force on a line, with who put them there and why."""

    number: int
    terms: Terms
    by: str
    reason: str
    at: datetime
    override: bool = False


def raises(before: Terms, after: Terms) -> bool:
    """Whether the change gives a model more freedom, which needs a person: a higher level, another model where people
    see what it says, or wider thresholds where it decides. From full to partial automation is down only while it
    settles no more."""
    if after.level.rung > before.level.rung:
        return True
    if not FREEDOM[after.level].shows_ai:
        return False
    if after.model != before.model:
        return True
    return FREEDOM[after.level].ai_decides and (
        _passes_up_to(after) > _passes_up_to(before)
        or _or(after.reject_above, 2) < _or(before.reject_above, 2)
        or (after.level is before.level and after.audit_share < before.audit_share)
    )


def _passes_up_to(terms: Terms) -> tuple[float, bool]:
    """The highest score that passes, and whether it does itself: full automation passes all that it does not reject."""
    if terms.level is Level.FULL_AUTOMATION:
        return _or(terms.reject_above, 2), False
    return _or(terms.pass_below, -1), True


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
