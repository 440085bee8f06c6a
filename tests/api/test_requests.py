"""Every request has an id, is counted, and is told of in the log."""

import logging
import re

import httpx
import pytest

from inspection.link.logs import REQUEST, fields_of
from tests.api.conftest import Served
from tests.store.test_images import encoded


def test_a_request_keeps_the_id_it_brings(served: Served) -> None:
    answer = httpx.get(f"{served.address}/api/v1/health", headers={"X-Request-ID": "plc-7:0001"})
    assert answer.headers["x-request-id"] == "plc-7:0001"


@pytest.mark.parametrize("brought", ["", "with space", "x" * 65, '"quoted"'])
def test_one_that_brings_none_or_nonsense_is_given_one(served: Served, brought: str) -> None:
    answer = httpx.get(f"{served.address}/api/v1/health", headers={"X-Request-ID": brought})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


def test_requests_are_counted_by_surface_method_and_status(served: Served) -> None:
    served.client.get("/api/v1/health")
    served.client.request("TRACE", "/api/v1/health")
    text = httpx.get(f"{served.address}/metrics", headers={"Authorization": "Bearer scraped"}).text
    assert 'jidoka_http_requests_total{method="GET",status="200",surface="api"}' in text
    assert 'jidoka_http_requests_total{method="other",status="405",surface="api"} 1.0' in text
    assert 'jidoka_http_request_seconds_count{surface="api"}' in text


def test_an_image_is_told_of_with_request_unit_and_image(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    told: list[dict[str, object]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append({"event": str(record.msg).split()[0], **fields_of(record)})

    keep = Keep()
    log = logging.getLogger("jidoka.images")
    log.addHandler(keep)
    with caplog.at_level(logging.INFO, logger="jidoka"):
        served.client.headers["X-Request-ID"] = "r1"
        served.put(encoded("JPEG"), "c1")
        served.put(b"no image", "c2")
    log.removeHandler(keep)
    taken, refused = told
    assert (taken["event"], taken["request"], taken["line"]) == ("image_taken_in", "r1", "phones")
    assert taken["unit"] == taken["image"] == 1
    assert (refused["event"], refused["status"], refused["request"]) == ("image_refused", "415", "r1")
    assert REQUEST.get() == ""
