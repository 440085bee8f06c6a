"""Two inspectors at once on one queue, and an answer that nothing else on the page may hold up."""

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
