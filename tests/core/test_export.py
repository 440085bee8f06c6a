"""Rows of a table, names of files, and parts of a COCO file."""

import csv
import io

import pytest

from inspection.core.export import Categories, area, cell, coco_annotation, file_name
from inspection.core.predict import Finding

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0", "\uff1d1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_taken_for_a_formula(text):
    read = next(csv.reader(io.StringIO(cell(text) + "\r\n", newline="")))[0]
    assert read == "'" + text


@pytest.mark.parametrize("text", ["plain", 'say "no"', "a,b", "two\r\nlines", "", "ü 1", "A-1"])
def test_other_text_comes_back_as_it_was(text):
    assert next(csv.reader(io.StringIO(cell(text) + ",x\r\n", newline=""))) == [text, "x"]


def test_a_cell_stays_one_where_semicolons_part_them():
    assert cell("S;=cmd") == '"S;=cmd"'
    assert next(csv.reader(io.StringIO(cell("S;=cmd") + "\r\n", newline=""), delimiter=";")) == ["S;=cmd"]


def test_values_that_are_no_text():
    assert [cell(value) for value in (None, True, False, 3, -0.5, ("dent", "crack"))] == [
        "", "yes", "no", "3", "-0.5", '"dent; crack"',
    ]  # fmt: skip


@pytest.mark.parametrize("serial", ["../../etc/passwd", "..", ".", "a/b", "a\\b", "C:x", "a%2Fb", " a", "a ", "a."])
def test_no_name_of_a_file_leads_anywhere_else(serial):
    parts = file_name("phones", serial, 1, "front", "image/jpeg").split("/")
    assert len(parts) == 4
    assert ".." not in parts
    assert not {":", "\\"} & set(parts[1])
    assert parts[1] == parts[1].strip().rstrip(".")


def test_different_serials_have_different_names():
    serials = ["a/b", "a%2Fb", "a b", "a\\b", "ab", "..", "%2E."]
    assert len({file_name("phones", serial, 1, "front", "image/png") for serial in serials}) == len(serials)


def test_a_second_image_of_a_view_has_a_name_of_its_own():
    assert file_name("phones", "A", 1, "front", "image/tiff", 7) == "phones/A/1/front-7.tif"


def test_a_place_as_coco_has_it():
    boxed = coco_annotation(1, 5, Finding(box=(10, 20, 40, 30), peak=1.0), 2)
    assert boxed["bbox"] == [10, 20, 30, 10]
    assert boxed["area"] == 300
    assert boxed["segmentation"] == [[10, 20, 40, 20, 40, 30, 10, 30]]
    corners = ((0, 0), (10, 0), (0, 10))
    drawn = coco_annotation(2, 5, Finding(box=(0, 0, 10, 10), outline=corners, peak=1.0), 2)
    assert drawn["area"] == 50
    assert drawn["segmentation"] == [[0, 0, 10, 0, 0, 10]]


def test_the_way_around_a_place_does_not_matter():
    corners = [(0, 0), (4, 0), (4, 3), (0, 3)]
    assert area(corners) == area(corners[::-1]) == 12


def test_defect_types_keep_their_numbers():
    kinds = Categories(["scratch", "dent"])
    assert [kinds.number(name) for name in ("dent", "crack", "scratch", "crack")] == [2, 3, 1, 3]
    assert [one["name"] for one in kinds.body()] == ["scratch", "dent", "crack"]
