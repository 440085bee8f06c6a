"""axe-core finds no serious fault of accessibility on any page, light or dark, wide or narrow."""

from functools import cache
from pathlib import Path

import pytest

from tests.review_ui.plant import PASSWORD
from tests.review_ui.test_browser import PAGES, live, plant  # noqa: F401 - the same filled plant

GRAVE = ("serious", "critical")


@cache
def axe() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed: run ./setup --dev")
    return (Path(package.__file__).parent / "axe.min.js").read_text()


def faults(page) -> list[str]:
    """What is grave on a page, as far as axe-core sees: its rule, and where."""
    page.evaluate(axe())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'].splitlines()[-1]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def unfold(page) -> None:
    """Open what is folded away, so that it is judged too."""
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    page.wait_for_timeout(100)


@pytest.mark.parametrize(("width", "height", "theme"), [(1440, 900, "light"), (390, 844, "dark")])
def test_no_page_has_a_grave_fault(window, plant, width, height, theme):  # noqa: F811
    plant.windows([120.0] * 9)
    page = window("erin", width=width, height=height, color_scheme=theme)
    found = {}
    for path in PAGES:
        page.goto(path)
        live(page)
        unfold(page)
        found[path] = faults(page)
    assert {path: told for path, told in found.items() if told} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_door_and_the_administrators_page_have_none(window, theme):
    page = window("adam", width=390, height=844, color_scheme=theme)
    page.goto("/people")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faults(page) == []
    page.goto("/password")
    page.fill("#pin input[name=pin]", "4826")
    page.fill("#pin input[name=old]", PASSWORD)
    page.click("#pin button")
    page.wait_for_url("**/password?told=pin*")
    page.click("details.menu summary")
    assert faults(page) == []
    page.click("#lock button")
    page.wait_for_url("**/sign-in?told=locked*")
    assert faults(page) == []
