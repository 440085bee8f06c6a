"""Guards take freedom away by themselves: when labels speak against the AI, when its proof ends, when models fail."""

import math
from datetime import datetime, timedelta

from inspection.core.decide import Verdict
from inspection.core.eprocess import RateProcess
from inspection.core.known import SECOND_READING
from inspection.core.label import UNDO_WITHIN
from inspection.core.level import FREEDOM
from inspection.core.risk import Risk
from inspection.flow import abort, alarm, certificate, policy
from inspection.store import certificates, disputes, labels, lines, opinions, queue, units
from inspection.store.certificates import KeptGuard
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.units import Unit

KINDS = ("escapes", "overkill", "overturns")
LEVEL = 0.01  # the chance that all of a line's label guards together ever lower it without cause
TRIPS_AT = math.log(len(KINDS) / LEVEL)  # log E of one of them
REPORTS_TRIP_AT = math.log(2 / LEVEL)  # of reported misses, escapes and overkill: as likely once more
ESCAPE_LIMIT, OVERKILL_LIMIT = 0.01, 0.05  # where no certificate says otherwise
FAILURES = 0.2
FEWEST = 20
LOOK_BACK = timedelta(minutes=10)
WAIT_LIMIT = timedelta(hours=1)
TOLD_FOR = timedelta(days=1)  # after that, an alarm that was cleared stays so


def heard(tx: Tx, line: LineInForce, unit: Unit, verdict: Verdict, *, saw_ai: bool, now: datetime) -> bool:
    """Hear a person's verdict on a unit, in the transaction that keeps it; whether freedom was taken away.

    Escapes, overkill and overturns, which are both together, are counted among all audited units that the policy in
    force has judged: a blind sample of all units, as the certificate's limits are about. A rollout's candidate has
    processes of its own, which end the rollout and leave the stable policy as it is.
    """
    line, whose, events = _events(tx, line, unit, verdict, saw_ai=saw_ai)
    held_to = limits(tx, line, now) if events else {}
    moved = {whose + kind: _moved(tx, line, whose + kind, held_to[kind], event, now) for kind, event in events.items()}
    return _judged(tx, line, whose, moved, now)


def corrected(tx: Tx, line: LineInForce, unit: Unit, truth: Verdict, now: datetime) -> bool:
    """An audit turns out to have been wrong: what the AI had then settled wrongly counts after all, where the guard
    that heard of it still counts. What speaks for the AI is not made up for: it errs to the safe side."""
    heard_of = labels.counted(tx, unit.id)
    if heard_of is None or heard_of.verdict == truth:
        return False
    line, whose, heard_as = _events(tx, line, unit, Verdict(heard_of.verdict), saw_ai=heard_of.saw_ai)
    _, _, events = _events(tx, line, unit, truth, saw_ai=heard_of.saw_ai)
    held_to, moved = limits(tx, line, now) if events else {}, {}
    for kind in (kind for kind, event in events.items() if event and not heard_as[kind]):
        kept = certificates.guard(tx, line.id, whose + kind)
        if kept is None or kept.key != _key(line, held_to[kind]) or kept.begun_at > heard_of.at:
            continue
        assert isinstance(kept.process, RateProcess)
        moved[whose + kind] = kept.process.late()
        late = KeptGuard(key=kept.key, process=moved[whose + kind], begun_at=kept.begun_at)
        certificates.keep_guard(tx, line.id, whose + kind, late, now)
    return _judged(tx, line, whose, moved, now)


