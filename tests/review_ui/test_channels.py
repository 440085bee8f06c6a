"""The page of channels: secrets go in and never come out."""

import re

import pytest

from inspection.store import channels

SECRET = "s3cr3t"
HOOK = {"name": "night", "kind": "webhook", "url": f"https://me:{SECRET}@hooks.test/{SECRET}", "line": "phones",
        "least": "critical"}  # fmt: skip


@pytest.fixture
def plant(plant):
    plant.line()
    return plant


def kept(plant):
    with plant.db.read() as tx:
        return channels.all_of_them(tx)


def test_a_channel_is_added_tried_and_removed_and_its_address_never_shown(visit, plant):
    erin = visit("erin")
    page = erin.post("/channels", HOOK)
    assert page.status_code == 201
    key = re.search(r'<code class="token">([^<]+)</code>', page.text)[1]
    assert kept(plant)[0].channel.key == key
    again = erin.get("/channels").text
    for shown in (page.text, again, erin.get("/journal").text):
        assert SECRET not in shown
    assert key not in again
    assert "https://hooks.test/\u2026" in again
    assert erin.post("/channels/1/test").status_code == 303
    assert erin.post("/channels/1/remove").status_code == 303
    assert kept(plant) == []
    assert erin.post("/channels/1/test").status_code == 404


@pytest.mark.parametrize("wrong", [{"name": "Night Shift"}, {"kind": "pigeon"}, {"url": f"file:///{SECRET}"},
                                   {"kind": "apprise", "url": f"json://{SECRET}"}, {"least": "dire"}])  # fmt: skip
def test_what_cannot_be_used_is_refused_without_a_word_of_the_address(visit, plant, wrong):
    page = visit("erin").post("/channels", {**HOOK, **wrong})
    assert page.status_code == 422
    assert SECRET not in page.text
    assert kept(plant) == []


def test_one_name_is_one_channel(visit):
    erin = visit("erin")
    erin.post("/channels", {**HOOK, "line": ""})
    assert erin.post("/channels", {**HOOK, "line": ""}).status_code == 422
    assert erin.post("/channels", {**HOOK, "line": "nowhere", "name": "b"}).status_code == 404
