"""A model of the part alone: trained where the part is found, served the same way, and no opinion where it is not."""

import base64
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from inspection.core.predict import Failure, NoPrediction, Prediction, Question
from inspection.core.train import Cancelled, Outline, Sample, Untrainable
from models import artefact
from models.artefact import Corrupt
from models.datasets import Labelled
from models.decode import Picture
from models.exam import examine
from models.locate import Locator, read_card
from models.locate_rectify import carry
from models.look import look
from models.parity import Unfaithful, check_card
from models.placed import place
from models.runtime import OpenVinoPredictor
from models.view import Settings
from tests.models.parts import Shelf, good_plates
from tests.models.scenes import COLUMNS, ROWS, Pixels, ground, photo, plate, pose, shot

STAIN = (70.0, 100.0)
HOW = Settings(size=(96, 160), pooled=True, bank=60, locate=True)
POSES = ((-150.0, 25.0, 30.0), (80.0, -35.0, 10.0), (12.0, 5.0, -40.0))


def png(pixels: Pixels) -> bytes:
    return bytes(cv2.imencode(".png", pixels)[1])


def stained() -> Pixels:
    part = plate()
    cv2.ellipse(part, (int(STAIN[0]), int(STAIN[1])), (14, 10), 0, 0, 360, (40, 220, 240), -1)
    return part


def turned_plates(count: int = 16) -> Shelf:
    """Good plates that lie any way round."""
    shelf, dice = Shelf(), np.random.default_rng(7)
    for seed in range(count):
        shelf.put(png(shot(100 + seed, dice.uniform(-180, 180), *dice.uniform(-40, 40, 2))))
    return shelf


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    shelf = turned_plates()
    shelf.put(png(photo(ground(5), 5)), name="empty.png", defect="missing")
    return shelf


