"""Training: the same again by seed, and words for everything it cannot be done with."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from inspection.core.train import Cancelled, Sample, Untrainable, manifest_hash
from models import artefact, engine
from models.decode import Picture
from models.engine import Compiled, NotOnThisProcessor, Precision
from models.sizes import input_size
from models.view import Settings
from tests.models.parts import CREATED, QUICK, SIZE, Shelf, draw, good_plates, plate


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_the_card_says_what_the_model_is(trained: tuple[Path, str]) -> None:
    loaded = artefact.load(*trained)
    card, view = loaded.card, loaded.card["views"]["top"]
    shelf = good_plates(24)
    assert card["line"] == "plates"
    assert card["created"] == CREATED.isoformat()
    assert card["manifest"] == manifest_hash(shelf.samples)
    assert card["backbone"]["name"] == "efficientnet-lite0"
    assert len(card["backbone"]["sha256"]) == 64
    assert (view["height"], view["width"], view["images"]) == (*SIZE, 24)
    assert 0 < card["pass_below"] < card["reject_above"] <= 1
    assert view["held_out"]["median"] == pytest.approx(0.15, abs=0.01)
    assert view["suspects"] == []
    assert view["defects"] == {"images": 0, "outlined": 0, "types": {}}
    assert json.loads(json.dumps(card)) == card


def test_the_same_seed_gives_the_same_model_whatever_the_order(tmp_path: Path, trained: tuple[Path, str]) -> None:
    shelf = good_plates(24)
    shelf.samples.reverse()
    assert shelf.train(tmp_path).artefact == trained[1]
    assert shelf.train(tmp_path, replace(QUICK, seed=9, threads=1)).artefact != trained[1]


def test_it_tells_how_far_it_is_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    made = good_plates(10).train(tmp_path, progress=lambda *step: told.append(step))
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["features of top", "cross-checking", "fitting"]
    assert all(1 <= done <= total for _, done, total in told)
    assert [path.name for path in tmp_path.iterdir()] == [made.artefact]


def test_it_stops_whenever_asked_and_leaves_nothing_behind(tmp_path: Path) -> None:
    times = 0

    def count() -> bool:
        nonlocal times
        times += 1
        return False

    good_plates(12).train(tmp_path / "whole", cancelled=count)
    for steps in (0, times // 2, times - 1):
        asked = iter(range(times))
        with pytest.raises(Cancelled):
            good_plates(12).train(tmp_path / "stopped", cancelled=lambda asked=asked, steps=steps: next(asked) >= steps)
        assert list((tmp_path / "stopped").iterdir()) == []


def test_each_view_has_its_own_model_and_one_scale(tmp_path: Path) -> None:
    shelf = good_plates(12)
    for seed in range(12):
        shelf.put(encoded(draw(50 + seed).transpose(Image.Transpose.ROTATE_90)), "side")
    made = shelf.train(tmp_path, Settings(pooled=True, bank=50), views=["top", "side"])
    sizes = {name: (view["height"], view["width"]) for name, view in made.card["views"].items()}
    assert set(sizes["side"]) <= {288, 224, 192, 160}
    assert sizes["side"][0] > sizes["side"][1]
    assert sizes["top"][0] < sizes["top"][1]
    assert {view["held_out"]["median"] for view in made.card["views"].values()} == {0.15}


@pytest.mark.parametrize(("count", "views"), [(0, ["top"]), (9, ["top"]), (12, ["top", "side"])])
def test_too_few_images_are_refused_and_counted(tmp_path: Path, count: int, views: list[str]) -> None:
    with pytest.raises(Untrainable, match=r"View '\w+' has \d different good images; at least 10.*Add photos"):
        good_plates(count).train(tmp_path, views=views)


def test_the_same_picture_in_different_files_is_one_picture(tmp_path: Path) -> None:
    shelf = Shelf()
    for number in range(15):
        note = PngImagePlugin.PngInfo()
        note.add_text("number", str(number))
        shelf.put(encoded(draw(1), pnginfo=note))
    words = r"15 good images of view 'top' show only 1 different pictures.*such as 0\.png and 1\.png\. Add photos"
    with pytest.raises(Untrainable, match=words):
        shelf.train(tmp_path)


def test_a_few_repeated_pictures_are_left_out_and_told(tmp_path: Path) -> None:
    shelf = good_plates(11)
    shelf.put(plate(3, kind="BMP"))
    view = shelf.train(tmp_path).card["views"]["top"]
    assert view["images"] == 11
    assert any("1 images repeat" in words for words in view["warnings"])


@pytest.mark.parametrize("damaged", [b"", b"no image at all", plate(1)[:500], plate(1, kind="JPEG")[:900]])
def test_unreadable_images_are_named(tmp_path: Path, damaged: bytes) -> None:
    shelf = good_plates(12)
    shelf.put(damaged, name="holiday.png")
    with pytest.raises(Untrainable, match=r"1 images cannot be read.*holiday\.png"):
        shelf.train(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_image_that_breaks_inside_is_named_too(tmp_path: Path) -> None:
    shelf = good_plates(12)
    broken = bytearray(plate(1))
    broken[60:20_000] = bytes(19_940)
    shelf.put(bytes(broken), name="broken.png")
    with pytest.raises(Untrainable, match=r"broken\.png"):
        shelf.train(tmp_path)


def test_an_image_that_is_gone_is_named(tmp_path: Path) -> None:
    shelf = good_plates(12)

    def read(digest: str) -> bytes:
        if digest == shelf.samples[3].sha256:
            raise FileNotFoundError(2, "No such file")
        return shelf.contents[digest]

    with pytest.raises(Untrainable, match=r"3\.png"):
        shelf.train(tmp_path, read=read)


def test_sizes_and_shapes_that_differ_are_told(tmp_path: Path) -> None:
    shelf = good_plates(10)
    shelf.put(encoded(draw(40).resize((160, 200))))
    shelf.put(plate(41, scale=2))
    (words,) = shelf.train(tmp_path).card["views"]["top"]["warnings"]
    assert "3 sizes of different shapes" in words


def test_a_defect_among_the_good_ones_is_a_suspect_and_not_learned(tmp_path: Path) -> None:
    shelf = good_plates(24)
    shelf.put(plate(99, spot=True), name="12b.png")
    made = shelf.train(tmp_path)
    view = made.card["views"]["top"]
    assert [suspect["name"] for suspect in view["suspects"]] == ["12b.png"]
    assert view["images"] == 24
    assert any("look at the suspects" in words for words in view["warnings"])
    assert score(tmp_path, made.artefact, plate(99, spot=True)) > 0.5
    kept = shelf.train(tmp_path, replace(QUICK, keep_suspects=True)).card["views"]["top"]
    assert (kept["images"], kept["suspects"]) == (25, [])


def score(root: Path, name: str, image: bytes) -> float:
    loaded = artefact.load(root, name)
    view = loaded.views["top"]
    output = Compiled(view.graph, loaded.precision, 1).run(Picture(image).at(*view.size), 0)
    return view.curve.score(float(output["raw"][0]))


def test_no_more_images_are_used_than_allowed(tmp_path: Path) -> None:
    card = good_plates(20).train(tmp_path, replace(QUICK, max_images=12)).card
    assert card["images"] == card["views"]["top"]["images"] == 12


@pytest.mark.parametrize("size", [(32, 64), (100, 128), (64, 8192)])
def test_an_input_size_that_cannot_be_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(Untrainable, match="multiples of 32"):
        Settings(size=size)


def test_a_precision_the_processor_lacks_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "precisions", lambda: {Precision.F32})
    nowhere = Shelf(samples=[Sample(view="top", sha256="0" * 64, name="x")])
    with pytest.raises(NotOnThisProcessor):
        nowhere.train(tmp_path, replace(QUICK, precision=Precision.BF16))


@pytest.mark.parametrize(
    ("images", "size"),
    [
        ([(1080, 1920)] * 5, (288, 512)),
        ([(1920, 1080)] * 5, (512, 288)),
        ([(1200, 1600)] * 5, (320, 448)),
        ([(3000, 3000)] * 5, (384, 384)),
        ([(240, 240)] * 5, (256, 256)),
        ([(200, 375), (375, 200), (300, 300), (120, 286)], (256, 256)),
        ([(800, 320)] * 5, (608, 256)),
    ],
)
def test_the_input_size_follows_the_images(images: list[tuple[int, int]], size: tuple[int, int]) -> None:
    assert input_size(images) == size


@given(st.lists(st.tuples(st.integers(8, 20_000), st.integers(8, 20_000)), min_size=1, max_size=20))
def test_an_input_size_can_always_be_used(images: list[tuple[int, int]]) -> None:
    size = input_size(images)
    assert Settings(size=size).size == size
    assert np.prod(size) < 1.3 * 288 * 512
