"""What is proved on a line now, what its guards have seen, and what it would take to prove it again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from inspection.core.certify import walk_both
from inspection.core.eprocess import RateProcess
from inspection.core.evidence import AuditNeed, audit_share_for
from inspection.core.known import Misses, Readings
from inspection.core.label import UNDO_WITHIN
from inspection.core.line import Line
from inspection.core.policy import Policy
from inspection.core.refusal import Refused, refusal
from inspection.core.risk import Limits, Risk
from inspection.core.sample import thinned
from inspection.core.sensitivity import Sensitivity
from inspection.core.thresholds import Curve, curve
from inspection.flow import certificate, guard
from inspection.flow import known as known_flow
from inspection.store import certificates, disputes, lines, models, units
from inspection.store import known as known_units
from inspection.store.certificates import Kept
from inspection.store.database import Tx
from inspection.store.disputes import Difference
from inspection.store.known import Known
from inspection.store.models import Model

WEEK = timedelta(days=7)
USUAL = Limits(escape=guard.ESCAPE_LIMIT, overkill=guard.OVERKILL_LIMIT)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What a guard has seen of the policy in force; it lowers the line when `evidence` reaches 1."""

    kind: str
    events: int
    trials: int
    limit: float
    evidence: float


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The proof of a line's model: the certificate that holds, or `why` none does and the last one there was; blind
    labels at hand; the risk-coverage curve of the side that passes; what labels lack to prove either side's limits;
    guards; the audit that would prove the limit each week; known units, second readings, those that differ, and what
    share of defects they say that inspectors have `found`."""

    line: Line
    policy: Policy
    models: tuple[Model, ...]
    model: str | None
    held: Kept | None
    last: Kept | None
    why: str
    labels: int
    defective: int
    limits: Limits
    curve: Curve | None
    lacks: tuple[Refused, ...]
    watches: tuple[Watch, ...]
    weekly_units: int
    audit: AuditNeed | None
    known: tuple[Known, ...]
    misses: Misses
    readings: Readings
    differences: tuple[Difference, ...]
    found: Sensitivity | None


def proof(tx: Tx, name: str, now: datetime, model: str | None = None) -> Proof:
    """The proof of a model of the line of that name, of the one in force or else the newest where none of its models is
    named; raises Unknown."""
    known = lines.in_force(tx, name)
    registry = models.all_of_line(tx, known.id)
    known_models = [one.artefact for one in registry]
    model = model if model in known_models else known.policy.terms.model or next(iter(known_models), None)
    held, why = certificate.held(tx, known, model, now)
    last = next(iter([] if model is None else certificates.of_model(tx, known.id, model, 1)), None)
    limits = USUAL if last is None else last.certificate.limits
    labels = defective = 0
    found, lacks = None, tuple[Refused, ...]()
    begin = certificate.evidence_begins(tx, known, now)
    if model is not None:
        sample = thinned(certificates.evidence(tx, known.id, known.recipe_id, model, begin, now))
        labels, defective = len(sample), int(sample.defective.sum())
        walks = walk_both(sample, limits, None)
        lacks = tuple(refusal(one.counts, one.claims, one.asked) for one in walks if one.proof is None)
        passing = walks[0].counts
        found = curve(passing, Risk.PER_UNIT, limits.delta) if len(passing.thresholds) else None
    weekly = units.opened_since(tx, known.id, now - WEEK)
    return Proof(
        line=known.line, policy=known.policy, models=tuple(registry), model=model, held=held, last=last, why=why,
        labels=labels, defective=defective, limits=limits, curve=found, lacks=lacks,
        watches=watches(tx, known.id), weekly_units=weekly,
        audit=audit_share_for(limits.escape, limits.delta, weekly) if weekly else None,
        known=tuple(known_units.of_line(tx, known.id, now - UNDO_WITHIN)),
        misses=known_flow.misses(tx, known, now), readings=known_flow.readings(tx, known, now),
        differences=tuple(disputes.differences(tx, known.id, now - UNDO_WITHIN)),
        found=known_flow.found_by_people(tx, known, now),
    )  # fmt: skip


def watches(tx: Tx, line_id: int) -> tuple[Watch, ...]:
    """What the guards of audits have seen on a line, and how near each is to its limit."""
    kept = ((kind, certificates.guard(tx, line_id, kind)) for kind in guard.KINDS)
    return tuple(
        Watch(
            kind=kind,
            events=one.process.events,
            trials=one.process.trials,
            limit=one.process.limit,
            evidence=min(1.0, max(0.0, one.process.log_e / guard.TRIPS_AT)),
        )
        for kind, one in kept
        if one is not None and isinstance(one.process, RateProcess)
    )
