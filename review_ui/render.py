"""Templates: their environment, filters, and the addresses of static files that never go stale."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2_fragments import render_block

from inspection.core.level import Level
from review_ui import draw, texts
from review_ui.speech import NOTHING, speech

STATIC = Path(__file__).parent / "static"
THEMES = ("auto", "light", "dark")


@cache
def environment(language: str = "en") -> Environment:
    """The template environment of a language; a name that is not there is an error, not an empty string."""
    made = Environment(
        loader=PackageLoader("review_ui", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    says = speech(language)
    filters: dict[str, Callable[..., str]] = {
        "span": says.span, "share": says.share, "shares": says.shares, "stamp": says.stamp, "score": says.score,
        "number": says.number, "version": version, "roughly": says.roughly, "said": says.said,
        "brief": says.brief, "bytes": says.bytes, "figure": says.figure,
    }  # fmt: skip
    made.filters.update(filters)
    made.globals.update(t=says.words, word=texts.word, plural=texts.plural, static=static, LANGUAGES=texts.LANGUAGES)
    made.globals.update(LEVELS=tuple(Level), FREEDOM=says.freedom, columns=draw.columns)
    parts = made.get_template("parts.html").module
    made.globals.update({name: getattr(parts, name) for name in dir(parts) if not name.startswith("_")})
    return made


@cache
def static(path: str) -> str:
    """The address of a static file, with the hash of its content, so that browsers may keep it for ever."""
    digest = sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def version(number: int | None) -> str:
    """A model's version as people say it."""
    return NOTHING if number is None else f"v{number}"


def theme_of(cookie: str | None) -> str:
    """The theme a person chose; the system's own where the cookie says nothing known."""
    return cookie if cookie in THEMES else "auto"


def language_of(request: Request, chosen: str = "") -> str:
    """The language of an answer: the one a person chose, else this browser's last choice, else what it asks for."""
    for language in (chosen, request.cookies.get("language", "")):
        if language in texts.LANGUAGES:
            return language
    return texts.preferred(request.headers.get("accept-language", ""))


def render(template: str, block: str | None = None, *, language: str = "en", **values: Any) -> str:
    """A page, or one block of it for the scripts that refresh a part."""
    made = environment(language)
    if block is None:
        return made.get_template(template).render(**values)
    return render_block(made, template, block, **values)
