"""Units found and taken away through the API."""

import csv
import io
import json
import zipfile

import httpx

from inspection.core.decide import Verdict
from inspection.core.level import Level
from tests.api.conftest import Served
from tests.store.test_images import encoded


def serials(answer: httpx.Response) -> list[str]:
    return [unit["serial"] for unit in answer.json()["units"]]


def test_units_are_found_a_page_at_a_time(served: Served) -> None:
    for number in range(3):
        served.put(encoded(), f"c{number}", serial=f"S{number}")
        served.plant.later(seconds=1)
    erin = served.as_("erin")
    first = erin.get("/units", params={"serial": "S", "limit": 2})
    assert serials(first) == ["S2", "S1"]
    assert serials(erin.get("/units", params={"limit": 2, "before": first.json()["next"]})) == ["S0"]
    assert serials(erin.get("/units", params={"since": "2026-01-31T08:00:02"})) == ["S2"]
    assert serials(erin.get("/units", params={"until": "2026-01-31T09:00:01+01:00"})) == ["S0"]
    assert erin.get("/units", params={"since": "yesterday"}).status_code == 422
    assert erin.get("/units", params={"line": "nowhere"}).status_code == 404


def test_what_a_blind_review_must_not_know_is_not_told(served: Served) -> None:
    served.plant.level(Level.FULL_AUTOMATION, reject_above=0.5, pass_below=None, audit_share=1.0)
    served.plant.unit("A-1", 0.9)
    erin = served.as_("erin")
    told = erin.get("/units").json()["units"][0]
    assert {told[name] for name in ("verdict", "ai_verdict", "score", "audited")} == {None}
    assert serials(erin.get("/units", params={"score_from": 0.1})) == []
    held = served.plant.claim()
    assert held is not None
    served.plant.answer(held, Verdict.REJECT)
    served.plant.later(seconds=31)
    assert serials(erin.get("/units", params={"score_from": 0.1, "defect": "scratch"})) == ["A-1"]


def test_a_selection_is_taken_away_in_each_form(served: Served) -> None:
    body = encoded()
    served.put(body, "c1", serial="S1")
    erin = served.as_("erin")
    table = erin.get("/units/export/csv", params={"line": "phones"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row["serial"] for row in csv.DictReader(io.StringIO(table.text, newline=""))] == ["S1"]
    assert [one["jidoka"]["serial"] for one in json.loads(erin.get("/units/export/coco").content)["images"]] == ["S1"]
    with zipfile.ZipFile(io.BytesIO(erin.get("/units/export/zip").content)) as found:
        assert found.read(found.namelist()[0]) == body
    assert erin.get("/units/export/pdf").status_code == 422
    assert erin.get("/units/export/csv", params={"line": "nowhere"}).status_code == 404