@pytest.fixture(scope="module")
def made(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("located")
    return root, shelf.train(root, HOW).artefact


@pytest.fixture
def predictor(made: tuple[Path, str]) -> Iterator[OpenVinoPredictor]:
    opened = OpenVinoPredictor(made[0], threads=2)
    opened.load(made[1]).result(30)
    yield opened
    opened.close()


def ask(predictor: OpenVinoPredictor, model: str, image: Pixels) -> Prediction | NoPrediction:
    question = Question(view="top", models=(model,), deadline_s=20.0)
    (opinion,) = predictor.predict(png(image), question).result(30).opinions
    return opinion


@pytest.mark.parametrize("at", POSES)
def test_a_defect_is_found_in_any_pose_and_its_place_is_the_images_own(
    predictor: OpenVinoPredictor, made: tuple[Path, str], at: tuple[float, float, float]
) -> None:
    good = ask(predictor, made[1], shot(500, *at))
    bad = ask(predictor, made[1], shot(501, *at, 1.0, stained()))
    assert isinstance(good, Prediction)
    assert isinstance(bad, Prediction)
    assert good.score < 0.5 < bad.score
    assert good.part == pytest.approx(bad.part, rel=0.05)
    assert 0.5 < good.found <= 1
    true = carry(pose(*at, 1.0), np.array([STAIN]))[0]
    drawn = cv2.fillPoly(np.zeros((ROWS, COLUMNS), np.uint8), [np.array(bad.findings[0].outline, np.int32)], 1)
    assert drawn[round(true[1]), round(true[0])]
    assert bad.heatmap_png is not None
    shown = cv2.imdecode(np.frombuffer(bad.heatmap_png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown.shape[1] / shown.shape[0] == pytest.approx(COLUMNS / ROWS, rel=0.03)


def test_an_image_in_which_the_part_is_not_surely_found_has_no_opinion(
    predictor: OpenVinoPredictor, made: tuple[Path, str]
) -> None:
    opinion = ask(predictor, made[1], shot(6, 0, 260))
    assert isinstance(opinion, NoPrediction)
    assert (opinion.failure, opinion.detail) == (Failure.NO_PART, "The part is cut off at the edge of the image.")


def test_training_images_without_the_part_are_left_out_and_named(made: tuple[Path, str]) -> None:
    view = artefact.load(*made).card["views"]["top"]
    (told,) = [words for words in view["warnings"] if "left out" in words and "part" in words]
    assert told.startswith("1 images were left out, because the part was not found: empty.png: No part stands out")
    assert read_card(view["locate"]).kind == "contour"
    assert len(view["parity"]) == 4


@pytest.mark.parametrize("fault", ["upside down", "too close", "not at all"])
def test_a_fault_in_finding_the_part_is_refused(made: tuple[Path, str], shelf: Shelf, fault: str) -> None:
    model = artefact.load(*made)
    check_card(model, shelf.contents.__getitem__)
    view = model.views["top"]
    assert view.locator is not None
    card = view.locator.card
    assert card.pose is not None
    assert card.looks is not None
    turned = base64.b64encode(png(card.looks.picture[::-1, ::-1])).decode()
    wrong = {
        "upside down": Locator(replace(card, looks=replace(card.looks, png=turned))),
        "too close": Locator(replace(card, pose=replace(card.pose, width=card.pose.width * 0.9))),
        "not at all": None,
    }[fault]
    broken = replace(model, views={"top": replace(view, locator=wrong)})
    with pytest.raises(Unfaithful, match="pinned image"):
        check_card(broken, shelf.contents.__getitem__)


def test_a_part_that_is_not_found_in_a_pinned_image_is_refused(made: tuple[Path, str], shelf: Shelf) -> None:
    model = artefact.load(*made)
    view = model.views["top"]
    assert view.locator is not None
    card = view.locator.card
    assert card.looks is not None
    strict = Locator(replace(card, looks=replace(card.looks, similarity=1.1)))
    with pytest.raises(Unfaithful, match="the part is not found: It does not look like a good part"):
        check_card(replace(model, views={"top": replace(view, locator=strict)}), shelf.contents.__getitem__)


def test_a_damaged_place_in_the_card_is_no_model(made: tuple[Path, str], tmp_path: Path) -> None:
    model = artefact.load(*made)
    card: dict[str, Any] = deepcopy(model.card)
    card["views"]["top"]["locate"] = {"format": 1, "trials": []}
    broken = artefact.save(tmp_path, card, {"top": model.views["top"].graph})
    with pytest.raises(Corrupt, match="card of the part's place is damaged"):
        artefact.load(tmp_path, broken)


def test_a_set_is_judged_on_the_part_and_its_places_on_the_image(made: tuple[Path, str], tmp_path: Path) -> None:
    images = []
    for number, at in enumerate((*POSES, (40.0, 0.0, 0.0))):
        bad, good, mask = tmp_path / f"bad{number}.png", tmp_path / f"good{number}.png", tmp_path / f"mask{number}.png"
        bad.write_bytes(png(shot(600 + number, *at, 1.0, stained())))
        good.write_bytes(png(shot(700 + number, *at)))
        drawn = np.zeros((ROWS, COLUMNS), np.uint8)
        x, y = carry(pose(*at, 1.0), np.array([STAIN]))[0].round().astype(int).tolist()
        mask.write_bytes(png(cv2.circle(drawn, (x, y), 12, 255, -1)))
        images += [Labelled(file=bad, defect="stain", mask=mask), Labelled(file=good)]
    (tmp_path / "empty.png").write_bytes(png(photo(ground(5), 5)))
    images.append(Labelled(file=tmp_path / "empty.png"))
    result = examine(*made, "top", images, lambda *_: None)
    assert (result.images, result.defective, result.not_found) == (8, 4, 1)
    assert result.figures.auroc == 1.0
    assert result.pixel_auroc is not None
    assert result.pixel_auroc > 0.97


def test_a_part_that_cannot_be_found_is_refused_with_what_to_do(tmp_path: Path) -> None:
    shelf = Shelf()
    for seed in range(12):
        shelf.put(png(photo(ground(seed), seed)))
    with pytest.raises(Untrainable, match=r"cannot be found reliably in view 'top'\. No way finds.*or turn finding"):
        shelf.train(tmp_path, HOW)
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_fills_the_image_is_taken_as_it_is(tmp_path: Path) -> None:
    shelf = Shelf()
    full = cv2.resize(plate(), (COLUMNS, ROWS)).astype(np.float32)
    for seed in range(12):
        shelf.put(png(photo(full, seed)))
    view = shelf.train(tmp_path, HOW).card["views"]["top"]
    assert view["locate"] is None
    assert any(words.startswith("The part is not searched in view 'top'. ") for words in view["warnings"])


def placed(samples: list[Sample], contents: dict[str, bytes], size: tuple[int, int]) -> Any:
    return place(
        samples, [size] * len(samples), contents.__getitem__, wanted=True, threads=2, progress=lambda *_: None,
        cancelled=lambda: False,
    )  # fmt: skip


@pytest.mark.parametrize("scale", [1, 3])
def test_what_was_drawn_goes_with_the_part(scale: int) -> None:
    shelf = turned_plates(11)
    box = np.array([(60.0, 90.0), (80.0, 90.0), (80.0, 110.0), (60.0, 110.0)])
    for name, at in (("one", POSES[0]), ("other", POSES[1])):
        drawn: Outline = tuple((round(x), round(y)) for x, y in carry(pose(*at, 1.0), box) * scale)
        shelf.put(png(shot(900, *at, 1.0, stained())), name=name, defect="stain", regions=(drawn,))
    if scale > 1:
        shelf.contents = {
            name: png(
                cv2.resize(cv2.imdecode(np.frombuffer(data, np.uint8), 1), None, fx=scale, fy=scale).astype(np.uint8)
            )
            for name, data in shelf.contents.items()
        }
    found = placed(shelf.samples, shelf.contents, (ROWS * scale, COLUMNS * scale))
    regions = [np.array(sample.regions[0], np.float64) for sample in found.drawn if sample.defect]
    assert len(regions) == 2
    assert regions[0] == pytest.approx(regions[1], abs=3 * scale)
    assert max(found.sizes[0]) == pytest.approx(1.09 * 260 * scale, rel=0.02)
    assert cv2.contourArea(regions[0].astype(np.float32)) == pytest.approx(400 * scale**2, rel=0.2)
    for sample, region in zip(shelf.samples[-2:], regions, strict=True):
        part = look(Picture(shelf.contents[sample.sha256]), found.sizes[0], found.locator).pixels
        assert (Picture(found.read(sample.sha256)).at(*found.sizes[0]) == part).all()
        x, y = region.mean(axis=0).round().astype(int)
        assert part[y, x].tolist() == pytest.approx([40, 220, 240], abs=25)
    assert found.samples[0] is shelf.samples[0]


def test_an_image_that_cannot_be_read_is_named() -> None:
    shelf = turned_plates(11)
    shelf.put(png(shot(1))[:3000], name="half.png", defect="scratch")
    with pytest.raises(Untrainable, match=r"1 images cannot be read.*half\.png"):
        placed(shelf.samples, shelf.contents, (ROWS, COLUMNS))


def test_nothing_is_searched_where_that_is_not_wanted() -> None:
    shelf = good_plates(2)
    same = place(
        shelf.samples, [(ROWS, COLUMNS)] * 2, lambda _: b"", wanted=False, threads=1, progress=lambda *_: None,
        cancelled=lambda: True,
    )  # fmt: skip
    assert (same.samples, same.drawn, same.locator) == (shelf.samples, shelf.samples, None)


def test_learning_where_the_part_lies_tells_each_way_and_is_cancelled_in_the_middle() -> None:
    shelf, told = turned_plates(12), list[tuple[str, int, int]]()
    with pytest.raises(Cancelled):
        place(
            shelf.samples, [(ROWS, COLUMNS)] * 12, shelf.contents.__getitem__, wanted=True, threads=1,
            progress=lambda *step: told.append(step), cancelled=lambda: len(told) >= 15,
        )  # fmt: skip
    assert told[12:] == [("trying ways to find the part in top", done, 9) for done in (1, 2, 3)]
