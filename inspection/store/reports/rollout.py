"""A line's rollouts, as its page shows them."""

from dataclasses import dataclass

from inspection.core.line import Line
from inspection.core.policy import Policy
from inspection.store import lines, models, rollouts
from inspection.store.database import Tx
from inspection.store.models import Model
from inspection.store.rollouts import KeptRollout


@dataclass(frozen=True, kw_only=True)
class RolloutPage:
    """The rollout under way, if any, those before it, and what a new one can be made of."""

    line: Line
    policy: Policy
    models: tuple[Model, ...]
    live: KeptRollout | None
    past: tuple[KeptRollout, ...]


def page(tx: Tx, name: str) -> RolloutPage:
    """The rollouts of the line of that name; raises Unknown."""
    known = lines.in_force(tx, name)
    found = rollouts.of_line(tx, known.id)
    return RolloutPage(
        line=known.line, policy=known.policy, models=tuple(models.all_of_line(tx, known.id)),
        live=next((kept for kept in found if kept.rollout.live), None),
        past=tuple(kept for kept in found if not kept.rollout.live),
    )  # fmt: skip
