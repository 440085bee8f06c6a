"""Watches that may be read after every label: e-processes, kept as logarithms and as counts that can be stored.

Where its null hypothesis holds, an e-process E starts at 1 and has an expected value of at most 1 whenever one stops to
look, so the chance that it ever reaches 1 / level is at most `level` (Ville, 1939). It needs no plan of how many looks
there will be. A process is an immutable value: `update` answers with the next one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_STARTS = 256
STAKES = (0.99, *(0.5**i for i in range(1, 10)))  # a stake of all would end with the first loss
SHRINK = 20.0


@dataclass(frozen=True, kw_only=True)
class RateProcess:
    """H0: events come at a rate of at most `limit`: escapes, overkill or overturns against a certificate's limit.

    E is the likelihood ratio against the limit, averaged over all higher rates q by a law Beta(1, 1 / (2 limit)) that
    is cut off below the limit and so favours rates of a few times the limit. At a rate p <= limit each factor has the
    expected value p q / limit + (1 - p)(1 - q) / (1 - limit) <= 1.

    A line that ran well for long has a tiny ratio, which would take long to climb again after a jump. So with
    `restarts` E averages over such ratios that begin anew every 1 / limit labels, the j-th with weight 1 / (j (j + 1)):
    still an e-process, which pays 2 log j to find a change in the j-th stretch. `marks` are the events before each
    start that is kept, of which `first` tells the number.

    After a jump to three times the limit, at level .05, the median alarm comes after 3 / limit labels if the jump is
    there from the start, after 5 / limit if the line ran for 10 / limit labels at the limit, and after 8 / limit if it
    ran for 30 / limit labels at .3 of it (23 / limit without restarts): `benchmarks/watch.py`.
    """

    limit: float
    restarts: bool = True
    events: int = 0
    trials: int = 0
    first: int = 0
    marks: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        if not 0 < self.limit < 1:
            raise ValueError("The limit of a rate lies between 0 and 1.")
        object.__setattr__(self, "marks", tuple(self.marks))  # from JSON it comes as a list

    @property
    def stretch(self) -> int:
        """Labels from one start to the next."""
        return math.ceil(1 / self.limit)

    def update(self, event: bool) -> "RateProcess":
        """After one more label. Of very many starts the oldest are dropped, which can only lower E."""
        events, trials = self.events + event, self.trials + 1
        moved = replace(self, events=events, trials=trials)
        if not self.restarts or trials % self.stretch:
            return moved
        marks = (*self.marks, events)[-MOST_STARTS:]
        return replace(moved, marks=marks, first=trials // self.stretch + 1 - len(marks))

    @classmethod
    def counted(cls, limit: float, events: NDArray[np.int64], trials: int) -> "RateProcess":
        """After so many labels, as `update` has it; `events` (at least trials + 1,) are those among the first 0, 1, 2
        and so on."""
        every = cls(limit=limit).stretch
        starts = range(0, trials + 1, every)[-MOST_STARTS:]
        marks = tuple(int(events[start]) for start in starts)
        return cls(limit=limit, events=int(events[trials]), trials=trials, first=starts[0] // every, marks=marks)

    def without(self, event: bool) -> "RateProcess":
        """Before the last label, which was this: an answer that was taken back was never given."""
        events, trials = max(0, self.events - event), max(0, self.trials - 1)
        last = trials // self.stretch if self.restarts else 0
        marks = tuple(min(mark, events) for mark in self.marks[: max(1, last + 1 - self.first)])
        return replace(self, events=events, trials=trials, marks=marks)

    def late(self) -> "RateProcess":
        """After a label that is counted already turns out to have been an event. It may be older than any start but the
        first, so it counts for none of the others, which can only lower E."""
        marks = (self.marks[0] + (self.first > 0), *(mark + 1 for mark in self.marks[1:]))
        return replace(self, events=min(self.events + 1, self.trials), marks=marks)

    @property
    def log_e(self) -> float:
        """log E."""
        starts = self.first + np.arange(len(self.marks))
        ratios = log_ratio(self.events - np.array(self.marks), self.trials - starts * self.stretch, self.limit)
        if not self.restarts:
            return float(ratios[0])
        to_come = -math.log(starts[-1] + 2)  # the weight of all later starts, each still at 1
        return _log_sum([*(ratios - np.log((starts + 1) * (starts + 2.0))), to_come])

    def alarm(self, level: float) -> bool:
        """Whether the limit is broken; of a line that keeps it, this is ever said with a chance of at most `level`."""
        return self.log_e >= -math.log(level)


def log_ratio(events: ArrayLike, trials: ArrayLike, limit: float) -> NDArray[np.float64]:
    """log of the averaged likelihood ratio of `RateProcess` for arrays of counts that broadcast. For a limit of 1/2 the
    law is uniform over (1/2, 1]."""
    from scipy.special import betaincc, betaln  # late: half a second of every start otherwise

    k, n = np.asarray(events, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    a, b = 1.0, 1 / (2 * limit)
    with np.errstate(divide="ignore"):  # so far below the limit that the average is 0 in floats
        seen = betaln(a + k, b + n - k) + np.log(betaincc(a + k, b + n - k, limit))
    before = betaln(a, b) + math.log(betaincc(a, b, limit))
    ratio: NDArray[np.float64] = seen - before - k * math.log(limit) - (n - k) * math.log1p(-limit)
    return ratio


def paired() -> RateProcess:
    """H0: where stable and candidate disagree on the same labelled unit, the candidate is wrong in at most half of the
    cases. Update with each discordant unit: whether it is the candidate that was wrong."""
    return RateProcess(limit=0.5, restarts=False)


@dataclass(frozen=True, kw_only=True)
class UnpairedProcess:
    """H0: the candidate's rate of errors is at most that of the stable model, judged on different units (Turner, Ly and
    Grünwald, 2024).

    Labels are taken in blocks of some stable and some candidate units whose sizes do not depend on their labels. Rates
    estimated from earlier blocks, the candidate's no less than the stable's, are set against their common mean. With
    19 stable units to one of the candidate, and 2 % of errors against 4, 6 and 10 %, the median alarm at level .05
    comes after 504, 161 and 58 units of the candidate.
    """

    log_e: float = 0.0
    stable_events: int = 0
    stable_trials: int = 0
    candidate_events: int = 0
    candidate_trials: int = 0

    def update(
        self, *, stable_events: int, stable_trials: int, candidate_events: int, candidate_trials: int
    ) -> "UnpairedProcess":
        """After one more block, of at least one unit of each."""
        if min(stable_trials, candidate_trials) < 1:
            raise ValueError("A block holds at least one stable and one candidate unit.")
        before = (self.stable_events, self.stable_trials, self.candidate_events, self.candidate_trials)
        block = (stable_events, stable_trials, candidate_events, candidate_trials)
        return UnpairedProcess(
            log_e=self.log_e + float(log_block(*rates_so_far(*before), *block)),
            stable_events=self.stable_events + stable_events,
            stable_trials=self.stable_trials + stable_trials,
            candidate_events=self.candidate_events + candidate_events,
            candidate_trials=self.candidate_trials + candidate_trials,
        )

    def alarm(self, level: float) -> bool:
        """Whether the candidate is worse; of one that is not, this is ever said with a chance of at most `level`."""
        return self.log_e >= -math.log(level)


def rates_so_far(
    stable_events: ArrayLike, stable_trials: ArrayLike, candidate_events: ArrayLike, candidate_trials: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two rates that the next block is bet on, drawn together by `SHRINK` units at their pooled rate."""
    ka, na, kb, nb = map(np.asarray, (stable_events, stable_trials, candidate_events, candidate_trials))
    pooled = (ka + kb + 0.5) / (na + nb + 1)
    stable = (ka + SHRINK * pooled) / (na + SHRINK)
    return stable, np.maximum(stable, (kb + SHRINK * pooled) / (nb + SHRINK))


