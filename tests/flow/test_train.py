"""Training in the background: asked for, worked off, cancelled, and taken up again when a worker dies."""

import secrets
from collections.abc import Callable

import pytest

from inspection.core.line import Recipe, Unknown
from inspection.core.train import MIN_GOOD_IMAGES, Cancelled, Trained, Untrainable
from inspection.flow import train
from inspection.store import journal, models, samples
from inspection.store.reports import train as progress
from tests.plant import Plant


class Trainer:
    """Makes an artefact out of nothing, unless it is told to fail."""

    def __init__(self, plant: Plant, fails: Exception | None = None, cancels: bool = False) -> None:
        self.plant, self.fails, self.cancels, self.saw = plant, fails, cancels, []
        self.recipe: Recipe | None = None

    def __call__(self, *, line, recipe, samples, read, progress, cancelled) -> Trained:  # type: ignore[no-untyped-def]  # noqa: ARG002
        self.saw, self.recipe = samples, recipe
        progress("looking", 1, 2)
        if self.cancels:
            job = self.plant.read(lambda tx: models.live_job(tx, self.plant.camera.line_id))
            assert job is not None
            self.plant.write(lambda tx: train.cancel(tx, job_id=job.id, by="erin", now=self.plant.now))
            progress("looking", 2, 2)
            assert cancelled()
        if self.fails is not None:
            raise self.fails
        return Trained(artefact=secrets.token_hex(32), card={"line": line, "views": list(recipe.views)})


def put_in(plant: Plant, count: int = MIN_GOOD_IMAGES) -> None:
    for view in plant.views:
        for i in range(count):
            plant.write(
                lambda tx, view=view, i=i: train.add_sample(
                    tx, line="phones", view=view, name=f"{i}.jpg", sha256=f"{view}{i}".ljust(64, "0"), by="erin",
                    now=plant.now,
                )
            )  # fmt: skip


def ask(plant: Plant) -> int:
    return plant.write(lambda tx: train.request(tx, line="phones", by="erin", now=plant.now))


def work(plant: Plant, trainer: Trainer) -> bool:
    return train.work_once(plant.db, NoImages(), trainer, lambda: plant.now)


class NoImages:
    """An image store that nobody reads."""

    def put(self, data: bytes):  # type: ignore[no-untyped-def]
        raise AssertionError(data)

    def get(self, digest: str) -> bytes:
        raise FileNotFoundError(digest)


def test_a_training_ends_with_a_model_that_decides_nothing_yet(any_plant: Plant) -> None:
    put_in(any_plant)
    job_id = ask(any_plant)
    trainer = Trainer(any_plant)
    assert work(any_plant, trainer)
    job = any_plant.read(lambda tx: models.job(tx, job_id))
    assert job is not None
    assert (job.state, job.message) == ("done", "Model 2 is ready.")
    assert len(trainer.saw) == 2 * MIN_GOOD_IMAGES
    newest = any_plant.read(lambda tx: models.all_of_line(tx, any_plant.camera.line_id))[0]
    assert newest.version == 2
    question = any_plant.record("S1", "front").question
    assert question is not None
    assert question.models == ()
    assert not work(any_plant, trainer), "there is nothing more to do"


def test_too_few_images_are_said_before_anything_begins(plant: Plant) -> None:
    put_in(plant, MIN_GOOD_IMAGES - 1)
    with pytest.raises(Untrainable, match=f"{MIN_GOOD_IMAGES - 1} different good images"):
        ask(plant)


