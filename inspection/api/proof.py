"""What is proved on a line: its certificates, what labels lack, and what its guards have seen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, AsInspector, LineName, Number
from inspection.api.policy import versions
from inspection.core.certificate import Certificate, NotProved
from inspection.core.line import Unknown
from inspection.core.people import Role
from inspection.core.policy import InvalidPolicy
from inspection.core.refusal import Lack, Refused, in_words
from inspection.core.risk import Limits, Risk, Side
from inspection.core.sensitivity import Sensitivity
from inspection.flow import certificate
from inspection.flow import known as known_flow
from inspection.flow import proof as flow
from inspection.store import certificates, lines, models
from inspection.store.certificates import Kept
from inspection.store.database import Tx
from inspection.store.lines import LineInForce

router = APIRouter(tags=["proof"], route_class=SmallBody)
Share = Annotated[float, Field(gt=0, lt=1)]
Days = Annotated[FiniteFloat, Field(ge=0.01, le=3650)]


class LimitsBody(BaseModel):
    """What a certificate is to prove."""

    definition: Risk = Field(description="What errors are counted against.")
    escape: float = Field(description="Escapes at most, as a share.")
    escape_per_defective: float | None = Field(description="Escapes at most of all defective units.")
    overkill: float = Field(description="Overkill at most, as a share.")
    confidence: float = Field(description="How sure each limit is.")


class BoundBody(BaseModel):
    """A limit that holds at the certificate's threshold."""

    definition: Risk
    limit: float
    events: int
    trials: int
    upper: float = Field(description="Exact upper bound on the rate at this threshold.")


class LackBody(BaseModel):
    """Why one side is not proved."""

    side: Side
    reason: Lack
    definition: Risk
    limit: float
    trials: int
    more_needed: int | None = Field(
        description="So many more labels will do, if errors go on as seen; null: none will."
    )
    words: str


class SensitivityBody(BaseModel):
    """Of so many known defects shown to inspectors they found so many."""

    found: int
    shown: int


class CertificateBody(BaseModel):
    """What labels prove of one model on one line and recipe. It speaks of units like those of its window."""

    number: int
    model: int | None = Field(description="Version of the model.")
    limits: LimitsBody
    pass_below: float | None = Field(description="Passing up to this score is proved.")
    reject_above: float | None = Field(description="Rejecting from this score on is proved.")
    escapes: list[BoundBody]
    overkill: list[BoundBody]
    lacks: list[LackBody] = Field(description="What the labels lacked for a side that is not proved.")
    automated: float = Field(description="The AI would settle this share of the units.")
    given: int = Field(description="Blind labels that came in.")
    used: int = Field(description="Labels left after thinning.")
    defective: int
    sensitivity: SensitivityBody | None = Field(description="Without it nobody has measured what inspectors miss.")
    cameras: list[str]
    window_from: datetime
    window_to: datetime
    expires: datetime
    labels_hash: str
    by: str
    at: datetime
    holds: bool
    ended: str = Field(description="Why it does not hold any more; empty while it does.")


class NotProvedBody(BaseModel):
    """Nothing is proved: what is missing on each side."""

    detail: str
    given: int
    lacks: list[LackBody]


class GuardBody(BaseModel):
    """What a guard has seen of the policy in force; it lowers the line when `evidence` reaches 1."""

    kind: str
    events: int
    trials: int
    limit: float
    evidence: float


class AuditBody(BaseModel):
    """The audit that would prove the escape limit anew each week."""

    weekly_units: int = Field(description="Units of the last seven days.")
    labels: int = Field(description="So many audited units prove the limit, if none is an escape.")
    share: float = Field(description="That share of the line's units; over 1 where a week has too few.")


class CurveBody(BaseModel):
    """Risk over coverage of the side that passes: at each threshold the share settled and the bound on escapes."""

    thresholds: list[float]
    automated: list[float]
    upper: list[float]


class MissesBody(BaseModel):
    """Known units, each by its newest judgement: how many defective ones were found, how many good ones rejected."""

    defective_shown: int
    found: int
    good_shown: int
    rejected: int


class ReadingsBody(BaseModel):
    """Units read twice, blind: rejected by both, by the second inspector alone, and those that wait to be settled."""

    read: int
    both: int
    second_only: int
    differ: int


