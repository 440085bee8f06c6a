"""Shared terminals: lock, come back by PIN, read one's own language."""

import pytest

from inspection.core.people import Role
from inspection.flow import people
from inspection.flow.people import IDLE_LIMIT
from review_ui.guard import COOKIE
from tests.review_ui.plant import PASSWORD

PIN = "4826"


@pytest.fixture
def terminal(visit):
    """A browser at which ines and judy have signed in today, and put a PIN each; judy is the one there now."""
    browser = visit()
    for name in ("ines", "judy"):
        browser.cookies.pop(COOKIE, None)
        assert browser.post("/sign-in", {"name": name, "password": PASSWORD}).status_code == 303
        browser.csrf = csrf(browser)
        kept = browser.post("/password/pin", {"pin": PIN, "old": PASSWORD})
        assert kept.headers["location"] == "/password?told=pin#pin"
    return browser


def csrf(browser) -> str:
    return browser.get("/queue").text.split('name="csrf" content="')[1].split('"')[0]


def back(browser, name="ines", pin=PIN, next="/queue"):
    return browser.post("/pin", {"name": name, "pin": pin, "next": next})


def lock(browser):
    answer = browser.post("/lock", {"next": "/review"})
    browser.cookies.pop(COOKIE, None)
    return answer


def test_a_locked_terminal_shows_who_may_come_back_and_nothing_else(terminal):
    answer = lock(terminal)
    assert answer.headers["location"] == "/sign-in?told=locked&next=%2Freview"
    assert terminal.get("/queue").status_code == 303
    door = terminal.get(answer.headers["location"]).text
    assert 'value="ines"' in door
    assert 'value="judy"' in door
    assert "erin" not in door


@pytest.mark.usefixtures("terminal")
def test_another_browser_is_not_told_who_works_here(visit):
    assert "ines" not in visit().get("/sign-in").text
    assert back(visit()).status_code == 403


def test_users_change_by_pin_within_a_second(terminal):
    lock(terminal)
    answer = back(terminal, "ines")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
    assert ">ines<" in terminal.get("/queue").text
    lock(terminal)
    assert back(terminal, "judy").status_code == 303
    assert ">judy<" in terminal.get("/queue").text


def test_a_terminal_left_alone_locks_itself(terminal, plant):
    plant.wait(IDLE_LIMIT.total_seconds() + 61)
    assert terminal.get("/queue").status_code == 303
    assert back(terminal, "judy").status_code == 303
    assert terminal.get("/queue").status_code == 200


def test_five_wrong_pins_ask_for_the_password_again(terminal):
    lock(terminal)
    for _ in range(5):
        answer = back(terminal, "ines", "9998")
        assert answer.status_code == 403
        assert COOKIE not in answer.cookies
    assert back(terminal, "ines").status_code == 403
    assert 'value="ines"' not in terminal.get("/sign-in").text
    assert back(terminal, "judy").status_code == 303


@pytest.mark.parametrize(("pin", "old"), [("1234", PASSWORD), ("12", PASSWORD), (PIN, "not the password"), ("", "")])
def test_a_pin_is_chosen_with_the_password_and_not_too_simple(visit, pin, old):
    answer = visit("ines").post("/password/pin", {"pin": pin, "old": old})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_pin_can_be_given_up(terminal):
    terminal.post("/password/pin", {"pin": "", "old": PASSWORD})
    lock(terminal)
    assert 'value="judy"' not in terminal.get("/sign-in").text
    assert back(terminal, "judy").status_code == 403


def test_another_site_can_neither_lock_nor_open(terminal):
    evil = {"sec_fetch_site": "cross-site"}
    assert terminal.post("/lock", **evil).status_code == 403
    assert terminal.post("/pin", {"name": "ines", "pin": PIN}, **evil).status_code == 403
    assert terminal.post("/lock", csrf="").status_code == 403


def test_everybody_reads_their_own_language_at_the_same_terminal(terminal):
    assert 'lang="en"' in terminal.get("/queue").text
    answer = terminal.post("/language", {"language": "vi", "next": "/queue"})
    assert answer.headers["location"] == "/queue"
    assert '<html lang="vi"' in terminal.get("/queue").text
    lock(terminal)
    assert '<html lang="vi"' in terminal.get("/sign-in").text  # the browser's last
    back(terminal, "judy")
    assert '<html lang="vi"' in terminal.get("/queue").text
    terminal.csrf = csrf(terminal)
    assert terminal.post("/language", {"language": "xx"}).status_code == 303
    assert '<html lang="vi"' in terminal.get("/queue").text


def test_strangers_choose_a_language_too(visit):
    stranger = visit()
    assert '<html lang="zh-Hans"' in stranger.get("/sign-in", accept_language="zh-CN,zh;q=0.9").text
    answer = stranger.get("/sign-in?language=vi&next=/queue")
    assert answer.headers["location"] == "/sign-in?next=%2Fqueue"
    assert '<html lang="vi"' in stranger.get("/sign-in", accept_language="zh-CN").text
    assert stranger.get("/sign-in?language=vi&next=//evil.test").headers["location"] == "/sign-in?next=%2F"


def test_administrators_set_people_up(visit, plant):
    adam = visit("adam")
    page = adam.get("/people")
    for name in ("ines", "judy", "erin", "adam"):
        assert f">{name} " in page.text
    added = adam.post("/people", {"name": "Nora", "role": "inspector"})
    assert added.status_code == 201
    password = added.text.split('class="token">')[1].split("<")[0]
    assert password not in adam.get("/people").text
    nora = visit()
    assert nora.post("/sign-in", {"name": "nora", "password": password}).status_code == 303
    assert nora.get("/queue").headers["location"] == "/password"
    assert adam.post("/people/nora/role", {"role": "engineer"}).status_code == 303
    with plant.db.read() as tx:
        assert people.find(tx, "nora").role is Role.ENGINEER
    assert 'class="token"' in adam.post("/people/nora/password").text
    assert nora.get("/queue").headers["location"].startswith("/sign-in")
    assert adam.post("/people/nora/disable").status_code == 303
    assert nora.post("/sign-in", {"name": "nora", "password": password}).status_code == 403


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("/people", {"name": "ines", "role": "inspector"}, "choose another name"),
        ("/people", {"name": "No Name!", "role": "inspector"}, "lower-case"),
        ("/people", {"name": "new", "role": "king"}, "Choose what"),
        ("/people/nobody/role", {"role": "engineer"}, "no user"),
        ("/people/nobody/password", {}, "no user"),
        ("/people/adam/disable", {}, "ask another administrator"),
        ("/people/adam/role", {"role": "inspector"}, "only administrator"),
    ],
)
def test_what_cannot_be_set_up_is_said(visit, path, data, words):
    answer = visit("adam").post(path, data)
    assert answer.status_code == 422
    assert words in answer.text


def test_guesses_at_strange_terminals_wear_no_throttle_out(visit, plant):
    stranger = visit()
    for _ in range(5):
        stranger.post("/sign-in", {"name": "adam", "password": "guess guess guess"})
    app = plant.pages._app
    for i in range(12):
        assert back(visit(), f"nobody{i}").status_code == 403
    assert app.state.pin_throttle._tries == {}
    assert "Too many wrong passwords" in stranger.post("/sign-in", {"name": "adam", "password": PASSWORD}).text


def test_a_wall_screen_that_becomes_somebody_signs_in_anew(visit):
    wall = visit("wall")
    visit("adam").post("/people/wall/role", {"role": "engineer"})
    assert wall.get("/andon").status_code == 303
