"""The catalogue of words."""

import re
import tomllib
from pathlib import Path

import pytest

import review_ui
from inspection.core.level import FREEDOM, Level
from inspection.core.predict import Failure
from review_ui import texts
from review_ui.render import environment
from review_ui.speech import NOTHING, speech

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
        "level",
        "span",
        "light",
        "light_mark",
        "drift_mark",
        "drift_kind",
        "drift_state",
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
        "andon_state",
        "andon_proof",
        "export_kind",
        "band",
        "study_state",
        "alarms",
        "alarm_kind",
        "channel_kind",
        "alarm_action",
        "alarm_unit",
        "alarm_day",
        "severity",
        "comparison",
        "stage",
        "trouble",
        "figures_span",
        "figures_unit",
        "figures_name",
        "pipeline",
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
    assert speech("en").span(seconds) == words


def test_shares_and_plurals():
    assert speech("en").share(0.1234) == "12.3 %"
    assert speech("en").share(None) == NOTHING
    assert texts.plural("one|{n} many", 1) == "one"
    assert texts.plural("one|{n} many", 3) == "3 many"
    assert texts.word(texts.catalogue().reason, "never_seen") == "never seen"


@pytest.mark.parametrize("level", list(Level))
def test_the_pages_call_the_levels_what_the_product_calls_them(level):
    assert speech("en").freedom[level] == FREEDOM[level]


@pytest.mark.parametrize(
    ("language", "number", "share"),
    [("en", "1,234.5", "12.3 %"), ("zh", "1,234.5", "12.3 %"), ("vi", "1.234,5", "12,3 %")],
)
def test_numbers_are_written_as_each_language_writes_them(language, number, share):
    assert speech(language).number(1234.5, 1) == number
    assert speech(language).share(0.1234) == share
    assert speech(language).number(None) == NOTHING
    assert speech("en").number(0.123456) == "0.123456"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"), ("vi", "vi"), ("vi-VN,vi;q=0.9,en;q=0.8", "vi"), ("zh-CN,zh;q=0.9", "zh"), ("de,fr;q=0.5", "en"),
        ("de,zh;q=0.5,vi;q=0.7", "vi"), ("zh;q=0", "en"), (";;;,,,q=1", "en"), ("zh;q=abc", "zh"), ("*", "en"),
    ],
)  # fmt: skip
def test_a_browser_gets_the_language_it_wants_most(accepted, language):
    assert texts.preferred(accepted) == language


def test_messages_of_the_rules_are_said_in_the_readers_language(monkeypatch):
    known = {
        "Line {0} has no view {1}.": "{1}: không có ở {0}.",
        "No. {0}. Try again.": "Không. {0}. Thử lại.",
        "Line {0}.": "?",
    }
    monkeypatch.setattr(texts, "_texts", lambda _: {"said": known})
    texts._messages.cache_clear()
    try:
        assert texts.said("vi", "Line 'a{b}' has no view 'x.y'.") == "'x.y': không có ở 'a{b}'."
        assert texts.said("vi", "No. Line 'b' has no view c. Try again.") == "Không. c: không có ở 'b'. Thử lại."
        assert texts.said("vi", "Nobody has translated this.") == "Nobody has translated this."
    finally:
        texts._messages.cache_clear()
