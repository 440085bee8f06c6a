"""The five degrees of automation: one table."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a line leaves to its model, from nothing to all but referrals."""

    HUMAN_ONLY = "human_only"
    SHADOW = "shadow"
    AI_ASSIST = "ai_assist"
    PARTIAL_AUTOMATION = "partial_automation"
    FULL_AUTOMATION = "full_automation"

    @property
    def rung(self) -> int:
        """0 for human only to 4 for full automation."""
        return list(Level).index(self)


@dataclass(frozen=True, kw_only=True)
class Freedom:
    """What one level lets the model do and the inspector see."""

    title: str
    means: str
    runs_model: bool
    shows_ai: bool
    ai_decides: bool


FREEDOM: dict[Level, Freedom] = {
    Level.HUMAN_ONLY: Freedom(
        title="Human only",
        means="People inspect every unit. No model runs.",
        runs_model=False,
        shows_ai=False,
        ai_decides=False,
    ),
    Level.SHADOW: Freedom(
        title="Shadow",
        means="People inspect every unit, blind. The model is scored in silence.",
        runs_model=True,
        shows_ai=False,
        ai_decides=False,
    ),
    Level.AI_ASSIST: Freedom(
        title="AI assist",
        means="People inspect every unit and see what the model points at, but for a blind share.",
        runs_model=True,
        shows_ai=True,
        ai_decides=False,
    ),
    Level.PARTIAL_AUTOMATION: Freedom(
        title="Partial automation",
        means="The model settles what it is sure of; the band between goes to people.",
        runs_model=True,
        shows_ai=True,
        ai_decides=True,
    ),
    Level.FULL_AUTOMATION: Freedom(
        title="Full automation",
        means="The model settles every unit it can judge; people audit a random share.",
        runs_model=True,
        shows_ai=True,
        ai_decides=True,
    ),
}
