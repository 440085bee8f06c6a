"""Dispositions as they happen."""

import json
import re
import threading

import httpx

from inspection.core.level import Level
from tests.api.conftest import Served
from tests.store.test_images import encoded


def listen(
    served: Served, wanted: int, told: list[tuple[str, dict[str, object]]], after: str | None = None
) -> threading.Thread:
    """Listen in the background until so many events have come."""
    begun = threading.Event()

    def run() -> None:
        headers = {} if after is None else {"Last-Event-ID": after}
        with served.client.stream("GET", "/api/v1/lines/phones/events", headers=headers) as stream:
            begun.set()
            number = ""
            for row in stream.iter_lines():
                if row.startswith("id:"):
                    number = row[3:].strip()
                if row.startswith("data:"):
                    told.append((number, json.loads(row[5:])))
                if len(told) >= wanted:
                    return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert begun.wait(10)
    return thread


def test_every_change_of_a_disposition_is_told_in_order_and_can_be_caught_up(served: Served) -> None:
    served.plant.level(Level.FULL_AUTOMATION)
    told: list[tuple[str, dict[str, object]]] = []
    listening = listen(served, 3, told, after="0")
    for serial in ("S1", "S2", "S3"):
        served.predictor.score = 0.9 if serial == "S2" else 0.1
        for view in ("front", "back"):
            served.put(encoded(), f"{serial}-{view}", serial=serial, view=view)
    listening.join(15)
    final = [(event["serial"], event["disposition"]) for _, event in told if event["disposition"] != "pending"]
    assert ("S1", "pass") in final
    again: list[tuple[str, dict[str, object]]] = []
    listen(served, 2, again, after=told[0][0]).join(15)
    assert again[:2] == told[1:3]
    assert all("audit" not in json.dumps(event) for _, event in told)


def test_a_stream_ends_when_the_server_does(served: Served) -> None:
    told: list[tuple[str, dict[str, object]]] = []
    listening = listen(served, 99, told)
    served.stop()
    listening.join(10)
    assert not listening.is_alive()
    assert not served.thread.is_alive()


def test_strangers_hear_nothing(served: Served) -> None:
    assert httpx.get(f"{served.address}/api/v1/lines/phones/events").status_code == 401


def test_what_was_missed_says_nothing_of_the_servers_own_speed(served: Served) -> None:
    """A machine that was off for an hour and catches up is told of old units; that is no slow server."""

    def timed() -> float:
        text = httpx.get(f"{served.address}/metrics", headers={"Authorization": "Bearer scraped"}, timeout=30).text
        found = re.search(r'inspection_stage_seconds_count\{line="phones",stage="out"\} (\S+)', text)
        return float(found[1]) if found else 0.0

    served.plant.level(Level.FULL_AUTOMATION)
    for view in ("front", "back"):
        served.put(encoded(), f"S1-{view}", serial="S1", view=view)
    served.plant.later(hours=1)
    told: list[tuple[str, dict[str, object]]] = []
    listen(served, 1, told, after="0").join(15)
    assert (len(told), timed()) == (1, 0.0)
