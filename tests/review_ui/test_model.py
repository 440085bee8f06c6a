"""A model's page: what it was trained from, what was tried and chosen, its figures, and the suspects."""

import re
from dataclasses import replace

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.predict import ModelFigures
from review_ui.app import build
from tests.review_ui import cards
from tests.review_ui.plant import picture

PAGE = "/lines/phones/models/1"


@pytest.fixture
def plant(plant):
    plant.line(views=("front",))
    return plant


def test_it_says_what_the_model_was_trained_from_and_what_was_tried(visit, plant):
    plant.model(card=cards.learned())
    page = visit("ines").get(PAGE).text
    for words in (
        "288 x 512 pixels",
        "efficientnet-lite0",
        "f32",
        "12 · 9 outlined",
        "The images have 2 different sizes",
    ):
        assert words in page
    assert re.search(r"scratch</dt><dd>8<", page)
    assert "288 x 512 is as good as any" in page
    assert "AUROC 0.981 on held-out images" in page
    rows = re.findall(r'<tr class="chosen"><td>([^<]+) <', page)
    assert rows == ["288 x 512, pooled", "tuned + kernel"]
    assert re.search(r"anomaly</td><td class=\"right num\">0\.871</td><td class=\"right num\">0\.400<", page)
    assert re.search(r"384 x 640, pooled</td>.*0\.914.*21\.9<", page)
    assert re.search(r"Images</dt><dd>48</dd><dt>Median</dt><dd>0\.150<", page)
    assert re.search(r"Highest</dt><dd>0\.420<", page)
    assert "laid upright" not in page
    assert "What these figures mean, and what they do not" in page


def test_the_reliability_diagram_puts_a_dot_where_score_and_share_meet(visit, plant):
    plant.model(card=cards.learned())
    page = visit("ines").get(PAGE).text
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"><title>([^<]+)<', page)
    assert [(x, y) for x, y, _, _ in dots] == [("12.0", "294.0"), ("165.0", "120.0"), ("291.0", "3.0")]
    assert float(dots[0][2]) > float(dots[2][2]) > float(dots[1][2])
    assert dots[1][3] == "6 images, mean score 0.550: 60.0 % defective"


@pytest.mark.parametrize("card", [{}, {"views": {}}, {"views": {"front": {}}}, cards.foreign(),
                                  cards.learned(labels={"reason": "2 images with a defect are too few."})])  # fmt: skip
def test_a_card_may_lack_anything(visit, plant, card):
    plant.model(card=card)
    page = visit("erin").get(PAGE)
    assert page.status_code == 200
    assert "None" not in page.text


class Loaded:
    """A server on which the model is loaded, and has seen so many images."""

    def __init__(self, images):
        self.images = images

    def figures(self, model):
        assert model == "a1b2c3d4e5f6"
        return ModelFigures(load_s=1.26, megabytes=143.2, median_ms=6.31, p95_ms=9.08, images=self.images)


@pytest.mark.parametrize("images", [0, 1204])
def test_what_a_loaded_model_costs_is_told(visit, plant, images):
    plant.model(card=cards.learned(), artefact="a1b2c3d4e5f6")
    assert "Memory here" not in visit("ines").get(PAGE).text, "it is loaded nowhere"
    plant.pages = build(replace(plant.services(), predictor=Loaded(images)))
    page = visit("ines").get(PAGE).text
    assert "143 MB, loaded in 1.3 s" in page
    time = "6.3 ms an image in the middle, 95 % within 9.1 ms; 1204 images since it was loaded"
    assert (time in page) == (images > 0)


def test_a_model_made_elsewhere_says_so(visit, plant):
    plant.model(card=cards.foreign())
    page = visit("erin").get(PAGE).text
    assert "Made elsewhere" in page
    assert "This model was made elsewhere." in page
    assert page.count("256 x 256 pixels") == 2


def test_too_few_labels_are_told_where_the_trials_would_be(visit, plant):
    plant.model(card=cards.learned(labels={"reason": "2 images with a defect are too few."}))
    assert "2 images with a defect are too few." in visit("erin").get(PAGE).text


def test_the_registry_leads_to_each_model(visit, plant):
    plant.model(card=cards.learned())
    for page in ("/lines/phones/training", "/lines/phones"):
        assert f'href="{PAGE}"' in visit("ines").get(page).text
    assert "suspect" not in visit("ines").get("/lines/phones/training").text


