"""Pictures: for people who are signed in, kept by the browser, and never more than the reader may see."""

import io

import pytest
from PIL import Image

from inspection.core.level import Level
from tests.review_ui.plant import picture


@pytest.fixture
def plant(plant):
    plant.line(views=("front",))
    return plant


def test_a_picture_comes_as_it_was_sent_and_may_be_kept(visit, plant):
    sent = picture(7)
    image = plant.unit("A-1", views=("front",), pictures=(sent,))[0]
    ines = visit("ines")
    got = ines.get(f"/images/{image}")
    assert got.content == sent
    assert "private" in got.headers["cache-control"]
    assert "immutable" in got.headers["cache-control"]
    assert ines.get(f"/images/{image}", if_none_match=got.headers["etag"]).status_code == 304


def test_tiff_is_shown_as_png(visit, plant):
    image = plant.unit("A-1", views=("front",), pictures=(picture(7, kind="TIFF"),))[0]
    got = visit("ines").get(f"/images/{image}")
    assert got.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(got.content)).size == (320, 240)


def test_a_thumb_is_small(visit, plant):
    image = plant.unit("A-1", views=("front",), size=(1600, 1200))[0]
    got = visit("ines").get(f"/images/{image}/thumb")
    assert max(Image.open(io.BytesIO(got.content)).size) == 360


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_picture_cut_short_breaks_no_page(visit, plant, kind):
    image = plant.unit("A-1", views=("front",), pictures=(picture(7, (640, 480), kind=kind)[:2000],))[0]
    ines = visit("ines")
    assert ines.get(f"/images/{image}/thumb").status_code in (200, 404)
    assert ines.get(f"/images/{image}").status_code in (200, 404)
    assert ines.get("/review").status_code == 200


def test_a_picture_lost_from_the_disk_is_not_found(visit, plant):
    image = plant.unit("A-1", views=("front",))[0]
    for file in (plant.folder / "images").rglob("*"):
        if file.is_file():
            file.unlink()
    assert visit("ines").get(f"/images/{image}").status_code == 404


@pytest.mark.parametrize("image", ["0", "-1", "999", "x", "9" * 40])
def test_no_such_picture(visit, image):
    assert visit("ines").get(f"/images/{image}").status_code in (400, 404)


def test_an_engineer_may_see_where_the_ai_looked(visit, plant):
    plant.level(Level.AI_ASSIST, model=plant.model(), audit_share=0)
    image = plant.unit("A-1", views=("front",), score=0.9)[0]
    got = visit("erin").get(f"/images/{image}/heatmap")
    assert got.headers["content-type"] == "image/png"
    assert got.headers["cache-control"] == "no-store"
