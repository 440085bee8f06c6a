"""Why labels do not prove a limit, and how many more it would take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from inspection.core.evidence import labels_needed, labels_needed_at
from inspection.core.risk import Claim, Risk, Side, Tally

WORTH = 0.5


class Lack(StrEnum):
    """What is missing."""

    LABELS = "too_few_labels"
    SKILL = "too_many_errors"
    SENSITIVITY = "inspectors_miss_too_much"


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Nothing is proved on one side, not even at the strictest threshold.

    The limit of `definition` was tested on `trials` (units, defective ones or passed ones). Without any error it would
    take `trials_if_clean`. `more_needed` says how many more labels will do if errors go on as seen where half of the
    units are decided, `more_if_clean` if there are none at all; None where no number will do or none can be told.
    """

    side: Side
    reason: Lack
    definition: Risk
    limit: float
    trials: int
    trials_if_clean: int | None
    more_if_clean: int | None
    more_needed: int | None


def in_words(refused: Refused) -> str:
    """What is missing, in a sentence."""
    needed = refused.more_needed
    more = "no number of labels will do" if needed is None else f"{needed} more labels needed"
    risk = refused.definition.replace("_", " ")
    return f"to {refused.side}: {refused.trials} labels do not prove {refused.limit:.3%} {risk}; {more}."


def refusal(counts: Tally, claims: Sequence[Claim], asked: Sequence[Claim]) -> Refused:
    """Why `claims` (as tested) are not proved, told of the claim that takes most; `asked` are the same before people's
    misses were taken into account."""
    told = [_lack(counts, claim, plain) for claim, plain in zip(claims, asked, strict=True)]
    worst = max(told, key=lambda refused: math.inf if refused.more_needed is None else refused.more_needed)
    if worst.more_needed == 0:  # enough labels for half of the units, but errors among the strictest scores of all
        return replace(worst, reason=Lack.SKILL, more_needed=None)
    return worst


def _lack(counts: Tally, claim: Claim, asked: Claim) -> Refused:
    events, decided = _where_half_is_decided(counts)
    trials = {Risk.PER_UNIT: counts.units, Risk.PER_DEFECTIVE: counts.own, Risk.PER_PASSED: decided}[claim.definition]
    blind = claim.limit <= 0
    clean = None if blind else labels_needed(claim.limit, claim.delta)
    needed = None if blind else labels_needed_at(events / trials if trials else 0.0, claim.limit, claim.delta)
    reason = Lack.SENSITIVITY if blind else Lack.SKILL if needed is None else Lack.LABELS
    return Refused(
        side=counts.side,
        reason=reason,
        definition=asked.definition,
        limit=asked.limit,
        trials=trials,
        trials_if_clean=clean,
        more_if_clean=_more_labels(claim.definition, clean, trials, counts.units),
        more_needed=_more_labels(claim.definition, needed, trials, counts.units),
    )


def _where_half_is_decided(counts: Tally) -> tuple[int, int]:
    """Errors and decided units at the first threshold that decides half of the units that can be decided at all."""
    if not len(counts.decided):
        return 0, 0
    at = int(np.searchsorted(counts.decided, WORTH * counts.decided[-1]))
    return int(counts.events[at]), int(counts.decided[at])


def _more_labels(definition: Risk, needed: int | None, trials: int, units: int) -> int | None:
    """Labels of any unit that bring the trials still missing, at the rate at which they have come so far."""
    if needed is None:
        return None
    missing = max(0, needed - trials)
    if definition is Risk.PER_UNIT or not missing:
        return missing
    return math.ceil(missing * units / trials) if trials else None
