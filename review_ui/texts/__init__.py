"""The words on the pages: one catalogue per language, read once."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "简体中文", "vi": "Tiếng Việt"}
SAID = "said"  # the section of messages that the rules and flows say in English
_FIELD = re.compile(r"\{(\d)\}")


@cache
def catalogue(language: str = "en") -> SimpleNamespace:
    """All texts of a language; a section of the file is a namespace, so a template that asks for none fails loudly.
    What a language lacks is said in English."""
    return SimpleNamespace(**{section: _namespace(texts) for section, texts in _texts(language).items()})


def word(section: SimpleNamespace, code: str) -> str:
    """The words for a code of the product such as `score_above`; a code without words is shown as it is, spaced."""
    return str(getattr(section, code, code.replace("_", " ")))


def plural(text: str, n: int) -> str:
    """`one unit|{n} units` for n; languages without a plural leave the bar out."""
    one, _, many = text.partition("|")
    return (one if n == 1 or not many else many).format(n=n)


def said(language: str, message: str) -> str:
    """A message of a rule or a flow in another language, its parts too where they are messages; as it is where the
    catalogue does not know it."""
    whole = message if message.endswith((".", "?", "!")) else f"{message}."
    if whole != message and (alone := said(language, whole)) != whole:
        return alone.rstrip(".。")  # a sentence within another one
    for pattern, order, translated in _messages(language):
        if found := pattern.fullmatch(message):
            parts = {name: said(language, part) for name, part in zip(order, found.groups(), strict=True)}
            return "".join(parts[part] if i % 2 else part for i, part in enumerate(_FIELD.split(translated)))
    return message


def preferred(accepted: str) -> str:
    """The first language of an Accept-Language header that there is a catalogue for, English without one.

    RFC 9110, section 12.5.4: the higher its q, the more a language is wanted, 1 where nothing is said.
    """
    wanted = []
    for asked in accepted.split(",")[:20]:
        name, _, quality = asked.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{1,3})?)\s*", quality)
        wanted.append((-float(found[1]) if found else -1.0, name.strip().lower().partition("-")[0]))
    return next(
        (name for quality, name in sorted(wanted, key=lambda one: one[0]) if quality and name in LANGUAGES), "en"
    )


@cache
def _texts(language: str) -> dict[str, Any]:
    english = tomllib.loads(files(__name__).joinpath("en.toml").read_text("utf-8"))
    if language == "en":
        return english
    theirs = tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text("utf-8"))
    return {
        section: {**texts, **theirs.get(section, {})} if isinstance(texts, dict) else theirs.get(section, texts)
        for section, texts in {SAID: {}, **english}.items()
    }


@cache
def _messages(language: str) -> list[tuple[re.Pattern[str], list[str], str]]:
    """Pattern of a message, the names of its fields in order, and its translation; the longest first, so that a
    message is not taken for a more general one."""
    known = _texts(language).get(SAID, {})
    made = []
    for english in sorted(known, key=len, reverse=True):
        parts = _FIELD.split(english)  # text, name, text, name, ..., text
        pattern = "".join(re.escape(part) if i % 2 == 0 else "(.+?)" for i, part in enumerate(parts))
        made.append((re.compile(pattern, re.DOTALL), parts[1::2], known[english]))
    return made


def _namespace(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{key: _namespace(inner) for key, inner in value.items()})
    return value
