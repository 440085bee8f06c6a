"""The way of a unit through every level, on both databases."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.predict import Failure
from inspection.store import alarms, journal
from inspection.store.reports import integrity
from inspection.store.reports import review as sheets
from tests.plant import Plant


def sound(plant: Plant) -> None:
    with plant.db.read() as tx:
        assert journal.verify(tx)[1] is None
        assert integrity.units(tx)[1] == []


@pytest.mark.parametrize("level", [Level.HUMAN_ONLY, Level.SHADOW, Level.AI_ASSIST])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_people_settle_every_unit_where_the_ai_does_not(any_plant: Plant, level: Level, verdict: Verdict) -> None:
    plant = any_plant
    plant.level(level)
    assert plant.unit("S1", score=0.0).verdict is None
    held = plant.claim()
    assert held is not None
    assert held.shows_ai is (level is Level.AI_ASSIST)
    assert plant.answer(held, verdict).disposition.verdict is verdict
    unit = plant.find("S1")
    assert (unit.verdict, unit.by) == (verdict, "person")
    assert plant.claim() is None
    sound(plant)


def test_partial_automation_settles_what_is_sure_and_refers_the_rest(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION)
    assert plant.unit("good", 0.1).verdict is Verdict.PASS
    assert plant.unit("bad", 0.9).verdict is Verdict.REJECT
    assert plant.unit("unsure", 0.5).verdict is None
    held = plant.claim()
    assert held is not None
    assert held.unit_id == plant.find("unsure").id
    assert plant.claim("ivan") is None, "units that the AI has settled are in no queue"
    plant.answer(held, Verdict.PASS)
    assert plant.find("unsure").verdict is Verdict.PASS
    sound(plant)


def test_full_automation_decides_by_one_threshold(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.FULL_AUTOMATION)
    assert plant.unit("below", 0.69).verdict is Verdict.PASS
    assert plant.unit("at", 0.7).verdict is Verdict.REJECT


@pytest.mark.parametrize("failure", list(Failure))
def test_every_failure_goes_to_a_person(plant: Plant, failure: Failure) -> None:
    plant.level(Level.FULL_AUTOMATION)
    for view in plant.views:
        plant.image("S1", view, failure=failure, quality=None)
    unit = plant.find("S1")
    assert (unit.verdict, unit.by) == (None, "person")
    assert plant.claim() is not None


@pytest.mark.parametrize("other", [{"novel": True}, {"score": float("nan")}, {"model": "b" * 64}, {"quality": None}])
def test_whatever_is_strange_goes_to_a_person(plant: Plant, other: dict[str, object]) -> None:
    plant.level(Level.FULL_AUTOMATION)
    score = other.pop("score", 0.0)
    for view in plant.views:
        plant.image("S1", view, score, **other)
    assert plant.find("S1").by == "person"
    assert plant.find("S1").verdict is None


def test_one_rejected_view_rejects_at_once_and_the_queue_lets_go(plant: Plant) -> None:
    plant.level(Level.PARTIAL_AUTOMATION)
    plant.image("S1", "front", 0.5)
    assert plant.find("S1").verdict is None
    plant.image("S1", "back", 0.9)
    assert plant.find("S1").verdict is Verdict.REJECT
    plant.later(minutes=5)
    assert plant.claim() is None


def test_a_view_that_never_comes_calls_a_person_after_its_time(plant: Plant) -> None:
    from inspection.flow import decide

    plant.level(Level.FULL_AUTOMATION)
    plant.image("S1", "front", 0.0)
    assert plant.claim() is None
    plant.later(seconds=31)
    assert plant.write(lambda tx: decide.refer_incomplete(tx, now=plant.now)) == 1
    held = plant.claim()
    assert held is not None
    sheet = plant.read(lambda tx: sheets.sheet(tx, held.task_id))
    assert sheet is not None
    assert sheet.missing_views == ("back",)
    plant.answer(held, Verdict.PASS)
    assert plant.find("S1").verdict is Verdict.PASS
    plant.image("S1", "back", 0.9)
    assert plant.find("S1").verdict is Verdict.REJECT, "a late view can still reject"
    assert plant.find("S1").visit == 1
    sound(plant)


def test_what_a_crash_cut_off_goes_to_a_person(any_plant: Plant) -> None:
    from inspection.flow import decide

    plant = any_plant
    plant.level(Level.FULL_AUTOMATION)
    for view in plant.views:
        plant.record("S1", view)
    plant.later(seconds=1)
    assert plant.write(lambda tx: decide.refer_undecided(tx, before=plant.now, now=plant.now)) == 2
    assert plant.claim() is not None
    assert plant.write(lambda tx: decide.refer_undecided(tx, before=plant.now, now=plant.now)) == 0
    sound(plant)


def test_a_late_prediction_does_not_undo_a_referral(plant: Plant) -> None:
    from inspection.flow import decide

    plant.level(Level.FULL_AUTOMATION)
    recorded = [plant.record("S1", view) for view in plant.views]
    plant.later(seconds=1)
    plant.write(lambda tx: decide.refer_undecided(tx, before=plant.now, now=plant.now))
    for one in recorded:
        plant.write(
            lambda tx, one=one: decide.decide_image(
                tx, image_id=one.receipt.image_id, examination=plant.examination(0.0), now=plant.now
            )
        )
    assert plant.find("S1").verdict is None


def test_a_change_of_level_applies_to_the_next_image(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    plant.image("S1", "front", 0.0)
    recorded = plant.record("S1", "back")
    plant.level(Level.HUMAN_ONLY)
    from inspection.flow import decide

    plant.write(
        lambda tx: decide.decide_image(
            tx, image_id=recorded.receipt.image_id, examination=plant.examination(0.0), now=plant.now
        )
    )
    assert plant.find("S1").verdict is None, "even an image that was on its way"


class TestAudit:
    """A random share of what the AI settles is judged again by a person who does not know."""

    def test_an_audited_unit_is_settled_by_the_ai_and_still_gets_a_blind_person(self, plant: Plant) -> None:
        plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
        assert plant.unit("S1", 0.1).verdict is Verdict.PASS
        held = plant.claim()
        assert held is not None
        assert not held.shows_ai
        plant.answer(held, Verdict.PASS)
        assert plant.find("S1").verdict is Verdict.PASS
        assert plant.read(lambda tx: alarms.firing(tx)) == []

    def test_an_escape_is_taken_back_and_alarms(self, plant: Plant) -> None:
        plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
        plant.unit("S1", 0.1)
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.REJECT)
        assert plant.find("S1").verdict is Verdict.REJECT
        (alarm,) = plant.read(lambda tx: alarms.firing(tx))
        assert alarm.kind == "escape"
        assert "S1" in alarm.text

    def test_overkill_is_counted_but_stays_rejected(self, plant: Plant) -> None:
        plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
        plant.unit("S1", 0.9)
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.PASS)
        assert plant.find("S1").verdict is Verdict.REJECT
        events = [e.change.event for e in plant.read(lambda tx: journal.entries(tx))]
        assert "overkill" in events
        sound(plant)

    def test_what_the_inspector_gets_of_an_audit_is_as_of_any_blind_unit(self, plant: Plant) -> None:
        plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
        plant.unit("S1", 0.1)
        audit = plant.claim()
        assert audit is not None
        audit_sheet = plant.read(lambda tx: sheets.sheet(tx, audit.task_id))
        plant.answer(audit, Verdict.PASS)
        plant.level(Level.SHADOW)
        plant.unit("S2", 0.1)
        blind = plant.claim()
        assert blind is not None
        blind_sheet = plant.read(lambda tx: sheets.sheet(tx, blind.task_id))
        assert audit_sheet is not None
        assert blind_sheet is not None
        same = ("views", "missing_views", "defect_types", "shows_ai", "suspicious", "line", "simulated", "visit")
        assert [getattr(audit_sheet, n) for n in same] == [getattr(blind_sheet, n) for n in same]
        assert all(image.ai is None for image in audit_sheet.images)


def test_at_assist_the_inspector_sees_the_ai_but_in_audits(plant: Plant) -> None:
    plant.level(Level.AI_ASSIST)
    plant.unit("S1", 0.6)
    held = plant.claim()
    assert held is not None
    sheet = plant.read(lambda tx: sheets.sheet(tx, held.task_id))
    assert sheet is not None
    assert [image.ai.score for image in sheet.images if image.ai] == [0.6, 0.6]
    plant.answer(held, Verdict.PASS)
    plant.level(Level.AI_ASSIST, audit_share=1.0)
    plant.unit("S2", 0.6)
    audit = plant.claim()
    assert audit is not None
    assert not audit.shows_ai
