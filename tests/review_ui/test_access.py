"""The same seven questions for every page and action: stranger, inspector, engineer, admin, wrong token, wrong method,
unknown line."""

from hashlib import sha256

import pytest

from inspection.core.people import Role
from review_ui.pages import PAGES
from tests.review_ui import cards
from tests.review_ui.plant import picture

LOOK = ["/", "/queue", "/queue/count", "/queue/load", "/review", "/password", "/lines/phones", "/lines/phones/training",
        "/lines/phones/units", "/lines/phones/units/A-1", "/lines/phones/light", "/lines/phones/proof",
        "/lines/phones/book", "/andon",
        "/lines/phones/models/1", "/units", "/quality", "/alarms", "/lines/phones/alarms",
        "/images/1", "/images/1/thumb"]  # fmt: skip
SUSPECT = sha256(picture(99)).hexdigest()
ENGINEERS_LOOK = [
    "/new-line",
    "/journal",
    "/channels",
    "/system",
    "/units/export/csv",
    "/lines/phones/figures",
    "/lines/phones/replay",
    "/lines/phones/rollout",
    "/lines/phones/study",
    "/lines/phones/drift",
    f"/lines/phones/models/1/suspects/{SUSPECT}",
]
ADJUDICATORS_LOOK, ADJUDICATORS_ACT = ["/adjudicate"], ["/adjudicate/second/1"]
INSPECTORS_ACT = [
    "/review/undo",
    "/review/1",
    "/review/1/keep",
    "/review/1/unsure",
    "/lines/phones/alarms/1/ack",
    "/alarms/groups/1/ack",
    "/lines/phones/misses",
    "/password",
    "/password/pin",
    "/password/tokens",
    "/password/tokens/1/revoke",
]
ENGINEERS_ACT = [
    "/new-line", "/lines/phones/policy", "/lines/phones/rollback", "/lines/phones/proposals/1/approve",
    "/lines/phones/proposals/1/decline", "/lines/phones/cameras",
    "/lines/phones/cameras/cam1/revoke",
    "/lines/phones/alarms/1/clear", "/lines/phones/alarms/1/shelve", "/lines/phones/alarms/1/unshelve",
    "/lines/phones/requests/1/done", "/lines/phones/rules", "/lines/phones/rules/1", "/lines/phones/rules/1/adopt",
    "/channels", "/channels/1/test", "/channels/1/remove",
    "/lines/phones/samples", "/lines/phones/samples/ab/remove", "/lines/phones/train",
    "/lines/phones/train/1/cancel", "/lines/phones/light", "/lines/phones/light/check", "/lines/phones/drift",
    "/lines/phones/demo", "/lines/phones/proof",
    "/lines/phones/known", "/lines/phones/known/1/retire", "/lines/phones/book", "/lines/phones/book/1/retire",
    "/lines/phones/study", "/study/1/state",
    "/lines/phones/rollout", "/lines/phones/rollout/approve", "/lines/phones/rollout/abort",
]  # fmt: skip
ADMINS_ACT = ["/people", "/people/ines/role", "/people/ines/password", "/people/ines/disable"]
OF_A_LINE = [path for path in (*LOOK, *ENGINEERS_ACT) if path.startswith("/lines/phones")]
FIELDS = {
    "/lines/phones/rollout": {"level": "human_only", "expected": "1"},
    "/lines/phones/misses": {"unit": "1", "serial": "A-1", "reason": "asked by a test"},
    "/lines/phones/known": {"unit": "1", "truth": "good", "reason": "asked by a test"},
    "/lines/phones/book": {"image": "1", "what": "reference"},
    "/lines/phones/policy": {"level": "human_only", "expected": "1"},
    "/lines/phones/cameras": {"name": "cam2"},
    "/lines/phones/light": {"camera": "cam1", "view": "front", "reason": "a new lamp was put in"},
    "/lines/phones/drift": {"camera": "cam1", "view": "front", "reason": "another supplier of glass"},
    "/lines/phones/light/check": {"camera": "cam1", "view": "front"},
    "/lines/phones/demo": {"name": "lamp", "value": "1"},
    "/lines/phones/samples": {"view": "front"},
    "/review/1": {"answer": "pass", "lease": "none"},
    "/review/1/keep": {"lease": "none"},
    "/review/1/unsure": {"lease": "none"},
    "/password": {"old": "x", "new": "y", "again": "z"},
}


