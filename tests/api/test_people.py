"""People at the API: whom a token acts as, and what is said to those who have none."""

import pytest
from typer.testing import CliRunner

from inspection.flow import people, tokens
from inspection.main import app
from tests.api.conftest import Served
from tests.store.test_images import encoded


def test_a_token_says_whom_it_acts_as(served: Served) -> None:
    assert served.as_("erin").get("/me").json() == {"name": "erin", "role": "engineer"}
    (kept,) = served.plant.read(lambda tx: tokens.listed(tx, name="erin"))
    assert kept.used_at == served.plant.now


def test_strangers_and_ended_tokens_are_told_what_to_do(served: Served) -> None:
    stranger = served.as_("").get("/me")
    assert (stranger.status_code, stranger.headers["www-authenticate"]) == (401, "Bearer")
    assert "jidoka user token" in stranger.json()["detail"]
    ines = served.as_("ines")
    served.plant.write(lambda tx: people.disable(tx, name="ines", by="adam", now=served.plant.now))
    ended = ines.get("/me")
    assert ended.status_code == 401
    assert "revoked" in ended.json()["detail"]


def test_cameras_do_not_what_people_may_and_people_send_no_images(served: Served) -> None:
    camera = served.client.get("/api/v1/me")
    assert camera.status_code == 403
    assert "camera's" in camera.json()["detail"]
    erin = served.as_("erin")
    sent = erin.put("/lines/phones/images/c1?serial=S&view=front&captured_at=2026-01-31T08:00:00Z", content=encoded())
    assert sent.status_code == 403
    assert "is a person's" in sent.json()["detail"]
    assert erin.get("/lines/phones/units/S").status_code == 403


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer \xff", "bearer jdp_"])
def test_headers_that_are_no_token_are_refused(served: Served, header: str) -> None:
    assert served.as_("").get("/me", headers={"Authorization": header.encode("latin-1")}).status_code == 401


def test_the_commands_make_list_and_revoke(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIDOKA_DATABASE_URL", str(served.plant.db.engine.url))

    def told(*words: str) -> str:
        done = CliRunner().invoke(app, ["user", *words], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output.strip()

    token = told("token", "ivan", "--purpose", "shift report")
    asked = served.as_("").get("/me", headers={"Authorization": f"Bearer {token}"})
    assert asked.json()["name"] == "ivan"
    listed = told("tokens", "ivan")
    assert "shift report" in listed
    assert "used 2026-01-31 08:00" in listed
    told("revoke", listed.split()[0])
    assert served.as_("").get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert told("tokens", "ivan") == ""


def test_administrators_set_people_up(served: Served) -> None:
    adam = served.as_("adam")
    made = adam.post("/people", json={"name": "nora", "role": "adjudicator"})
    assert (made.status_code, made.json()["name"]) == (201, "nora")
    assert served.plant.read(lambda tx: people.check_credentials(tx, "nora", made.json()["password"])).must_change
    assert adam.post("/people/nora/role", json={"role": "engineer"}).status_code == 204
    (nora,) = [one for one in adam.get("/people").json() if one["name"] == "nora"]
    assert (nora["role"], nora["must_change"], nora["disabled_at"]) == ("engineer", True, None)
    again = adam.post("/people/nora/password").json()["password"]
    assert again != made.json()["password"]
    assert adam.post("/people/nora/disable").status_code == 204
    assert [one["disabled_at"] is None for one in adam.get("/people").json() if one["name"] == "nora"] == [False]


def test_what_cannot_be_set_up_is_said(served: Served) -> None:
    adam = served.as_("adam")
    for path, body, words in (
        ("/people", {"name": "erin"}, "choose another name"),
        ("/people", {"name": "No Name"}, "lower-case"),
        ("/people/nobody/disable", None, "no user"),
        ("/people/adam/disable", None, "another administrator"),
        ("/people/adam/role", {"role": "inspector"}, "only administrator"),
    ):
        answer = adam.post(path, json=body)
        assert (answer.status_code, words in answer.json()["detail"]) == (422, True), path