def test_the_registry_tells_of_suspects(visit, plant):
    plant.model(card=cards.learned(suspects=[cards.suspect("a" * 64), cards.suspect("b" * 64)]))
    assert "2 suspects: look at them" in visit("erin").get("/lines/phones/training").text


def test_it_says_that_the_part_is_found_first(visit, plant):
    plant.model(card=cards.learned(locate={"format": 1}))
    assert "found and laid upright before it is judged" in visit("ines").get(PAGE).text


def test_the_one_in_force_is_named(visit, plant):
    artefact = plant.model(card=cards.learned())
    assert "in force" not in visit("erin").get(PAGE).text
    plant.level(Level.SHADOW, model=artefact)
    assert "in force" in visit("erin").get(PAGE).text


@pytest.mark.parametrize("version", ["2", "0", "x", "99999999999999999999"])
def test_a_version_that_is_not_there_is_said_to_be_unknown(visit, plant, version):
    plant.model()
    assert visit("erin").get(f"/lines/phones/models/{version}").status_code in (400, 404)


class TestSuspects:
    """One good image among those put in looks like a defect."""

    @pytest.fixture
    def digest(self, plant, visit) -> str:
        sent = [("files", ("12b.png", picture(99), "image/jpeg"))]
        visit("erin").post("/lines/phones/samples", {"view": "front"}, files=sent)
        digest = plant.images.put(picture(99)).sha256
        plant.model(card=cards.learned(suspects=[cards.suspect(digest)]))
        return digest

    def test_an_engineer_sees_it_with_its_score_and_takes_it_out(self, visit, digest):
        erin = visit("erin")
        page = erin.get(PAGE).text
        assert "12b.png" in page
        assert "score 0.930" in page
        small = erin.get(f"{PAGE}/suspects/{digest}")
        assert small.headers["content-type"] == "image/jpeg"
        assert erin.get(f"{PAGE}/suspects/{digest}", if_none_match=small.headers["etag"]).status_code == 304
        gone = erin.post(f"/lines/phones/samples/{digest}/remove", {"model": "1", "view": "front"})
        assert gone.headers["location"] == f"{PAGE}#suspects-front"
        assert 'id="suspects-front"' in page
        after = erin.get(PAGE).text
        assert "taken out" in after
        assert "/remove" not in after
        assert "0 / 10" in erin.get("/lines/phones/training").text
        assert erin.get(f"{PAGE}/suspects/{digest}").status_code == 200

    def test_an_inspector_learns_that_there_is_one_and_no_more(self, visit, digest):
        ines = visit("ines")
        page = ines.get(PAGE).text
        assert "One image. Engineers look at it." in page
        assert digest not in page
        assert "12b.png" not in page
        assert "0.930" not in page
        assert ines.get(f"{PAGE}/suspects/{digest}").status_code == 403

    @pytest.mark.usefixtures("digest")
    def test_only_suspects_are_shown_here(self, visit, plant):
        other = plant.images.put(picture(5)).sha256
        assert visit("erin").get(f"{PAGE}/suspects/{other}").status_code == 404

    def test_while_a_person_judges_a_unit_with_that_image_nobody_is_told(self, visit, digest, plant):
        seen = plant.unit("A-1", views=("front",), pictures=(picture(99),))
        erin = visit("erin")
        page = erin.get(PAGE).text
        assert digest not in page
        assert "0.930" not in page
        assert "1 more are not shown while people judge" in page
        assert erin.get(f"{PAGE}/suspects/{digest}").status_code == 404
        plant.answer("ines", Label(verdict=Verdict.PASS, seconds=4), seen=seen)
        assert digest in erin.get(PAGE).text


def test_a_suspect_that_people_passed_leads_to_its_unit(visit, plant):
    seen = plant.unit("A-1", views=("front",), pictures=(picture(7),))
    plant.answer("ines", Label(verdict=Verdict.PASS, seconds=4), seen=seen)
    digest = plant.images.put(picture(7)).sha256
    plant.model(card=cards.learned(suspects=[cards.suspect(digest, "A-1")]))
    page = visit("erin").get(PAGE).text
    assert 'href="/lines/phones/units/A-1"' in page
    assert "/remove" not in page
