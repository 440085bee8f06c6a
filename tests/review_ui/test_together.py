"""Two inspectors at once on one queue, and a next unit that nothing may hold up."""

import re

import pytest

from tests.review_ui.test_browser import on_the_desk


@pytest.fixture
def plant(plant):
    plant.line()
    for i in range(8):
        plant.unit(f"A-{i}")
        plant.wait(1)
    return plant


def serial(page) -> str:
    page.wait_for_selector("#work[data-ready]")
    page.wait_for_timeout(280)
    return page.get_attribute("#work", "data-serial") or ""


def test_two_inspectors_share_one_queue_and_never_get_the_same_unit(window, visit):
    ines, judy = window("ines"), window("judy")
    pages = (ines, judy)
    for page in pages:
        page.goto("/review")
    seen: list[str] = []
    while any(pages):
        mine = [serial(page) for page in pages]
        held = [one for one in mine if one]
        assert len(set(held)) == len(held), "both hold the same unit"
        if not held:
            break
        for page, one in zip(pages, mine, strict=True):
            if one:
                seen.append(one)
                page.keyboard.press("Space" if len(seen) % 3 else "1")
        for page, one in zip(pages, mine, strict=True):
            if one:
                page.wait_for_selector(f'#work[data-ready]:not([data-serial="{one}"])')
    assert sorted(seen) == [f"A-{i}" for i in range(8)], "each unit was judged once"
    for one in seen:
        story = visit("erin").get(f"/lines/phones/units/{one}").text
        assert len(re.findall(r" s · ", story)) == 1, one
    assert ines.complaints == judy.complaints == []


def test_an_answer_is_sent_while_the_page_asks_how_long_the_queue_is(window):
    page = window("ines")
    held: list = []
    page.route("**/queue/load**", lambda route: held.append(route))
    with page.expect_request("**/queue/load**"):
        page.goto("/review")
    on_the_desk(page, "A-0")
    page.keyboard.press("Space")
    on_the_desk(page, "A-1")
    for route in held:
        route.abort()


def test_a_large_picture_is_decoded_ahead_in_the_size_of_the_screen(window, plant):
    plant.line("big", views=("top",))
    for i in range(2):
        plant.unit(f"B-{i}", line="big", views=("top",), size=(2400, 1800))
        plant.wait(1)
    page = window("ines")
    page.goto("/review?line=big")
    on_the_desk(page, "B-0")
    page.wait_for_timeout(1500)
    page.keyboard.press("Space")
    page.wait_for_selector('#work[data-serial="B-1"][data-ready]')
    shown = page.evaluate(
        """() => { const canvas = document.querySelector("canvas.stand-in");
                   const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
                   copy.drawImage(canvas, 0, 0);
                   return [canvas.width, [...copy.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data]]; }"""
    )
    assert 300 < shown[0] < 2400
    assert shown[1][3] == 255, "the picture is on it"
    page.wait_for_selector(".view.zoomable")
    assert page.locator("canvas.stand-in").evaluate("one => getComputedStyle(one).visibility") == "hidden"
    assert page.complaints == []


def test_the_next_picture_is_shown_while_the_server_takes_the_answer_and_no_key_counts_meanwhile(window, visit):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.wait_for_timeout(800)
    held: list = []
    page.route(re.compile(r"/review/\d+$"), lambda route: held.append(route))
    page.keyboard.press("Space")
    page.wait_for_selector("canvas.ahead")
    page.wait_for_selector(".desk .serial", state="hidden")
    page.wait_for_timeout(300)
    page.keyboard.press("1")
    assert len(held) == 1
    held[0].continue_()
    on_the_desk(page, "A-1")
    assert page.locator("canvas.ahead").count() == 0
    assert "passed by a person" in visit("erin").get("/lines/phones/units/A-0").text


def test_a_lease_that_ends_with_the_answer_is_not_said_to_be_lost(window):
    page = window("ines")
    page.add_init_script(
        """const every = setInterval;
           window.setInterval = (run, ms) => { if (ms === 20000) window.beat = run; return every(run, ms); };"""
    )
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.wait_for_timeout(800)
    kept, answers = [], []
    page.route(re.compile(r"/review/\d+/keep$"), lambda route: kept.append(route))
    page.route(re.compile(r"/review/\d+$"), lambda route: answers.append((route, route.fetch())))
    page.evaluate("() => { window.beat(); }")
    page.keyboard.press("Space")
    page.wait_for_selector("canvas.ahead")
    page.evaluate("() => { window.beat(); }")
    page.wait_for_timeout(300)
    assert len(kept) == 1, "none goes out while an answer is on its way"
    kept[0].continue_()
    page.wait_for_timeout(500)
    assert page.locator(".toast").count() == 0
    route, taken = answers[0]
    route.fulfill(response=taken)
    on_the_desk(page, "A-1")
    page.evaluate("() => { window.beat(); }")
    page.wait_for_timeout(300)
    assert len(kept) == 2, "the next lease is kept"
    kept[1].abort()


def test_a_server_that_is_away_leaves_the_unit_as_it_was(window):
    page = window("ines")
    page.goto("/review")
    on_the_desk(page, "A-0")
    page.wait_for_timeout(800)
    page.route(re.compile(r"/review/\d+$"), lambda route: route.abort())
    page.keyboard.press("Space")
    page.wait_for_selector("canvas.ahead", state="detached")
    assert page.get_attribute("#work", "data-serial") == "A-0"
    assert page.is_visible(".desk .serial")
    page.unroute(re.compile(r"/review/\d+$"))
    page.wait_for_timeout(300)
    page.keyboard.press("Space")
    on_the_desk(page, "A-1")
