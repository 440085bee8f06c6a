"""Labelled sets come in as people have them, and go through the product's own commands."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from inspection.core.train import Untrainable
from inspection.main import app
from models.datasets import Labelled, read_mask, read_set, regions_of
from models.evaluate import Undefined, aupro, pixel_auroc
from tests.models.parts import SIZE, SPOT, plate


def mask(path: Path, size: tuple[int, int] = SIZE) -> Path:
    drawn = np.zeros(size, np.uint8)
    drawn[SPOT[1] : SPOT[3], SPOT[0] : SPOT[2]] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), drawn)
    return path


def image(path: Path, seed: int, *, spot: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(plate(seed, spot=spot))
    return path


def listed(folder: Path, good: int = 14, bad: int = 6) -> dict[str, list[str]]:
    """A set with images.json; a quarter of it in the part "test"."""
    entries = []
    for k in range(good):
        image(folder / f"good/{k}.png", k)
        entries.append({"path": f"good/{k}.png", "mask": None, "defect": None, "group": k // 2})
    for k in range(bad):
        image(folder / f"bad/{k}.png", 100 + k, spot=True)
        mask(folder / f"mask/{k}.png")
        entries.append({"path": f"bad/{k}.png", "mask": f"mask/{k}.png", "defect": "stain"})
    (folder / "images.json").write_text(json.dumps(entries))
    paths = [str(entry["path"]) for entry in entries]
    split = {"train": paths[:12] + paths[good : good + 4], "test": paths[12:good] + paths[good + 4 :]}
    (folder / "split.json").write_text(json.dumps(split))
    return split


def test_a_list_of_images_is_read_with_its_labels(tmp_path: Path) -> None:
    split = listed(tmp_path)
    found = read_set(tmp_path, tmp_path / "split.json", ["test"])
    assert [str(one.file.relative_to(tmp_path)) for one in found] == split["test"]
    assert found[0] == Labelled(file=tmp_path / "good/12.png", group="6")
    assert found[-1] == Labelled(file=tmp_path / "bad/5.png", defect="stain", mask=tmp_path / "mask/5.png")


def test_the_layout_of_mvtec_is_read(tmp_path: Path) -> None:
    image(tmp_path / "train/good/0.png", 0)
    image(tmp_path / "test/good/1.png", 1)
    bad, drawn = image(tmp_path / "test/stain/2.png", 2), mask(tmp_path / "ground_truth/stain/2_mask.png")
    assert [one.defect for one in read_set(tmp_path)] == ["", "", "stain"]
    assert read_set(tmp_path, parts=["test"])[-1] == Labelled(file=bad, defect="stain", mask=drawn)


def test_plain_folders_are_read(tmp_path: Path) -> None:
    image(tmp_path / "good/0.png", 0)
    image(tmp_path / "defect/stain/1.png", 1)
    image(tmp_path / "defect/2.png", 2)
    mask(tmp_path / "mask/stain/1.png")
    found = {one.file.name: (one.defect, one.mask is not None) for one in read_set(tmp_path)}
    assert found == {"0.png": ("", False), "1.png": ("stain", True), "2.png": ("defect", False)}


@pytest.mark.parametrize(
    ("body", "words"),
    [("no json", "no list of images"), ('[{"defect": 1}]', "no list of images"), ('[{"path": "x.png"}]', "not there"),
     ("[]", "no image in"), ("{}", "no image in"), ("[1]", "no list of images")],
)  # fmt: skip
def test_a_list_that_cannot_be_used_says_why(tmp_path: Path, body: str, words: str) -> None:
    (tmp_path / "images.json").write_text(body)
    with pytest.raises(Untrainable, match=words):
        read_set(tmp_path)


def test_a_split_that_does_not_fit_says_why(tmp_path: Path) -> None:
    listed(tmp_path)
    with pytest.raises(Untrainable, match=r"no part 'proof'\. Its parts are: test, train"):
        read_set(tmp_path, tmp_path / "split.json", ["proof"])
    (tmp_path / "other.json").write_text('{"test": ["gone.png"]}')
    with pytest.raises(Untrainable, match="not in the set"):
        read_set(tmp_path, tmp_path / "other.json", ["test"])


def test_a_folder_without_images_says_how_a_set_looks(tmp_path: Path) -> None:
    with pytest.raises(Untrainable, match=r"images\.json.*MVTec"):
        read_set(tmp_path)


def test_a_mask_gives_the_outline_of_the_defect(tmp_path: Path) -> None:
    (outline,) = regions_of(mask(tmp_path / "m.png"), SIZE)
    xs, ys = zip(*outline, strict=True)
    assert (min(xs), min(ys), max(xs) + 1, max(ys) + 1) == SPOT


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Untrainable, match=r"20 x 10 pixels and its image 160 x 128.*full size"):
        read_mask(mask(tmp_path / "m.png", (10, 20)), SIZE)


def test_a_mask_that_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.png").write_text("no image")
    with pytest.raises(Untrainable, match="cannot be read"):
        read_mask(tmp_path / "m.png", SIZE)


def test_a_map_that_marks_only_the_defect_is_perfect_and_its_reverse_finds_nothing() -> None:
    defect = np.zeros((20, 20), np.bool_)
    defect[3:6, 3:6] = defect[12:18, 12:18] = True
    perfect = defect.astype(np.float32)
    assert pixel_auroc([defect], [perfect]) == 1
    assert aupro([defect], [perfect]) == pytest.approx(1, abs=0.01)
    assert aupro([defect], [-perfect]) == pytest.approx(0, abs=0.01)
    with pytest.raises(Undefined, match="outlined"):
        aupro([np.zeros((4, 4), np.bool_)], [np.zeros((4, 4), np.float32)])


def test_small_defects_count_as_much_as_large_ones() -> None:
    defect = np.zeros((40, 40), np.bool_)
    defect[2:4, 2:4] = defect[10:30, 10:30] = True
    only_large = defect.astype(np.float32)
    only_large[2:4, 2:4] = -1
    assert aupro([defect], [only_large]) == pytest.approx(0.5, abs=0.01)


def test_a_set_goes_in_is_learned_from_and_judged_by_the_commands(tmp_path: Path) -> None:
    folder, data = tmp_path / "set", ["--data-dir", str(tmp_path / "data")]
    listed(folder)
    split = ["--split", str(folder / "split.json"), "--parts"]
    run = CliRunner()

    def do(*words: str) -> str:
        done = run.invoke(app, [*words, *data])
        assert done.exit_code == 0, done.output
        return done.output

    do("line", "add", "plates")
    told = do("train", "plates", "--set", str(folder), *split, "train")
    assert "16 new images were put in, 4 of the set show a defect" in told
    assert "AUROC" in told
    assert "Model 1 of line plates, on 4 images of which 2 are defective" in do(
        "evaluate", "plates", str(folder), *split, "test"
    )
    figures = json.loads(do("evaluate", "plates", str(folder), *split, "test", "--json").strip().splitlines()[-1])
    assert figures["figures"]["auroc"] == 1
    assert figures["by_type"] == {"stain": 1}
    assert figures["aupro"] > 0.5
