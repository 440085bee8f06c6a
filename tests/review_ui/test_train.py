"""Photos are put in, and a training is started, watched and stopped."""

import re

import pytest

from inspection.core.train import Untrainable
from inspection.flow import train
from inspection.flow.train import Trained
from tests.review_ui.plant import picture


@pytest.fixture
def plant(plant):
    plant.line(views=("front",))
    return plant


def put_in(visitor, *files, view="front", **headers):
    sent = [("files", (name, data, "image/jpeg")) for name, data in files]
    return visitor.post("/lines/phones/samples", {"view": view}, files=sent, **headers)


def test_photos_are_counted_per_view_and_shown(visit):
    erin = visit("erin")
    assert put_in(erin, *[(f"good{i}.jpg", picture(i)) for i in range(3)]).status_code == 303
    page = erin.get("/lines/phones/training").text
    assert "3 / 10" in page
    address = re.search(r'src="(/lines/phones/samples/\w{64})"', page)[1]
    small = visit("ines").get(address)
    assert small.headers["content-type"] == "image/jpeg"
    assert visit("ines").get(address, if_none_match=small.headers["etag"]).status_code == 304


def test_the_same_photo_counts_once(visit):
    erin = visit("erin")
    put_in(erin, ("a.jpg", picture(1)), ("b.jpg", picture(1)))
    assert "1 / 10" in erin.get("/lines/phones/training").text


@pytest.mark.parametrize("data", [b"", b"no image at all", b"\xff\xd8\xff\xe0 cut", b"GIF89a" + b"\0" * 50])
def test_what_is_no_photo_is_refused_by_name_and_the_rest_is_kept(visit, data):
    erin = visit("erin")
    refused = put_in(erin, ("bad.jpg", data), ("good.jpg", picture(5)))
    assert refused.status_code == 422
    assert "bad.jpg" in refused.text
    assert "1 / 10" in erin.get("/lines/phones/training").text


def test_the_script_that_sends_photos_is_answered_in_plain_words(visit):
    erin = visit("erin")
    token = {"x_csrf_token": erin.csrf}
    assert put_in(erin, ("a.jpg", picture(1)), **token).text == "One new photo."
    refused = put_in(erin, ("a.txt", b"text"), **token)
    assert refused.status_code == 422
    assert refused.text.startswith("a.txt: ")


def test_photos_of_an_unknown_view_are_refused(visit):
    assert "has no view" in put_in(visit("erin"), ("a.jpg", picture(1)), view="bottom").text


def test_a_photo_can_be_taken_out_again(visit):
    erin = visit("erin")
    put_in(erin, ("a.jpg", picture(1)))
    digest = re.search(r"/samples/(\w{64})/remove", erin.get("/lines/phones/training").text)[1]
    erin.post(f"/lines/phones/samples/{digest}/remove")
    assert "0 / 10" in erin.get("/lines/phones/training").text
    assert erin.get(f"/lines/phones/samples/{digest}").status_code == 404
    assert erin.post(f"/lines/phones/samples/{digest}/remove").status_code == 404


def test_too_few_photos_train_nothing_and_say_how_many(visit, plant):
    erin = visit("erin")
    put_in(erin, ("a.jpg", picture(1)))
    page = erin.get("/lines/phones/training").text
    assert re.search(r"<button class=\"button main big\" disabled", page)
    refused = erin.post("/lines/phones/train")
    assert refused.status_code == 422
    assert "at least 10 are needed" in refused.text
    assert plant.jobs_started == 0


def test_a_training_is_queued_watched_and_cancelled(visit, plant):
    erin = visit("erin")
    put_in(erin, *[(f"{i}.jpg", picture(i)) for i in range(10)])
    erin.post("/lines/phones/train")
    assert plant.jobs_started == 1
    assert "waits for its turn" in visit("ines").get("/lines/phones/training").text
    assert "under way" in erin.post("/lines/phones/train").text
    erin.post("/lines/phones/train/1/cancel")
    assert "Cancelled by erin." in erin.get("/lines/phones/training").text
    assert erin.post("/lines/phones/train/1/cancel").status_code == 404


