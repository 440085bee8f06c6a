"""The journal through the API: read page by page, and verified in parts of bounded size."""

import httpx
import pytest

from inspection.core.level import Level
from tests.api.conftest import Served
from tests.api.test_review import judge, take


@pytest.fixture
def erin(served: Served) -> httpx.Client:
    served.plant.level(Level.AI_ASSIST, audit_share=0)  # where reviews are not blind, nothing has to wait
    served.plant.unit("S-1")
    served.plant.unit("S-10")
    return served.as_("erin")


def test_the_journal_is_read_page_by_page(erin: httpx.Client) -> None:
    entries, after = [], 0
    while after is not None:
        page = erin.get("/journal", params={"after": after, "limit": 3}).json()
        entries += page["entries"]
        after = page["next"]
        assert page["withheld"] == []
    assert [one["seq"] for one in entries] == list(range(1, len(entries) + 1))
    assert (entries[0]["event"], entries[0]["subject"]) == ("line_added", "line/phones")
    own = erin.get("/journal", params={"subject": "line/phones/unit/S-1"}).json()["entries"]
    assert {one["subject"] for one in own} == {"line/phones/unit/S-1"}


def test_what_a_blind_review_withholds_is_named_and_told_later(served: Served) -> None:
    served.plant.level(Level.SHADOW)
    served.plant.unit("S-1")
    erin, ines = served.as_("erin"), served.as_("ines")
    asked = {"subject": "line/phones/unit/S-1"}
    page = erin.get("/journal", params=asked).json()
    assert page["withheld"]
    judge(ines, take(ines))
    served.plant.later(seconds=31)
    later = erin.get("/journal", params={**asked, "after": page["withheld"][0] - 1, "limit": 1}).json()
    assert [one["seq"] for one in later["entries"]] == page["withheld"][:1]
    assert later["withheld"] == []


def test_a_whole_journal_verifies_in_parts_that_fit_together(erin: httpx.Client) -> None:
    told = erin.get("/journal/verify").json()
    assert (told["complete"], told["broken"]) == (True, None)
    steps, now = 0, {"after": 0, "seal": "0" * 64, "complete": False}
    while not now["complete"]:
        now = erin.get("/journal/verify", params={"after": now["after"], "seal": now["seal"], "limit": 4}).json()
        assert now["broken"] is None
        steps += 1
    assert (now["after"], now["seal"]) == (told["after"], told["seal"])
    assert steps > 2


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        ("UPDATE journal SET reason = 'harmless' WHERE seq = 5", "Entry 5 "),
        ("DELETE FROM journal WHERE seq = 4", "Entry 4 is missing"),
    ],
)
def test_the_first_broken_entry_is_named(served: Served, erin: httpx.Client, tamper: str, words: str) -> None:
    served.plant.write(lambda tx: tx.exec_driver_sql(tamper).rowcount)
    for limit in (2, 1000):
        now = {"after": 0, "seal": "0" * 64, "complete": False, "broken": None}
        while not now["complete"] and now["broken"] is None:
            asked = {"after": now["after"], "seal": now["seal"], "limit": limit}
            now = erin.get("/journal/verify", params=asked).json()
        assert words in str(now["broken"])


def test_a_seal_that_is_not_the_entrys_own_fits_nothing(erin: httpx.Client) -> None:
    told = erin.get("/journal/verify", params={"after": 2, "seal": "ab" * 32}).json()
    assert "Entry 3 " in told["broken"]
    assert erin.get("/journal/verify", params={"seal": "no seal"}).status_code == 422
