"""One model of a line: its card, and where the good images that look like defects come from."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from inspection.core.line import Line, Unknown
from inspection.store import lines, models
from inspection.store.database import Tx
from inspection.store.models import Model
from inspection.store.records import IMAGE, SAMPLE, TASK, UNIT


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a training image is now: among those put in, or the image of a unit that people passed, or neither.
    `in_review` says that a person judges a unit with this image now, so its score must stay unknown."""

    sample: bool
    serial: str | None
    in_review: bool


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    """A model of a line, and whether the policy in force names it; `origins` are of the suspects, by SHA-256."""

    line: Line
    model: Model
    in_force: bool
    origins: dict[str, Origin]


def page(tx: Tx, name: str, version: int) -> ModelPage:
    """The model of that version; raises Unknown."""
    known = lines.in_force(tx, name)
    model = next((m for m in models.all_of_line(tx, known.id) if m.version == version), None)
    if model is None:
        raise Unknown(f"Line {name!r} has no model of version {version}. The page with its photos lists its models.")
    return ModelPage(
        line=known.line, model=model, in_force=known.policy.terms.model == model.artefact,
        origins=_origins(tx, known.id, suspects(model.card)),
    )  # fmt: skip


def suspects(card: dict[str, Any]) -> dict[str, str]:
    """Names of the good images that the card says look like defects, by SHA-256."""
    views = card.get("views") or {}
    return {one["sha256"]: one["name"] for view in views.values() for one in view.get("suspects") or ()}


def _origins(tx: Tx, line_id: int, names: dict[str, str]) -> dict[str, Origin]:
    of_line = (SAMPLE.c.line_id == line_id, SAMPLE.c.sha256.in_(names))
    put_in = set(tx.execute(select(SAMPLE.c.sha256).where(*of_line)).scalars())
    # Training images of units bear the unit's serial as their name; there is no index of all images by content.
    of_units = select(IMAGE.c.sha256, UNIT.c.serial).join(UNIT, UNIT.c.id == IMAGE.c.unit_id)
    named = of_units.where(UNIT.c.line_id == line_id, UNIT.c.serial.in_(set(names.values())))
    serials = {row.sha256: row.serial for row in tx.execute(named)}
    live = select(IMAGE.c.sha256).join(TASK, TASK.c.unit_id == IMAGE.c.unit_id)
    waiting = live.where(TASK.c.line_id == line_id, TASK.c.state.in_(("open", "leased")))
    judged = set(tx.execute(waiting).scalars()) if names else set()
    return {
        digest: Origin(sample=digest in put_in, serial=serials.get(digest), in_review=digest in judged)
        for digest in names
    }
