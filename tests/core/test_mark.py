"""Drawn places: what is read from a page, what is refused, and which types they carry."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.label import InvalidLabel
from inspection.core.mark import MAX_CORNERS, MAX_PLACES, check_places, read, typed
from inspection.core.predict import Finding

SIZES = {7: (640, 480)}


def test_a_box_and_a_polygon_are_read_in_whole_pixels() -> None:
    said = [
        {"image": 7, "box": [30.4, 40, 10, 20.6], "type": "dent"},
        {"image": 7, "outline": [[0, 0], [640, 0], [320.2, 480]]},
    ]
    box, polygon = read(json.dumps(said))
    assert box == Finding(box=(10, 21, 30, 40), peak=1.0, defect_type="dent", image_id=7)
    assert polygon.outline == ((0, 0), (640, 0), (320, 480))
    assert (polygon.box, polygon.defect_type) == ((0, 0, 640, 480), None)
    check_places((box, polygon), SIZES)
    assert read("") == read("[]") == ()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('[{"image": 7, "box": [1, 2, NaN, 4]}]', "no number"),
        ('[{"image": 7, "box": [1, 2, 1e999, 4]}]', "no number"),
        ('[{"image": 7, "outline": [[1, 2], [3, 4]]}]', "3 to 300 corners"),
        ('[{"image": 7, "box": [5, 5, 5, 9]}]', "line or a dot"),
        ('[{"image": 7, "box": [1, 2, 3]}]', "could not be read"),
        ('[{"image": "7", "box": [1, 2, 3, 4]}]', "could not be read"),
        ('[{"image": 7, "box": ["a", 2, 3, 4]}]', "could not be read"),
        ('[{"image": 7, "box": [1, 2, 3, 4], "type": 5}]', "could not be read"),
        ('[{"image": 7}]', "could not be read"),
        ('[{"image": 7, "outline": [[1, 2, 3]]}]', "could not be read"),
        ('[{"image": 7, "outline": 5}]', "could not be read"),
        ("[7]", "could not be read"),
        ('{"image": 7}', "could not be read"),
        ("[" * 100_000, "could not be read"),
        ("not json", "could not be read"),
        ("9" * 5000, "could not be read"),
        (f'[{{"image": 7, "box": [1, 2, 3, {"9" * 400}]}}]', "could not be read"),
    ],
)
def test_what_is_no_place_is_refused_in_words(said: str, words: str) -> None:
    with pytest.raises(InvalidLabel, match=words):
        read(said)


def test_too_many_corners_or_places_are_refused() -> None:
    corners = [[i, i % 2] for i in range(MAX_CORNERS + 1)]
    with pytest.raises(InvalidLabel, match="corners"):
        read(json.dumps([{"image": 7, "outline": corners}]))
    many = read(json.dumps([{"image": 7, "box": [0, 0, 5, 5]}] * (MAX_PLACES + 20)))
    with pytest.raises(InvalidLabel, match="At most 50"):
        check_places(many, SIZES)


@pytest.mark.parametrize("box", [[-1, 0, 5, 5], [0, -3, 5, 5], [0, 0, 641, 5], [0, 0, 5, 481]])
def test_a_place_outside_its_picture_is_refused(box: list[int]) -> None:
    with pytest.raises(InvalidLabel, match="outside its picture"):
        check_places(read(json.dumps([{"image": 7, "box": box}])), SIZES)


def test_a_place_on_another_units_image_is_refused() -> None:
    with pytest.raises(InvalidLabel, match="no image of this unit"):
        check_places(read('[{"image": 8, "box": [0, 0, 5, 5]}]'), SIZES)


def test_places_carry_the_rejects_type_unless_they_have_their_own() -> None:
    places = read('[{"image": 7, "box": [0, 0, 5, 5]}, {"image": 7, "box": [0, 0, 5, 5], "type": "dent"}]')
    types, named = typed(["scratch"], places)
    assert types == ("scratch", "dent")
    assert [one.defect_type for one in named] == ["scratch", "dent"]
    assert typed([], places[1:])[0] == ("dent",)
    assert typed([], places[:1]) == ((), places[:1])


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["image", "box", "outline", "type"]), inner)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_whatever_is_sent_is_read_or_refused(said: Any) -> None:
    with suppress(InvalidLabel):
        check_places(read(json.dumps(said)), SIZES)