@pytest.fixture
def plant(plant):
    plant.line(simulated=True)
    plant.unit("A-1")
    plant.model(card=cards.learned(suspects=[cards.suspect(plant.images.put(picture(99)).sha256)]))
    return plant


@pytest.mark.parametrize("path", [*LOOK, *ADJUDICATORS_LOOK, *ENGINEERS_LOOK, "/people", "/live"])
def test_strangers_are_asked_to_sign_in_and_brought_back(visit, path):
    answer = visit().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")
    assert "phones" not in answer.text


@pytest.mark.parametrize("path", [*INSPECTORS_ACT, *ADJUDICATORS_ACT, *ENGINEERS_ACT, *ADMINS_ACT])
def test_strangers_change_nothing(visit, plant, path):
    before = journal_length(plant)
    answer = visit().post(path, FIELDS.get(path))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert journal_length(plant) == before


@pytest.mark.parametrize("path", LOOK)
@pytest.mark.parametrize("name", ["ines", "erin", "adam"])
def test_everybody_signed_in_may_look(visit, path, name):
    assert visit(name).get(path).status_code == 200


@pytest.mark.parametrize("path", ENGINEERS_LOOK)
def test_engineers_pages_are_closed_to_inspectors_in_words(visit, path):
    refused = visit("ines").get(path)
    assert refused.status_code == 403
    assert "needs the role engineer" in refused.text
    assert visit("erin").get(path).status_code == visit("adam").get(path).status_code == 200


@pytest.mark.parametrize("path", ADJUDICATORS_LOOK)
def test_adjudicators_pages_are_closed_to_inspectors_in_words(visit, path):
    refused = visit("ines").get(path)
    assert refused.status_code == 403
    assert "needs the role adjudicator" in refused.text
    assert visit("judy").get(path).status_code == visit("erin").get(path).status_code == 200


@pytest.mark.parametrize("path", ADJUDICATORS_ACT)
def test_adjudicators_are_let_through_to_the_action(visit, path):
    assert visit("judy").post(path, FIELDS.get(path)).status_code not in (401, 403, 405, 500)


@pytest.mark.parametrize("path", [*ADJUDICATORS_ACT, *ENGINEERS_ACT])
def test_inspectors_change_nothing_of_a_line(visit, plant, path):
    ines = visit("ines")
    before = journal_length(plant)
    assert ines.post(path, FIELDS.get(path)).status_code == 403
    assert journal_length(plant) == before


@pytest.mark.parametrize("path", ENGINEERS_ACT)
@pytest.mark.parametrize("name", ["erin", "adam"])
def test_engineers_and_admins_are_let_through_to_the_action(visit, path, name):
    files = [("files", ("a.txt", b"no image", "text/plain"))] if path.endswith("samples") else None
    assert visit(name).post(path, FIELDS.get(path), files=files).status_code not in (401, 403, 405, 500)


@pytest.mark.parametrize("path", [*INSPECTORS_ACT, *ADJUDICATORS_ACT, *ENGINEERS_ACT])
@pytest.mark.parametrize("token", ["", "guessed"])
def test_a_wrong_token_changes_nothing(visit, plant, path, token):
    erin = visit("erin")
    before = journal_length(plant)
    answer = erin.post(path, FIELDS.get(path), csrf=token)
    assert answer.status_code == 403
    assert "Load the page again" in answer.text
    assert journal_length(plant) == before


@pytest.mark.parametrize("path", [*INSPECTORS_ACT, *ADJUDICATORS_ACT, *ENGINEERS_ACT])
def test_another_sites_page_changes_nothing(visit, plant, path):
    erin = visit("erin")
    before = journal_length(plant)
    assert erin.post(path, FIELDS.get(path), origin="http://evil.test").status_code == 403
    assert erin.post(path, FIELDS.get(path), sec_fetch_site="cross-site").status_code == 403
    assert journal_length(plant) == before


@pytest.mark.parametrize(
    "path", [*LOOK, *ADJUDICATORS_LOOK, *ENGINEERS_LOOK, *INSPECTORS_ACT, *ADJUDICATORS_ACT, *ENGINEERS_ACT]
)
def test_a_wrong_method_is_refused_in_words(visit, path):
    answer = visit("erin").send("DELETE", path)
    assert answer.status_code == 405
    assert "does not take that kind of request" in answer.text


