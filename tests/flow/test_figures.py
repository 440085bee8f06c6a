"""What the clock drives, and what the journal counts, on both databases."""

from inspection.core import metrics
from inspection.core.counted import count_all
from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.predict import Failure
from inspection.flow import alarm, figures, monitor
from inspection.link.metrics import Tally
from inspection.store import alarms
from tests.plant import MODEL, Plant


def readings(plant: Plant) -> dict:
    found = plant.read(lambda tx: list(figures.of_lines(tx, None, plant.now)))
    return {(one.metric, *one.labels): one.value for one in found}


def test_a_line_tells_its_level_policy_and_model(any_plant):
    any_plant.level(Level.PARTIAL_AUTOMATION)
    found = readings(any_plant)
    number = any_plant.read(lambda tx: tx.exec_driver_sql("SELECT max(number) FROM policy").scalar())
    assert found[metrics.LINE_INFO, "phones", "partial_automation", str(number), MODEL[:12], "1"] == 1
    assert found[metrics.LEVEL, "phones"] == 3
    assert found[metrics.CERTIFICATE, "phones"] == found[metrics.WEIGHT, "phones"] == 0


def test_units_that_wait_have_a_number_and_an_age(any_plant):
    assert readings(any_plant)[metrics.QUEUE_DEPTH, "phones"] == 0
    any_plant.unit("A")
    any_plant.unit("B")
    any_plant.later(seconds=90)
    found = readings(any_plant)
    assert (found[metrics.QUEUE_DEPTH, "phones"], found[metrics.QUEUE_AGE, "phones"]) == (2, 90)
    held = any_plant.claim()
    any_plant.answer(held, Verdict.PASS)
    assert readings(any_plant)[metrics.QUEUE_DEPTH, "phones"] == 1


def test_alarms_are_told_by_state(any_plant):
    line = any_plant.camera.line_id
    for subject in ("x", "y"):
        any_plant.write(lambda tx, s=subject: alarms.fire(tx, line, "model", s, "It fails.", any_plant.now))
    first = any_plant.read(lambda tx: alarms.firing(tx, line))[0].id
    any_plant.write(lambda tx: alarm.ack(tx, alarm_id=first, by="erin", now=any_plant.now))
    found = readings(any_plant)
    assert found[metrics.ALARMS, "phones", "model", "firing"] == 1
    assert found[metrics.ALARMS, "phones", "model", "acknowledged"] == 1


def test_a_camera_tells_when_it_sent_and_how_bright_its_last_window_was(any_plant):
    any_plant.level(Level.SHADOW)
    for i in range(3):
        any_plant.image(f"U{i}", "front")
    rule = monitor.WindowRule(images=3, seconds=60)
    any_plant.write(lambda tx: monitor.watch(tx, rule=rule, now=any_plant.now))
    found = readings(any_plant)
    assert found[metrics.LAST_IMAGE, "phones", "cam1"] == any_plant.now.timestamp()
    assert found[metrics.BRIGHTNESS, "phones", "cam1", "front"] == 120.0
    assert found[metrics.LIGHT, "phones", "cam1", "front", "learning"] == 1
    assert found[metrics.LIGHT, "phones", "cam1", "front", "alarm"] == 0


def counted(plant: Plant) -> Tally:
    tally = Tally()
    plant.db.on_changes(lambda changes: count_all(tally, changes))
    return tally


def test_images_decisions_units_and_labels_are_counted_once_they_are_durable(any_plant):
    tally = counted(any_plant)
    any_plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    any_plant.unit("good", 0.1)
    any_plant.image("odd", "front", failure=Failure.NO_PART)
    any_plant.later(minutes=11)
    held = any_plant.claim()
    any_plant.answer(held, Verdict.REJECT)
    counts = {(metric, *labels): n for (metric, labels), n in tally.all().counts.items()}
    assert counts[metrics.IMAGES, "phones", "cam1"] == 3
    assert counts[metrics.DECISIONS, "phones", "pass", "score_below"] == 2
    assert counts[metrics.DECISIONS, "phones", "refer", "part_not_found"] == 1
    assert counts[metrics.UNITS, "phones", "pass", "ai", "all_views_passed"] == 1
    assert counts[metrics.LABELS, "phones", "reject", "yes"] == 1
    spent = tally.all().times[(metrics.STAGE_TIMES, ("phones", "review"))]
    assert (spent.count, spent.total_s) == (1, 3.0)


def test_an_escape_that_an_audit_finds_is_counted(any_plant):
    tally = counted(any_plant)
    any_plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    any_plant.unit("bad", 0.1)
    any_plant.later(minutes=11)
    any_plant.answer(any_plant.claim(), Verdict.REJECT)
    assert tally.all().counts[(metrics.ESCAPES, ("phones",))] == 1


def test_work_that_fails_is_not_counted(any_plant):
    tally = counted(any_plant)

    def fails(tx):
        any_plant_record(tx)
        raise RuntimeError

    from inspection.core.journal import Change
    from inspection.store import journal

    def any_plant_record(tx):
        told = Change(subject="line/phones/unit/x", event="image_stored", actor="camera cam1")
        journal.append(tx, any_plant.now, told)

    futures = [any_plant.db.submit(fails), any_plant.db.submit(any_plant_record)]
    assert [one.exception() is None for one in futures] == [False, True]
    any_plant.write(lambda _: None)  # the writer tells of a commit before it takes the next
    assert tally.all().counts == {(metrics.IMAGES, ("phones", "cam1")): 1}
