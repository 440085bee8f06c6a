"""Lines and recipes that cannot be set up."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.level import FREEDOM, Level
from inspection.core.line import InvalidLine, Line, Recipe, Unknown

RECIPE = Recipe(views=("front",))


@pytest.mark.parametrize(
    "wrong",
    [
        {"views": ()}, {"views": ("front", "front")}, {"views": ("Front",)}, {"views": ("a/b",)}, {"views": ("",)},
        {"views": tuple(f"v{i}" for i in range(17))}, {"defect_types": ("dent", "dent")}, {"defect_types": ("Dent",)},
        {"defect_types": ("",)}, {"defect_types": ("x" * 33,)}, {"defect_types": tuple(f"d{i}" for i in range(33))},
        {"unit_timeout_s": 0.0}, {"unit_timeout_s": -1.0}, {"unit_timeout_s": 1e9}, {"unit_timeout_s": math.nan},
    ],
)  # fmt: skip
def test_a_recipe_that_makes_no_sense_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidLine, match=r"[A-Za-z ]{15,}"):
        Recipe(**{"views": ("front",), **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "Final"}, {"name": "../x"}, {"name": "a b"}, {"name": "x" * 65}, {"name": "a\n"},
        {"title": ""}, {"title": "x" * 81}, {"title": "a\x00"}, {"place": "x" * 201}, {"place": "a\nb"},
        {"safe_level": Level.PARTIAL_AUTOMATION}, {"safe_level": Level.FULL_AUTOMATION},
    ],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidLine, match=r"[A-Za-z ]{15,}"):
        Line(**{"name": "phones", "title": "Phones", "recipe": RECIPE, **wrong})


@given(name=st.text(max_size=70))
def test_a_name_that_is_taken_is_safe_in_paths_and_addresses(name: str) -> None:
    try:
        Line(name=name, title="x", recipe=RECIPE)
    except InvalidLine:
        return
    assert name.isascii()
    assert not set(name) & set("/\\.%?# \n")


def test_the_table_of_levels_gives_each_more_than_the_one_before() -> None:
    assert list(FREEDOM) == list(Level)
    assert [level.rung for level in Level] == [0, 1, 2, 3, 4]
    freedoms = [(f.runs_model, f.shows_ai, f.ai_decides) for f in FREEDOM.values()]
    assert freedoms == sorted(freedoms)
    assert [f.ai_decides for f in FREEDOM.values()] == [False, False, False, True, True]


def test_what_is_not_known_is_named_without_quotes_around_it() -> None:
    assert str(Unknown("There is no line 'x'.")) == "There is no line 'x'."
    assert str(Unknown()) == ""
