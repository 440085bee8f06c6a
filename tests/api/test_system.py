"""The software's figures as JSON."""

from inspection.core.level import Level
from tests.api.conftest import Served
from tests.store.test_images import encoded


def test_an_image_shows_in_the_times_of_its_stages(served: Served) -> None:
    served.plant.level(Level.PARTIAL_AUTOMATION)
    served.put(encoded("JPEG"), "c1")
    served.put(b"no image", "c2")
    told = served.as_("erin").get("/system").json()
    stages = {one["stage"]: one for one in told["stages"]}
    assert stages["ingest"]["count"] == stages["decide"]["count"] == 1
    assert 0 < stages["ingest"]["p50"] <= stages["ingest"]["p99"]
    assert stages["review"] == {"stage": "review", "count": 0, "p50": None, "p95": None, "p99": None}
    assert told["troubles"] == [{"source": "refused", "kind": "415", "where": "phones", "count": 1}]