class ProofBody(BaseModel):
    """What is proved on a line now, and what is missing."""

    model: int | None = Field(description="Version of the model that it speaks of.")
    certificate: CertificateBody | None = Field(description="The one that holds.")
    why: str = Field(description="Why none holds; empty where one does.")
    labels: int = Field(description="Blind labels at hand, after thinning.")
    defective: int
    limits: LimitsBody = Field(description="What `lacks` and `curve` are told for: those of the last certificate.")
    lacks: list[LackBody] = Field(description="What the labels at hand lack to prove these limits.")
    curve: CurveBody | None
    guards: list[GuardBody]
    audit: AuditBody | None = Field(description="Null while the line has passed no units.")
    misses: MissesBody | None = Field(description="What inspectors said of known units; null for inspectors.")
    readings: ReadingsBody | None = Field(description="What came of second readings; null for inspectors.")


class Wanted(BaseModel):
    """A certificate that is asked for."""

    model_config = ConfigDict(extra="forbid")
    definition: Risk = Field(Risk.PER_UNIT, description="What errors are counted against.")
    escape: Share = Field(0.01, description="Escapes at most, as a share: 0.001 is 0.1 %.")
    escape_per_defective: Share | None = Field(0.1, description="Escapes at most of all defective units; null: any.")
    overkill: Share = Field(0.05, description="Overkill at most, as a share.")
    confidence: Share = Field(0.95, description="How sure each limit must be.")
    model: Number | None = Field(None, description="Version of the model; the one in force without it.")
    found: Number | None = Field(None, description="Of the known defects shown to inspectors, so many were found.")
    shown: Number | None = Field(None, description="Known defects that were shown to inspectors.")
    measured: bool = Field(False, description="Take both from known units and second readings.")
    days: Days = Field(90, description="Labels of so many days.")
    valid_days: Days = Field(30, description="For so many days it holds.")

    def limits(self) -> Limits:
        """The limits, in the core's words."""
        return Limits(
            escape=self.escape, overkill=self.overkill, escape_per_defective=self.escape_per_defective,
            delta=round(1 - self.confidence, 9), definition=self.definition,
        )  # fmt: skip

    def sensitivity(self) -> Sensitivity | None:
        """What was measured of inspectors."""
        if (self.found is None) != (self.shown is None):
            raise InvalidPolicy("Put how many known defects were shown to inspectors, and how many of them they found.")
        return None if self.found is None or self.shown is None else Sensitivity(found=self.found, shown=self.shown)


@router.get("/lines/{line}/proof", responses=PEOPLE_PROBLEMS)
def get_proof(
    caller: AsInspector, line: LineName, model: Annotated[int | None, Query(ge=0, lt=2**31)] = None
) -> ProofBody:
    """The certificate of a model that holds or what is missing, the risk-coverage curve, guards, and the audit it
    takes; of the model in force, where no version is named."""

    def look(tx: Tx) -> ProofBody:
        known = lines.in_force(tx, line)
        told = flow.proof(tx, line, caller.now, _artefact(tx, known, model))
        named = versions(tx, known.id)
        rates = told.curve
        return ProofBody(
            model=named.get(told.model or ""), why=told.why, labels=told.labels, defective=told.defective,
            certificate=None if told.held is None else _certificate(tx, known, told.held, named, caller.now),
            limits=_limits(told.limits), lacks=[_lack(one) for one in told.lacks],
            guards=[GuardBody(**one.__dict__) for one in told.watches],
            curve=None if rates is None else CurveBody(
                thresholds=rates.thresholds.tolist(), automated=rates.automated.tolist(), upper=rates.upper.tolist()
            ),
            audit=None if told.audit is None else AuditBody(
                weekly_units=told.weekly_units, labels=told.audit.labels, share=told.audit.share
            ),
            misses=MissesBody(**told.misses.__dict__) if caller.may(Role.ENGINEER) else None,
            readings=ReadingsBody(**told.readings.__dict__) if caller.may(Role.ENGINEER) else None,
        )  # fmt: skip

    return caller.read(look)


