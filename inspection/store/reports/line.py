"""One line: how it decides, what it has learned, and what the labels prove."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select

from inspection.core.evidence import Graded, Rate, labels_needed, rate
from inspection.core.label import UNDO_WITHIN
from inspection.core.level import FREEDOM, Level
from inspection.core.line import Line
from inspection.core.moment import micros
from inspection.core.policy import Policy, Terms
from inspection.core.risk import Limits, Risk, Side, tally
from inspection.core.thresholds import Curve, Thresholds, curve, propose
from inspection.store import alarms, lines, models, proposals, samples
from inspection.store.alarms import Alarm
from inspection.store.database import Tx
from inspection.store.models import Job, Model
from inspection.store.proposals import Proposal
from inspection.store.records import LABEL, UNIT
from inspection.store.reports import cameras, ladder
from inspection.store.reports.board import waiting_of
from inspection.store.reports.cameras import CameraInfo

ESCAPE_LIMIT = 0.01
OVERKILL_LIMIT = 0.05
# A proposal, not a certificate: no limit per defective unit, which the first weeks' few defects could not prove.
PROPOSED = Limits(escape=ESCAPE_LIMIT, overkill=OVERKILL_LIMIT, escape_per_defective=None)
MAX_GRADED, MAX_UNLABELLED = 5_000, 2_000


@dataclass(frozen=True, kw_only=True)
class SampleCount:
    """How many images of a view the line trains from: good ones put in by hand, good ones passed by people, and
    defective ones put in or rejected by people."""

    view: str
    put_in: int
    passed: int
    defective: int


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Units by score in equal bins from 0 to 1: labelled good, labelled defective, and not labelled."""

    good: tuple[int, ...]
    defective: tuple[int, ...]
    unlabelled: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What blind labels say of the model in force. Risks are per unit, with exact 95 % upper bounds; None where the
    policy has no threshold to judge."""

    model_version: int | None
    blind_labels: int
    defective: int
    escapes: Rate | None
    overkill: Rate | None
    automated: float | None
    suggestion: Thresholds
    escape_limit: float
    overkill_limit: float
    labels_needed: int
    model_errors: int
    predictions: int


@dataclass(frozen=True, kw_only=True)
class LinePage:
    """Everything the line's page shows."""

    line_id: int
    line: Line
    policy: Policy
    candidate: lines.Candidate | None
    history: tuple[Policy, ...]
    models: tuple[Model, ...]
    jobs: tuple[Job, ...]
    samples: tuple[SampleCount, ...]
    cameras: tuple[CameraInfo, ...]
    alarms: tuple[Alarm, ...]
    histogram: Histogram
    evidence: Evidence
    curve: Curve | None
    waiting: int
    oldest_wait_s: float | None
    proposal: Proposal | None


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a what-if can be asked of: the line, its models, and the terms in force."""

    line: Line
    terms: Terms
    models: tuple[Model, ...]


def replay_choices(tx: Tx, name: str) -> Choices:
    """What there is to choose from on the line of that name; raises Unknown."""
    known = lines.in_force(tx, name)
    return Choices(line=known.line, terms=known.policy.terms, models=tuple(models.all_of_line(tx, known.id)))


def proposal(tx: Tx, name: str) -> Proposal | None:
    """What waits for a second person on the line of that name; raises Unknown."""
    return proposals.waiting(tx, lines.in_force(tx, name).id)


def line(tx: Tx, name: str) -> Line:
    """The line of that name; raises Unknown."""
    return lines.in_force(tx, name).line


def page(tx: Tx, name: str, now: datetime, bins: int = 40) -> LinePage:
    """The page of the line of that name; raises Unknown."""
    known = lines.in_force(tx, name)
    terms = known.policy.terms
    registry = models.all_of_line(tx, known.id)
    model = terms.model or (registry[0].artefact if registry else None)
    labelled = graded(tx, known.id, model, now - UNDO_WITHIN)
    proof = _evidence(tx, known, registry, model, labelled)
    waiting, oldest = waiting_of(tx, known.id, now)
    return LinePage(
        line_id=known.id,
        line=known.line,
        policy=known.policy,
        candidate=known.candidate,
        history=tuple(lines.policies(tx, known.id, 50)),
        models=tuple(registry),
        jobs=tuple(models.jobs(tx, known.id)),
        samples=_samples(tx, known),
        cameras=cameras.heard(tx, known),
        alarms=tuple(alarms.firing(tx, known.id)),
        histogram=_histogram(tx, known.id, terms.level, model, labelled, bins),
        evidence=proof,
        curve=_curve(labelled),
        waiting=waiting,
        oldest_wait_s=oldest,
        proposal=proposals.waiting(tx, known.id),
    )


def graded(tx: Tx, line_id: int, model: str | None, until: datetime) -> list[Graded]:
    """The newest units with a score from that model and a blind label that counts, given until then: what can still be
    taken back would tell its inspector what the AI says of the unit."""
    if model is None:
        return []
    newest = (  # the limit keeps databases from reading all of the line's labels first
        select(LABEL.c.id, LABEL.c.unit_id, LABEL.c.verdict)
        .where(LABEL.c.line_id == line_id, LABEL.c.effective, LABEL.c.saw_ai.is_(False), LABEL.c.at <= micros(until))
        .order_by(LABEL.c.at.desc())
        .limit(MAX_GRADED)
        .subquery()
    )
    query = (
        select(UNIT.c.score, newest.c.verdict)
        .join(newest, newest.c.unit_id == UNIT.c.id)
        .where(UNIT.c.model == model, UNIT.c.score.is_not(None))
        .order_by(newest.c.id.desc())
    )
    return [Graded(score=score, defective=verdict == "reject") for score, verdict in tx.execute(query).all()]


def _evidence(
    tx: Tx, known: lines.LineInForce, registry: list[Model], model: str | None, graded: list[Graded]
) -> Evidence:
    terms = known.policy.terms
    escapes, overkill, automated = risks(terms.level, terms.pass_below, terms.reject_above, graded)
    failed, predictions = ladder.failures(tx, known.id, model)
    version = next((m.version for m in registry if m.artefact == model), None)
    return Evidence(
        model_version=version,
        blind_labels=len(graded),
        defective=sum(g.defective for g in graded),
        escapes=escapes,
        overkill=overkill,
        automated=automated,
        suggestion=propose(graded, PROPOSED),
        escape_limit=ESCAPE_LIMIT,
        overkill_limit=OVERKILL_LIMIT,
        labels_needed=max(0, labels_needed(ESCAPE_LIMIT) - len(graded)),
        model_errors=failed,
        predictions=predictions,
    )


def _curve(graded: list[Graded]) -> Curve | None:
    """What passing more and more units without a person would risk, by these labels."""
    if not graded:
        return None
    scores = np.array([one.score for one in graded], dtype=np.float64)
    counts = tally(Side.PASS, scores, np.array([one.defective for one in graded], dtype=bool))
    return curve(counts, Risk.PER_UNIT) if len(counts.thresholds) else None


def risks(
    level: Level, pass_below: float | None, reject_above: float | None, graded: list[Graded]
) -> tuple[Rate | None, Rate | None, float | None]:
    """Escapes and overkill of these terms by blind labels, and the share that the AI would settle; None without
    labels or thresholds."""
    if not graded or (pass_below is None and reject_above is None):
        return None, None, None
    high = 2.0 if reject_above is None else reject_above
    low = -1.0 if pass_below is None else pass_below
    if level is Level.FULL_AUTOMATION:
        low = high
    passed = [g for g in graded if g.score < high and g.score <= low]
    rejected = [g for g in graded if g.score >= high]
    escapes = rate(sum(g.defective for g in passed), len(graded))
    overkill = rate(sum(not g.defective for g in rejected), len(graded))
    return escapes, overkill, (len(passed) + len(rejected)) / len(graded)


def _samples(tx: Tx, known: lines.LineInForce) -> tuple[SampleCount, ...]:
    put_in = samples.put_in(tx, known.id)
    passed = samples.passed(tx, known.id, 400)
    rejected = samples.rejected(tx, known.id, 400, one_view=len(known.line.recipe.views) == 1)
    good = Counter(sample.view for sample in put_in if not sample.defect)
    defective = Counter(sample.view for sample in (*put_in, *rejected) if sample.defect)
    people = Counter(sample.view for sample in passed)
    return tuple(
        SampleCount(view=view, put_in=good[view], passed=people[view], defective=defective[view])
        for view in known.line.recipe.views
    )


def _histogram(tx: Tx, line_id: int, level: Level, model: str | None, graded: list[Graded], bins: int) -> Histogram:
    good, defective, unlabelled = [0] * bins, [0] * bins, [0] * bins
    for g in graded:
        (defective if g.defective else good)[_bin(g.score, bins)] += 1
    query = select(UNIT.c.score).where(
        UNIT.c.line_id == line_id,
        UNIT.c.model == (model or ""),
        UNIT.c.person_verdict.is_(None),
        UNIT.c.score.is_not(None),
        UNIT.c.audited.is_(False),  # of one that somebody may have before the eyes, blind, nothing is told
    )
    if not FREEDOM[level].shows_ai:
        query = query.where(UNIT.c.verdict.is_not(None))
    for score in tx.execute(query.order_by(UNIT.c.opened_at.desc()).limit(MAX_UNLABELLED)).scalars().all():
        unlabelled[_bin(score, bins)] += 1
    return Histogram(good=tuple(good), defective=tuple(defective), unlabelled=tuple(unlabelled))


def _bin(score: float, bins: int) -> int:
    return min(max(int(score * bins), 0), bins - 1)
