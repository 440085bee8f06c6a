"""The risks of leaving units to the AI, and how far its thresholds may go: the exact fixed-sequence binomial claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from inspection.core.evidence import most_events

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]
BELOW_ALL, ABOVE_ALL = -1.0, 2.0  # beyond every score, which run from 0 to 1


class Risk(StrEnum):
    """What an error is counted against. An error is a defective unit that was passed (an escape), or on the reject side
    a good one that was rejected (overkill), where "defective" reads "good" and "passed" reads "rejected"."""

    PER_UNIT = "per_unit"
    """P(defective and passed), of all units; on the reject side P(good and rejected)."""
    PER_DEFECTIVE = "per_defective"
    """P(passed | defective), the miss rate; on the reject side P(rejected | good)."""
    PER_PASSED = "per_passed"
    """P(defective | passed), the outgoing quality; on the reject side P(good | rejected)."""


class Side(StrEnum):
    """Whether thresholds to pass or thresholds to reject are meant."""

    PASS = "pass"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an engineer asks for: `escape` (alpha) and `overkill` (beta) by `definition`, each held with confidence
    1 - delta.

    `escape_per_defective` must hold too, unless it is None: where fewer units are defective than `escape` allows, a
    limit per unit alone would let every unit pass. With `together` both sides hold at once with confidence 1 - delta
    (each is tested at delta / 2); without it each statement has its own.
    """

    escape: float
    overkill: float
    escape_per_defective: float | None = 0.1
    delta: float = 0.05
    definition: Risk = Risk.PER_UNIT
    together: bool = False

    def __post_init__(self) -> None:
        shares = (self.escape, self.overkill, self.escape_per_defective, self.delta)
        if not all(share is None or 0 < share < 1 for share in shares):
            raise ValueError("Limits and delta are shares of units: between 0 and 1, both excluded.")

    @property
    def delta_of_a_side(self) -> float:
        """The chance of error that a side's test may spend."""
        return self.delta / 2 if self.together else self.delta


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One limit that must hold at a threshold, tested exactly at level delta."""

    definition: Risk
    limit: float
    delta: float


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts at each threshold, from the strictest on: `events` errors among `decided` units (cumulative, shape of
    `thresholds`), out of `units` of which `own` belong to the class that the error is about."""

    side: Side
    thresholds: Scores
    events: NDArray[np.int64]
    decided: NDArray[np.int64]
    units: int
    own: int

    def trials(self, definition: Risk) -> NDArray[np.int64]:
        """What errors are counted against, at each threshold."""
        if definition is Risk.PER_PASSED:
            return self.decided
        return np.full(len(self.thresholds), self.units if definition is Risk.PER_UNIT else self.own)


def tally(side: Side, scores: Scores, defective: Flags, start: float | None = None) -> Tally:
    """Count errors at every score that is there, equal scores together, and from `start` on where one is given.

    Units whose score is no number from 0 to 1 are never automated, as in `core.decide`, but they are units."""
    bad = defective if side is Side.PASS else ~defective
    sign = 1.0 if side is Side.PASS else -1.0
    known = (scores >= 0) & (scores <= 1)  # False for NaN
    keys, place = np.unique(sign * scores[known], return_inverse=True)
    events = np.cumsum(np.bincount(place, weights=bad[known], minlength=len(keys))).astype(np.int64)
    decided = np.cumsum(np.bincount(place, minlength=len(keys))).astype(np.int64)
    if start is not None:
        at = int(np.searchsorted(keys, sign * start, side="right"))
        seen, passed = (int(events[at - 1]), int(decided[at - 1])) if at else (0, 0)
        keys = np.concatenate([[sign * start], keys[at:]])
        events, decided = np.concatenate([[seen], events[at:]]), np.concatenate([[passed], decided[at:]])
    thresholds = np.abs(keys)
    return Tally(
        side=side, thresholds=thresholds, events=events, decided=decided, units=len(scores), own=int(bad.sum())
    )


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Thresholds of one side that are proved: from `strictest` to before `beyond`, the first score at which the test
    failed. `widest` is the last score that was seen within."""

    strictest: float
    widest: float
    beyond: float

    def covers(self, threshold: float) -> bool:
        """Whether deciding up to this threshold, it included, is proved."""
        if self.beyond >= self.strictest:
            return self.strictest <= threshold < self.beyond
        return self.beyond < threshold <= self.strictest


def prove(counts: Tally, claims: Sequence[Claim]) -> Proof | None:
    """Walk from the strictest threshold outward while all claims pass their tests, and stop at the first that fails.
    With probability at least 1 - delta every limit holds at every threshold of the proof. None: nothing is proved.

    Exact binomial p-values, P(Bin(trials, limit) <= events) <= delta (Angelopoulos et al., Learn then Test, 2021, with
    fixed-sequence testing). Neither the number of thresholds nor that of tests costs anything:

    * Let t* be the first threshold at which any of the limits is broken. To call t*, or anything beyond it, proved,
      the walk must pass t*, where the broken limit's own test passes with probability delta at most. So tests of
      several limits each keep the whole delta (intersection-union test, Berger 1982).
    * Thresholds at scores that were seen are as good as all real numbers: counts do not change between them. So the
      proof reaches up to the next score that was seen, and t* is a fixed number although the scores are random.
    * That needs a first threshold that is no accident. For the risks per unit and per defective it is "pass nothing",
      where they are 0. The risk per passed has none there: its walk must begin at a `start` chosen without looking at
      these units (see `core.certificate`), and what is stricter than that is not proved.
    """
    passed = np.ones(len(counts.thresholds), dtype=bool)
    for claim in claims:
        passed &= _passes(counts, claim)
    proved = len(passed) if passed.all() else int(np.argmin(passed))
    if not proved:
        return None
    from_none = all(claim.definition is not Risk.PER_PASSED for claim in claims)
    nothing, everything = (BELOW_ALL, ABOVE_ALL) if counts.side is Side.PASS else (ABOVE_ALL, BELOW_ALL)
    return Proof(
        strictest=nothing if from_none else float(counts.thresholds[0]),
        widest=float(counts.thresholds[proved - 1]),
        beyond=everything if proved == len(passed) else float(counts.thresholds[proved]),
    )


def _passes(counts: Tally, claim: Claim) -> Flags:
    """At which thresholds the claim passes its own test."""
    if claim.definition is not Risk.PER_PASSED:  # the same trials everywhere, so one number says it all
        trials = counts.units if claim.definition is Risk.PER_UNIT else counts.own
        return counts.events <= most_events(trials, claim.limit, claim.delta)
    from scipy.special import bdtr  # late: half a second of every start otherwise

    passed: Flags = bdtr(counts.events, counts.decided, claim.limit) <= claim.delta
    return passed


def escape_claims(limits: Limits) -> list[Claim]:
    """What must hold where units are passed."""
    delta = limits.delta_of_a_side
    claims = [Claim(definition=limits.definition, limit=limits.escape, delta=delta)]
    if limits.escape_per_defective is not None:
        claims.append(Claim(definition=Risk.PER_DEFECTIVE, limit=limits.escape_per_defective, delta=delta))
    return claims


def overkill_claims(limits: Limits) -> list[Claim]:
    """What must hold where units are rejected."""
    return [Claim(definition=limits.definition, limit=limits.overkill, delta=limits.delta_of_a_side)]
