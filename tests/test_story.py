"""A newcomer's first half hour: the demo from its first start to the line that lowers itself, in a real browser."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

PASSWORD = "phones on a mat"
REASON = "Walking the demo from the first start to its end."


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The demo's address and its one-time password, as printed."""
    command = [sys.executable, "-c", "from inspection.main import main; main()", "demo", "--port", "0"]
    said = (tmp_path / "said.txt").open("w+")
    running = subprocess.Popen([*command, "--data-dir", str(tmp_path / "data")], stdout=said, stderr=said)
    try:
        words = wait_for(lambda: _greeting(tmp_path / "said.txt", running), 60)
        yield words
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)
        said.close()


def _greeting(file: Path, running: subprocess.Popen[bytes]) -> tuple[str, str] | None:
    assert running.poll() is None, file.read_text()
    text = file.read_text()
    address = re.search(r"http://[\d.]+:\d+", text)
    password = re.search(r"password\s+(\S+)", text)
    return (address[0], password[1]) if address and password else None


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A real browser; its scripts must run without errors."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    page.close()
    assert errors == []


def wait_for(look: Callable[[], object], seconds: float, told: Callable[[], str] = str):  # type: ignore[no-untyped-def]
    """What `look` finds, asked again and again; fails when it finds nothing in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
    raise AssertionError(f"Nothing came of it in {seconds} seconds. {told()}")


def sign_in(page: Page, address: str, one_time: str) -> None:
    page.goto(address)
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(one_time)
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[name=old]").fill(one_time)
    page.locator("input[name=new]").fill(PASSWORD)
    page.locator("input[name=again]").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()


def change(page: Page, address: str, level: str, **fields: str) -> None:
    """Change the line's level through the form, as an engineer does."""
    page.goto(f"{address}/lines/phones")
    form = page.locator("#policy-form")
    if not form.is_visible():
        page.get_by_text("Change the policy").click()
    form.locator("select[name=level]").select_option(level)
    if "model" in fields:
        form.locator("select[name=model]").select_option(index=1)
    for name in ("pass_below", "reject_above"):
        if name in fields:
            form.locator(f"input[name={name}]").fill(fields[name])
    if "override" in fields:
        form.locator("input[name=override]").check()
    form.locator("[name=reason]").fill(REASON)
    form.locator("button.main").click()
    page.wait_for_url(f"{address}/lines/phones")


def answer(page: Page, key: str) -> None:
    """Press a verdict's key until it is taken: a page that has only just shown a unit is deaf for a moment."""
    serial = page.locator("#work .serial")
    before = serial.inner_text()

    def taken() -> bool:
        page.keyboard.press(key)
        page.wait_for_timeout(100)
        return serial.count() == 1 and serial.inner_text() != before

    wait_for(taken, 15)


def knob(page: Page, address: str, name: str, value: float) -> None:
    """Turn a knob of the simulated line, with the page's own token."""
    token = page.locator("meta[name=csrf]").get_attribute("content") or ""
    answer = page.request.post(
        f"{address}/lines/phones/demo",
        form={"name": name, "value": str(value), "csrf": token},
        headers={"origin": address},
    )
    assert answer.ok


def shows(page: Page, address: str, where: str, words: str) -> Callable[[], bool]:
    def look() -> bool:
        page.goto(f"{address}{where}")
        page.wait_for_timeout(500)  # the line works on two cores as well
        return words in page.locator("main").inner_text()

    return look


@pytest.mark.timeout(900)
def test_a_newcomer_walks_the_demo(demo: tuple[str, str], page: Page) -> None:
    address, one_time = demo
    sign_in(page, address, one_time)

    # Phones come in, and ten of them are labelled by keys alone.
    wait_for(shows(page, address, "/", "wait for people"), 60)
    page.goto(f"{address}/review")
    for number in range(10):
        answer(page, "1" if number == 3 else "Space")

    # A model was trained from good phones in the meantime: shadow, then help for the inspectors.
    wait_for(shows(page, address, "/lines/phones", "v1"), 600)  # a training gives way to all else on the machine
    change(page, address, "shadow", model="newest")
    assert "scored in silence" in page.locator("#in-force").inner_text()
    knob(page, address, "inspectors", 1)
    wait_for(shows(page, address, "/lines/phones", "predictions"), 30)
    change(page, address, "ai_assist", override="yes")  # an hour of labels would do as well

    # Automation without a certificate is an override, and the AI begins to settle units.
    change(page, address, "partial_automation", pass_below="0.3", reject_above="0.7", override="yes")
    assert "override" in page.locator("main").inner_text().lower()
    wait_for(shows(page, address, "/lines/phones/units?by=ai", "PH"), 60)

    # The lamp fades: an alarm, and the line lowers itself.
    wait_for(lambda: "being learned" not in page.goto(f"{address}/lines/phones/light").text(), 90)
    knob(page, address, "lamp", 0.7)
    wait_for(shows(page, address, "/lines/phones", "The light of view"), 90)
    page.goto(f"{address}/lines/phones")
    assert "scored in silence" in page.locator("#in-force").inner_text()
    assert "guard" in page.locator("main").inner_text().lower()
    page.goto(address)
    assert "light" in page.locator("main").inner_text().lower()
