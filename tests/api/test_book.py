"""The defect book through the API."""

import httpx

from tests.api.conftest import Served
from tests.api.test_review import judge, take


def test_a_reference_and_an_example_are_put_in_and_taken_out(served: Served) -> None:
    ines, erin = served.as_("ines"), served.as_("erin")
    served.plant.unit("S-1")
    sheet = take(ines)
    judge(ines, sheet)
    front, back = (image["id"] for image in sheet["images"])
    assert put(erin, image_id=front).json()["view"] == "front"
    example = put(erin, image_id=back, defect="dent", counts=False, words="a reflection")
    assert (example.status_code, example.json()["serial"]) == (201, "S-1")
    told = ines.get("/lines/phones/book").json()
    assert [(page["view"], page["defect"], page["counts"], page["words"]) for page in told] == [
        ("front", "", True, ""), ("back", "dent", False, "a reflection"),
    ]  # fmt: skip
    assert erin.post(f"/lines/phones/book/{example.json()['number']}/retire").status_code == 204
    assert len(ines.get("/lines/phones/book").json()) == 1
    gone = erin.post(f"/lines/phones/book/{example.json()['number']}/retire")
    assert (gone.status_code, "no page" in gone.json()["detail"]) == (422, True)
    refused = put(erin, image_id=77)
    assert (refused.status_code, "no such image" in refused.json()["detail"]) == (422, True)


def put(client: httpx.Client, **page: object) -> httpx.Response:
    return client.post("/lines/phones/book", json=page)