@pytest.mark.parametrize("path", OF_A_LINE)
def test_an_unknown_line_is_said_to_be_unknown(visit, path):
    erin, elsewhere = visit("erin"), path.replace("phones", "nowhere")
    if path in LOOK:
        answer = erin.get(elsewhere)
    else:
        files = [("files", ("a.png", b"x", "image/png"))] if path.endswith("samples") else None
        answer = erin.post(elsewhere, FIELDS.get(path), files=files)
    assert answer.status_code in (404, 422)
    assert "Something broke" not in answer.text


def test_a_person_who_must_choose_a_password_gets_nowhere_else(visit, plant):
    plant.person("newbie", Role.ADMIN, must_change=True)
    newbie = visit("newbie")
    for path in LOOK:
        if path != "/password":
            assert newbie.get(path).headers["location"] == "/password"
    assert newbie.get("/password").status_code == 200


def test_a_session_ends_when_idle_and_when_signed_out(visit, plant):
    ines, other = visit("ines"), visit("ines")
    assert ines.post("/sign-out").headers["location"] == "/sign-in?told=out"
    assert ines.get("/queue").status_code == 303
    assert other.get("/queue").status_code == 200
    plant.wait(3700)
    assert other.get("/queue").status_code == 303


def test_a_page_that_refreshes_itself_does_not_keep_a_terminal_signed_in_but_the_wall_screen_does(visit, plant):
    left_open, board, andon, wall = visit("ines"), visit("ines"), visit("erin"), visit("wall")
    for _ in range(5):
        plant.wait(800)
        left_open.get("/queue", x_live="yes")
        board.get("/", x_live="yes")
        for screen in (andon, wall):
            screen.get("/andon", x_live="yes")
    assert left_open.get("/queue").status_code == board.get("/").status_code == andon.get("/andon").status_code == 303
    assert wall.get("/andon").status_code == 200


def test_a_viewer_sees_the_wall_screen_for_months_and_nothing_else(visit, plant):
    wall = visit("wall")
    assert wall.get("/").headers["location"] == "/andon"
    before = journal_length(plant)
    for path in [*LOOK, *ADJUDICATORS_LOOK, *ENGINEERS_LOOK, "/people"]:
        if path not in ("/", "/andon", "/password"):
            assert wall.get(path).status_code == 403, path
    for path in [*INSPECTORS_ACT, *ADJUDICATORS_ACT, *ENGINEERS_ACT, *ADMINS_ACT]:
        if path != "/password":
            assert wall.post(path, FIELDS.get(path)).status_code == 403, path
    assert journal_length(plant) == before
    plant.wait(100 * 24 * 3600)
    assert wall.get("/andon").status_code == 200
    plant.wait(300 * 24 * 3600)
    assert wall.get("/andon").status_code == 303


@pytest.mark.parametrize("name", ["ines", "judy", "erin"])
@pytest.mark.parametrize("path", ["/people", *ADMINS_ACT])
def test_only_administrators_set_people_up(visit, plant, name, path):
    visitor = visit(name)
    before = journal_length(plant)
    answer = visitor.get(path) if path == "/people" else visitor.post(path, {"role": "admin", "name": "new"})
    assert answer.status_code == 403
    assert visitor.post(path, {"role": "admin", "name": "new"}).status_code == 403
    assert journal_length(plant) == before


def test_every_route_was_asked():
    known = {(r.path, m) for page in PAGES for r in page.router.routes for m in r.methods}
    asked = len({*LOOK, *ENGINEERS_LOOK, "/people"}) + len(INSPECTORS_ACT) + len(ENGINEERS_ACT) + len(ADMINS_ACT)
    asked += len(ADJUDICATORS_LOOK) + len(ADJUDICATORS_ACT)
    elsewhere = {("/review/{task_id}/beside/{what}", "GET"), ("/sign-in", "GET"), ("/sign-in", "POST"),
                 ("/pin", "POST"), ("/lock", "POST"), ("/language", "POST"),
                 ("/sign-out", "POST"), ("/live", "GET"),
                 ("/images/{image_id}/heatmap", "GET"), ("/study/{number}", "GET"), ("/study/{number}", "POST"),
                 ("/study/{number}/report", "GET"), ("/study/{number}/report.csv", "GET"),
                 ("/lines/{line}/samples/{digest}", "GET")}  # fmt: skip
    assert elsewhere <= known
    assert len(known) == asked + len(elsewhere)


def journal_length(plant) -> int:
    with plant.db.read() as tx:
        return tx.exec_driver_sql("select count(*) from journal").scalar()
