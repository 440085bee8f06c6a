"""What is around the review of an audit is like what is around any other: events, queue, pictures, what lies beside."""

import asyncio
import re
import shutil

import pytest

from inspection.core.level import Level
from review_ui.pages.live import _tell
from tests.review_ui.conftest import Visitor
from tests.review_ui.plant import Plant
from tests.review_ui.test_blindness import shape
from tests.review_ui.test_review import answer, held

FULL = {"model": "a1b2c3d4e5f6", "reject_above": 0.5}


@pytest.fixture
def plant(plant):
    plant.line()
    plant.model()
    return plant


def heard(plant, act) -> list[tuple[str | None, str]]:
    """What a page hears on /live while that happens."""

    async def listen() -> list[tuple[str | None, str]]:
        plant.changes.bind(asyncio.get_running_loop())
        events = aiter(_tell(plant.changes))
        first = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        await asyncio.to_thread(act)
        told = await asyncio.wait_for(first, 20)
        await events.aclose()
        return [(told.event, str(told.data))]

    return asyncio.run(listen())


@pytest.mark.parametrize("share", [1e-9, 1])
def test_live_events_say_nothing_of_the_unit(visit, plant, share):
    plant.level(Level.FULL_AUTOMATION, **FULL, audit_share=share)
    assert heard(plant, lambda: plant.unit("A-1", score=0.1)) == [("changed", "")]
    plant.level(Level.SHADOW, model="a1b2c3d4e5f6")
    plant.unit("A-2", score=0.1)
    ines = visit("ines")
    page = ines.get("/review")
    assert heard(plant, lambda: answer(ines, page, answer="pass")) == [("changed", "")]


def around(visit, plant, *, audited: bool) -> dict[str, object]:
    """Everything beside the sheet that an inspector can ask for, of a unit that is audited or not."""
    if audited:
        plant.level(Level.FULL_AUTOMATION, **FULL, audit_share=1)
    images = plant.unit("A-1", score=0.9 if audited else None)
    ines = visit("ines")
    task = held(ines.get("/review"))["task"]
    answers = {what: ines.get(f"/review/{task}/beside/{what}") for what in ("golden", "book", "last")}
    answers |= {"load": ines.get("/queue/load?line=phones"), "count": ines.get("/queue/count")}
    answers |= {f"picture {i}": ines.get(f"/images/{image}") for i, image in enumerate(images)}
    answers |= {f"map {i}": ines.get(f"/images/{image}/heatmap") for i, image in enumerate(images)}
    queue = re.search(r'<div class="lanes">.*?</section>', ines.get("/queue").text, re.DOTALL)[0]
    told = {
        name: (one.status_code, sorted(one.headers), "" if name.startswith("picture") else shape(one.text))
        for name, one in answers.items()
    }
    return {**told, "queue": shape(queue)}


def test_nothing_around_the_sheet_tells_an_audit_from_a_unit_that_people_decide(visit, plant, tmp_path, empty_plant):
    ordinary = around(visit, plant, audited=False)
    shutil.copytree(empty_plant, tmp_path / "other")
    other = Plant(tmp_path / "other")
    other.line()
    other.model()
    audited = around(lambda name: Visitor(other, name), other, audited=True)
    other.close()
    assert audited == ordinary
