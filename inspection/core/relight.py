"""Drift undone: would past images be decided otherwise in the light of the baseline?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from inspection.core.capture import QualityLimits, unfit
from inspection.core.decide import Outcome, decide, own_opinion, unmeasured
from inspection.core.ladder import LEAN
from inspection.core.level import FREEDOM
from inspection.core.policy import Terms
from inspection.core.predict import Examination, Prediction

DARKEST, BRIGHTEST = 0.25, 4.0


def gain(baseline: float, brightness: float) -> float:
    """By what to multiply grey levels so that a window of that median shines like its baseline: cameras encode light by
    a power, under which a lamp that fades scales all grey levels alike. Within 1/4 and 4, beyond which noise and
    clipped pixels are all there is."""
    if not (isfinite(brightness) and brightness > 0):
        return BRIGHTEST
    return min(max(baseline / brightness, DARKEST), BRIGHTEST)


@dataclass(frozen=True, kw_only=True)
class Twice:
    """One image as it came and with its drift undone: what is decided of it, and the scores, None without one."""

    image_id: int
    before: Outcome
    after: Outcome
    score_before: float | None
    score_after: float | None

    @property
    def flips(self) -> bool:
        """Whether the drift changes what becomes of it."""
        return self.before is not self.after


def outcome(terms: Terms, seen: Examination, limits: QualityLimits) -> Outcome:
    """What a policy decides of an image; where it leaves all to people, what its model leans to."""
    opinion = own_opinion(terms, seen.opinions)
    why = unmeasured(opinion) if seen.quality is None else unfit(seen.quality, limits)
    if FREEDOM[terms.level].ai_decides:
        return decide(terms, opinion, why).outcome
    if why is not None or not isinstance(opinion, Prediction) or opinion.novel:
        return Outcome.REFER
    return Outcome.REJECT if opinion.score >= LEAN else Outcome.PASS


def counts(looked_at: Sequence[Twice]) -> dict[str, int]:
    """How many images change from what to what, such as "pass>refer", most frequent first."""
    return dict(Counter(f"{one.before}>{one.after}" for one in looked_at if one.flips).most_common())
