"""Boxes and outlines in a real browser: by mouse, by touch and by keyboard, on a zoomed picture, in image pixels."""

import json

import pytest

from tests.review_ui.test_browser import on_the_desk


@pytest.fixture
def plant(plant):
    plant.line()
    plant.unit("A-0", size=(640, 480))
    plant.wait(1)
    plant.unit("A-1", size=(640, 480))
    return plant


@pytest.fixture
def desk(window):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.wait_for_selector(".view.zoomable >> nth=1")
    return page


def marks(page) -> list[dict]:
    return json.loads(page.input_value("input[name=marks]") or "[]")


def spot(page, x: float, y: float, view: int = 0) -> tuple[float, float]:
    """Where a pixel of an image is in the window."""
    at = page.evaluate(
        """([view, x, y]) => {
            const svg = document.querySelectorAll("svg.marks")[view];
            const p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
            return [p.x, p.y];
        }""",
        [view, x, y],
    )
    return at[0], at[1]


def drag(page, start, end) -> None:
    page.mouse.move(*spot(page, *start))
    page.mouse.down()
    page.mouse.move(*spot(page, *end), steps=4)
    page.mouse.up()


def near(found, wanted) -> None:
    assert found == pytest.approx(wanted, abs=3), (found, wanted)


def test_a_box_by_mouse_goes_with_the_reject_key(desk, visit):
    desk.keyboard.press("b")
    drag(desk, (300, 200), (100, 120))
    (mark,) = marks(desk)
    assert mark["image"] == 1
    near(mark["box"], [100, 120, 300, 200])
    desk.keyboard.press("2")
    on_the_desk(desk, "A-1")
    assert marks(desk) == []
    story = visit("erin").get("/lines/phones/units/A-0").text
    assert "Marked on front: crack" in story
    assert desk.complaints == []


def test_the_picture_does_not_move_when_drawing_begins(desk):
    before = spot(desk, 320, 240)
    desk.keyboard.press("b")
    desk.wait_for_timeout(500)
    assert spot(desk, 320, 240) == before


def test_a_box_on_a_zoomed_picture_is_in_the_images_pixels(desk):
    before = spot(desk, 340, 240)[0] - spot(desk, 300, 240)[0]
    desk.mouse.move(*spot(desk, 320, 240))
    for _ in range(3):
        desk.mouse.wheel(0, -300)
    desk.wait_for_timeout(500)
    desk.keyboard.press("b")
    desk.mouse.wheel(0, -300)
    desk.wait_for_timeout(500)
    left, right = spot(desk, 300, 240)[0], spot(desk, 340, 240)[0]
    assert right - left > 1.5 * before
    drag(desk, (300, 220), (340, 260))
    near(marks(desk)[0]["box"], [300, 220, 340, 260])


def test_an_outline_is_closed_by_enter_or_at_its_first_corner_and_carries_its_own_type(desk, visit):
    desk.keyboard.press("p")
    for corner in ((100, 100), (200, 100), (150, 200)):
        desk.mouse.click(*spot(desk, *corner, 1))
    desk.keyboard.press("Enter")
    for corner in ((300, 100), (400, 100), (350, 200), (301, 101)):
        desk.mouse.click(*spot(desk, *corner, 1))
    first, second = marks(desk)
    assert first["image"] == second["image"] == 2
    near([value for corner in first["outline"] for value in corner], [100, 100, 200, 100, 150, 200])
    assert len(second["outline"]) == 3
    desk.keyboard.press("Escape")
    desk.select_option(".mark-list li >> nth=1 >> select", "dent")
    desk.click("body", position={"x": 5, "y": 5})
    desk.keyboard.press("1")
    on_the_desk(desk, "A-1")
    story = visit("erin").get("/lines/phones/units/A-0").text
    assert "Marked on back: scratch" in story
    assert "Marked on back: dent" in story
    assert desk.complaints == []


def test_what_is_chosen_is_removed_and_escape_forgets_a_draft(desk):
    desk.keyboard.press("b")
    drag(desk, (50, 50), (100, 100))
    drag(desk, (200, 200), (300, 300))
    desk.keyboard.press("Escape")
    desk.mouse.click(*spot(desk, 75, 50))
    desk.keyboard.press("Delete")
    (left,) = marks(desk)
    near(left["box"], [200, 200, 300, 300])
    desk.click("[data-mark=remove]")
    assert marks(desk) == []
    desk.keyboard.press("p")
    for corner in ((100, 100), (200, 100), (150, 200)):
        desk.mouse.click(*spot(desk, *corner))
    desk.keyboard.press("Escape")
    desk.keyboard.press("Enter")
    assert marks(desk) == []


def test_a_box_by_keyboard_alone(desk):
    desk.keyboard.press("b")
    desk.keyboard.press("Enter")
    (before,) = marks(desk)
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Shift+ArrowDown")
    (after,) = marks(desk)
    left, top, right, bottom = before["box"]
    assert after["box"] == [left + 6, top, right + 6, bottom + 6]


def test_a_pass_with_places_is_refused_and_keeps_them(desk):
    desk.keyboard.press("b")
    drag(desk, (50, 50), (100, 100))
    kept = marks(desk)
    desk.keyboard.press("Space")
    desk.wait_for_selector(".notice.bad")
    assert marks(desk) == kept
    assert desk.locator(".mark").count() == 1
    on_the_desk(desk, "A-0")


def test_a_box_by_touch_on_a_phone(window):
    page = window("ines", width=390, height=844, has_touch=True, is_mobile=True)
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.wait_for_selector(".view.zoomable >> nth=0")
    page.tap("[data-draw=box]")
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    start, end = spot(page, 100, 100), spot(page, 400, 300)
    touch("touchStart", start)
    touch("touchMove", end)
    touch("touchEnd")
    near(marks(page)[0]["box"], [100, 100, 400, 300])
    before = spot(page, 200, 0)[0] - spot(page, 100, 0)[0]
    middle = spot(page, 320, 240)
    touch("touchStart", (middle[0] - 30, middle[1]), (middle[0] + 30, middle[1]))
    touch("touchMove", (middle[0] - 80, middle[1]), (middle[0] + 80, middle[1]))
    touch("touchEnd")
    page.wait_for_timeout(500)
    assert spot(page, 200, 0)[0] - spot(page, 100, 0)[0] > 1.5 * before
    assert len(marks(page)) == 1
