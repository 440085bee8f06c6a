"""The catalogue of words."""

import re
import tomllib
from pathlib import Path

import pytest

import review_ui
from inspection.core.level import Level
from inspection.core.predict import Failure
from review_ui import texts
from review_ui.render import NOTHING, environment, share, span

HERE = Path(review_ui.__file__).parent
CATALOGUE = tomllib.loads((HERE / "texts" / "en.toml").read_text())


def used() -> set[str]:
    found: set[str] = set()
    for file in HERE.rglob("*.html"):
        found |= set(re.findall(r"\bt\.(\w+\.\w+)", file.read_text()))
    return found


def test_every_text_that_a_template_asks_for_is_there():
    missing = [key for key in used() if key.split(".")[1] not in CATALOGUE.get(key.split(".")[0], {})]
    assert missing == []


def test_no_text_lies_there_unused():
    by_code = {
        "event",
        "reason",
        "by",
        "light",
        "role",
        "verdict",
        "error",
        "demo",
        "training",
        "sign_in",
        "policy",
        "password",
        "model_kind",
        "figure",
        "held_out",
        "what_if",
        "risk",
        "lack",
        "side",
        "guard_kind",
        "rollout_phase",
        "rollout_strategy",
        "adjudicate",
        "disagreement",
        "export_kind",
    }
    known = {
        f"{s}.{k}" for s, words in CATALOGUE.items() if isinstance(words, dict) and s not in by_code for k in words
    }
    assert known - used() == set()


@pytest.mark.parametrize("failure", list(Failure))
def test_every_failure_of_a_model_has_words(failure):
    assert failure in CATALOGUE["reason"]


@pytest.mark.parametrize("level", list(Level))
def test_every_level_has_words_as_a_reason(level):
    assert level in CATALOGUE["reason"] or level.rung > 2


def test_templates_are_all_sound():
    for name in environment().list_templates():
        environment().get_template(name)


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, NOTHING), (-3, "0 s"), (89, "89 s"), (240, "4 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_spans_are_told_in_the_largest_unit_that_fits(seconds, words):
    assert span(seconds) == words


def test_shares_and_plurals():
    assert share(0.1234) == "12.3 %"
    assert share(None) == NOTHING
    assert texts.plural("one|{n} many", 1) == "one"
    assert texts.plural("one|{n} many", 3) == "3 many"
    assert texts.word(texts.catalogue().reason, "never_seen") == "never seen"
