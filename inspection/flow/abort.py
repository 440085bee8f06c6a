"""A rollout ends at once: by a person, by a guard, or because the policy it is compared with has changed."""

from datetime import datetime

from inspection.core.journal import Change, facts
from inspection.core.rollout import abort
from inspection.store import journal, rollouts
from inspection.store.database import Tx
from inspection.store.rollouts import KeptRollout


def end(tx: Tx, line_id: int, by: str, reason: str, now: datetime) -> bool:
    """Give all of the line back to its stable policy from the next image on; whether a rollout was under way."""
    under_way = rollouts.live(tx, line_id)
    for kept in under_way:
        ended = abort(kept.rollout, now)
        rollouts.keep(tx, kept, ended, now)
        tell(tx, kept, "rollout_aborted", by, ended.phase, reason, now)
    return bool(under_way)


def tell(
    tx: Tx, kept: KeptRollout, event: str, by: str, after: str, reason: str, now: datetime, **more: object
) -> None:
    """Write a rollout's change of state to the journal, with what was known of it then."""
    record, rollout = kept.record, kept.rollout
    told = facts(
        weight=rollout.weight, candidate=kept.candidate.number, stable=kept.stable.number, units=record.units,
        stable_only=record.stable_only, candidate_only=record.candidate_only, both=record.both, **more,
    )  # fmt: skip
    subject = f"line/{kept.line}/rollout/{kept.number}"
    before = rollout.phase if rollout.pause is None else f"{rollout.phase}, paused: {rollout.pause}"
    change = Change(subject=subject, event=event, actor=by, before=before, after=after, reason=reason, facts=told)
    journal.append(tx, now, change)
