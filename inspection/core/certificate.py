"""Certificates: what is proved of one model on one line and recipe, what voids that, and what it allows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from inspection.core.level import FREEDOM, Level
from inspection.core.policy import Terms
from inspection.core.refusal import Lack, Refused
from inspection.core.risk import Limits, Proof, Risk, Side
from inspection.core.sensitivity import Sensitivity


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a certificate is about, by the names under which its parts are known: another model, recipe or set of
    cameras, or another time, is another subject. Times are aware; `window_from` <= labels < `window_to`."""

    model: str
    line: str
    recipe: str
    cameras: tuple[str, ...]
    window_from: datetime
    window_to: datetime
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A limit that holds at the certificate's threshold: `events` of `trials` there, and the exact upper bound on the
    rate at that one threshold, with people's misses taken into account. What is certified is rate <= limit."""

    definition: Risk
    limit: float
    events: int
    trials: int
    upper: float


@dataclass(frozen=True, kw_only=True)
class Certificate(Subject):
    """Risks that hold with confidence 1 - delta each (or together, if so asked) as people's labels tell defects.

    It speaks of units like those of its window. `given` labels came in and `used` are left after thinning, `defective`
    of these. A side that could not be proved has no threshold, no bound, and its refusal. With a sensitivity the escape
    limits hold for all defects, found or not; without one (None) only for defects that inspectors find.
    """

    limits: Limits
    pass_below: float | None
    reject_above: float | None
    passing: Proof | None
    rejecting: Proof | None
    escapes: tuple[Bound, ...]
    overkill: tuple[Bound, ...]
    pass_refused: Refused | None
    reject_refused: Refused | None
    given: int
    used: int
    defective: int
    automated: float
    sensitivity: Sensitivity | None
    labels_hash: str


@dataclass(frozen=True, kw_only=True)
class NotProved:
    """No certificate of a model: why either side is refused, and what the labels were."""

    model: str
    pass_refused: Refused
    reject_refused: Refused
    given: int
    labels_hash: str


def voided_by(
    certificate: Certificate,
    *,
    now: datetime,
    model: str | None,
    recipe: str,
    cameras: Sequence[str],
    drift_alarm: str | None = None,
) -> str | None:
    """Why the certificate does not hold any more, in a sentence, or None while it does. `drift_alarm` names an alarm
    that says that images or scores are not what they were. The order of the cameras does not matter."""
    if model != certificate.model:
        return "The model has changed: its own labels must prove it."
    if recipe != certificate.recipe:
        return "The recipe has changed since the certificate's labels were given."
    if sorted(cameras) != sorted(certificate.cameras):
        return "The cameras have changed since the certificate's labels were given."
    if drift_alarm is not None:
        return f"A drift alarm fires ({drift_alarm}): units are not like those that the certificate speaks of."
    if now >= certificate.expires:
        return f"The certificate expired on {certificate.expires:%Y-%m-%d}: make one from newer labels."
    return None


def fits(certificate: Certificate, terms: Terms) -> str | None:
    """Why these terms go beyond what the certificate proves, in a sentence, or None where they lie within.

    Full automation passes every score under `reject_above`, so the escape limits must hold up to there. Tighter
    thresholds than certified fit, except that nothing is proved before the point where the walk of the risk per passed
    unit began. Terms under which the AI decides nothing always fit."""
    if not FREEDOM[terms.level].ai_decides:
        return None
    if terms.model != certificate.model:
        return "The certificate is about another model."
    if terms.reject_above is not None:
        if certificate.rejecting is None:
            return "The certificate proves no threshold from which units may be rejected."
        if not certificate.rejecting.covers(terms.reject_above):
            return f"Rejecting from {terms.reject_above:g} on is not proved: {_reach(certificate.rejecting)}."
    if terms.level is Level.FULL_AUTOMATION or terms.pass_below is not None:
        if certificate.passing is None:
            return "The certificate proves no threshold up to which units may be passed."
        if terms.level is Level.FULL_AUTOMATION and not _passes_all_under(certificate.passing, terms.reject_above):
            return f"Passing all under {terms.reject_above:g} is not proved: {_reach(certificate.passing)}."
        if terms.level is Level.PARTIAL_AUTOMATION and not certificate.passing.covers(terms.pass_below or 0.0):
            return f"Passing up to {terms.pass_below:g} is not proved: {_reach(certificate.passing)}."
    return None


def _passes_all_under(passing: Proof, reject_above: float | None) -> bool:
    return reject_above is not None and passing.strictest < reject_above <= passing.beyond


def _reach(proof: Proof) -> str:
    return f"the proof reaches from {min(max(proof.strictest, 0.0), 1.0):g} to {proof.widest:g}"


def as_json(certificate: Certificate) -> dict[str, Any]:
    """The certificate as plain values for JSON: times in ISO 8601, everything else as it is."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(certificate).items()
    }


def from_json(stored: Mapping[str, Any]) -> Certificate:
    """The certificate that `as_json` wrote, after any passage through JSON text."""
    parts = dict(stored)
    for name in ("window_from", "window_to", "expires"):
        parts[name] = datetime.fromisoformat(parts[name])
    for name in ("passing", "rejecting"):
        parts[name] = parts[name] and Proof(**parts[name])
    for name in ("pass_refused", "reject_refused"):
        parts[name] = parts[name] and _refused(parts[name])
    for name in ("escapes", "overkill"):
        parts[name] = tuple(Bound(**{**bound, "definition": Risk(bound["definition"])}) for bound in parts[name])
    parts["cameras"] = tuple(parts["cameras"])
    parts["limits"] = Limits(**{**parts["limits"], "definition": Risk(parts["limits"]["definition"])})
    parts["sensitivity"] = parts["sensitivity"] and Sensitivity(**parts["sensitivity"])
    return Certificate(**parts)


def _refused(parts: Mapping[str, Any]) -> Refused:
    names = {"side": Side(parts["side"]), "reason": Lack(parts["reason"]), "definition": Risk(parts["definition"])}
    return Refused(**{**parts, **names})
