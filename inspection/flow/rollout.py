"""A candidate policy is started beside the stable one, measured each few seconds, approved at gates, or aborted."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from inspection.core import rollout as rules
from inspection.core.compare import Compared, Record, Test, compare, measure, prove
from inspection.core.journal import Change, facts, plain
from inspection.core.label import UNDO_WITHIN
from inspection.core.policy import Outdated, Terms
from inspection.core.rollout import InvalidRollout, Measured, Phase, Plan, Rollout
from inspection.flow import abort as ending
from inspection.flow import ladder, policy
from inspection.store import journal, lines, opinions, rollouts
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.rollouts import KeptRollout


def start(
    tx: Tx,
    *,
    line: str,
    terms: Terms,
    plan: Plan,
    by: str,
    reason: str,
    now: datetime,
    accept_override: bool = False,
    expected: int | None = None,
) -> int:
    """Begin to bring new terms into force by steps; the rollout's number.

    Starting is the approval of where the plan leads. What a change of policy asks for (see `policy.change`) is asked
    for at the end of the shadow, in which it can be collected; an override is accepted now. The plan is kept as it is
    now, with its hash in the journal.
    """
    known = lines.in_force(tx, line)
    if known.candidate is not None:
        raise InvalidRollout("A rollout of this line is under way: wait for its end, or abort it first.")
    if expected is not None and expected != known.policy.number:
        raise Outdated(
            f"The line changed to policy {known.policy.number} while you were looking at {expected}. Look at it again."
        )
    override = policy.check(tx, known, terms, reason, now, accept_override=accept_override, by_rollout=True)
    why = plain(reason.strip())
    candidate_id, number = lines.add_candidate(tx, known.id, terms, by, why, override=override, now=now)
    begun = rules.start(Rollout(plan=plan), now)
    rollout_number = rollouts.add(tx, known, candidate_id, secrets.token_hex(16), begun, by, why, now)
    body = rollouts.plan_body(plan)
    told = facts(
        stable=known.policy.number, candidate=number, override=override, plan=body,
        plan_sha256=sha256(body.encode()).hexdigest(), **terms.__dict__,
    )  # fmt: skip
    change = Change(
        subject=f"line/{line}/rollout/{rollout_number}", event="rollout_started", actor=by, before=Phase.DRAFT,
        after=begun.phase, reason=why, facts=told,
    )  # fmt: skip
    journal.append(tx, now, change)
    return rollout_number


def approve(tx: Tx, *, line: str, by: str, reason: str, now: datetime) -> Rollout:
    """A person lets a paused rollout go on: through a gate, or with its step once more from the beginning."""
    kept = under_way(tx, line)
    if len(reason.strip()) < 3:
        raise InvalidRollout("Write why it may go on; whoever reads the journal later will ask for it.")
    unproved = _unproved(tx, kept, now) if kept.rollout.pause is rules.Pause.GATE else ""
    if unproved:
        raise InvalidRollout(unproved)
    moved = rules.approve(kept.rollout, now)
    _keep(tx, kept, moved, kept.record.step_anew(), kept.last_label_id, now)
    after = f"{moved.phase} {moved.weight:g} %"
    ending.tell(tx, kept, "rollout_approved", by, after, plain(reason.strip()), now)
    return moved


def abort(tx: Tx, *, line: str, by: str, reason: str, now: datetime) -> None:
    """A person ends a rollout: the stable policy decides every image from the next one on."""
    kept = under_way(tx, line)
    if len(reason.strip()) < 3:
        raise InvalidRollout("Write why it is aborted; whoever reads the journal later will ask for it.")
    ending.end(tx, kept.line_id, by, plain(reason.strip()), now)


def under_way(tx: Tx, line: str) -> KeptRollout:
    """The line's rollout; raises InvalidRollout where there is none."""
    found = rollouts.live(tx, lines.in_force(tx, line).id)
    if not found:
        raise InvalidRollout(f"No rollout of line {line!r} is under way.")
    return found[0]


def tick(tx: Tx, *, now: datetime, test: Test = prove) -> int:
    """Measure every rollout that is due; how many were. Several servers may call this: the writer's lock lets one in at
    a time, and the next finds nothing due."""
    due = [kept for kept in rollouts.live(tx) if _due(kept, now)]
    for kept in due:
        _measure(tx, kept, test, now)
    return len(due)


def _due(kept: KeptRollout, now: datetime) -> bool:
    interval = timedelta(seconds=kept.rollout.plan.interval_s)
    return kept.measured_at is None or not timedelta(0) <= now - kept.measured_at < interval


def _measure(tx: Tx, kept: KeptRollout, test: Test, now: datetime) -> None:
    """1 compare units labelled since the last look, 2 measure, 3 advance, 4 keep it, 5 tell the journal of changes."""
    known = lines.in_force_by_id(tx, kept.line_id)
    fresh, last = _compared(tx, kept, known, now)
    said, record = measure(kept.rollout, kept.record, fresh, test)
    unproved = _unproved(tx, kept, now) if said.outcome is Measured.SUCCESSFUL else ""
    if unproved:
        said = replace(said, outcome=Measured.WAITING, detail=unproved)
    moved, words = rules.advance(kept.rollout, said, now)
    stays = (moved.phase, moved.step) == (kept.rollout.phase, kept.rollout.step)
    _keep(tx, replace(kept, measured=said), moved, record if stays else record.step_anew(), last, now)
    if not words:
        return
    event = "rollout_advanced" if moved.pause is None else "rollout_paused"
    event = {Phase.ABORTED: "rollout_aborted", Phase.DONE: "rollout_completed"}.get(moved.phase, event)
    after = f"{moved.phase} {moved.weight:g} %" if moved.pause is None else f"paused: {moved.pause}"
    seen = replace(kept, record=record)
    ending.tell(tx, seen, event, "rollout", after, words, now, measured=said.outcome, samples=said.samples)
    if moved.phase is Phase.DONE:
        lines.put_into_force(tx, kept.line_id, kept.candidate_id, now)
        why = f"Rollout {kept.number} is complete. {kept.reason}"
        policy.announce(tx, known, replace(kept.candidate, reason=why), now)


def _unproved(tx: Tx, kept: KeptRollout, now: datetime) -> str:
    """What the candidate still lacks to leave its shadow, in a sentence; "" where that is nothing, or was accepted."""
    if kept.rollout.phase is not Phase.SHADOW or kept.candidate.override:
        return ""
    missing = ladder.missing(tx, lines.in_force_by_id(tx, kept.line_id), kept.candidate.terms, now)
    return f"The candidate is not proved yet. {'. '.join(one.rstrip('.') for one in missing)}." if missing else ""


def _keep(tx: Tx, kept: KeptRollout, moved: Rollout, record: Record, last: int, now: datetime) -> None:
    rollouts.keep(tx, kept, moved, now, record=record, last_label_id=last, measured=kept.measured)


def _compared(tx: Tx, kept: KeptRollout, known: LineInForce, now: datetime) -> tuple[list[Compared], int]:
    labelled, last = rollouts.labelled_after(tx, kept, now - UNDO_WITHIN)
    images = opinions.past_images(tx, [unit.unit_id for unit in labelled])
    old, new, views = kept.stable.terms, kept.candidate.terms, known.line.recipe.views
    found = [compare(old, new, views, images.get(unit.unit_id, []), unit.truth) for unit in labelled]
    return [pair for pair in found if pair is not None], last
