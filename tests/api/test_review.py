"""Inspectors work through the API; what they must not see is not in any answer."""

import json
import re
from typing import Any

import httpx
import pytest

from inspection.core.level import Level
from tests.api.conftest import Served
from tests.plant import MODEL
from tests.store.test_images import encoded

TELLTALE = re.compile(r"heatmap|score|audit|novel|suggest|0\.[19]\b|aaaa", re.IGNORECASE)


@pytest.fixture
def ines(served: Served) -> httpx.Client:
    return served.as_("ines")


def take(client: httpx.Client, **wanted: str) -> dict[str, Any]:
    answer = client.post("/review/next", json=wanted)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def judge(client: httpx.Client, sheet: dict[str, Any], verdict: str = "pass", **more: Any) -> httpx.Response:
    seen = [image["id"] for image in sheet["images"]]
    body = {"lease": sheet["lease"], "verdict": verdict, "seen": seen, "seconds": 2.5, **more}
    return client.post(f"/review/{sheet['task']}", json=body)


def test_a_unit_is_taken_judged_and_the_next_one_comes(served: Served, ines: httpx.Client) -> None:
    assert ines.post("/review/next", json={}).status_code == 204
    served.plant.unit("S-1")
    served.plant.later(seconds=1)
    served.plant.unit("S-2")
    sheet = take(ines)
    assert (sheet["serial"], sheet["views"], sheet["defect_types"]) == ("S-1", ["front", "back"], ["scratch", "dent"])
    assert take(ines)["lease"] == sheet["lease"], "what one holds is given again"
    assert judge(ines, sheet).json() == {"effective": True, "serial": "S-1"}
    second = take(ines, line="phones")
    assert judge(ines, second, "reject", defect_types=["scratch"], note="at the rim").status_code == 200
    assert ines.get("/lines/phones/stories/S-2").status_code == 404
    served.plant.later(seconds=31)
    story = ines.get("/lines/phones/stories/S-2").json()[0]
    assert story["verdict"] == "reject"
    assert (story["labels"][0]["person"], story["labels"][0]["note"]) == ("ines", "at the rim")


def test_an_answer_is_taken_back_and_a_unit_given_back(served: Served, ines: httpx.Client) -> None:
    served.plant.unit("S-1")
    sheet = take(ines)
    judge(ines, sheet)
    again = ines.post("/review/undo").json()
    assert (again["task"], again["lease"] != sheet["lease"]) == (sheet["task"], True)
    held = {"lease": again["lease"]}
    assert ines.post(f"/review/{again['task']}/keep", json=held).status_code == 204
    assert ines.post(f"/review/{again['task']}/back", json=held).status_code == 204
    lost = ines.post(f"/review/{again['task']}/keep", json=held)
    assert (lost.status_code, "Take the next one" in lost.json()["detail"]) == (409, True)
    served.plant.later(minutes=1)
    assert ines.post("/review/undo").status_code == 409