def test_the_same_image_counts_once_and_an_unknown_view_not_at_all(plant: Plant) -> None:
    sample = {"line": "phones", "name": "a.jpg", "sha256": "a" * 64, "by": "erin"}
    assert plant.write(lambda tx: train.add_sample(tx, view="front", **sample, now=plant.now))
    assert not plant.write(lambda tx: train.add_sample(tx, view="front", **sample, now=plant.now))
    with pytest.raises(Untrainable, match="front, back"):
        plant.write(lambda tx: train.add_sample(tx, view="side", **sample, now=plant.now))
    plant.write(lambda tx: train.remove_sample(tx, line="phones", sha256="a" * 64, by="erin", now=plant.now))
    with pytest.raises(Unknown):
        plant.write(lambda tx: train.remove_sample(tx, line="phones", sha256="a" * 64, by="erin", now=plant.now))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Untrainable("All photos are alike."), "All photos are alike."),
        (RuntimeError("boom"), "Train again; if it breaks again, the server's log tells more. (RuntimeError: boom)"),
    ],
)
def test_a_training_that_fails_says_why_and_the_next_one_goes(
    plant: Plant, error: Exception, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    put_in(plant)
    job_id = ask(plant)
    assert work(plant, Trainer(plant, fails=error))
    job = plant.read(lambda tx: models.job(tx, job_id))
    assert job is not None
    assert job.state == "failed"
    assert words in job.message
    assert [record.exc_info is not None for record in caplog.records] == [True] * isinstance(error, RuntimeError)
    ask(plant)
    assert work(plant, Trainer(plant))


def test_one_training_of_a_line_at_a_time(plant: Plant) -> None:
    put_in(plant)
    ask(plant)
    with pytest.raises(Untrainable, match="under way"):
        ask(plant)


def test_a_cancelled_training_registers_nothing(plant: Plant) -> None:
    put_in(plant)
    job_id = ask(plant)
    assert work(plant, Trainer(plant, cancels=True))
    job = plant.read(lambda tx: models.job(tx, job_id))
    assert job is not None
    assert job.state == "cancelled"
    assert len(plant.read(lambda tx: models.all_of_line(tx, plant.camera.line_id))) == 1
    with pytest.raises(Unknown, match="over already"):
        plant.write(lambda tx: train.cancel(tx, job_id=job_id, by="erin", now=plant.now))


def test_a_training_that_has_nothing_to_tell_yet_is_cancelled_all_the_same(any_plant: Plant) -> None:
    put_in(any_plant)
    job_id = ask(any_plant)
    found = []

    def silent(*, cancelled, **_ignored) -> Trained:  # type: ignore[no-untyped-def]
        any_plant.later(seconds=1)
        found.append(cancelled())
        any_plant.write(lambda tx: train.cancel(tx, job_id=job_id, by="erin", now=any_plant.now))
        any_plant.later(seconds=1)
        found.append(cancelled())
        raise Cancelled

    assert work(any_plant, silent)  # type: ignore[arg-type]
    assert found == [False, True]


def test_a_worker_that_has_nothing_to_tell_for_long_keeps_its_training_as_long_as_it_asks(any_plant: Plant) -> None:
    put_in(any_plant)
    ask(any_plant)

    taken = []

    def slow(*, cancelled, **_ignored) -> Trained:  # type: ignore[no-untyped-def]
        for _ in range(3):
            any_plant.later(seconds=train.CLAIM.seconds - 1)
            now = any_plant.now
            taken.append(cancelled())
            taken.append(any_plant.write(lambda tx, now=now: models.claim_job(tx, "another", now + train.CLAIM, now)))
        return Trained(artefact=secrets.token_hex(32), card={})

    assert work(any_plant, slow)  # type: ignore[arg-type]
    assert taken == [False, None] * 3


def test_a_job_whose_worker_died_is_taken_up_by_another(any_plant: Plant) -> None:
    put_in(any_plant)
    job_id = ask(any_plant)
    until = any_plant.now + train.CLAIM
    assert any_plant.write(lambda tx: models.claim_job(tx, "the-dead", until, any_plant.now)) is not None
    assert not work(any_plant, Trainer(any_plant))
    any_plant.later(minutes=3)
    assert work(any_plant, Trainer(any_plant))
    job = any_plant.read(lambda tx: models.job(tx, job_id))
    assert job is not None
    assert job.state == "done"


def test_a_worker_that_comes_back_from_the_dead_ends_nothing_of_anothers(any_plant: Plant) -> None:
    put_in(any_plant)
    job_id = ask(any_plant)

    def sleeps(**_ignored: object) -> Trained:
        """Is silent for so long that another worker takes the job, which is at work when this one fails."""
        any_plant.later(minutes=3)
        until = any_plant.now + train.CLAIM
        assert any_plant.write(lambda tx: models.claim_job(tx, "another", until, any_plant.now)) is not None
        raise RuntimeError("out of memory")

    train.work_once(any_plant.db, NoImages(), sleeps, lambda: any_plant.now)
    job = any_plant.read(lambda tx: models.job(tx, job_id))
    assert job is not None
    assert job.state == "running"
    assert "training_ended" not in [e.change.event for e in any_plant.read(lambda tx: journal.entries(tx))]


def test_a_cancelled_training_ends_once(plant: Plant) -> None:
    put_in(plant)
    ask(plant)
    work(plant, Trainer(plant, cancels=True))
    events = [e.change.event for e in plant.read(lambda tx: journal.entries(tx))]
    assert "training_cancelled" in events
    assert "training_ended" not in events


def test_units_that_people_passed_are_trained_from_as_well(plant: Plant) -> None:
    from inspection.core.decide import Verdict

    plant.unit("good")
    plant.later(seconds=1)
    plant.unit("bad")
    for verdict in (Verdict.PASS, Verdict.REJECT):
        held = plant.claim()
        assert held is not None
        plant.answer(held, verdict)
    names = {sample.name for sample in plant.read(lambda tx: train.gather(tx, line="phones"))}
    assert names == {"good"}


def paced(plant: Plant, reports: list[tuple[str, int, int, int]]) -> Callable[..., Trained]:
    """A trainer that reports (stage, done, total) after so many seconds each, and ends with a model."""

    def trains(*, line, recipe, progress, **_ignored) -> Trained:  # type: ignore[no-untyped-def]
        for stage, done, total, seconds in reports:
            plant.later(seconds=seconds)
            progress(stage, done, total)
        return Trained(artefact=secrets.token_hex(32), card={"line": line, "views": list(recipe.views)})

    return trains


STEADY = [("features", done, 10, 10) for done in range(1, 11)] + [("fitting", 1, 1, 60)]


def running(plant: Plant) -> progress.Running | None:
    return plant.read(lambda tx: progress.running(tx, "phones", plant.now))


def test_what_is_left_is_known_from_the_store_alone_and_the_whole_from_the_training_before(any_plant: Plant) -> None:
    put_in(any_plant)
    ask(any_plant)
    waits = running(any_plant)
    assert waits is not None
    assert (waits.elapsed, waits.left.stage, waits.left.whole) == (None, None, None)
    assert work(any_plant, paced(any_plant, STEADY))  # type: ignore[arg-type]
    assert running(any_plant) is None

    ask(any_plant)
    found = []

    def looks(*, progress, **_ignored) -> Trained:  # type: ignore[no-untyped-def]
        for done in range(1, 6):
            any_plant.later(seconds=20)
            progress("features", done, 10)
        found.append(running(any_plant))
        raise Untrainable("enough seen")

    assert work(any_plant, looks)
    assert found[0].elapsed == 100
    assert found[0].left.stage == pytest.approx(100)
    assert found[0].left.whole == pytest.approx(100 + 2 * 60), "it is twice as slow as last time"


def test_a_worker_that_takes_a_training_up_again_begins_its_estimate_anew(plant: Plant) -> None:
    put_in(plant)
    job_id = ask(plant)

    def dies(*, progress, **_ignored) -> Trained:  # type: ignore[no-untyped-def]
        for done in range(1, 9):
            plant.later(seconds=1)
            progress("features", done, 10)
        raise SystemExit

    with pytest.raises(SystemExit):
        work(plant, dies)
    silent = running(plant)
    assert silent is not None
    assert silent.left.stage == pytest.approx(2)
    plant.later(minutes=3)
    gone = running(plant)
    assert gone is not None
    assert gone.left.stage is None, "nobody reports"
    found = []

    def again(*, progress, **_ignored) -> Trained:  # type: ignore[no-untyped-def]
        found.append(running(plant))
        for done in range(1, 4):
            plant.later(seconds=30)
            progress("features", done, 10)
        found.append(running(plant))
        return Trained(artefact=secrets.token_hex(32), card={})

    assert work(plant, again)
    assert (found[0].job.stage, found[0].job.total, found[0].left.stage) == ("", 0, None)
    assert found[1].left.stage == pytest.approx(210)
    assert found[1].elapsed == 8 + 180 + 90, "counted since it first began"
    job = plant.read(lambda tx: models.job(tx, job_id))
    assert job is not None
    assert job.started_at is not None
    assert job.ended_at is not None
    assert (job.ended_at - job.started_at).total_seconds() == 278


def test_a_type_of_defect_is_spelt_as_the_recipe_has_it(plant: Plant) -> None:
    for number, (typed, kept) in enumerate({" Scratch ": "scratch", "paint  run": "paint run"}.items()):
        digest = f"{number}".ljust(64, "0")
        plant.write(
            lambda tx, typed=typed, digest=digest: train.add_sample(
                tx, line="phones", view="front", name="a.jpg", sha256=digest, by="erin", now=plant.now, defect=typed
            )
        )
        (sample,) = plant.read(lambda tx, digest=digest: samples.put_in(tx, plant.camera.line_id, digest))
        assert sample.defect == kept


def test_the_same_image_is_not_put_in_as_good_and_as_defective(plant: Plant) -> None:
    sample = {"line": "phones", "view": "front", "sha256": "a" * 64, "by": "erin", "now": plant.now}
    plant.write(lambda tx: train.add_sample(tx, name="a.jpg", **sample))
    with pytest.raises(
        Untrainable, match=r"take out the one with the wrong label: a\.jpg \(good\) and b\.jpg \(dent\)"
    ):
        plant.write(lambda tx: train.add_sample(tx, name="b.jpg", defect="dent", **sample))