def log_block(
    stable: ArrayLike,
    candidate: ArrayLike,
    stable_events: ArrayLike,
    stable_trials: ArrayLike,
    candidate_events: ArrayLike,
    candidate_trials: ArrayLike,
) -> NDArray[np.float64]:
    """log of one block's factor, for rates 0 < stable <= candidate < 1; arrays broadcast."""
    a, b = np.asarray(stable), np.asarray(candidate)
    ka, na, kb, nb = map(np.asarray, (stable_events, stable_trials, candidate_events, candidate_trials))
    both = (na * a + nb * b) / (na + nb)
    factor: NDArray[np.float64] = (
        ka * np.log(a / both)
        + (na - ka) * (np.log1p(-a) - np.log1p(-both))
        + kb * np.log(b / both)
        + (nb - kb) * (np.log1p(-b) - np.log1p(-both))
    )
    return factor


@dataclass(frozen=True, kw_only=True)
class NonInferiority:
    """H0: the candidate errs more often than the stable model by `margin` or more (shares of all units). Once E reaches
    1 / level it does not: that is what a promotion needs, since no alarm is not a proof.

    On a labelled unit that both judged, d is 1 if only the candidate was wrong, -1 if only the stable one was, else 0.
    Under H0 its mean is at least `margin`, so for any stake 0 <= s <= 1 / (1 - margin) the factor 1 + s (margin - d)
    has an expected value of at most 1 (testing by betting, Waudby-Smith and Ramdas, 2024). E is the mean over a row of
    stakes. A margin of 1 % is proved at level .05 after 519 units without any disagreement, and after 1,720 (median)
    where each is wrong alone on 1 % of the units.
    """

    margin: float
    only_candidate_wrong: int = 0
    only_stable_wrong: int = 0
    alike: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.margin < 1:
            raise ValueError("The margin by which a candidate may be worse lies between 0 and 1.")

    def update(self, *, stable_wrong: bool, candidate_wrong: bool) -> "NonInferiority":
        """After one more unit that both judged."""
        return replace(
            self,
            only_candidate_wrong=self.only_candidate_wrong + (candidate_wrong and not stable_wrong),
            only_stable_wrong=self.only_stable_wrong + (stable_wrong and not candidate_wrong),
            alike=self.alike + (stable_wrong == candidate_wrong),
        )

    @property
    def log_e(self) -> float:
        """log E."""
        return float(log_bets(self.only_candidate_wrong, self.only_stable_wrong, self.alike, self.margin))

    def proved(self, level: float) -> bool:
        """Whether the candidate is shown to be no worse than the margin, with error at most `level` at any look."""
        return self.log_e >= -math.log(level)


