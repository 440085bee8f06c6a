"""Lines and their cameras are set up."""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any

from inspection.core.journal import Change, facts
from inspection.core.level import Level
from inspection.core.line import LINE_NAME, InvalidLine, Line, Unknown
from inspection.core.policy import Terms
from inspection.store import journal, lines
from inspection.store.database import Tx

_REASON = 3  # characters that a reason has at least


def add(tx: Tx, *, line: Line, by: str, now: datetime) -> None:
    """Add a line; it begins at human_only, where everything begins."""
    if lines.exists(tx, line.name):
        raise InvalidLine(f"There is a line {line.name!r} already: choose another name.")
    lines.add(tx, line, Terms(level=Level.HUMAN_ONLY), secrets.token_hex(16), by, now)
    told = facts(
        views=line.recipe.views,
        defect_types=line.recipe.defect_types,
        simulated=line.simulated,
        locate=line.recipe.locate,
    )
    journal.append(
        tx,
        now,
        Change(
            subject=f"line/{line.name}",
            event="line_added",
            actor=by,
            after=Level.HUMAN_ONLY,
            facts=told,
        ),
    )


def change_recipe(tx: Tx, *, line: str, by: str, reason: str, now: datetime, **changes: Any) -> int:
    """Change fields of the line's recipe, such as `locate` or `input_size`, from the next training on; its number."""
    known = lines.in_force(tx, line)
    if len(reason.strip()) < _REASON:
        raise InvalidLine("Write the reason for the change; whoever reads the journal later will ask for it.")
    recipe = replace(known.line.recipe, **changes)
    if recipe == known.line.recipe:
        raise InvalidLine(f"The recipe of line {line!r} says so already.")
    number = lines.add_recipe(tx, known.id, recipe, by, now)
    journal.append(
        tx,
        now,
        Change(
            subject=f"line/{line}",
            event="recipe_changed",
            actor=by,
            reason=reason.strip(),
            facts=facts(recipe=number, **changes),
        ),
    )
    return number


def add_camera(tx: Tx, *, line: str, name: str, by: str, now: datetime, simulated: bool = False) -> str:
    """Let a camera send images of a line; its token, which is shown once and stored nowhere."""
    if not LINE_NAME.fullmatch(name):
        raise InvalidLine("A camera is named by 1 to 64 lower-case letters, digits, _ or -, such as 'cam1'.")
    known = lines.in_force(tx, line)
    token = "jdk_" + secrets.token_urlsafe(32)
    lines.add_camera(tx, known.id, name, token, simulated, now)
    journal.append(tx, now, Change(subject=f"line/{line}/camera/{name}", event="camera_added", actor=by))
    return token


def revoke_camera(tx: Tx, *, line: str, name: str, by: str, now: datetime) -> None:
    """Take a camera's token away; its images are refused from now on."""
    known = lines.in_force(tx, line)
    if not lines.revoke_camera(tx, known.id, name, now):
        raise Unknown(f"Line {line!r} has no camera {name!r} with a token.")
    journal.append(tx, now, Change(subject=f"line/{line}/camera/{name}", event="camera_revoked", actor=by))
