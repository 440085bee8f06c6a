"""The degree of automation changes: by a named person with a reason, or downward by a guard."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from inspection.core.journal import Change, facts, plain
from inspection.core.level import FREEDOM
from inspection.core.line import Unknown
from inspection.core.policy import InvalidPolicy, Outdated, Policy, Terms, raises
from inspection.core.predict import Predictor
from inspection.flow import abort, certificate, ladder
from inspection.store import journal, lines, models, rollouts
from inspection.store.database import Tx
from inspection.store.lines import LineInForce

GUARD = "guard"
ROLLBACK_WINDOW = 5  # so many policies back a line goes without the steps of a rollout
_LOADED_WITHIN_S = 10.0


def warmed(predictor: Predictor | None, model: str | None) -> Callable[[str], bool]:
    """Whether models can answer, asked after this one had some seconds to be loaded: so outside the transaction."""
    if predictor is None:
        return lambda _: True
    if model is not None and not predictor.ready(model):
        with suppress(Exception):  # the answer is whether it is ready afterwards
            predictor.load(model).result(_LOADED_WITHIN_S)
    return predictor.ready


def change(
    tx: Tx,
    *,
    line: str,
    terms: Terms,
    by: str,
    reason: str,
    now: datetime,
    accept_override: bool = False,
    expected: int | None = None,
    ready: Callable[[str], bool] = lambda _: True,
) -> int:
    """Put new terms into force for the next image; the policy's number.

    More freedom for the AI needs proof: what the step up asks for, and a certificate that holds where the AI decides.
    Without it, it is an override: it has to be accepted as such, needs a written reason of ten characters, and stays
    visible on the line. `expected` is the number
    of the policy the person was looking at: when another has come since, nothing is changed. Another model takes over
    only when it is `ready` to answer; until then the one in force stays.
    """
    known = lines.in_force(tx, line)
    if expected is not None and expected != known.policy.number:
        raise Outdated(
            f"The line changed to policy {known.policy.number} while you were looking at {expected}. Look at it again."
        )
    override = check(tx, known, terms, reason, now, accept_override=accept_override)
    lowers = terms.level.rung < known.policy.terms.level.rung  # down goes at once, whatever is loaded
    if terms.model not in (None, known.policy.terms.model) and not lowers and not ready(terms.model):
        raise InvalidPolicy(
            f"Model {terms.model[:12]} cannot answer yet, so the policy before stays in force. Try again in a minute; "
            "if it still cannot, its files may be damaged: train it anew."
        )
    return put(tx, known, terms, by, plain(reason.strip()), override=override, now=now)


def check(
    tx: Tx, known: LineInForce, terms: Terms, reason: str, now: datetime, *, accept_override: bool,
    by_rollout: bool = False,
) -> bool:  # fmt: skip
    """Raise InvalidPolicy unless a person may bring these terms into force; whether that is an override. A rollout may
    begin without proof: its shadow collects it, and ends with it."""
    if terms == known.policy.terms:
        raise InvalidPolicy("This is the policy in force already: nothing was changed.")
    _check_model(tx, known, terms)
    missing = ladder.missing(tx, known, terms, now)
    by_steps = by_rollout and not accept_override
    if len(reason.strip()) < (10 if missing and not by_steps else 3):
        raise InvalidPolicy("Write the reason for the change; whoever reads the journal later will ask for it.")
    if missing and by_steps:
        return False
    if missing and not accept_override:
        raise InvalidPolicy(
            f"This gives the AI more freedom than is proved. {'. '.join(one.rstrip('.') for one in missing)}. "
            "Accept it as an override, in your name, or leave it."
        )
    # Also where the AI is given less: an override stays one until it is proved or the AI decides nothing.
    return bool(missing) or (FREEDOM[terms.level].ai_decides and bool(certificate.unproved(tx, known, terms, now)))


def rollback(
    tx: Tx, *, line: str, by: str, reason: str, now: datetime, to: int | None = None, two_people: bool = False
) -> int:  # fmt: skip
    """Go back at once: from a rollout under way to the stable policy, else to the terms before the ones in force or to
    a recent policy's, as a new policy. That does not give the AI more freedom, but for what a rollout has replaced: the
    policies before it were proved as well, and are back in one step; so is a model whose advice people saw before. The
    number of the policy that is then in force."""
    known = lines.in_force(tx, line)
    if known.candidate is not None and to in (None, known.policy.number):
        abort.end(tx, known.id, by, f"Rolled back. {reason}".strip(), now)
        return known.policy.number
    recent = lines.policies(tx, known.id, ROLLBACK_WINDOW + 1)
    older = [p for p in recent if p.number < known.policy.number]
    before = next((p for p in older if to in (None, p.number)), None)
    if before is None:
        raise InvalidPolicy(
            "There is no policy before this one." if to is None else f"Policy {to} is none of the last "
            f"{ROLLBACK_WINDOW} before the one in force. Start a rollout to it, or put it into force anew."
        )  # fmt: skip
    why = f"Rolled back to policy {before.number}. {reason}".strip()
    if _replaced_by_rollouts(tx, known, before) or _only_advises(known, before):
        return put(tx, known, before.terms, by, plain(why), override=before.override, now=now)
    if two_people and raises(known.policy.terms, before.terms):
        raise InvalidPolicy(
            "Going back would give the AI more freedom: propose it as a change, for a second person to approve."
        )
    return change(tx, line=line, terms=before.terms, by=by, reason=why, now=now)


def _replaced_by_rollouts(tx: Tx, known: LineInForce, before: Policy) -> bool:
    """Whether rollouts alone lie between a policy and the one in force, and its level is no higher."""
    policy_id: int | None = known.policy_id
    while policy_id is not None and lines.policy(tx, policy_id).number != before.number:
        policy_id = rollouts.replaced_by(tx, policy_id)
    return policy_id is not None and before.terms.level.rung <= known.policy.terms.level.rung


def _only_advises(known: LineInForce, before: Policy) -> bool:
    """Whether a policy, at a level no higher than that in force, leaves every verdict to people."""
    return not FREEDOM[before.terms.level].ai_decides and before.terms.level.rung <= known.policy.terms.level.rung


def lower(tx: Tx, known: LineInForce, why: str, now: datetime) -> bool:
    """A guard lowers a line to its safe level and aborts its rollout, in the transaction of what tripped it; whether
    there was a need."""
    ended = abort.end(tx, known.id, GUARD, why, now)
    terms = known.policy.terms
    if terms.level.rung <= known.line.safe_level.rung:
        return ended
    safe = Terms(**{**terms.__dict__, "level": known.line.safe_level})
    put(tx, known, safe, GUARD, why, override=False, now=now)
    return True


def put(tx: Tx, known: LineInForce, terms: Terms, by: str, reason: str, *, override: bool, now: datetime) -> int:
    """Write new terms as the line's next policy, with its journal entry. A rollout under way ends: its candidate was
    compared with another policy."""
    number = lines.add_policy(tx, known.id, terms, by, reason, override=override, now=now)
    abort.end(tx, known.id, by, f"Policy {number} came into force. {reason}".strip(), now)
    announce(tx, known, Policy(number=number, terms=terms, by=by, reason=reason, at=now, override=override), now)
    return number


def announce(tx: Tx, known: LineInForce, new: Policy, now: datetime) -> None:
    """Tell the journal that a policy has followed the one in force."""
    told = {"number": new.number, "before": known.policy.number, "override": new.override}
    journal.append(
        tx,
        now,
        Change(
            subject=f"line/{known.line.name}",
            event="policy_changed",
            actor=new.by,
            before=known.policy.terms.level,
            after=new.terms.level,
            reason=new.reason,
            facts=facts(**told, **{k: v for k, v in new.terms.__dict__.items() if k != "level"}),
        ),
    )


def _check_model(tx: Tx, known: LineInForce, terms: Terms) -> None:
    if terms.model is not None and models.of_line(tx, known.id, terms.model) is None:
        raise Unknown(f"Line {known.line.name!r} has no model {terms.model[:12]}. Train one, or choose another.")
