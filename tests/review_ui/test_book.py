"""The book's page, and what lies beside the unit in hand."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from tests.review_ui.test_axe import faults
from tests.review_ui.test_browser import on_the_desk
from tests.review_ui.test_marks import spot
from tests.review_ui.test_review import held


@pytest.fixture
def plant(plant):
    plant.line()
    good = plant.unit("A-1", size=(640, 480))
    plant.answer("ines", Label(verdict=Verdict.PASS), seen=good)
    bad = plant.unit("A-2", size=(640, 480))
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("crack",)), seen=bad)
    plant.wait(60)
    plant.unit("A-3", size=(640, 480))
    return plant


def put(visitor, image: int, what: str, words: str = ""):
    return visitor.post("/lines/phones/book", {"image": str(image), "what": what, "words": words})


def test_an_engineer_chooses_images_on_a_units_story_and_takes_them_out(visit):
    erin = visit("erin")
    assert 'action="/lines/phones/book"' in erin.get("/lines/phones/units/A-1").text
    assert put(erin, 1, "reference").headers["location"] == "/lines/phones/book"
    assert put(erin, 3, "counts:crack", "runs to the <rim>").status_code == 303
    assert put(erin, 2, "not:dent", "a reflection").status_code == 303
    page = visit("ines").get("/lines/phones/book").text
    assert "front: a good unit" in page
    assert "runs to the &lt;rim&gt;" in page
    assert "Does not count" in page
    assert "/retire" not in page
    assert "put into the defect book" in visit("erin").get("/journal").text.lower()
    assert erin.post("/lines/phones/book/2/retire").status_code == 303
    assert "rim" not in erin.get("/lines/phones/book").text


@pytest.mark.parametrize(
    ("image", "what", "words"),
    [(5, "reference", "waits for a verdict"), (3, "reference", "has passed"), (1, "counts:rust", "no defect type"),
     (1, "nonsense", "no defect type"), (77, "reference", "no such image"), (1, "counts:crack", "Write a sentence")],
)  # fmt: skip
def test_what_cannot_go_in_is_refused_in_words(visit, image, what, words):
    refused = put(visit("erin"), image, what)
    assert refused.status_code == 422
    assert words in refused.text


def test_beside_the_unit_in_hand_there_is_only_what_does_not_tell_of_it(visit):
    erin, ines = visit("erin"), visit("ines")
    put(erin, 1, "reference")
    put(erin, 3, "counts:crack", "runs to the rim")
    task = held(ines.get("/review"))["task"]
    assert "/images/1" in ines.get(f"/review/{task}/beside/golden").text
    book = ines.get(f"/review/{task}/beside/book").text
    assert "runs to the rim" in book
    assert "A-2" not in book
    last = ines.get(f"/review/{task}/beside/last").text
    assert "/images/1" in last
    assert "A-1" not in last
    for path in (f"/review/{task}/beside/all", "/review/999/beside/golden"):
        assert ines.get(path).status_code == 404
    assert ines.get(f"/review/{2**70}/beside/book").status_code == 400
    assert erin.get(f"/review/{task}/beside/golden").status_code == 404, "only who holds the unit"


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_reference_book_and_last_good_unit_come_by_key_and_stay(window, visit, plant, width, height):
    put(visit("erin"), 1, "reference")
    put(visit("erin"), 3, "counts:crack", "runs to the rim")
    plant.wait(1)
    plant.unit("A-4", size=(640, 480))
    page = window("ines", width=width, height=height)
    page.goto("/review")
    on_the_desk(page, "A-3")
    page.keyboard.press("d")
    page.wait_for_selector("#beside >> text=runs to the rim")
    page.keyboard.press("c")
    page.wait_for_selector("#beside >> text=last good unit")
    page.keyboard.press("g")
    page.wait_for_selector("#beside >> text=front: a good unit")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Space")
    on_the_desk(page, "A-4")
    page.wait_for_selector("#beside >> text=front: a good unit")
    page.keyboard.press("g")
    page.wait_for_selector("#beside", state="hidden")
    assert page.complaints == []


def test_what_is_seen_of_the_last_good_unit_follows_the_unit_in_hand(window):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-3")
    page.keyboard.press("c")
    page.wait_for_selector("#beside .view.zoomable[data-linked] >> nth=1")
    page.wait_for_selector(".views .view.zoomable >> nth=1")
    page.mouse.move(*spot(page, 320, 240))
    before = page.locator("#beside .view").first.screenshot()
    for _ in range(4):
        page.mouse.wheel(0, -300)
    page.wait_for_timeout(900)
    assert page.locator("#beside .view").first.screenshot() != before
    assert page.complaints == []


@pytest.mark.parametrize(("width", "height", "theme"), [(1440, 900, "light"), (390, 844, "dark")])
def test_places_and_what_lies_beside_have_no_grave_fault_of_accessibility(window, visit, width, height, theme):
    put(visit("erin"), 1, "reference")
    put(visit("erin"), 3, "counts:crack", "runs to the rim")
    put(visit("erin"), 2, "not:crack", "a reflection")
    page = window("ines", width=width, height=height, color_scheme=theme)
    page.goto("/review")
    on_the_desk(page, "A-3")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    for key, words in (("d", "runs to the rim"), ("g", "a good unit"), ("c", "last good unit")):
        page.keyboard.press(key)
        page.wait_for_selector(f"#beside >> text={words}")
        assert faults(page) == [], key
    page.goto("/lines/phones/book")
    assert faults(page) == []