def reported(tx: Tx, line: LineInForce, unit: Unit, truth: Verdict, now: datetime) -> bool:
    """A reported miss is confirmed. Reports are no random sample, and say nothing good of anything. But of all units
    that the line has seen under this policy at least so many were settled wrongly, and E grows with their number, so
    the process over all units is at least as far as this one: where this proves too many, there are too many."""
    line = line.deciding(unit.rollout_id)
    decides = FREEDOM[line.policy.terms.level].ai_decides
    if not decides or unit.ai_verdict in (None, truth) or units.policy_of(tx, unit.id) != line.policy_id:
        return False
    since, kind = line.policy.at, "escapes" if truth is Verdict.REJECT else "overkill"
    events = disputes.confirmed(tx, line.id, since, truth, unit.rollout_id)
    trials = units.opened_under(tx, line.id, since, unit.rollout_id)
    limit = limits(tx, line, now)[kind]
    process = RateProcess(limit=limit, restarts=False, events=min(events, trials), trials=trials)
    if process.log_e < REPORTS_TRIP_AT:
        return False
    text = (
        f"Guard: {events} confirmed {kind} in {trials} units are more than the limit of {limit:.2%} allows. "
        "Hold what the AI has settled lately, and find out what has changed."
    )
    if line.candidate is not None and line.candidate.rollout_id == unit.rollout_id:
        alarm.fire(tx, line, kind, line.line.name, text, now)
        return abort.end(tx, line.id, policy.GUARD, text, now)
    return _lower(tx, line, kind, text, now)


def _judged(tx: Tx, line: LineInForce, whose: str, moved: dict[str, RateProcess], now: datetime) -> bool:
    """Take freedom away where a process that was moved has reached its end."""
    for kind, process in moved.items():
        if process.log_e >= TRIPS_AT:
            text = (
                f"Guard: {process.events} {kind} in {process.trials} audited units are more than the limit of "
                f"{process.limit:.2%} allows. Hold what the AI has settled lately, and find out what has changed."
            )
            for each in KINDS:  # what comes after the trip is judged by itself
                certificates.drop_guard(tx, line.id, whose + each)
            if whose:
                alarm.fire(tx, line, kind, line.line.name, text, now)
                return abort.end(tx, line.id, policy.GUARD, text, now)
            return _lower(tx, line, kind, text, now)
    return False


def taken_back(tx: Tx, line: LineInForce, unit: Unit, verdict: Verdict, *, saw_ai: bool, now: datetime) -> None:
    """A person takes a verdict back that was heard, which it then was not. What tripped a guard has done so."""
    line, whose, events = _events(tx, line, unit, verdict, saw_ai=saw_ai)
    held_to = limits(tx, line, now) if events else {}
    for kind, event in events.items():
        _moved(tx, line, whose + kind, held_to[kind], event, now, back=True)


def _events(
    tx: Tx, line: LineInForce, unit: Unit, verdict: Verdict, *, saw_ai: bool
) -> tuple[LineInForce, str, dict[str, bool]]:
    """The line as it decides the unit, whose guards hear of it, and what each is told; nothing where none does."""
    whose = "candidate " if line.candidate is not None and line.candidate.rollout_id == unit.rollout_id else ""
    line = line.deciding(unit.rollout_id)
    heeded = unit.audited and not saw_ai and FREEDOM[line.policy.terms.level].ai_decides
    if not heeded or units.policy_of(tx, unit.id) != line.policy_id:
        return line, whose, {}
    overturned = unit.ai_verdict is not None and unit.ai_verdict is not verdict
    return line, whose, {
        "escapes": overturned and verdict is Verdict.REJECT, "overkill": overturned and verdict is Verdict.PASS,
        "overturns": overturned,
    }  # fmt: skip


def _moved(
    tx: Tx, line: LineInForce, kind: str, limit: float, event: bool, now: datetime, *, back: bool = False
) -> RateProcess:
    """Move a guard's process by one label, or back by it. A policy that decides otherwise, or another limit, begins
    anew."""
    key, kept = _key(line, limit), certificates.guard(tx, line.id, kind)
    if kept is None or kept.key != key:
        kept = KeptGuard(key=key, process=RateProcess(limit=limit), begun_at=now)
    assert isinstance(kept.process, RateProcess)
    process = kept.process.without(event) if back else kept.process.update(event)
    certificates.keep_guard(tx, line.id, kind, KeptGuard(key=key, process=process, begun_at=kept.begun_at), now)
    return process


def _key(line: LineInForce, limit: float) -> str:
    terms = line.policy.terms
    return f"{terms.model} {terms.level} {terms.pass_below} {terms.reject_above} {limit}"


