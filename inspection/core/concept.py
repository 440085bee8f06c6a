"""Concept drift: how well a model and people who judged blind agree over time, and the evidence that it errs too often.

Only labels show it: scores and features may stay as they are while what counts as a defect changes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from inspection.core.decide import Verdict
from inspection.core.eprocess import RateProcess
from inspection.core.evidence import lower_bound, rate

FEWEST, MOST_STRETCHES, MOST_POINTS = 50, 40, 200
DELTA = 0.025  # of each end of an interval, so 95 % for both


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A blind label that counts: when, what the person said, and what the AI did; None where it left it to people."""

    at: datetime
    person: Verdict
    ai: Verdict | None

    @property
    def events(self) -> dict[str, bool]:
        """What the guards of these names hear of it."""
        against = self.ai is not None and self.ai is not self.person
        reject = self.person is Verdict.REJECT
        return {"escapes": against and reject, "overkill": against and not reject, "overturns": against}


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share with its exact 95 % interval (Clopper and Pearson, 1934)."""

    events: int
    of: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Some labels in a row: `agreed` among those where the model had a verdict, `escapes` among all."""

    since: datetime
    until: datetime
    labels: int
    agreed: Share
    escapes: Share


@dataclass(frozen=True, kw_only=True)
class Course:
    """How the evidence against a limit has gone: log E after some of the labels, and at the end."""

    kind: str
    limit: float
    events: int
    labels: int
    at: tuple[datetime, ...]
    log_e: tuple[float, ...]


def stretches(labels: Sequence[Judged]) -> tuple[Stretch, ...]:
    """The labels in stretches of equal number, in order of time, the newest whole: at least 50 each and at most 40 of
    them; an older rest that fills none is left out, unless there is nothing else."""
    size = max(FEWEST, math.ceil(len(labels) / MOST_STRETCHES))
    starts = range(len(labels) % size if len(labels) >= size else 0, len(labels), size)
    return tuple(_stretch(labels[start : start + size]) for start in starts)


def courses(labels: Sequence[Judged], limits: Mapping[str, float]) -> tuple[Course, ...]:
    """The e-processes of the guards over these labels, as if they had begun with the first."""
    return tuple(_course(kind, limit, labels) for kind, limit in limits.items())


def share(events: int, of: int) -> Share:
    """A share with its interval; of nothing, from 0 to 1."""
    low = lower_bound(events, of, DELTA) if of else 0.0
    return Share(events=events, of=of, low=low, high=rate(events, of, DELTA).upper)


def _stretch(labels: Sequence[Judged]) -> Stretch:
    sure = [one for one in labels if one.ai is not None]
    return Stretch(
        since=labels[0].at, until=labels[-1].at, labels=len(labels),
        agreed=share(sum(one.ai is one.person for one in sure), len(sure)),
        escapes=share(sum(one.events["escapes"] for one in labels), len(labels)),
    )  # fmt: skip


def _course(kind: str, limit: float, labels: Sequence[Judged]) -> Course:
    counts = np.concatenate([[0], np.cumsum([one.events[kind] for one in labels], dtype=np.int64)])
    every = max(1, math.ceil(len(labels) / MOST_POINTS))
    ends = sorted({*range(every, len(labels) + 1, every), len(labels)} - {0})
    return Course(
        kind=kind, limit=limit, events=int(counts[-1]), labels=len(labels),
        at=tuple(labels[end - 1].at for end in ends),
        log_e=tuple(RateProcess.counted(limit, counts, end).log_e for end in ends),
    )  # fmt: skip
