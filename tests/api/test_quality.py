"""Label quality through the API: disputed units, figures of people, reported misses, studies."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.flow import known, review, study
from inspection.store import studies
from tests.api.conftest import Served


@pytest.fixture
def served(served: Served) -> Served:
    """Six units of known truth, judged by erin."""
    plant = served.plant
    plant.level(Level.SHADOW)
    for number in range(6):
        bad = number % 2 == 1
        plant.unit(f"S-{number}", 0.9 if bad else 0.1)
        held = plant.claim("erin")
        assert held is not None
        plant.answer(held, Verdict.REJECT if bad else Verdict.PASS, "erin")
        unit = plant.find(f"S-{number}").id
        plant.write(lambda tx, u=unit, b=bad: known.add(
            tx, line="phones", unit_id=u, defective=b, reason="x-ray", by="erin", now=plant.now
        ))  # fmt: skip
    plant.later(minutes=1)
    return served


def test_a_miss_is_reported_and_looked_at_by_another(served: Served) -> None:
    plant, ivan = served.plant, served.as_("ivan")
    told = {"serial": "S-0", "reason": "A dent at the edge.", "defect_types": ["dent"]}
    assert "Name the defect" in ivan.post("/lines/phones/misses", json={**told, "defect_types": []}).json()["detail"]
    assert ivan.post("/lines/phones/misses", json={**told, "serial": "S-9"}).status_code == 404
    assert ivan.post("/lines/phones/misses", json=told).json() == {"number": 1}
    assert "just now" in ivan.post("/lines/phones/misses", json=told).json()["detail"]
    ines = plant.person("ines")
    plant.later(minutes=10)
    held = plant.write(lambda tx: review.claim(tx, person_id=ines.id, line=None, now=plant.now))
    assert held is not None
    assert held.unit_id == plant.find("S-0").id


def test_figures_are_told_to_engineers_in_full_and_to_inspectors_of_themselves(served: Served) -> None:
    found = served.as_("erin").get("/quality", params={"line": "phones", "days": 7}).json()
    assert [(one["name"], one["judged"]) for one in found["people"]] == [("erin", 6)]
    assert found["ai"]["judged"] == 6
    assert found["ai"]["agreed"]["value"] == 1
    assert found["bias"] == {
        "shown": 0, "went_along": 0, "hidden": 3, "said_so_too": 0, "difference": None, "low": None, "high": None,
        "p": None,
    }  # fmt: skip
    own = served.as_("ines").get("/quality").json()
    assert (own["people"], own["ai"], own["everybody"], own["types"]) == ([], None, None, [])


def test_a_study_is_begun_and_told_when_it_has_ended(served: Served) -> None:
    plant, erin = served.plant, served.as_("erin")
    wanted = {"title": "Spring study", "serials": [f"S-{n}" for n in range(6)], "people": ["ines"], "rounds": 2}
    assert erin.post("/lines/phones/studies", json={**wanted, "serials": ["S-0"]}).status_code == 422
    assert erin.post("/lines/phones/studies", json={**wanted, "serials": ["S-77"]}).status_code == 404
    made = erin.post("/lines/phones/studies", json=wanted).json()
    assert (made["judged"], made["of"], made["state"]) == ({"ines": 0}, 12, "running")
    number, ines = made["number"], plant.person("ines")
    assert "has not ended" in erin.get(f"/studies/{number}").json()["detail"]
    for n in range(12):
        due = plant.read(lambda tx: study.turn(tx, studies.get(tx, number), ines))
        assert due is not None
        plant.write(lambda tx, n=n, d=due: study.judge(
            tx, study_id=number, number=n + 1, verdict=d.part.truth, seconds=1.0, person=ines, now=plant.now
        ))  # fmt: skip
    told = erin.get(f"/studies/{number}").json()
    assert (told["people"][0]["right"]["value"], told["ai"]["right"]["value"], told["unfinished"]) == (1, 1, [])
    assert [one["state"] for one in erin.get("/lines/phones/studies").json()] == ["ended"]
