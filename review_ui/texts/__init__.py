"""The words on the pages: one catalogue per language, read once."""

import tomllib
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any


@cache
def catalogue(language: str = "en") -> SimpleNamespace:
    """All texts of a language; a section of the file is a namespace, so a template that asks for none fails loudly."""
    body = tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text("utf-8"))
    return SimpleNamespace(**{section: _namespace(texts) for section, texts in body.items()})


def word(section: SimpleNamespace, code: str) -> str:
    """The words for a code of the product such as `score_above`; a code without words is shown as it is, spaced."""
    return str(getattr(section, code, code.replace("_", " ")))


def plural(text: str, n: int) -> str:
    """`one unit|{n} units` for n; languages without a plural leave the bar out."""
    one, _, many = text.partition("|")
    return (one if n == 1 or not many else many).format(n=n)


def _namespace(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{key: _namespace(inner) for key, inner in value.items()})
    return value
