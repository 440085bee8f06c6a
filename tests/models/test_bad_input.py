"""What cannot be trained from is told by the command in one sentence that names the images and says what to do."""

import io
from pathlib import Path

import pytest
from PIL import PngImagePlugin
from typer.testing import CliRunner

from inspection.core.train import Untrainable
from inspection.main import app
from models.view import Settings
from tests.models.parts import Shelf, draw, plate
from tests.models.test_datasets import image, mask


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert CliRunner().invoke(app, ["line", "add", "plates", "--data-dir", str(folder)]).exit_code == 0
    return folder


def refused(data: Path, *words: str) -> str:
    """What the training is refused with, and what it printed before."""
    done = CliRunner().invoke(app, ["train", "plates", *words, "--data-dir", str(data)])
    assert isinstance(done.exception, Untrainable), done.output
    return f"{done.output}\n{done.exception}"


def test_no_good_image_at_all(data: Path, tmp_path: Path) -> None:
    assert "has 0 different good images; at least 10 are needed" in refused(data)
    image(tmp_path / "set/defect/stain/1.png", 1, spot=True)
    told = refused(data, "--set", str(tmp_path / "set"))
    assert "has 0 different good images" in told
    assert "Add photos of good parts." in told


def test_too_few(data: Path, tmp_path: Path) -> None:
    for k in range(9):
        image(tmp_path / f"good/{k}.png", k)
    assert "has 9 different good images; at least 10 are needed" in refused(data, "--good", str(tmp_path / "good"))


def test_all_alike(data: Path, tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    for number in range(12):
        note, out = PngImagePlugin.PngInfo(), io.BytesIO()
        note.add_text("number", str(number))
        draw(1).save(out, "PNG", pnginfo=note)
        (tmp_path / f"good/{number}.png").write_bytes(out.getvalue())
    told = refused(data, "--good", str(tmp_path / "good"))
    assert "12 good images" in told
    assert "show only 1 different pictures; the others repeat them, such as 0.png and 1.png. Add photos" in told


def test_masks_of_the_wrong_size_are_told_all_at_once(data: Path, tmp_path: Path) -> None:
    for k in range(3):
        image(tmp_path / f"set/defect/stain/{k}.png", k, spot=True)
        mask(tmp_path / f"set/mask/stain/{k}.png", (10, 20) if k else (128, 160))
    told = refused(data, "--set", str(tmp_path / "set"))
    assert "1 new images were put in" in told
    assert "2 images cannot be used as they are labelled" in told
    assert told.count("Draw it on the image in its full size.") == 2
    assert "stain/1.png has 20 x 10 pixels and its image 160 x 128" in told


def test_labels_that_contradict(data: Path, tmp_path: Path) -> None:
    image(tmp_path / "set/good/fine.png", 1)
    image(tmp_path / "set/defect/stain/bad.png", 1)
    told = refused(data, "--set", str(tmp_path / "set"))
    assert "take out the one with the wrong label: good/fine.png (good) and defect/stain/bad.png (stain)" in told


def test_a_good_photo_that_is_in_as_a_defect(data: Path, tmp_path: Path) -> None:
    image(tmp_path / "set/defect/stain/bad.png", 1)
    refused(data, "--set", str(tmp_path / "set"))
    image(tmp_path / "good/fine.png", 1)
    assert "fine.png (good) and defect/stain/bad.png (stain)" in refused(data, "--good", str(tmp_path / "good"))


def test_what_cannot_be_read_is_named_and_left_out(data: Path, tmp_path: Path) -> None:
    for k in range(10):
        image(tmp_path / f"good/{k}.png", k)
    (tmp_path / "good/holiday.png").write_bytes(b"no image")
    (tmp_path / "good/cut.png").write_bytes(plate(20)[:300])
    told = refused(data, "--good", str(tmp_path / "good"))
    assert "left out holiday.png: " in told
    assert "1 images cannot be read. Take them out or put them in again: cut.png: " in told


def test_it_is_told_before_anything_takes_long(tmp_path: Path) -> None:
    shelf = Shelf()
    for number in range(12):
        note, out = PngImagePlugin.PngInfo(), io.BytesIO()
        note.add_text("number", str(number))
        draw(1).save(out, "PNG", pnginfo=note)
        shelf.put(out.getvalue())
    stages = set()
    with pytest.raises(Untrainable, match="only 1 different pictures"):
        shelf.train(tmp_path, Settings(), progress=lambda stage, *_: stages.add(stage))
    assert stages == {"images of top"}
