"""Certificates on a line: made from blind labels, asked for by the ladder, and void when what they speak of changes."""

from datetime import timedelta

import pytest

from inspection.core.certificate import Certificate, NotProved
from inspection.core.decide import Verdict
from inspection.core.level import FREEDOM, Level
from inspection.core.policy import InvalidPolicy, Terms
from inspection.core.risk import Limits
from inspection.core.sensitivity import Sensitivity
from inspection.flow import alarm as alarm_flow
from inspection.flow import certificate, guard, policy
from inspection.flow import line as line_flow
from inspection.store import alarms, certificates, journal, lines
from inspection.store.database import Database
from tests.plant import MODEL, Plant

LIMITS = Limits(escape=0.06, overkill=0.06, escape_per_defective=None)
WHY = "The certificate of today proves it."


@pytest.fixture
def plant(any_db: Database) -> Plant:
    """A line in shadow that people have labelled for a while."""
    made = Plant(any_db, views=("front",))
    made.level(Level.SHADOW)
    made.label_many(45, score=0.1)
    made.label_many(15, Verdict.REJECT, score=0.9, name="bad")
    return made


def issue(plant: Plant, limits: Limits = LIMITS, **other: object) -> Certificate | NotProved:
    plant.later(seconds=31)
    made = prove(plant, limits, **other)
    plant.write(lambda tx: certificate.keep(tx, made, line="phones", by="erin", now=plant.now))
    return made


def prove(plant: Plant, limits: Limits = LIMITS, **other: object) -> Certificate | NotProved:
    return plant.read(lambda tx: certificate.prove(  # type: ignore[call-arg]
        tx, line="phones", limits=limits, now=plant.now, **{"model": None, **other}  # type: ignore[arg-type]
    ))  # fmt: skip


def raised(plant: Plant, **other: object) -> int:
    values = {"level": Level.PARTIAL_AUTOMATION, "model": MODEL, "pass_below": 0.1, "reject_above": 0.9, **other}
    terms = Terms(**values)  # type: ignore[arg-type]
    return plant.write(lambda tx: policy.change(tx, line="phones", terms=terms, by="erin", reason=WHY, now=plant.now))


def events(plant: Plant) -> list[str]:
    return [e.change.event for e in plant.read(lambda tx: journal.entries(tx, subject="line/phones/certificate"))]


def why_not(plant: Plant) -> str:
    return plant.read(lambda tx: certificate.held(tx, lines.in_force(tx, "phones"), MODEL, plant.now))[1]


def level(plant: Plant) -> Level:
    return plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level


def test_what_was_proved_of_a_line_that_has_changed_meanwhile_is_not_kept(plant: Plant) -> None:
    plant.later(seconds=31)
    made = prove(plant)
    plant.later(seconds=1)
    plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="second", by="erin", now=plant.now))
    with pytest.raises(InvalidPolicy, match="has changed while this was proved"):
        plant.write(lambda tx: certificate.keep(tx, made, line="phones", by="erin", now=plant.now))
    assert events(plant) == []


def test_enough_labels_prove_thresholds_and_with_them_the_line_goes_up_without_an_override(plant: Plant) -> None:
    with pytest.raises(InvalidPolicy, match="A certificate: There is none for this model yet"):
        raised(plant)
    made = issue(plant)
    assert isinstance(made, Certificate)
    assert (made.pass_below, made.reject_above) == (0.1, 0.9)
    assert (made.given, made.used, made.defective) == (60, 60, 15)
    assert events(plant) == ["certificate_issued"]
    raised(plant)
    assert not plant.read(lambda tx: lines.in_force(tx, "phones")).policy.override
    assert level(plant) is Level.PARTIAL_AUTOMATION


def test_thresholds_beyond_the_proof_are_an_override(plant: Plant) -> None:
    issue(plant)
    raised(plant)
    with pytest.raises(InvalidPolicy, match="more freedom than is proved"):
        raised(plant, pass_below=0.95, reject_above=0.96)


def test_too_few_labels_are_refused_with_how_many_are_missing(plant: Plant) -> None:
    made = issue(plant, Limits(escape=0.01, overkill=0.01, escape_per_defective=None))
    assert isinstance(made, NotProved)
    assert made.pass_refused.more_needed == 299 - 60
    assert events(plant) == ["certificate_refused"]
    assert why_not(plant) == "There is none for this model yet."


def test_what_inspectors_miss_is_taken_into_account(plant: Plant) -> None:
    sure = issue(plant, sensitivity=Sensitivity(found=500, shown=500))
    assert sure.pass_refused is None
    doubtful = issue(plant, sensitivity=Sensitivity(found=1, shown=10))
    assert doubtful.pass_refused is not None


def test_labels_that_people_gave_with_the_ai_in_sight_prove_nothing(any_db: Database) -> None:
    plant = Plant(any_db, views=("front",))
    plant.level(Level.AI_ASSIST)
    plant.label_many(60)
    made = issue(plant)
    assert isinstance(made, NotProved)
    assert made.given == 0


def test_audits_count_with_the_probability_that_they_were_drawn_with(any_db: Database) -> None:
    plant = Plant(any_db, views=("front",))
    plant.level(Level.AI_ASSIST, audit_share=0.5)
    plant.label_many(40)
    known = plant.read(lambda tx: lines.in_force(tx, "phones"))
    later = plant.now + timedelta(1)
    found = plant.read(
        lambda tx: certificates.evidence(tx, known.id, known.recipe_id, MODEL, plant.now - timedelta(1), later)
    )
    assert 8 < len(found) < 32
    assert found.inclusion is not None
    assert set(found.inclusion.tolist()) == {0.5}


