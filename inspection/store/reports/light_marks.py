"""What changed on a line while its light was watched: policies, recipes, signed baselines, settings of cameras."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from inspection.core.moment import micros, moment
from inspection.store.database import Tx
from inspection.store.monitor import Eye
from inspection.store.records import BASELINE, CAMERA, POLICY, RECIPE, SETTINGS

MOST = 100


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One change: its kind (policy, recipe, baseline or settings), its number, level or what was set, and by whom."""

    at: datetime
    kind: str
    what: str
    by: str


def marks(tx: Tx, eye: Eye, since: datetime) -> tuple[Mark, ...]:
    """The newest changes since then that may move an eye's chart, in order."""
    policies = (
        select(POLICY.c.in_force_at, POLICY.c.level, POLICY.c.by)
        .where(POLICY.c.line_id == eye.line_id, POLICY.c.in_force_at > micros(since))
        .order_by(POLICY.c.in_force_at.desc())
    )
    recipes = (
        select(RECIPE.c.at, RECIPE.c.number, RECIPE.c.by)
        .where(RECIPE.c.line_id == eye.line_id, RECIPE.c.at > micros(since))
        .order_by(RECIPE.c.at.desc())
    )
    baselines = (
        select(BASELINE.c.at, BASELINE.c.mean, BASELINE.c.by)
        .where(BASELINE.c.camera_id == eye.camera_id, BASELINE.c.view == eye.view, BASELINE.c.at > micros(since))
        .order_by(BASELINE.c.id.desc())
    )
    settings = (
        select(SETTINGS.c.at, SETTINGS.c.settings, CAMERA.c.name)
        .join(CAMERA, CAMERA.c.id == SETTINGS.c.camera_id)
        .where(SETTINGS.c.camera_id == eye.camera_id, SETTINGS.c.view == eye.view, SETTINGS.c.at > micros(since))
        .order_by(SETTINGS.c.at.desc())
    )
    found = [
        Mark(at=moment(at), kind=kind, what="" if what is None else str(what), by=by)
        for kind, query in (
            ("policy", policies),
            ("recipe", recipes),
            ("baseline", baselines),
            ("settings", settings),
        )
        for at, what, by in tx.execute(query.limit(MOST))
    ]
    return tuple(sorted(found, key=lambda mark: mark.at)[-MOST:])
