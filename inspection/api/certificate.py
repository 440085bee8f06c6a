"""Certificates: proved from labels, or refused with what they lack."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, AsInspector, LineName, Number
from inspection.api.policy import versions
from inspection.core.certificate import Certificate, NotProved
from inspection.core.line import Unknown
from inspection.core.policy import InvalidPolicy
from inspection.core.refusal import Lack, Refused, in_words
from inspection.core.risk import Limits, Risk, Side
from inspection.core.sensitivity import Sensitivity
from inspection.flow import certificate
from inspection.flow import known as known_flow
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


@router.get("/lines/{line}/certificates", responses=PEOPLE_PROBLEMS)
def get_certificates(caller: AsInspector, line: LineName) -> list[CertificateBody]:
    """The line's newest certificates, also those that hold no more."""

    def look(tx: Tx) -> list[CertificateBody]:
        known = lines.in_force(tx, line)
        named = versions(tx, known.id)
        kept = certificates.of_model(tx, known.id, None)
        return [certificate_body(tx, known, one, named, caller.now) for one in kept]

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
def postcertificate_body(caller: AsEngineer, line: LineName, wanted: Wanted) -> CertificateBody | Response:
    """Prove from the line's blind labels how far its model may decide, or say what is missing."""
    try:
        limits, sensitivity = wanted.limits(), wanted.sensitivity()
    except ValueError as refused:
        raise InvalidPolicy(str(refused)) from refused

    model = caller.read(lambda tx: artefact(tx, lines.in_force(tx, line), wanted.model))
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
            lacks = [lack_body(made.pass_refused), lack_body(made.reject_refused)]
            words = f"Nothing is proved by {made.given} blind labels: {' '.join(one.words for one in lacks)}"
            return NotProvedBody(detail=words, given=made.given, lacks=lacks)
        known = lines.in_force(tx, line)
        kept = certificates.of_model(tx, known.id, made.model, 1)[0]
        return certificate_body(tx, known, kept, versions(tx, known.id), caller.now)

    done = caller.write(keep)
    return done if isinstance(done, CertificateBody) else JSONResponse(done.model_dump(mode="json"), 409)


def artefact(tx: Tx, known: LineInForce, version: int | None) -> str | None:
    """The line's model of that version, None where none is named; raises Unknown."""
    if version is None:
        return None
    found = next((one.artefact for one in models.all_of_line(tx, known.id) if one.version == version), None)
    if found is None:
        raise Unknown(f"Line {known.line.name!r} has no model {version}.")
    return found


def certificate_body(
    tx: Tx, known: LineInForce, kept: Kept, named: Mapping[str, int], now: datetime
) -> CertificateBody:
    """A certificate as it is answered, with whether it holds now."""
    made: Certificate = kept.certificate
    ended = certificate.ended(tx, known, kept, now)
    same = ("pass_below", "reject_above", "automated", "given", "used", "defective", "window_from", "window_to")
    skill = made.sensitivity
    return CertificateBody(
        number=kept.number, model=named.get(made.model), limits=limits_body(made.limits),
        escapes=[BoundBody(**one.__dict__) for one in made.escapes],
        overkill=[BoundBody(**one.__dict__) for one in made.overkill],
        lacks=[lack_body(one) for one in (made.pass_refused, made.reject_refused) if one is not None],
        sensitivity=None if skill is None else SensitivityBody(found=skill.found, shown=skill.shown),
        cameras=list(made.cameras), expires=made.expires, labels_hash=made.labels_hash, by=kept.by, at=kept.at,
        holds=ended is None, ended=ended or "", **{name: getattr(made, name) for name in same},
    )  # fmt: skip


def limits_body(limits: Limits) -> LimitsBody:
    """Limits as they are answered."""
    return LimitsBody(
        definition=limits.definition, escape=limits.escape, escape_per_defective=limits.escape_per_defective,
        overkill=limits.overkill, confidence=round(1 - limits.delta, 9),
    )  # fmt: skip


def lack_body(one: Refused) -> LackBody:
    """What is lacking as it is answered."""
    return LackBody(
        side=one.side, reason=one.reason, definition=one.definition, limit=one.limit, trials=one.trials,
        more_needed=one.more_needed, words=in_words(one),
    )  # fmt: skip
