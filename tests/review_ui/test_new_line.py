"""A line is added on one page."""

import pytest

NEW = {"title": "Gear wheels, incoming", "views": "face, rim", "defect_types": "Chip, burr"}


def test_a_new_line_begins_at_human_only_with_its_photos(visit):
    erin = visit("erin")
    answer = erin.post("/new-line", {**NEW, "place": "Acme / Hall 3"})
    assert answer.headers["location"] == "/lines/gear-wheels-incoming/training"
    assert "Drop photos of view rim" in erin.get(answer.headers["location"]).text
    board = visit("ines").get("/").text
    assert "Gear wheels, incoming" in board
    assert "Acme / Hall 3" in board
    assert "Human only" in board


def test_finding_the_part_is_off_unless_it_is_ticked(visit):
    erin = visit("erin")
    erin.post("/new-line", NEW)
    erin.post("/new-line", {**NEW, "name": "gears", "locate": "yes"})
    assert "look at the whole image" in erin.get("/lines/gear-wheels-incoming").text
    assert "find the part first" in erin.get("/lines/gears").text
    assert "checked" in erin.post("/new-line", {**NEW, "name": "gears", "locate": "yes"}).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "A line is named by"),
        ({"name": "Bad Name!"}, "A line is named by"),
        ({"title": "x" * 81, "name": "x"}, "1 to 80"),
        ({"views": ""}, "1 to 16 different views"),
        ({"views": "a, a"}, "1 to 16 different views"),
        ({"views": "Ober seite"}, "is no view name"),
        ({"defect_types": "a" * 40}, "is no defect type"),
    ],
)
def test_what_will_not_do_is_said_and_what_was_typed_stays(visit, fields, words):
    refused = visit("erin").post("/new-line", {**NEW, **fields})
    assert refused.status_code == 422
    assert words in refused.text
    assert "Chip, burr" in refused.text or "defect_types" in fields


def test_two_lines_never_share_a_name(visit):
    erin = visit("erin")
    erin.post("/new-line", NEW)
    assert "already" in erin.post("/new-line", NEW).text


def test_an_empty_board_says_what_to_do(visit):
    assert "make demo" in visit("ines").get("/").text
    assert 'href="/new-line"' not in visit("ines").get("/").text
    assert 'href="/new-line"' in visit("erin").get("/").text