def limits(tx: Tx, line: LineInForce, now: datetime) -> dict[str, float]:
    """The rates that the line's guards hold it to: the strictest of the certificates that prove its policy, or the
    usual ones without any."""
    kept, _ = certificate.proving(tx, line, line.policy.terms, now)
    asked = [one.certificate.limits for one in kept if one.certificate.limits.definition is Risk.PER_UNIT]
    escape = min((one.escape for one in asked), default=ESCAPE_LIMIT)
    overkill = min((one.overkill for one in asked), default=OVERKILL_LIMIT)
    return {"escapes": escape, "overkill": overkill, "overturns": min(escape + overkill, 0.99)}


def _lower(tx: Tx, line: LineInForce, kind: str, text: str, now: datetime, *, voids: bool = True) -> bool:
    """Void the certificates, raise an alarm, and bring the line to its safe level, all in this transaction."""
    if voids:
        certificate.void(tx, line, text, policy.GUARD, now)
    alarm.fire(tx, line, kind, line.line.name, text, now)
    return policy.lower(tx, lines.in_force_by_id(tx, line.id), text, now)


def watch(tx: Tx, *, now: datetime) -> int:
    """Look at every line whose AI decides: 1 a policy that a certificate proved needs one that holds, 2 a model that
    fails too often is no model, 3 units that wait too long for people are told; how many lines were lowered."""
    return sum(_watch_one(tx, line, now) for line in lines.all_in_force(tx))


def _watch_one(tx: Tx, line: LineInForce, now: datetime) -> bool:
    _backlog(tx, line, now)
    _second_readings(tx, line, now)
    _watch_candidate(tx, line, now)
    if not FREEDOM[line.policy.terms.level].ai_decides:
        return False
    if not line.policy.override:
        why = certificate.unproved(tx, line, line.policy.terms, now)
        if why:
            return _lower(tx, line, "certificate", f"Guard: the proof of this policy has ended. {why}", now)
    since = max(now - LOOK_BACK, line.policy.at)
    failures, asked = opinions.failures(tx, line.id, line.policy.terms.model or "", since)
    if asked >= FEWEST and failures > FAILURES * asked:
        text = f"Guard: the model gave no answer for {failures} of the last {asked} images. Look at the server."
        return _lower(tx, line, "model", text, now, voids=False)
    return False


def _watch_candidate(tx: Tx, line: LineInForce, now: datetime) -> None:
    """A rollout's candidate that decides needs its proof and its model as well; without them the rollout ends."""
    new = line.candidate
    if new is None or new.weight == 0 or not FREEDOM[new.policy.terms.level].ai_decides:
        return
    why = None if new.policy.override else certificate.unproved(tx, line, new.policy.terms, now)
    since = max(now - LOOK_BACK, new.policy.at)
    failures, asked = opinions.failures(tx, line.id, new.policy.terms.model or "", since)
    if why:
        abort.end(tx, line.id, policy.GUARD, f"Guard: the proof of the candidate has ended. {why}", now)
    elif asked >= FEWEST and failures > FAILURES * asked:
        text = f"Guard: the candidate's model gave no answer for {failures} of the last {asked} images."
        abort.end(tx, line.id, policy.GUARD, text, now)


def _second_readings(tx: Tx, line: LineInForce, now: datetime) -> None:
    """A unit that one inspector passed and another rejects may be an escape: it is told until somebody settles it, from
    when the second cannot take it back any more, so that this does not tell them what the first has said."""
    for one in disputes.differences(tx, line.id, now - UNDO_WITHIN, now - TOLD_FOR):
        if one.second is Verdict.REJECT:
            text = f"A second inspector rejects unit {one.label}, which had been passed. Hold it, and settle it."
            alarm.fire(tx, line, SECOND_READING, one.label, text, now)


def _backlog(tx: Tx, line: LineInForce, now: datetime) -> None:
    """Units that wait long for people are an alarm and no more: to lower the level would send them more."""
    oldest = queue.oldest_ready(tx, line.id, now)
    if oldest is not None and now - oldest >= WAIT_LIMIT:
        minutes = int((now - oldest).total_seconds() // 60)
        text = f"A unit has waited {minutes} minutes for a person. Call inspectors, or slow the line down."
        alarm.fire(tx, line, "backlog", line.line.name, text, now)
