"""A selection of units, taken away as a table, a COCO file or an archive."""

import csv
import io
import json
import tracemalloc
import zipfile

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.predict import Finding
from inspection.flow.export import Kind, Selection, stream
from inspection.store.reports.units import UnitFilter
from tests.review_ui.plant import picture


@pytest.fixture
def plant(plant):
    plant.line()
    plant.line("gears", views=("face",), title="Gear wheels")
    return plant


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def opened(answer) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_a_table_has_a_row_for_each_image_that_fits(visit, plant):
    for serial in ("A-1", "A-2", "B-1"):
        plant.unit(serial)
        plant.wait(1)
    plant.unit("A-3", line="gears", views=("face",))
    answer = visit("erin").get("/units/export/csv?serial=A-&line=phones")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="phones-20261121-080003.csv"'
    told = [(row["line"], row["serial"], row["view"]) for row in rows(answer)]
    assert told == [("phones", serial, view) for serial in ("A-2", "A-1") for view in ("front", "back")]
    assert len(rows(visit("erin").get("/units/export/csv"))) == 7
    assert answer.content.endswith(b"\r\n")


def test_a_serial_that_looks_like_a_formula_is_none_in_the_table(visit, plant):
    plant.unit('=HYPERLINK("http://evil.test")')
    assert rows(visit("erin").get("/units/export/csv"))[0]["serial"] == '\'=HYPERLINK("http://evil.test")'


def test_an_export_tells_nothing_that_a_blind_review_must_not_know(visit, plant):
    plant.level(Level.FULL_AUTOMATION, model=plant.model(), reject_above=0.5, audit_share=1)
    plant.unit("A-1", score=0.9)
    erin = visit("erin")
    row = rows(erin.get("/units/export/csv"))[0]
    blind = ("verdict", "ai_verdict", "audited", "unit_score", "image_score", "outcome", "settled_at")
    assert {row[name] for name in blind} == {""}
    assert row["reason"] == "waits_for_review"
    assert rows(erin.get("/units/export/csv?score_from=0.5")) == []
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("dent",)))
    plant.wait(31)
    row = rows(erin.get("/units/export/csv?score_from=0.5"))[0]
    assert (row["verdict"], row["ai_verdict"], row["audited"], row["unit_score"], row["image_score"]) == (
        "reject", "reject", "yes", "0.9", "0.9",
    )  # fmt: skip
    assert row["defect_types"] == "dent"


def test_places_that_people_drew_are_annotations_of_their_image(visit, plant):
    face = plant.unit("A-1", line="gears", views=("face",))[0]
    drawn = (
        Finding(box=(10, 20, 40, 30), peak=1.0, defect_type="crack", image_id=face),
        Finding(box=(0, 0, 10, 10), outline=((0, 0), (10, 0), (0, 10)), peak=1.0, image_id=face),
    )
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("dent",), findings=drawn))
    plant.unit("A-2")
    told = json.loads(visit("erin").get("/units/export/coco").content)
    assert [one["id"] for one in told["annotations"]] == [1, 2]
    assert {one["image_id"] for one in told["annotations"]} == {face}
    kinds = {one["id"]: one["name"] for one in told["categories"]}
    assert [kinds[one["category_id"]] for one in told["annotations"]] == ["crack", "dent"]
    assert {"scratch", "crack", "dent"} <= set(kinds.values())
    files = {one["id"]: one for one in told["images"]}
    assert len(files) == 3
    assert files[face]["file_name"] == "gears/A-1/1/face.jpg"
    assert (files[face]["width"], files[face]["height"]) == (320, 240)
    assert told["annotations"][0]["bbox"] == [10, 20, 30, 10]


def test_a_place_of_a_unit_with_several_images_belongs_to_the_image_it_was_drawn_on(visit, plant):
    front, back = plant.unit("A-1")
    drawn = (Finding(box=(1, 2, 3, 4), peak=1.0, image_id=back),)
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("dent",), findings=drawn))
    erin = visit("erin")
    assert [one["image_id"] for one in json.loads(erin.get("/units/export/coco").content)["annotations"]] == [back]
    assert json.loads(erin.get("/units/export/coco?view=front").content)["annotations"] == []
    assert front != back


def test_an_archive_holds_the_images_and_names_those_that_are_not_whole(visit, plant):
    whole, gone, harmed = (picture(number) for number in (901, 902, 903))
    for number, data in enumerate((whole, gone, harmed)):
        plant.unit(f"A-{number}", line="gears", views=("face",), pictures=(data,))
        plant.wait(1)
    with plant.db.read() as tx:
        digests = dict(tx.exec_driver_sql("SELECT id, sha256 FROM image").all())
    plant.images.path(digests[2]).unlink()
    plant.images.path(digests[3]).write_bytes(b"something else")
    with opened(visit("erin").get("/units/export/zip")) as found:
        assert found.testzip() is None
        assert found.namelist() == ["gears/A-0/1/face.jpg", "images.csv"]
        assert found.read("gears/A-0/1/face.jpg") == whole
        table = csv.DictReader(io.StringIO(found.read("images.csv").decode(), newline=""))
        assert {row["serial"]: row["problem"] for row in table} == {"A-0": "", "A-1": "missing", "A-2": "damaged"}


def test_no_serial_leads_out_of_the_folder(visit, plant):
    plant.unit("../../etc/x", line="gears", views=("face",))
    with opened(visit("erin").get("/units/export/zip")) as found:
        assert found.namelist()[0].split("/")[0] == "gears"
        assert ".." not in found.namelist()[0].split("/")


def test_all_of_it_comes_in_batches_that_hold_no_transaction(plant, monkeypatch):
    monkeypatch.setattr("inspection.store.reports.export.batch.__defaults__", (3,))
    for number in range(8):
        plant.unit(f"A-{number}", line="gears", views=("face",))
        plant.wait(1)
    parts = stream(Selection(db=plant.db, images=plant.images, wanted=UnitFilter(), now=plant.at), Kind.CSV)
    head, first = next(parts), next(parts)
    assert first.count(b"\r\n") == 3
    assert plant.db.engine.pool.checkedout() == 0
    plant.unit("newer", line="gears", views=("face",))
    told = list(csv.DictReader(io.StringIO(b"".join([head, first, *parts]).decode(), newline="")))
    assert [row["serial"] for row in told] == [f"A-{number}" for number in range(7, -1, -1)]


def test_an_archive_takes_no_more_memory_for_more_images(plant):
    for number in range(30):
        plant.unit(f"A-{number}", line="gears", views=("face",), pictures=(picture(1, (900, 700)) + bytes(1 << 20),))
    parts = stream(Selection(db=plant.db, images=plant.images, wanted=UnitFilter(), now=plant.at), Kind.ZIP)
    tracemalloc.start()
    size = sum(len(part) for part in parts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 30 << 20
    assert peak < 12 << 20


@pytest.mark.parametrize("query", ["since=yesterday", "score_from=much"])
def test_a_filter_that_cannot_be_read_is_refused_in_words(visit, query):
    answer = visit("erin").get(f"/units/export/csv?{query}")
    assert answer.status_code == 422
    assert "such as" in answer.text


@pytest.mark.parametrize("kind", ["csv", "coco", "zip"])
def test_an_unknown_line_is_said_to_be_unknown_before_anything_is_sent(visit, kind):
    answer = visit("erin").get(f"/units/export/{kind}?line=nowhere")
    assert answer.status_code == 404
    assert "There is no line" in answer.text