def log_bets(worse: ArrayLike, better: ArrayLike, alike: ArrayLike, margin: float) -> NDArray[np.float64]:
    """log of the mean over stakes of `NonInferiority`, for arrays of counts of one shape."""
    counts = [np.asarray(count, dtype=np.float64)[..., None] for count in (worse, better, alike)]
    stakes = np.array(STAKES) / (1 - margin)
    logs = sum(count * np.log1p(stakes * (margin - d)) for count, d in zip(counts, (1, -1, 0), strict=True))
    bets: NDArray[np.float64] = np.logaddexp.reduce(logs, axis=-1) - math.log(len(stakes))
    return bets


Process = RateProcess | UnpairedProcess | NonInferiority
KINDS: dict[str, type[Process]] = {
    "rate": RateProcess,
    "unpaired": UnpairedProcess,
    "non_inferiority": NonInferiority,
}


def as_json(process: Process) -> dict[str, Any]:
    """The process as plain values, to be stored and continued."""
    kind = next(name for name, of in KINDS.items() if isinstance(process, of))
    return {"kind": kind, **asdict(process)}


def from_json(stored: Mapping[str, Any]) -> Process:
    """The process that `as_json` wrote, after any passage through JSON text."""
    return KINDS[stored["kind"]](**{name: value for name, value in stored.items() if name != "kind"})


def average(log_es: Sequence[float]) -> float:
    """log of the mean of several processes, however they depend on one another: one alarm for all of them."""
    return _log_sum(log_es) - math.log(len(log_es))


def bonferroni(log_es: Mapping[str, float], level: float) -> list[str]:
    """Which of several processes alarm, so that the chance of any false one is at most `level`: each at its share."""
    return [name for name, log_e in log_es.items() if log_e >= math.log(len(log_es) / level)]


def _log_sum(logs: Sequence[float]) -> float:
    return float(np.logaddexp.reduce(np.asarray(logs, dtype=np.float64)))
