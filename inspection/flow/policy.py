"""The degree of automation changes: by a named person with a reason, or downward by a guard."""

from collections.abc import Callable
from datetime import datetime

from inspection.core.journal import Change, facts, plain
from inspection.core.level import FREEDOM
from inspection.core.line import Unknown
from inspection.core.policy import InvalidPolicy, Terms, raises
from inspection.store import journal, lines, models
from inspection.store.database import Tx
from inspection.store.lines import LineInForce

GUARD = "guard"


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

    More freedom for an AI that decides needs proof. There are no certificates yet, so it is an override: it has to be
    accepted as such, needs a written reason of ten characters, and stays visible on the line. `expected` is the number
    of the policy the person was looking at: when another has come since, nothing is changed. Another model takes over
    only when it is `ready` to answer; until then the one in force stays.
    """
    known = lines.in_force(tx, line)
    if expected is not None and expected != known.policy.number:
        raise InvalidPolicy(
            f"The line changed to policy {known.policy.number} while you were looking at {expected}. Look at it again."
        )
    if terms == known.policy.terms:
        raise InvalidPolicy("This is the policy in force already: nothing was changed.")
    override = raises(known.policy.terms, terms) and FREEDOM[terms.level].ai_decides
    if len(reason.strip()) < (10 if override else 3):
        raise InvalidPolicy("Write the reason for the change; whoever reads the journal later will ask for it.")
    if override and not accept_override:
        raise InvalidPolicy(
            "This gives the AI more freedom without a certificate. Accept it as an override, in your name, or leave it."
        )
    _check_model(tx, known, terms)
    lowers = terms.level.rung < known.policy.terms.level.rung  # down goes at once, whatever is loaded
    if terms.model not in (None, known.policy.terms.model) and not lowers and not ready(terms.model):
        raise InvalidPolicy(
            f"Model {terms.model[:12]} cannot answer yet, so the policy before stays in force. Try again in a minute; "
            "if it still cannot, its files may be damaged: train it anew."
        )
    return put(tx, known, terms, by, plain(reason.strip()), override=override, now=now)


def rollback(tx: Tx, *, line: str, by: str, reason: str, now: datetime) -> int:
    """Go back to the terms before the ones in force, as a new policy, unless that gives the AI more freedom."""
    known = lines.in_force(tx, line)
    before = next((p for p in lines.policies(tx, known.id, 2) if p.number < known.policy.number), None)
    if before is None:
        raise InvalidPolicy("There is no policy before this one.")
    why = f"Rolled back to policy {before.number}. {reason}".strip()
    return change(tx, line=line, terms=before.terms, by=by, reason=why, now=now)


def lower(tx: Tx, known: LineInForce, why: str, now: datetime) -> bool:
    """A guard lowers a line to its safe level, in the transaction of what tripped it; whether there was a need."""
    terms = known.policy.terms
    if terms.level.rung <= known.line.safe_level.rung:
        return False
    safe = Terms(**{**terms.__dict__, "level": known.line.safe_level})
    put(tx, known, safe, GUARD, why, override=False, now=now)
    return True


def put(tx: Tx, known: LineInForce, terms: Terms, by: str, reason: str, *, override: bool, now: datetime) -> int:
    """Write new terms as the line's next policy, with its journal entry."""
    number = lines.add_policy(tx, known.id, terms, by, reason, override=override, now=now)
    told = {"number": number, "before": known.policy.number, "override": override}
    journal.append(
        tx,
        now,
        Change(
            subject=f"line/{known.line.name}",
            event="policy_changed",
            actor=by,
            before=known.policy.terms.level,
            after=terms.level,
            reason=reason,
            facts=facts(**told, **{k: v for k, v in terms.__dict__.items() if k != "level"}),
        ),
    )
    return number


def _check_model(tx: Tx, known: LineInForce, terms: Terms) -> None:
    if terms.model is not None and models.of_line(tx, known.id, terms.model) is None:
        raise Unknown(f"Line {known.line.name!r} has no model {terms.model[:12]}. Train one, or choose another.")
