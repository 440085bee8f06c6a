"""A shared terminal in a real browser: it locks by itself, and gloves open it again."""

from inspection.flow import people, terminal
from inspection.flow.people import IDLE_LIMIT
from tests.review_ui.plant import PASSWORD

PIN = "4826"


def give_pin(plant, name: str) -> None:
    hashed = terminal.hash_pin(PIN)
    plant.db.write(lambda tx: terminal.set_pin(tx, person=people.find(tx, name), hashed=hashed, now=plant.at))


def sign_in(page, name: str) -> None:
    form = page.locator("form[action='/sign-in']")
    form.locator("input[name=name]").fill(name)
    form.locator("input[name=password]").fill(PASSWORD)
    form.locator("button").click()


def test_a_terminal_that_nobody_touches_locks_and_opens_by_touch(window, plant):
    give_pin(plant, "ines")
    page = window(None, width=390, height=844, has_touch=True)
    page.clock.install()
    page.goto("/queue")
    sign_in(page, "ines")
    page.wait_for_url("**/queue")
    page.clock.run_for((IDLE_LIMIT.total_seconds() - 5) * 1000)
    page.mouse.move(100, 100)
    page.clock.run_for(10_000)  # somebody was there
    assert page.url.endswith("/queue")
    page.clock.run_for((IDLE_LIMIT.total_seconds() + 2) * 1000)
    page.wait_for_url("**/sign-in?told=locked&next=%2Fqueue")
    for digit in f"9{PIN}":
        page.locator(f"[data-digit='{digit}']").tap()
        if digit == "9":
            page.locator("[data-digit='']").tap()  # a slip is wiped away
    page.locator(".keypad .main").tap()
    page.wait_for_url("**/queue")
    assert page.locator(".menu .name").text_content() == "ines"
    assert page.complaints == []


def test_the_next_person_takes_over_and_finds_their_own_work(window, plant):
    for name in ("ines", "judy"):
        give_pin(plant, name)
    page = window(None)
    page.goto("/queue")
    for name in ("judy", "ines"):
        sign_in(page, name)
        page.wait_for_url("**/queue")
        page.locator("details.menu summary").click()
        page.locator("#lock button").click()
        page.wait_for_url("**/sign-in?told=locked*")
    page.locator("label.face", has_text="judy").click()
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    assert page.locator(".menu .name").text_content() == "judy"
