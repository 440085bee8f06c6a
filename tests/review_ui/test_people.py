"""Signing in and out, and choosing a password."""

import re

import pytest

from inspection.core.people import Role
from review_ui.guard import COOKIE, local
from tests.review_ui.plant import PASSWORD


def sign_in(visitor, name="ines", password=PASSWORD, **more):
    return visitor.post("/sign-in", {"name": name, "password": password, **more})


def test_signing_in_opens_a_session_that_scripts_cannot_read(visit):
    stranger = visit()
    answer = sign_in(stranger, next="/queue")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert stranger.get("/queue").status_code == 200


@pytest.mark.parametrize(
    ("name", "password"), [("ines", "wrong wrong wrong"), ("nobody", PASSWORD), ("", ""), ("ines", "")]
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(visit, name, password):
    answer = sign_in(visit(), name, password)
    assert answer.status_code == 403
    assert "Name or password is wrong." in answer.text
    assert COOKIE not in answer.cookies


def test_what_was_typed_stays_but_the_password_does_not(visit):
    answer = sign_in(visit(), "ines", "not the password")
    assert 'value="ines"' in answer.text
    assert "not the password" not in answer.text


def test_guessing_is_slowed_down_and_time_heals(visit, plant):
    stranger = visit()
    for _ in range(5):
        sign_in(stranger, password="guess guess guess")
    assert "Too many wrong passwords" in sign_in(stranger).text
    plant.wait(11)
    assert sign_in(stranger).status_code == 303


@pytest.mark.parametrize(
    "address", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/a\nb", ""]
)
def test_signing_in_never_leads_to_another_site(visit, address):
    assert local(address) == "/"
    assert sign_in(visit(), next=address).headers["location"] == "/"


def test_another_site_cannot_sign_anybody_in(visit):
    assert (
        visit().post("/sign-in", {"name": "ines", "password": PASSWORD}, origin="http://evil.test").status_code == 403
    )


def test_a_new_password_ends_every_other_session(visit):
    here, elsewhere = visit("ines"), visit("ines")
    new = "quite another one 7"
    answer = here.post("/password", {"old": PASSWORD, "new": new, "again": new})
    assert answer.headers["location"] == "/"
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 303
    assert sign_in(visit(), password=new).status_code == 303
    assert sign_in(visit()).status_code == 403


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        (PASSWORD, "short", "short", "at least 10 characters"),
        (PASSWORD, "long enough 1", "long enough 2", "differ"),
        ("wrong", "long enough 1", "long enough 1", "The password now is wrong"),
        (PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa", "four different"),
    ],
)
def test_a_password_that_will_not_do_says_why(visit, old, new, again, words):
    answer = visit("ines").post("/password", {"old": old, "new": new, "again": again})
    assert answer.status_code == 422
    assert words in answer.text


def test_a_first_password_is_changed_before_anything_else(visit, plant):
    plant.person("fresh", Role.ENGINEER, must_change=True)
    fresh = visit()
    sign_in(fresh, "fresh")
    assert fresh.get("/").headers["location"] == "/password"
    page = fresh.get("/password")
    assert "given to you by somebody else" in page.text
    assert "Tokens for the API" not in page.text
    fresh.csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    assert fresh.post("/password/tokens", {"purpose": "too early"}).headers["location"] == "/password"
    fresh.post("/password", {"old": PASSWORD, "new": "my very own one", "again": "my very own one"})
    assert fresh.get("/").status_code == 200


def test_tokens_are_made_shown_once_and_revoked_by_their_owner_alone(visit):
    erin, ines = visit("erin"), visit("ines")
    made = erin.post("/password/tokens", {"purpose": "night report"})
    assert made.status_code == 201
    token = re.search(r"jdp_[\w-]{43}", made.text)[0]
    page = erin.get("/password").text
    assert "night report" in page
    assert token not in page
    address = re.search(r"/password/tokens/\d+/revoke", page)[0]
    assert ines.post(address).status_code == 404
    assert "night report" not in ines.get("/password").text
    assert erin.post(address).headers["location"] == "/password#tokens"
    assert "night report" not in erin.get("/password").text


def test_a_token_needs_a_purpose_in_words(visit):
    answer = visit("ines").post("/password/tokens", {"purpose": " "})
    assert answer.status_code == 422
    assert "what the token is for" in answer.text
