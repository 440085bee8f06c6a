"""What counts of blind labels prove: exact bounds on a rate, and how many labels a proof takes.

The numbers count units whose labels were given blind, so that the model could not lead its own judge.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_EVENTS = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A unit with the model's score (of its worst view) and the truth a person gave."""

    score: float
    defective: bool


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`events` in `trials`, with the one-sided upper bound at the stated confidence (Clopper and Pearson, 1934)."""

    events: int
    trials: int
    upper: float


def rate(events: int, trials: int, delta: float = 0.05) -> Rate:
    """A rate with its exact upper bound, held with confidence 1 - delta; without trials the bound is 1."""
    return Rate(events=events, trials=trials, upper=float(upper_bounds(events, trials, delta)))


def upper_bounds(events: ArrayLike, trials: ArrayLike, delta: float = 0.05) -> NDArray[np.float64]:
    """The bounds of `rate` for arrays of counts that broadcast; each holds with confidence 1 - delta by itself."""
    from scipy.special import betaincinv  # late: half a second of every start otherwise

    seen, of = np.broadcast_arrays(np.asarray(events), np.asarray(trials))
    open_above = seen < of
    spare = np.where(open_above, of - seen, 1)
    return np.where(open_above, betaincinv(seen + 1, spare, 1 - delta), 1.0)


def lower_bound(events: int, trials: int, delta: float = 0.05) -> float:
    """The one-sided lower bound of Clopper and Pearson: the rate is at least this with confidence 1 - delta."""
    return 1 - rate(trials - events, trials, delta).upper


def labels_needed(limit: float, delta: float = 0.05, events: int = 0) -> int:
    """How many labels prove a rate of at most `limit` when `events` of them speak against it: the least n with
    P(Bin(n, limit) <= events) <= delta; for no events (1 - limit)^n <= delta."""
    if not 0 < limit < 1 or not 0 < delta < 1:
        raise ValueError("limit and delta lie between 0 and 1.")
    if events == 0:
        return math.ceil(math.log(delta) / math.log1p(-limit))
    from scipy.special import bdtr  # late, as above

    too_few, enough = events, 2 * (events + 1)
    while bdtr(events, enough, limit) > delta:
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if bdtr(events, middle, limit) <= delta else (middle, enough)
    return enough


def most_events(trials: int, limit: float, delta: float = 0.05) -> int:
    """The most events in `trials` with which they still prove the limit: the largest k with P(Bin(trials, limit) <= k)
    <= delta; -1 where not even none will do."""
    from scipy.special import bdtr  # late, as above

    if trials < labels_needed(limit, delta):
        return -1
    most, too_many = 0, trials  # with an event in every trial the probability is 1
    while too_many - most > 1:
        middle = (most + too_many) // 2
        most, too_many = (middle, too_many) if bdtr(middle, trials, limit) <= delta else (most, middle)
    return most


def labels_needed_at(observed: float, limit: float, delta: float = 0.05) -> int | None:
    """How many labels prove the limit if events go on at the rate `observed` (a share): the least labels_needed(...,
    events) whose events the rate does not exceed. None where the rate lies so near the limit that none will do."""
    if observed <= 0:
        return labels_needed(limit, delta)
    if observed >= limit:
        return None
    too_few, enough = 0, 1
    while observed * labels_needed(limit, delta, enough) > enough:
        too_few, enough = enough, 2 * enough
        if enough > MOST_EVENTS:
            return None
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        will_do = observed * labels_needed(limit, delta, middle) <= middle
        too_few, enough = (too_few, middle) if will_do else (middle, enough)
    return labels_needed(limit, delta, enough)


@dataclass(frozen=True, kw_only=True)
class AuditNeed:
    """So many audited units prove a limit anew each week: `share` of the traffic, over 1 where a week has too few."""

    labels: int
    share: float


def audit_share_for(limit: float, delta: float, units_per_week: float) -> AuditNeed:
    """The audit that proves `limit` each week if it finds no event. The draw is random and events happen: an engineer
    who wants the proof nearly every week takes more."""
    if not units_per_week > 0:
        raise ValueError("The line must pass some units in a week before an audit of it can be planned.")
    labels = labels_needed(limit, delta)
    return AuditNeed(labels=labels, share=labels / units_per_week)