def test_a_doubt_goes_to_a_colleague_with_the_note(served: Served, ines: httpx.Client) -> None:
    served.plant.unit("S-1")
    sheet = take(ines)
    sent = {"lease": sheet["lease"], "note": "odd gloss"}
    assert ines.post(f"/review/{sheet['task']}/unsure", json=sent).status_code == 204
    assert ines.post("/review/next", json={}).status_code == 204
    ivan = served.as_("ivan")
    theirs = take(ivan)
    assert (theirs["serial"], theirs["doubts"]) == ("S-1", ["odd gloss"])
    assert ines.post(f"/review/{sheet['task']}/unsure", json=sent).status_code == 409
    assert judge(ivan, theirs).status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": "reject"}, "Name the defect"),
        ({"verdict": "reject", "defect_types": ["rust"]}, "no defect type 'rust'"),
        ({"defect_types": ["dent"]}, "no defects"),
        ({"note": "x" * 1001}, "1000"),
        ({"seconds": -1}, "seconds"),
        ({"seen": [0]}, "seen"),
        ({"lease": "a\x00b"}, "lease"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_in_words(
    served: Served, ines: httpx.Client, given: dict[str, Any], words: str
) -> None:
    served.plant.unit("S-1")
    sheet = take(ines)
    answer = judge(ines, sheet, **{"verdict": "pass", **given})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert served.plant.find("S-1").verdict is None


def test_somebody_elses_unit_is_not_judged(served: Served, ines: httpx.Client) -> None:
    served.plant.unit("S-1")
    sheet = take(ines)
    refused = judge(served.as_("ivan"), sheet)
    assert (refused.status_code, "not given to you" in refused.json()["detail"]) == (409, True)
    assert served.plant.find("S-1").verdict is None


def test_the_ai_is_shown_where_the_level_shows_it(served: Served, ines: httpx.Client) -> None:
    served.plant.level(Level.AI_ASSIST)
    served.plant.unit("S-1", 0.9)
    sheet = take(ines)
    assert sheet["shows_ai"] is True
    assert sheet["images"][0]["ai"]["score"] == 0.9


def shape(sheet: dict[str, Any]) -> str:
    """A sheet with what names the unit, its images, its lease and its time taken out."""
    text = json.dumps({**sheet, "lease": "secret", "opened_at": "then"})
    return re.sub(r"\d+", "0", text)


@pytest.mark.parametrize("score", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("level", [Level.PARTIAL_AUTOMATION, Level.FULL_AUTOMATION, Level.AI_ASSIST, Level.SHADOW])
def test_an_audited_unit_is_in_form_like_any_blind_unit(
    served: Served, ines: httpx.Client, level: Level, score: float
) -> None:
    served.plant.unit("S-1")
    ordinary = take(ines)
    judge(ines, ordinary)
    served.plant.level(level, audit_share=1.0)
    served.plant.unit("S-2", score)
    audited = take(ines)
    assert audited["serial"] == "S-2"
    assert shape(audited) == shape(ordinary)
    assert not TELLTALE.search(json.dumps({**audited, "lease": ""}))


def test_nothing_beside_the_sheet_tells_of_a_blind_unit(served: Served, ines: httpx.Client) -> None:
    served.plant.level(Level.FULL_AUTOMATION, reject_above=0.5, audit_share=1.0)
    served.plant.unit("S-1", 0.9)
    erin = served.as_("erin")
    for who in (erin, ines):  # an engineer who reviews blind is blind too
        sheet = take(who)
        if who is ines:
            told = who.get("/lines/phones/stories/S-1"), who.get("/lines/phones/stories/S-9")
            assert [one.status_code for one in told] == [404, 404]
            assert told[0].text.replace("S-1", "S-9") == told[1].text
            reported = {"reason": "it is bent"}
            told = [who.post("/lines/phones/misses", json={**reported, "serial": s}) for s in ("S-1", "S-9")]
            assert [(one.status_code, one.text) for one in told] == [(404, told[1].text)] * 2
        else:
            (story,) = who.get("/lines/phones/stories/S-1").json()
            assert (story["verdict"], story["by"], story["audited"]) == (None, "person", None)
            assert not TELLTALE.search(re.sub('"audited": null|"score": null', "", json.dumps(story["images"])))
            assert {one["event"] for one in story["journal"]} == {"image_stored"}
        missing = who.get("/images/99999/heatmap")
        for image in sheet["images"]:
            hidden = who.get(f"/images/{image['id']}/heatmap")
            assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json()) == (404, hidden.json())
        if who is erin:
            who.post(f"/review/{sheet['task']}/back", json={"lease": sheet["lease"]})
            told = who.get("/journal", params={"subject": "line/phones/unit"}).json()
            assert {one["event"] for one in told["entries"]} == {"image_stored"}


def test_pictures_come_as_they_were_sent(served: Served, ines: httpx.Client) -> None:
    data = encoded()
    served.put(data)
    served.plant.later(minutes=1)  # the other view never comes
    image = take(ines)["images"][0]
    picture = ines.get(image["picture"].removeprefix("/api/v1"))
    assert (picture.status_code, picture.content) == (200, data)
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert served.as_("").get(f"/images/{image['id']}").status_code == 401
    assert ines.get("/images/77").status_code == 404


def test_a_heatmap_is_shown_to_those_who_may_see_it(served: Served) -> None:
    served.plant.level(Level.AI_ASSIST, audit_share=0)
    for view in served.plant.views:
        served.plant.image("S-1", view, 0.9, heatmap_png=b"png")
    erin, ines = served.as_("erin"), served.as_("ines")
    (story,) = erin.get("/lines/phones/stories/S-1").json()
    address = f"/images/{story['images'][0]['image_id']}/heatmap"
    assert erin.get(address).content == b"png"
    assert ines.get(address).status_code == 404
    assert story["images"][0]["opinions"][0]["model_version"] == 1
    assert MODEL not in json.dumps(story["images"])


def test_places_are_told_with_a_reject_and_read_in_the_story(served: Served, ines: httpx.Client) -> None:
    served.plant.unit("S-1")
    sheet = take(ines)
    image = sheet["images"][0]["id"]
    places = [
        {"image_id": image, "box": [3.4, 4, 20, 30]},
        {"image_id": image, "outline": [[1, 1], [9, 1], [5, 8]], "defect_type": "dent"},
    ]
    assert judge(ines, sheet, "reject", defect_types=["scratch"], findings=places).status_code == 200
    served.plant.later(seconds=31)
    (story,) = ines.get("/lines/phones/stories/S-1").json()
    (label,) = story["labels"]
    assert label["defect_types"] == ["scratch", "dent"]
    assert label["findings"] == [
        {"image_id": image, "box": [3, 4, 20, 30], "outline": [], "defect_type": "scratch"},
        {"image_id": image, "box": [1, 1, 9, 8], "outline": [[1, 1], [9, 1], [5, 8]], "defect_type": "dent"},
    ]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"box": [0, 0, 99, 9]}, "outside its picture"),
        ({"image_id": 99, "box": [0, 0, 9, 9]}, "no image of this unit"),
        ({"outline": [[0, 0], [5, 5]]}, "corners"),
        ({}, "corners"),
        ({"box": [0, 0, 9, 9], "defect_type": "rust"}, "no defect type 'rust'"),
        ({"outline": [[0, 0]] * 301}, "outline"),
        ({"box": [0, 0, 0, 9]}, "line or a dot"),
    ],
)
def test_places_that_cannot_be_are_refused_and_the_unit_is_kept(
    served: Served, ines: httpx.Client, place: dict[str, Any], words: str
) -> None:
    served.plant.unit("S-1")
    sheet = take(ines)
    said = {"image_id": sheet["images"][0]["id"], **place}
    refused = judge(ines, sheet, "reject", defect_types=["dent"], findings=[said])
    assert (refused.status_code, words in refused.json()["detail"]) == (422, True), refused.text
    assert take(ines)["lease"] == sheet["lease"]
    assert judge(ines, sheet).status_code == 200