def test_a_running_training_says_how_long_it_took_and_still_takes(visit, plant):
    erin = visit("erin")
    put_in(erin, *[(f"{i}.jpg", picture(i)) for i in range(10)])
    erin.post("/lines/phones/train")
    pages = []

    def trains(*, progress, **_ignored):
        pages.append(visit("ines").get("/lines/phones/training").text)
        for done in range(1, 8):
            plant.wait(20)
            progress("features of front", done, 16)
        pages.append(visit("ines").get("/lines/phones/training").text)
        return Trained(artefact="feed" * 16, card={})

    assert train.work_once(plant.db, plant.images, trains, lambda: plant.at)
    begins, running = pages
    assert begins.count("not known yet") == 2
    assert "features of front" in running
    assert "7 / 16" in running
    assert re.search(r"So far</dt><dd>2 min<", running)
    assert re.search(r"This step still takes</dt><dd>about 3 min<", running)
    assert "steps to come are judged by the line&#39;s last training" in running
    assert "took 2 min" in visit("ines").get("/lines/phones/training").text


class TestDefects:
    """Photos of defects are put in with their type."""

    def send(self, visitor, name: str, data: bytes, **fields: str):
        files = [("files", (name, data, "image/jpeg"))]
        return visitor.post("/lines/phones/samples", {"view": "front", "shows": "defect", **fields}, files=files)

    def test_they_are_counted_apart_and_shown_with_their_type(self, visit):
        erin = visit("erin")
        assert self.send(erin, "a.jpg", picture(1), defect=" Scratch").status_code == 303
        page = erin.get("/lines/phones/training").text
        assert "0 / 10" in page
        assert "+ 1 with a defect" in page
        assert re.search(r'class="verdict reject">.*</svg>scratch<', page)

    def test_a_defect_of_no_named_type_is_no_good_part(self, visit):
        erin = visit("erin")
        self.send(erin, "a.jpg", picture(1), defect="  ")
        page = erin.get("/lines/phones/training").text
        assert "0 / 10" in page
        assert "+ 1 with a defect" in page

    def test_the_recipes_types_are_offered_and_masks_are_explained(self, visit):
        page = visit("erin").get("/lines/phones/training").text
        assert re.findall(r'<option value="(\w+)">', page) == ["scratch", "crack", "dent"]
        assert "jidoka train phones --set FOLDER" in page
        assert 'name="shows"' not in visit("ines").get("/lines/phones/training").text

    def test_a_photo_that_is_in_as_good_is_refused_by_name_until_it_is_taken_out(self, visit):
        erin = visit("erin")
        put_in(erin, ("first.jpg", picture(1)))
        refused = self.send(erin, "again.jpg", picture(1), defect="dent")
        assert refused.status_code == 422
        assert "first.jpg (good) and again.jpg (dent)" in refused.text
        digest = re.search(r"/samples/(\w{64})/remove", erin.get("/lines/phones/training?find=first").text)[1]
        erin.post(f"/lines/phones/samples/{digest}/remove")
        assert self.send(erin, "again.jpg", picture(1), defect="dent").status_code == 303

    def test_any_other_word_for_what_they_show_is_refused(self, visit):
        assert self.send(visit("erin"), "a.jpg", picture(1), shows="something").status_code == 400


def test_photos_are_found_by_their_name_and_type(visit):
    erin = visit("erin")
    put_in(erin, ("plate_1.jpg", picture(1)), ("plate22.jpg", picture(2)))
    TestDefects().send(erin, "other.jpg", picture(3), defect="Plating gone")

    def found(text: str) -> list[str]:
        return re.findall(r'alt="([^"]+)"', erin.get(f"/lines/phones/training?find={text}").text)

    assert found("PLATE") == ["plate22.jpg", "plate_1.jpg"]
    assert found("_") == ["plate_1.jpg"]
    assert found("plating") == ["other.jpg"]
    assert found("zebra") == []
    assert "No photo put in has that" in erin.get("/lines/phones/training?find=zebra").text


def test_a_training_that_failed_says_why_until_the_next_one(visit, plant):
    erin = visit("erin")
    put_in(erin, *[(f"{i}.jpg", picture(i)) for i in range(10)])
    erin.post("/lines/phones/train")

    def fails(**_ignored):
        raise Untrainable("3.jpg and 4.jpg cannot be read. Take them out.")

    assert train.work_once(plant.db, plant.images, fails, lambda: plant.at)
    for name in ("erin", "ines"):
        page = visit(name).get("/lines/phones/training").text
        assert page.count("cannot be read") == 1
        assert re.search(r"The last training failed</strong>3\.jpg and 4\.jpg cannot be read\. Take them out\.", page)
    erin.post("/lines/phones/train")
    assert "The last training failed" not in erin.get("/lines/phones/training").text
