"""Where two people are asked for, more freedom for the AI is proposed by one and approved by another."""

from collections.abc import Callable
from datetime import datetime

from inspection.core.journal import Change, facts, plain
from inspection.core.policy import InvalidPolicy, Outdated, Terms, raises
from inspection.core.rollout import Plan
from inspection.flow import policy, rollout
from inspection.store import journal, lines, proposals
from inspection.store.database import Tx
from inspection.store.proposals import Proposal


def submit(
    tx: Tx, *, line: str, terms: Terms, by: str, reason: str, now: datetime, plan: Plan | None = None,
    accept_override: bool = False, expected: int | None = None, two_people: bool = False,
    ready: Callable[[str], bool] = lambda _: True,
) -> int | None:  # fmt: skip
    """Put terms into force at once, or begin the rollout of a plan; the number of the policy or rollout.

    Where two people are asked for and the terms give the AI more freedom, they are kept as the line's proposal instead,
    checked as they would be, and None is returned. A newer proposal takes the place of an older one.
    """
    known = lines.in_force(tx, line)
    if not two_people or not raises(known.policy.terms, terms):
        return _do(tx, line, terms, plan, by, reason, now, accept_override, expected, ready)
    if expected not in (None, known.policy.number):
        raise Outdated(f"The line changed to policy {known.policy.number} meanwhile. Look at it again.")
    override = policy.check(tx, known, terms, reason, now, accept_override=accept_override, by_rollout=plan is not None)
    proposals.end(tx, known.id, by, "replaced", now)
    why = plain(reason.strip())
    proposals.add(tx, known.id, known.policy.number, terms, plan, by, why, override=override, now=now)
    _tell(tx, line, "more_freedom_proposed", by, "waiting", why, terms, now)
    return None


def approve(
    tx: Tx, *, line: str, proposal: int, by: str, now: datetime, ready: Callable[[str], bool] = lambda _: True
) -> int:
    """Another person approves what waits, and it is done; raises InvalidPolicy where it cannot be any more."""
    kept = _waiting(tx, line, proposal)
    if kept.by == by:
        raise InvalidPolicy("You have proposed this yourself: somebody else must approve it.")
    proposals.end(tx, lines.in_force(tx, line).id, by, "approved", now)
    _tell(tx, line, "proposal_approved", by, "approved", f"Proposed by {kept.by}.", kept.terms, now)
    why = f"{kept.reason} (Proposed by {kept.by}, approved by {by}.)"
    return _do(tx, line, kept.terms, kept.plan, kept.by, why, now, kept.override, kept.expected, ready)


def decline(tx: Tx, *, line: str, proposal: int, by: str, now: datetime) -> None:
    """Anybody who may change the line ends what waits; who has proposed it takes it back like this."""
    kept = _waiting(tx, line, proposal)
    proposals.end(tx, lines.in_force(tx, line).id, by, "declined", now)
    _tell(tx, line, "proposal_declined", by, "declined", "", kept.terms, now)


def _waiting(tx: Tx, line: str, proposal: int) -> Proposal:
    kept = proposals.waiting(tx, lines.in_force(tx, line).id)
    if kept is None or kept.id != proposal:
        raise InvalidPolicy("This proposal does not wait any more. Look at the line again.")
    return kept


def _do(
    tx: Tx, line: str, terms: Terms, plan: Plan | None, by: str, reason: str, now: datetime, accept_override: bool,
    expected: int | None, ready: Callable[[str], bool],
) -> int:  # fmt: skip
    if plan is not None:
        return rollout.start(
            tx, line=line, terms=terms, plan=plan, by=by, reason=reason, now=now, accept_override=accept_override,
            expected=expected,
        )  # fmt: skip
    return policy.change(
        tx, line=line, terms=terms, by=by, reason=reason, now=now, accept_override=accept_override, expected=expected,
        ready=ready,
    )  # fmt: skip


def _tell(tx: Tx, line: str, event: str, by: str, after: str, reason: str, terms: Terms, now: datetime) -> None:
    change = Change(
        subject=f"line/{line}", event=event, actor=by, after=after, reason=reason, facts=facts(**terms.__dict__)
    )
    journal.append(tx, now, change)
