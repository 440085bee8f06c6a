"""A certificate is made from a line's labels, found, and voided when what it speaks of has changed."""

from datetime import datetime, timedelta

from inspection.core.certificate import Certificate, NotProved, Subject, fits, voided_by
from inspection.core.certify import certify
from inspection.core.journal import Change, facts
from inspection.core.policy import InvalidPolicy, Terms
from inspection.core.risk import Limits
from inspection.core.sensitivity import Sensitivity
from inspection.store import alarms, certificates, journal, lines, models
from inspection.store.certificates import Kept
from inspection.store.database import Tx
from inspection.store.lines import LineInForce

VALID = timedelta(days=30)
WINDOW = timedelta(days=90)
DRIFT = "light"


def prove(
    tx: Tx, *, line: str, model: str | None, limits: Limits, now: datetime, sensitivity: Sensitivity | None = None,
    window: timedelta = WINDOW, valid: timedelta = VALID,
) -> Certificate | NotProved:  # fmt: skip
    """What the labels of the window prove of a model, the one in force where none is named, or what is missing; for
    `keep`, and slow with many labels, so outside the writer's transaction. Labels from before a change of cameras, a
    drift or a guard's trip prove nothing of what has been since. Raises InvalidPolicy where nothing can be asked."""
    known = lines.in_force(tx, line)
    model = model or known.policy.terms.model
    if model is None or models.of_line(tx, known.id, model) is None:
        raise InvalidPolicy("A certificate is about a model: train one, put it in shadow, and label what it scores.")
    drift = _drift(tx, known)
    if drift is not None:
        raise InvalidPolicy(f"A drift alarm fires ({drift}): mend what it tells of, then collect labels anew.")
    begin = evidence_begins(tx, known, now, window)
    evidence = certificates.evidence(tx, known.id, known.recipe_id, model, begin, now)
    subject = Subject(
        model=model, line=line, recipe=str(known.recipe_id), cameras=certificates.cameras(tx, known.id),
        window_from=begin, window_to=now, expires=now + valid,
    )  # fmt: skip
    return certify(evidence, limits, subject, sensitivity)


def keep(tx: Tx, found: Certificate | NotProved, *, line: str, by: str, now: datetime) -> None:
    """Keep a certificate that was just proved, or only tell the journal what was refused. Raises InvalidPolicy when the
    line has changed since in a way that would have ended it."""
    known = lines.in_force(tx, line)
    if isinstance(found, Certificate):
        changed = certificates.settled_since(tx, known.id) > found.window_from or _voided(tx, known, found, now)
        if changed:
            raise InvalidPolicy("The line has changed while this was proved, so nothing was kept. Ask again.")
    journal.append(tx, now, _told(tx, known, found, by, now))


def evidence_begins(tx: Tx, known: LineInForce, now: datetime, window: timedelta = WINDOW) -> datetime:
    """From when on labels speak of the line as it is: see `prove`."""
    return max(now - window, certificates.settled_since(tx, known.id))


def _told(tx: Tx, known: LineInForce, found: Certificate | NotProved, by: str, now: datetime) -> Change:
    subject = f"line/{known.line.name}/certificate"
    told = {"model": found.model, "labels": found.given, "labels_hash": found.labels_hash}
    if isinstance(found, NotProved):
        return Change(subject=subject, event="certificate_refused", actor=by, facts=facts(**told))
    told |= {"number": certificates.add(tx, known.id, found, by, now), "expires": found.expires}
    told |= {"pass_below": found.pass_below, "reject_above": found.reject_above, "delta": found.limits.delta}
    told |= {"escape": found.limits.escape, "overkill": found.limits.overkill}
    return Change(subject=subject, event="certificate_issued", actor=by, after="valid", facts=facts(**told))


def held(tx: Tx, known: LineInForce, model: str | None, now: datetime) -> tuple[Kept | None, str]:
    """The newest certificate of a model if it holds now, and in words why there is none."""
    kept = [] if model is None else certificates.of_model(tx, known.id, model)
    if not kept:
        return None, "There is none for this model yet."
    why = ended(tx, known, kept[0], now)
    return (kept[0], "") if why is None else (None, why)


def proving(tx: Tx, known: LineInForce, terms: Terms, now: datetime) -> tuple[list[Kept], str]:
    """The certificates that prove these terms now, newest first; without any, why the newest does not."""
    found, reasons = [], []
    for kept in [] if terms.model is None else certificates.of_model(tx, known.id, terms.model):
        why = ended(tx, known, kept, now)
        why = why if why is not None else fits(kept.certificate, terms)
        found += [kept] if why is None else []
        reasons += [why] if why is not None else []
    return found, "" if found else next(iter(reasons), "There is none for this model yet.")


def unproved(tx: Tx, known: LineInForce, terms: Terms, now: datetime) -> str:
    """Why no certificate proves these terms, in a sentence; "" where one does."""
    return proving(tx, known, terms, now)[1]


def void(tx: Tx, known: LineInForce, reason: str, by: str, now: datetime) -> None:
    """End the certificates of the model in force, each with its entry in the journal; nothing where there is none."""
    model = known.policy.terms.model
    for kept in [] if model is None else certificates.of_model(tx, known.id, model):
        if kept.voided_at is not None:
            continue
        certificates.void(tx, kept.id, reason, now)
        subject, told = f"line/{known.line.name}/certificate", facts(number=kept.number, model=model)
        change = Change(
            subject=subject, event="certificate_voided", actor=by, before="valid", after="void", reason=reason,
            facts=told,
        )  # fmt: skip
        journal.append(tx, now, change)


def ended(tx: Tx, known: LineInForce, kept: Kept, now: datetime) -> str | None:
    """Why a certificate does not hold any more, in a sentence; None while it does."""
    if kept.voided_at is not None:
        return kept.void_reason
    return _voided(tx, known, kept.certificate, now)


def _voided(tx: Tx, known: LineInForce, kept: Certificate, now: datetime) -> str | None:
    return voided_by(
        kept, now=now, model=kept.model, recipe=str(known.recipe_id),
        cameras=certificates.cameras(tx, known.id), drift_alarm=_drift(tx, known),
    )  # fmt: skip


def _drift(tx: Tx, known: LineInForce) -> str | None:
    """An alarm that says that images are not what they were."""
    return next((alarm.subject for alarm in alarms.standing(tx, known.id) if alarm.kind == DRIFT), None)
