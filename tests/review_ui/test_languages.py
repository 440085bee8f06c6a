"""Every language says all that English says, with the same things filled in."""

import re

import pytest

from review_ui import texts
from tests.review_ui.messages import catalogue, messages, missing
from tests.review_ui.test_access import ADJUDICATORS_LOOK, LOOK

OTHERS = [language for language in texts.LANGUAGES if language != "en"]
FIELD = re.compile(r"\{(\w*)[^}]*\}")


def fields(text: object) -> set[str]:
    """The names of what is filled into a text."""
    return set(FIELD.findall(" ".join(text) if isinstance(text, list) else str(text)))


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_said_in_english_alone(language):
    assert missing(language) == {}, "`python -m tests.review_ui.messages LANGUAGE` prints what to fill in"


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_else_is_filled_in_than_in_english(language):
    english = {**catalogue("en"), "said": {said: said for said in messages()}}
    wrong = [
        f"{section}.{key}"
        for section, theirs in catalogue(language).items()
        for key, text in theirs.items()
        if key not in english[section] or fields(text) != fields(english[section][key])
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_texts_have_the_shape_of_the_english_ones(language):
    wrong = [
        f"{section}.{key}"
        for section, theirs in catalogue(language).items()
        if section != "said"
        for key, text in theirs.items()
        if type(text) is not type(catalogue("en")[section][key]) or not text
    ]
    assert wrong == []


def test_messages_are_found_in_the_source():
    assert "Only your last answer can be taken back, within {0} seconds." in messages()
    assert "Name or password is wrong." in messages()


@pytest.mark.parametrize("language", OTHERS)
def test_every_page_is_there_in_every_language(visit, plant, language):
    plant.line(simulated=True)
    plant.unit("A-1")
    plant.model()
    adam = visit("adam")
    adam.cookies["language"] = language
    for path in [
        *LOOK,
        *ADJUDICATORS_LOOK,
        "/new-line",
        "/journal",
        "/people",
        "/lines/phones/replay",
        "/lines/phones/rollout",
    ]:
        answer = adam.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html") and "<html" in answer.text:
            assert f'<html lang="{texts.catalogue(language).language}"' in answer.text
