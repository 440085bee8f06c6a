"""What if: past units decided again under other terms, by the same rules that decided them, and what that would cost.

Truth is known of the units that people labelled. Those that the AI had settled were labelled only when they were
audited, so every estimate is made stratum by stratum and weighted by the stratum's share of all units.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from inspection.core.decide import Decision, Judged, Verdict, decide, own_opinion, settle, unmeasured
from inspection.core.level import FREEDOM
from inspection.core.policy import Terms
from inspection.core.predict import NoPrediction, Prediction

Stratum = float | None  # probability that a unit the AI had settled was audited; None for units that people settled


@dataclass(frozen=True, kw_only=True, slots=True)
class PastImage:
    """An image as it was judged: every opinion of it, what made it unfit, if it was `measured` at all, and the decision
    under which policy."""

    image_id: int
    view: str
    opinions: tuple[Prediction | NoPrediction, ...]
    unfit: str | None
    measured: bool = True
    policy: int | None
    decision: Decision | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PastUnit:
    """A unit as it was: `audited` with `probability`, whether the AI had `settled` it, and whether people found it
    defective, None while nobody has said."""

    label: str
    views: tuple[str, ...]
    images: tuple[PastImage, ...]
    audited: bool
    probability: float
    settled: bool
    defective: bool | None

    @property
    def stratum(self) -> Stratum:
        """Units of one stratum had the same chance of a label."""
        return self.probability if self.settled else None

    @property
    def counts(self) -> bool:
        """Whether its label was given by chance alone: of units that the AI had settled, only audits are."""
        return self.defective is not None and (self.audited or not self.settled)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A decision that comes out otherwise today than it did."""

    label: str
    image_id: int
    policy: int
    then: Decision
    now: Decision


def differences(units: Iterable[PastUnit], policies: Mapping[int, Terms]) -> Iterator[Difference]:
    """Every past decision that its own policy would not make again, bit for bit; those that a crash cut off were made
    by no policy."""
    for unit in units:
        for image in unit.images:
            then = image.decision
            if then is None or image.policy is None or then.reason == "interrupted":
                continue
            now = _again(image, policies[image.policy])
            if now != then:
                yield Difference(label=unit.label, image_id=image.image_id, policy=image.policy, then=then, now=now)


def verdict_under(terms: Terms, views: Iterable[str], images: Iterable[PastImage]) -> Verdict | None:
    """What the AI would make of a unit with these images under these terms: None sends it to a person."""
    judged = [Judged(view=image.view, outcome=_again(image, terms).outcome) for image in images]
    return settle(views, judged, None, timed_out=True).verdict


def _again(image: PastImage, terms: Terms) -> Decision:
    opinion = own_opinion(terms, image.opinions)
    return decide(terms, opinion, image.unfit if image.measured else unmeasured(opinion))


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A share of all units with a two-sided interval, from so many labels."""

    share: float
    low: float
    high: float
    labels: int


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What one escape, one overkill and an inspector's hour cost, in any one currency; None where nobody has said."""

    escape: float | None = None
    overkill: float | None = None
    hour: float | None = None


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """How a window of units would have gone. `unknown` are units without an opinion of the terms' model: they go to
    people, and would perhaps not if it had been asked. Escapes are defective units that pass without a person, overkill
    good ones that are rejected without one."""

    units: int
    passed: int
    rejected: int
    unknown: int
    audits: float
    escapes: Estimate
    overkill: Estimate
    seconds_each: float | None

    @property
    def referred(self) -> int:
        """Units that people settle."""
        return self.units - self.passed - self.rejected

    @property
    def automated(self) -> float:
        """The share of units that the AI settles."""
        return (self.passed + self.rejected) / self.units if self.units else 0.0

    @property
    def hours(self) -> float | None:
        """Inspectors' hours for the window, audits included; None while no review has been timed."""
        return None if self.seconds_each is None else (self.referred + self.audits) * self.seconds_each / 3600

    def cost(self, prices: Prices) -> float | None:
        """What the window would have cost in all that is priced; None where nothing is."""
        parts = (
            (prices.escape, self.escapes.share * self.units),
            (prices.overkill, self.overkill.share * self.units),
            (prices.hour, self.hours),
        )
        known = [price * amount for price, amount in parts if price is not None and amount is not None]
        return sum(known) if known else None


class Replay:
    """A window of past units, decided again as often as wanted. Interval limits hold with confidence 1 - delta."""

    def __init__(self, units: Sequence[PastUnit], seconds_each: float | None = None, delta: float = 0.05) -> None:
        self.units = units
        self._seconds_each = seconds_each
        self._delta = delta

    @cached_property
    def _strata(self) -> Counter[Stratum]:
        return Counter(unit.stratum for unit in self.units)

    def under(self, terms: Terms) -> WhatIf:
        """How the window goes under these terms."""
        verdicts = [verdict_under(terms, unit.views, unit.images) for unit in self.units]
        settled = sum(verdict is not None for verdict in verdicts)
        return WhatIf(
            units=len(self.units), passed=verdicts.count(Verdict.PASS), rejected=verdicts.count(Verdict.REJECT),
            unknown=self._unknown(terms), audits=settled * terms.audit_share,
            escapes=self._estimate(verdicts, Verdict.PASS, defective=True),
            overkill=self._estimate(verdicts, Verdict.REJECT, defective=False), seconds_each=self._seconds_each,
        )  # fmt: skip

    def _unknown(self, terms: Terms) -> int:
        if not FREEDOM[terms.level].runs_model:
            return 0
        return sum(all(o.model != terms.model for i in unit.images for o in i.opinions) for unit in self.units)

    def _estimate(self, verdicts: Sequence[Verdict | None], verdict: Verdict, *, defective: bool) -> Estimate:
        """Stratified Clopper-Pearson: each stratum's interval at delta over the number of strata, added by share. A
        stratum without labels says nothing, but cannot hold more than what gets that verdict there."""
        events, labels, most = Counter[Stratum](), Counter[Stratum](), Counter[Stratum]()
        for unit, given in zip(self.units, verdicts, strict=True):
            most[unit.stratum] += given is verdict
            if unit.counts:
                labels[unit.stratum] += 1
                events[unit.stratum] += given is verdict and unit.defective is defective
        share = low = high = 0.0
        for stratum, size in self._strata.items():
            weight, n = size / len(self.units), labels[stratum]
            bounds = interval(events[stratum], n, self._delta / len(self._strata))
            share += weight * (events[stratum] / n if n else 0.0)
            low += weight * bounds[0]
            high += weight * min(bounds[1], most[stratum] / size)
        return Estimate(share=share, low=low, high=high, labels=sum(labels.values()))


def interval(events: int, trials: int, delta: float) -> tuple[float, float]:
    """Exact two-sided interval of a rate (Clopper and Pearson, 1934); all of 0 to 1 without trials."""
    from scipy.special import betaincinv  # late: half a second of every start otherwise

    low = 0.0 if not events else float(betaincinv(events, trials - events + 1, delta / 2))
    high = 1.0 if events >= trials else float(betaincinv(events + 1, trials - events, 1 - delta / 2))
    return low, high