def test_units_that_went_to_a_person_whatever_their_score_are_never_counted_as_settled(plant: Plant) -> None:
    plant.image("odd", "front", 0.05, novel=True)
    held = plant.claim()
    assert held is not None
    plant.answer(held, Verdict.REJECT)
    made = issue(plant, Limits(escape=0.05, overkill=0.2, escape_per_defective=None))
    assert isinstance(made, Certificate)
    assert (made.used, made.defective, made.escapes[0].events) == (61, 16, 0)


@pytest.mark.parametrize("change", ["recipe", "camera", "age", "alarm"])
def test_whatever_changes_voids_it_and_lowers_a_line_that_lives_by_it(plant: Plant, change: str) -> None:
    issue(plant)
    raised(plant)
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 0
    if change == "recipe":
        plant.write(
            lambda tx: line_flow.change_recipe(
                tx, line="phones", locate=True, by="erin", reason="Parts turn.", now=plant.now
            )
        )
    elif change == "camera":
        plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="cam2", by="erin", now=plant.now))
    elif change == "age":
        plant.later(days=31)
    else:
        plant.write(lambda tx: alarms.fire(tx, plant.camera.line_id, "light", "cam1/front", "Dark.", plant.now))
    assert why_not(plant)
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 1
    assert not FREEDOM[level(plant)].ai_decides
    assert events(plant) == ["certificate_issued", "certificate_voided"]
    told = plant.read(lambda tx: alarms.firing(tx, plant.camera.line_id))
    assert "certificate" in {alarm.kind for alarm in told}
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 0
    with pytest.raises(InvalidPolicy, match="more freedom than is proved"):
        raised(plant)


def test_in_bad_light_no_certificate_is_made(plant: Plant) -> None:
    plant.write(lambda tx: alarms.fire(tx, plant.camera.line_id, "light", "cam1/front", "Dark.", plant.now))
    with pytest.raises(InvalidPolicy, match="drift alarm fires"):
        issue(plant)
    (alarm,) = plant.read(lambda tx: alarms.firing(tx, plant.camera.line_id))
    plant.write(lambda tx: alarm_flow.clear(tx, alarm_id=alarm.id, by="erin", reason="New lamp.", now=plant.now))
    plant.label_many(50, name="after")
    assert isinstance(issue(plant), Certificate)


def test_without_a_model_there_is_nothing_to_certify(any_db: Database) -> None:
    with pytest.raises(InvalidPolicy, match="train one"):
        issue(Plant(any_db))


def test_a_stricter_certificate_does_not_take_the_looser_one_away_that_a_line_lives_by(plant: Plant) -> None:
    issue(plant)
    raised(plant)
    tighter = issue(plant, Limits(escape=0.05, overkill=0.99, escape_per_defective=None))
    assert isinstance(tighter, Certificate)
    assert plant.write(lambda tx: guard.watch(tx, now=plant.now)) == 0
    known = plant.read(lambda tx: lines.in_force(tx, "phones"))
    held_to = plant.read(lambda tx: guard.limits(tx, known, plant.now))
    assert held_to["escapes"] in (0.05, 0.06)


@pytest.mark.parametrize("upset", ["camera", "light", "void"])
def test_labels_from_before_what_voided_a_certificate_prove_nothing(plant: Plant, upset: str) -> None:
    issue(plant)
    plant.later(minutes=1)
    if upset == "camera":
        plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="cam2", by="erin", now=plant.now))
    elif upset == "light":
        plant.write(lambda tx: alarms.fire(tx, plant.camera.line_id, "light", "cam1/front", "Dark.", plant.now))
        (alarm,) = plant.read(lambda tx: alarms.firing(tx, plant.camera.line_id))
        plant.later(minutes=1)
        plant.write(lambda tx: alarm_flow.clear(tx, alarm_id=alarm.id, by="erin", reason="New lamp.", now=plant.now))
    else:
        known = plant.read(lambda tx: lines.in_force(tx, "phones"))
        plant.write(lambda tx: certificate.void(tx, known, "A guard has tripped.", "guard", plant.now))
    made = issue(plant)
    assert isinstance(made, NotProved)
    assert made.given == 0


def test_a_new_token_of_a_camera_takes_no_labels_away(plant: Plant) -> None:
    plant.later(minutes=1)
    plant.write(lambda tx: line_flow.add_camera(tx, line="phones", name="cam1", by="erin", now=plant.now))
    assert isinstance(issue(plant), Certificate)


def test_a_model_in_the_shadow_of_another_has_evidence_of_its_own(plant: Plant) -> None:
    other = "b" * 64
    plant.write(
        lambda tx: (
            tx.exec_driver_sql(
                "INSERT INTO prediction (image_id, model, score, novelty, novel, findings, milliseconds, detail, at) "
                f"SELECT image_id, '{other}', score, novelty, novel, findings, milliseconds, detail, at FROM prediction"
            ).rowcount
        )
    )
    known = plant.read(lambda tx: lines.in_force(tx, "phones"))
    window = plant.now - timedelta(1), plant.now + timedelta(1)
    found = plant.read(lambda tx: certificates.evidence(tx, known.id, known.recipe_id, other, *window))
    assert len(found) == 60


def test_a_unit_with_an_image_to_set_aside_is_scored_by_its_others(any_db: Database) -> None:
    plant = Plant(any_db, views=("front", "back"))
    plant.level(Level.SHADOW)
    plant.image("u", "front", 0.1, novel=True)
    plant.image("u", "back", 0.95)
    held = plant.claim()
    assert held is not None
    plant.answer(held, Verdict.PASS)
    known = plant.read(lambda tx: lines.in_force(tx, "phones"))
    window = plant.now - timedelta(1), plant.now + timedelta(1)
    found = plant.read(lambda tx: certificates.evidence(tx, known.id, known.recipe_id, MODEL, *window))
    assert found.scores.tolist() == [0.95]
