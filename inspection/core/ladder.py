"""What each step up the ladder asks for: conditions with their numbers, met or not."""

from dataclasses import dataclass

from inspection.core.level import FREEDOM, Level

MIN_PREDICTIONS = 20
MIN_BLIND = 50
MIN_AGREEMENT = 0.9
LEAN = 0.5  # from this score on a model calls a unit defective; trainings put their own limit there


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition for a step up, in words with its number; met or not."""

    text: str
    met: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known of a model on its line: its newest `predictions`, of which `failures` gave no opinion; the newest
    `blind` labels of units it was asked about, and how many of these it `agreed` with at the limit it was trained
    with; and why no certificate proves the terms that are asked for, "" where one does."""

    has_model: bool
    predictions: int = 0
    failures: int = 0
    blind: int = 0
    agreed: int = 0
    unproved: str = ""


def conditions(level: Level, standing: Standing) -> tuple[Condition, ...]:
    """What a line needs to go up to this level; nothing to go to human only."""
    if level is Level.HUMAN_ONLY:
        return ()
    model = Condition(
        text="A trained model" if standing.has_model else "A trained model: none yet", met=standing.has_model
    )
    if level is Level.SHADOW:
        return (model,)
    fine = standing.predictions - standing.failures
    errors = Condition(
        text=f"Predictions without an error: {fine} of {max(standing.predictions, MIN_PREDICTIONS)}",
        met=standing.predictions >= MIN_PREDICTIONS and not standing.failures,
    )
    share = f" ({standing.agreed / standing.blind:.0%}, at least {MIN_AGREEMENT:.0%})" if standing.blind else ""
    agreement = Condition(
        text=f"Blind labels that agree with the model: {standing.agreed} of {max(standing.blind, MIN_BLIND)}{share}",
        met=standing.blind >= MIN_BLIND and standing.agreed >= MIN_AGREEMENT * standing.blind,
    )
    if not FREEDOM[level].ai_decides:
        return model, errors, agreement
    proof = Condition(
        text=f"A certificate: {standing.unproved}" if standing.unproved else "A certificate that holds",
        met=not standing.unproved,
    )
    return model, errors, agreement, proof
