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
