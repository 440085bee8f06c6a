"""`jidoka train` on a line that finds the part: simulated phones in changing places, trials, a defect in its place."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from camera.simulated.draw import defect_mask, draw
from camera.simulated.phone import HEIGHT, WIDTH
from camera.simulated.truth import Defect, Unit
from inspection.core.predict import Prediction, Question
from inspection.main import app
from models import artefact
from models.runtime import OpenVinoPredictor

VIEW = "back"
MAT = (66, 60, 54)
SCALE = 0.5
SIZE = (round(HEIGHT * SCALE), round(WIDTH * SCALE))
GOOD = 12
TURN, SHIFT = 7.0, 24.0  # degrees and pixels, within which phones lie


def phone(number: int, *defects: Defect) -> Unit:
    return Unit(index=number, serial=f"PH{number}", seed=number, colour=1, defects=defects)


def pose(turn: float, x: float, y: float) -> NDArray[np.float64]:
    """The (2, 3) from the simulated camera's picture to a smaller one in which the phone lies turned and moved."""
    way = np.asarray(cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), -turn, 0.7 * SCALE), np.float64)
    way[:, 2] += (SIZE[1] / 2 - WIDTH / 2 + x, SIZE[0] / 2 - HEIGHT / 2 + y)
    return way


def photo(unit: Unit, way: NDArray[np.float64]) -> bytes:
    picture = draw(unit, VIEW)
    laid = cv2.warpAffine(
        picture, way, SIZE[::-1], flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=MAT
    )
    return bytes(cv2.imencode(".jpg", laid, [cv2.IMWRITE_JPEG_QUALITY, 95])[1])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a line that was trained by commands alone."""
    folder = tmp_path_factory.mktemp("phones")
    good, dice = folder / "good", np.random.default_rng(5)
    good.mkdir()
    for number in range(GOOD):
        way = pose(dice.uniform(-TURN, TURN), *dice.uniform(-SHIFT, SHIFT, 2))
        (good / f"{number:02}.jpg").write_bytes(photo(phone(number), way))
    do = partial(CliRunner().invoke, app, catch_exceptions=False)
    here = ["--data-dir", str(folder / "data")]
    for words in (
        ["line", "add", "phones", "--views", VIEW, "--locate", *here],
        ["line", "recipe", "phones", "--budget-ms", "6", "--reason", "a quick test", *here],
        ["train", "phones", "--good", str(good), *here],
    ):
        done = do(words)
        assert done.exit_code == 0, done.output
    return folder / "data" / "models"


def test_trials_on_the_part_alone_end_in_a_model_that_finds_a_defect_wherever_the_part_lies(data: Path) -> None:
    (made,) = [folder.name for folder in data.iterdir()]
    view = artefact.load(data, made).card["views"][VIEW]
    assert view["images"] == GOOD
    assert view["locate"]["kind"] == "contour"
    assert {trial["words"].split(",")[0] for trial in view["trials"]} == {"96 x 160", "128 x 224"}
    assert 1.5 < view["width"] / view["height"] < 2  # the phone's own shape, and not the image's with its mat
    stain = Defect(view=VIEW, type="stain", severity=0.6, x=0.3, y=0.6, seed=1)
    predictor = OpenVinoPredictor(data, threads=1)
    try:
        predictor.load(made).result(60)
        for turn, x, y in ((TURN, -SHIFT, SHIFT), (-TURN, SHIFT, -SHIFT)):
            way = pose(turn, x, y)
            bad = phone(100, stain)
            images = photo(phone(100), way), photo(bad, way)
            question = Question(view=VIEW, models=(made,), deadline_s=30.0)
            good, defective = (predictor.predict(image, question).result(60).opinions[0] for image in images)
            assert isinstance(good, Prediction)
            assert isinstance(defective, Prediction)
            assert good.score < 0.5 < defective.score
            true = cv2.warpAffine(defect_mask(bad, VIEW).astype(np.float32), way, SIZE[::-1]) > 0.5
            found = np.zeros(SIZE, np.uint8)
            for finding in defective.findings:
                cv2.fillPoly(found, [np.array(finding.outline, np.int32)], 1)
            assert found[true].mean() > 0.5
            assert found.mean() < 0.2
    finally:
        predictor.close()