@router.get("/lines/{line}/certificates", responses=PEOPLE_PROBLEMS)
def get_certificates(caller: AsInspector, line: LineName) -> list[CertificateBody]:
    """The line's newest certificates, also those that hold no more."""

    def look(tx: Tx) -> list[CertificateBody]:
        known = lines.in_force(tx, line)
        named = versions(tx, known.id)
        kept = certificates.of_model(tx, known.id, None)
        return [_certificate(tx, known, one, named, caller.now) for one in kept]

    return caller.read(look)


@router.post(
    "/lines/{line}/certificates",
    status_code=201,
    response_model=CertificateBody,
    responses={
        **PEOPLE_PROBLEMS,
        409: {"model": NotProvedBody, "description": "The labels do not prove it; how many more it takes."},
    },
)
def post_certificate(caller: AsEngineer, line: LineName, wanted: Wanted) -> CertificateBody | Response:
    """Prove from the line's blind labels how far its model may decide, or say what is missing."""
    try:
        limits, sensitivity = wanted.limits(), wanted.sensitivity()
    except ValueError as refused:
        raise InvalidPolicy(str(refused)) from refused

    model = caller.read(lambda tx: _artefact(tx, lines.in_force(tx, line), wanted.model))
    if wanted.measured:
        sensitivity = caller.read(lambda tx: known_flow.measured(tx, line=line, now=caller.now))
    made = caller.read(
        lambda tx: certificate.prove(
            tx, line=line, model=model, limits=limits, now=caller.now, sensitivity=sensitivity,
            window=timedelta(days=wanted.days), valid=timedelta(days=wanted.valid_days),
        )
    )  # fmt: skip

    def keep(tx: Tx) -> CertificateBody | NotProvedBody:
        certificate.keep(tx, made, line=line, by=caller.person.name, now=caller.now)
        if isinstance(made, NotProved):
            lacks = [_lack(made.pass_refused), _lack(made.reject_refused)]
            words = f"Nothing is proved by {made.given} blind labels: {' '.join(one.words for one in lacks)}"
            return NotProvedBody(detail=words, given=made.given, lacks=lacks)
        known = lines.in_force(tx, line)
        kept = certificates.of_model(tx, known.id, made.model, 1)[0]
        return _certificate(tx, known, kept, versions(tx, known.id), caller.now)

    done = caller.write(keep)
    return done if isinstance(done, CertificateBody) else JSONResponse(done.model_dump(mode="json"), 409)


def _artefact(tx: Tx, known: LineInForce, version: int | None) -> str | None:
    if version is None:
        return None
    found = next((one.artefact for one in models.all_of_line(tx, known.id) if one.version == version), None)
    if found is None:
        raise Unknown(f"Line {known.line.name!r} has no model {version}.")
    return found


def _certificate(tx: Tx, known: LineInForce, kept: Kept, named: Mapping[str, int], now: datetime) -> CertificateBody:
    made: Certificate = kept.certificate
    ended = certificate.ended(tx, known, kept, now)
    same = ("pass_below", "reject_above", "automated", "given", "used", "defective", "window_from", "window_to")
    skill = made.sensitivity
    return CertificateBody(
        number=kept.number, model=named.get(made.model), limits=_limits(made.limits),
        escapes=[BoundBody(**one.__dict__) for one in made.escapes],
        overkill=[BoundBody(**one.__dict__) for one in made.overkill],
        lacks=[_lack(one) for one in (made.pass_refused, made.reject_refused) if one is not None],
        sensitivity=None if skill is None else SensitivityBody(found=skill.found, shown=skill.shown),
        cameras=list(made.cameras), expires=made.expires, labels_hash=made.labels_hash, by=kept.by, at=kept.at,
        holds=ended is None, ended=ended or "", **{name: getattr(made, name) for name in same},
    )  # fmt: skip


def _limits(limits: Limits) -> LimitsBody:
    return LimitsBody(
        definition=limits.definition, escape=limits.escape, escape_per_defective=limits.escape_per_defective,
        overkill=limits.overkill, confidence=round(1 - limits.delta, 9),
    )  # fmt: skip


def _lack(one: Refused) -> LackBody:
    return LackBody(
        side=one.side, reason=one.reason, definition=one.definition, limit=one.limit, trials=one.trials,
        more_needed=one.more_needed, words=in_words(one),
    )  # fmt: skip
