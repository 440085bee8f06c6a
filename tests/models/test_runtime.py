"""Models in the server: right, in time, and harmless whatever is wrong with them."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from inspection.core.predict import Examination, Failure, NoPrediction, Prediction, Question
from models import runtime
from models.runtime import OpenVinoPredictor
from tests.models.parts import SIZE, SPOT, plate, twin


@pytest.fixture
def predictor(trained: tuple[Path, str]) -> Iterator[OpenVinoPredictor]:
    made = OpenVinoPredictor(trained[0], threads=2)
    made.load(trained[1]).result(30)
    yield made
    made.close()


def ask(predictor: OpenVinoPredictor, image: bytes, *models: str, view: str = "top", **other: object) -> Examination:
    question = Question(**{"view": view, "models": models, "deadline_s": 20.0, **other})
    return predictor.predict(image, question).result(30)


def only(examination: Examination) -> Prediction:
    (opinion,) = examination.opinions
    assert isinstance(opinion, Prediction), opinion
    return opinion


def failure(examination: Examination) -> Failure:
    (opinion,) = examination.opinions
    assert isinstance(opinion, NoPrediction), opinion
    return opinion.failure


def test_a_prediction_says_where_the_image_lies_in_the_models_eyes(
    predictor: OpenVinoPredictor, trained: tuple[Path, str]
) -> None:
    feature = only(ask(predictor, plate(1), trained[1])).feature
    assert len(feature) == 16
    assert feature == only(ask(predictor, plate(1), trained[1])).feature
    assert feature != only(ask(predictor, plate(2), trained[1])).feature


def test_a_defect_scores_above_every_good_part(predictor: OpenVinoPredictor, trained: tuple[Path, str]) -> None:
    good = [only(ask(predictor, plate(seed), trained[1])) for seed in range(100, 110)]
    bad = [only(ask(predictor, plate(seed, spot=True), trained[1])) for seed in range(100, 110)]
    assert max(one.score for one in good) < min(one.score for one in bad)
    assert all(0 <= one.score <= 1 for one in good + bad)
    assert sum(bool(one.findings) for one in good) <= 1


@pytest.mark.parametrize("scale", [1, 3])
def test_the_place_is_found_in_the_images_own_pixels(
    predictor: OpenVinoPredictor, trained: tuple[Path, str], scale: int
) -> None:
    found = only(ask(predictor, plate(7, spot=True, scale=scale), trained[1])).findings[0]
    left, top, right, bottom = (v * scale for v in SPOT)
    assert found.box[0] <= (left + right) / 2 <= found.box[2]
    assert found.box[1] <= (top + bottom) / 2 <= found.box[3]
    assert 0 <= found.box[0] < found.box[2] <= SIZE[1] * scale
    assert all(0 <= x <= SIZE[1] * scale and 0 <= y <= SIZE[0] * scale for x, y in found.outline)
    assert len(found.outline) >= 4
    assert 0.5 <= found.peak <= 1


def test_the_heatmap_is_a_small_picture_made_only_when_asked(
    predictor: OpenVinoPredictor, trained: tuple[Path, str]
) -> None:
    png = only(ask(predictor, plate(7, spot=True), trained[1])).heatmap_png
    assert png is not None
    assert png.startswith(b"\x89PNG")
    assert len(png) < 40_000
    assert only(ask(predictor, plate(7), trained[1], heatmap=False)).heatmap_png is None


def test_the_same_image_gets_the_same_score_in_every_thread(
    predictor: OpenVinoPredictor, trained: tuple[Path, str]
) -> None:
    question = Question(view="top", models=(trained[1],), deadline_s=20.0)
    futures = [predictor.predict(plate(5), question) for _ in range(20)]
    assert len({only(future.result(30)).score for future in futures}) == 1


def test_without_a_model_only_the_figures_are_measured(predictor: OpenVinoPredictor) -> None:
    examination = ask(predictor, plate(1))
    assert examination.opinions == ()
    assert examination.quality is not None
    assert examination.quality.brightness == pytest.approx(110, abs=8)


def test_two_models_share_one_image(trained: tuple[Path, str], tmp_path: Path) -> None:
    root = tmp_path / "models"
    shutil.copytree(trained[0], root)
    second = twin(root, trained[1], "second")
    made = OpenVinoPredictor(root)
    for model in (trained[1], second):
        made.load(model).result(30)
    opinions = ask(made, plate(3, spot=True), trained[1], second).opinions
    assert [opinion.model for opinion in opinions] == [trained[1], second]
    assert all(isinstance(opinion, Prediction) for opinion in opinions)
    made.close()


@pytest.mark.parametrize("image", [b"", b"no image", plate(1)[:200], plate(1, kind="JPEG")[:300]])
def test_an_unreadable_image_is_said_to_be_so(
    predictor: OpenVinoPredictor, trained: tuple[Path, str], image: bytes
) -> None:
    examination = ask(predictor, image, trained[1])
    assert failure(examination) is Failure.UNREADABLE
    assert examination.quality is None


def test_a_view_the_model_was_not_trained_for_has_no_opinion(
    predictor: OpenVinoPredictor, trained: tuple[Path, str]
) -> None:
    assert failure(ask(predictor, plate(1), trained[1], view="side")) is Failure.MISSING


def test_a_model_that_is_not_there_fails_and_the_others_go_on(
    predictor: OpenVinoPredictor, trained: tuple[Path, str]
) -> None:
    nobody = "f" * 64
    with pytest.raises(LookupError):
        predictor.load(nobody).result(30)
    assert failure(ask(predictor, plate(1), nobody)) is Failure.MISSING
    assert not predictor.ready(nobody)
    assert only(ask(predictor, plate(1), trained[1]))


@pytest.mark.parametrize("file", ["card.json", "top.onnx"])
@pytest.mark.parametrize("damage", ["flip", "lose", "empty"])
def test_a_damaged_model_is_never_used(trained: tuple[Path, str], tmp_path: Path, file: str, damage: str) -> None:
    root = tmp_path / "models"
    shutil.copytree(trained[0], root)
    path = root / trained[1] / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "lose":
        path.unlink()
    else:
        path.write_bytes(bytes(data) if damage == "flip" else b"")
    made = OpenVinoPredictor(root)
    with pytest.raises(ValueError, match=r"[Cc]opy the model|anew"):
        made.load(trained[1]).result(30)
    assert failure(ask(made, plate(1), trained[1])) is Failure.CORRUPT
    made.close()


def test_a_model_on_its_way_is_loading_and_then_there(trained: tuple[Path, str]) -> None:
    made = OpenVinoPredictor(trained[0])
    assert failure(ask(made, plate(1), trained[1])) is Failure.LOADING
    made.load(trained[1]).result(30)
    assert made.ready(trained[1])
    assert only(ask(made, plate(1), trained[1]))
    made.unload(trained[1])
    assert not made.ready(trained[1])
    made.close()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The models' threads stand still until the event is set."""
    go = threading.Event()
    judge = runtime._judge

    def late(*args: object) -> Prediction:
        go.wait(20)
        return judge(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(runtime, "_judge", late)
    yield go
    go.set()


def test_the_deadline_is_kept_even_while_the_thread_still_works(
    predictor: OpenVinoPredictor, trained: tuple[Path, str], slow: threading.Event
) -> None:
    examination = ask(predictor, plate(1), trained[1], deadline_s=0.05)
    assert failure(examination) is Failure.DEADLINE
    slow.set()
    assert only(ask(predictor, plate(1), trained[1]))


def test_a_slow_candidate_takes_nothing_away_from_the_model_that_decides(
    trained: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "models"
    shutil.copytree(trained[0], root)
    candidate = twin(root, trained[1], "candidate")
    go, judge = threading.Event(), runtime._judge

    def late(model: str, *args: object) -> Prediction:
        if model == candidate:
            go.wait(20)
        return judge(model, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(runtime, "_judge", late)
    made = OpenVinoPredictor(root)
    for model in (trained[1], candidate):
        made.load(model).result(30)
    examination = ask(made, plate(3), trained[1], candidate, deadline_s=3.0)
    go.set()
    made.close()
    stable, new = examination.opinions
    assert isinstance(stable, Prediction)
    assert isinstance(new, NoPrediction)
    assert new.failure is Failure.DEADLINE
    assert examination.quality is not None


def test_over_a_full_queue_the_answer_comes_at_once(trained: tuple[Path, str], slow: threading.Event) -> None:
    made = OpenVinoPredictor(trained[0], threads=1, queue=2)
    made.load(trained[1]).result(30)
    question = Question(view="top", models=(trained[1],), deadline_s=20.0)
    futures: list[Future[Examination]] = [made.predict(plate(1), question) for _ in range(8)]
    refused = [future for future in futures if future.done()]
    assert len(refused) >= 5
    assert {failure(future.result()) for future in refused} == {Failure.OVERLOADED}
    slow.set()
    assert all(isinstance(future.result(30).opinions[0], Prediction) for future in futures if future not in refused)
    made.close()


def test_whoever_waits_at_the_end_is_told(trained: tuple[Path, str], slow: threading.Event) -> None:
    made = OpenVinoPredictor(trained[0], threads=1)
    made.load(trained[1]).result(30)
    question = Question(view="top", models=(trained[1],), deadline_s=20.0)
    futures = [made.predict(plate(1), question) for _ in range(4)]
    threading.Timer(0.2, slow.set).start()
    made.close()
    for future in futures:
        assert future.result(10).opinions
    assert failure(ask(made, plate(1), trained[1])) is Failure.OVERLOADED


def test_a_few_models_stay_loaded_and_the_oldest_goes(trained: tuple[Path, str], tmp_path: Path) -> None:
    root = tmp_path / "models"
    shutil.copytree(trained[0], root)
    names = [trained[1], *(twin(root, trained[1], words) for words in ("second", "third"))]
    made = OpenVinoPredictor(root, keep=2)
    for name in names:
        made.load(name).result(30)
    assert [made.ready(name) for name in names] == [False, True, True]
    made.close()


def test_what_it_is_told_to_keep_stays_loaded_whatever_else_is_asked_for(
    trained: tuple[Path, str], tmp_path: Path
) -> None:
    root = tmp_path / "models"
    shutil.copytree(trained[0], root)
    first, second, third, fourth = (trained[1], *(twin(root, trained[1], words) for words in ("2", "3", "4")))
    made = OpenVinoPredictor(root, keep=1)
    made.keep([first, second])
    for name in (first, second, third, fourth):
        made.load(name).result(30)
    assert [made.ready(name) for name in (first, second, third, fourth)] == [True, True, False, True]
    made.keep([fourth])
    made.load(third).result(30)
    assert [made.ready(name) for name in (first, second, third, fourth)] == [False, False, True, True]
    made.close()


def test_nothing_of_it_needs_torch() -> None:
    code = "import sys, models.runtime, models.train; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
