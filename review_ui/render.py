"""Templates: their environment, filters, and the addresses of static files that never go stale."""

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2_fragments import render_block

from inspection.core import pace
from inspection.core.level import FREEDOM, Level
from review_ui import draw, texts

STATIC = Path(__file__).parent / "static"
NOTHING = "\u2013"
THEMES = ("auto", "light", "dark")


@cache
def environment() -> Environment:
    """The one template environment; a name that is not there is an error, not an empty string."""
    made = Environment(
        loader=PackageLoader("review_ui", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    words = texts.catalogue()
    filters: dict[str, Callable[..., str]] = {
        "span": span, "share": share, "shares": partial(share, digits=2), "stamp": stamp, "score": score,
        "version": version, "roughly": pace.words,
    }  # fmt: skip
    made.filters.update(filters)
    made.globals.update(t=words, word=texts.word, plural=texts.plural, static=static)
    made.globals.update(LEVELS=tuple(Level), FREEDOM=FREEDOM, columns=draw.columns)
    parts = made.get_template("parts.html").module
    made.globals.update({name: getattr(parts, name) for name in dir(parts) if not name.startswith("_")})
    return made


@cache
def static(path: str) -> str:
    """The address of a static file, with the hash of its content, so that browsers may keep it for ever."""
    digest = sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def span(seconds: float | None) -> str:
    """A length of time in the largest fitting unit, such as `4 min`."""
    if seconds is None:
        return NOTHING
    seconds = max(seconds, 0.0)
    for limit, per, unit in ((90, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            return f"{seconds / per:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def share(value: float | None, digits: int = 1) -> str:
    """A part of one as per cent; a dash where there is nothing to speak of."""
    return NOTHING if value is None else f"{value * 100:.{digits}f} %"


def score(value: float | None) -> str:
    """A model's score from 0 to 1."""
    return NOTHING if value is None else f"{value:.3f}"


def stamp(at: datetime | None) -> str:
    """A moment as people read it where no script runs: in UTC. A script shows the browser's own time instead."""
    return NOTHING if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def version(number: int | None) -> str:
    """A model's version as people say it."""
    return NOTHING if number is None else f"v{number}"


def theme_of(cookie: str | None) -> str:
    """The theme a person chose; the system's own where the cookie says nothing known."""
    return cookie if cookie in THEMES else "auto"


def render(template: str, block: str | None = None, **values: Any) -> str:
    """A page, or one block of it for the scripts that refresh a part."""
    made = environment()
    if block is None:
        return made.get_template(template).render(**values)
    return render_block(made, template, block, **values)
