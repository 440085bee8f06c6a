"""The API does what its description says, whatever it is sent."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Served
from tests.store.test_images import encoded

OF_CAMERAS = {
    ("GET", "/api/v1/health"),
    ("PUT", "/api/v1/lines/{line}/images/{capture_id}"),
    ("GET", "/api/v1/lines/{line}/images/{capture_id}"),
    ("GET", "/api/v1/lines/{line}/units/{serial}"),
    ("GET", "/api/v1/lines/{line}/events"),
}
OF_PEOPLE = {
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/people"),
    ("POST", "/api/v1/people"),
    ("POST", "/api/v1/people/{name}/role"),
    ("POST", "/api/v1/people/{name}/password"),
    ("POST", "/api/v1/people/{name}/disable"),
    ("GET", "/api/v1/lines"),
    ("GET", "/api/v1/lines/{line}"),
    ("GET", "/api/v1/lines/{line}/ladder"),
    ("GET", "/api/v1/lines/{line}/policies"),
    ("POST", "/api/v1/lines/{line}/policies"),
    ("POST", "/api/v1/lines/{line}/rollback"),
    ("POST", "/api/v1/lines/{line}/proposals/{proposal}/approve"),
    ("POST", "/api/v1/lines/{line}/proposals/{proposal}/decline"),
    ("GET", "/api/v1/lines/{line}/proof"),
    ("GET", "/api/v1/lines/{line}/certificates"),
    ("POST", "/api/v1/lines/{line}/certificates"),
    ("GET", "/api/v1/lines/{line}/rollout"),
    ("POST", "/api/v1/lines/{line}/rollout"),
    ("POST", "/api/v1/lines/{line}/rollout/approve"),
    ("POST", "/api/v1/lines/{line}/rollout/abort"),
    ("POST", "/api/v1/lines/{line}/replay"),
    ("POST", "/api/v1/lines/{line}/alarms/{alarm}/ack"),
    ("POST", "/api/v1/lines/{line}/alarms/{alarm}/clear"),
    ("GET", "/api/v1/alarms"),
    ("GET", "/api/v1/lines/{line}/alarms"),
    ("POST", "/api/v1/alarms/groups/{group}/ack"),
    ("POST", "/api/v1/lines/{line}/alarms/{alarm}/shelve"),
    ("POST", "/api/v1/lines/{line}/alarms/{alarm}/unshelve"),
    ("POST", "/api/v1/lines/{line}/requests/{number}/done"),
    ("GET", "/api/v1/lines/{line}/rules"),
    ("POST", "/api/v1/lines/{line}/rules"),
    ("PUT", "/api/v1/lines/{line}/rules/{number}"),
    ("GET", "/api/v1/lines/{line}/rules/{number}/suggestion"),
    ("POST", "/api/v1/lines/{line}/rules/{number}/adopt"),
    ("GET", "/api/v1/lines/{line}/figures"),
    ("GET", "/api/v1/lines/{line}/light"),
    ("POST", "/api/v1/lines/{line}/light/baseline"),
    ("POST", "/api/v1/lines/{line}/light/check"),
    ("GET", "/api/v1/lines/{line}/drift"),
    ("POST", "/api/v1/lines/{line}/drift/reference"),
    ("GET", "/api/v1/channels"),
    ("POST", "/api/v1/channels"),
    ("POST", "/api/v1/channels/{number}/test"),
    ("DELETE", "/api/v1/channels/{number}"),
    ("GET", "/api/v1/lines/{line}/stories/{serial}"),
    ("GET", "/api/v1/lines/{line}/book"),
    ("POST", "/api/v1/lines/{line}/book"),
    ("POST", "/api/v1/lines/{line}/book/{number}/retire"),
    ("GET", "/api/v1/lines/{line}/known"),
    ("POST", "/api/v1/lines/{line}/known"),
    ("POST", "/api/v1/lines/{line}/known/{number}/retire"),
    ("GET", "/api/v1/quality"),
    ("GET", "/api/v1/lines/{line}/studies"),
    ("POST", "/api/v1/lines/{line}/studies"),
    ("GET", "/api/v1/studies/{number}"),
    ("POST", "/api/v1/lines/{line}/misses"),
    ("GET", "/api/v1/adjudicate"),
    ("POST", "/api/v1/adjudicate/{kind}/{number}"),
    ("GET", "/api/v1/units"),
    ("GET", "/api/v1/units/export/{kind}"),
    ("GET", "/api/v1/journal"),
    ("GET", "/api/v1/journal/verify"),
    ("GET", "/api/v1/images/{image_id}"),
    ("GET", "/api/v1/images/{image_id}/heatmap"),
    ("POST", "/api/v1/review/next"),
    ("POST", "/api/v1/review/undo"),
    ("POST", "/api/v1/review/{task}"),
    ("POST", "/api/v1/review/{task}/keep"),
    ("POST", "/api/v1/review/{task}/back"),
    ("POST", "/api/v1/review/{task}/unsure"),
    ("GET", "/api/v1/system"),
    ("GET", "/api/v1/lines/{line}/demo"),
    ("PUT", "/api/v1/lines/{line}/demo"),
}
OPERATIONS = OF_CAMERAS | OF_PEOPLE
TRIED = sorted(OPERATIONS - {("GET", "/api/v1/lines/{line}/events")})  # a stream without end is tried on its own
slow = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


def description(served: Served) -> schemathesis.schemas.BaseSchema:
    return schemathesis.openapi.from_url(f"{served.address}/api/v1/openapi.json")


def test_the_description_names_every_operation(served: Served) -> None:
    paths = served.client.get("/api/v1/openapi.json").json()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == OPERATIONS


@pytest.mark.parametrize(("method", "path"), TRIED)
@pytest.mark.parametrize("known", [True, False], ids=["token", "stranger"])
def test_no_request_breaks_the_server_or_its_description(served: Served, method: str, path: str, known: bool) -> None:
    operation = description(served)[path][method]
    client = served.client if (method, path) in OF_CAMERAS else served.as_("erin")
    headers = dict(client.headers) if known else {}

    @settings(slow, max_examples=25 if known else 8)  # strangers are turned away before anything is looked at
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        if known and case.path_parameters:
            case.path_parameters["line"] = "phones"
        answer = case.call(headers={k: v for k, v in headers.items() if k.lower() == "authorization"} or None)
        assert answer.status_code < 500, answer.text
        operation.validate_response(answer)

    run()


@slow
@given(
    data=st.binary(max_size=300), at=st.integers(0, 600), kind=st.sampled_from(["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
)
def mutations(data: bytes, at: int, kind: str) -> None:
    whole = encoded(kind)
    MUTANTS.append(whole[:at] + data + whole[at + len(data) :])


MUTANTS: list[bytes] = []


def test_damaged_images_are_taken_or_refused_but_never_break_the_server(served: Served) -> None:
    mutations()
    for i, body in enumerate(MUTANTS):
        answer = served.put(body, f"m{i}", serial=f"M{i}")
        assert answer.status_code in (201, 415), (answer.status_code, answer.text)
