"""What Prometheus reads, and who may."""

import httpx
import pytest

from inspection.core.level import Level
from tests.api.conftest import Served
from tests.store.test_images import encoded


def scrape(served: Served, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(f"{served.address}/metrics", headers=headers, timeout=30)


def test_strangers_cameras_and_inspectors_are_told_nothing(served):
    for token, status in (("", 401), ("wrong", 401), (served.plant.token, 403), (served.token("ines"), 403)):
        answer = scrape(served, token)
        assert answer.status_code == status
        assert "inspection_" not in answer.text
        assert answer.json()["detail"]


@pytest.mark.parametrize("who", ["erin", "adam", "scraped"])
def test_engineers_and_the_token_of_the_settings_read_it(served, who):
    answer = scrape(served, who if who == "scraped" else served.token(who))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"


def test_an_empty_setting_is_no_token(served):
    plant = served.app.state.plant
    served.app.state.plant = type(plant)(**{**plant.__dict__, "metrics_token": ""})
    assert scrape(served, "").status_code == 401


def test_an_image_is_counted_and_timed_at_every_stage_it_went_through(served):
    served.plant.level(Level.PARTIAL_AUTOMATION)
    with served.client.stream("GET", "/api/v1/lines/phones/events") as events:
        served.put(encoded("JPEG"), "c1")
        served.put(encoded("JPEG"), "c1")
        served.put(encoded("PNG"), "c2", view="back")
        told = events.iter_lines()  # let go of, it would end the connection
        while not next(told).startswith("data:"):
            pass
        text = scrape(served, "scraped").text
        assert 'jidoka_event_listeners{line="phones"} 1.0' in text
    assert 'inspection_images_total{camera="cam1",line="phones"} 2.0' in text
    assert 'inspection_repeated_images_total{line="phones"} 1.0' in text
    assert f'inspection_predictions_total{{line="phones",model="{"a" * 12}"}} 2.0' in text
    assert 'inspection_total{by="ai",line="phones",reason="all_views_passed",verdict="pass"} 1.0' in text
    assert 'inspection_stage_seconds_count{line="phones",stage="ingest"} 3.0' in text
    for stage in ("spool", "predict", "decide"):
        assert f'inspection_stage_seconds_count{{line="phones",stage="{stage}"}} 2.0' in text
    assert 'inspection_stage_seconds_count{line="phones",stage="out"}' in text


def test_an_image_that_is_not_taken_is_counted_by_why(served):
    served.put(b"no image", "c1")
    served.put(encoded("JPEG"), "c2", view="nowhere")
    text = scrape(served, "scraped").text
    assert 'inspection_refused_images_total{line="phones",status="415"} 1.0' in text
    assert 'inspection_refused_images_total{line="phones",status="422"} 1.0' in text


def test_no_serial_is_ever_told(served):
    served.put(encoded("JPEG"), "c1", serial="SECRET-77")
    assert "SECRET-77" not in scrape(served, "scraped").text
