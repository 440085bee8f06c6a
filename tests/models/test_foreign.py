"""Models made elsewhere: taken in when they fit, refused with words when they do not; held to their pinned scores."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image

from models import artefact, decode
from models.artefact import Artefact
from models.contract import Output, Unusable, read_card
from models.engine import NotOnThisProcessor, Precision, precisions
from models.engines import open_engine
from models.foreign import bring
from models.parity import Pinned, Unfaithful, check_card, check_parity, pin
from tests.models.foreigners import ANOMALIB, GOOD, RAW, STAIN, ir_file, network, onnx_file
from tests.models.parts import CREATED, plate


def put(root: Path, file: Path | None, of_line: Sequence[str] = ("top",), **card: Any) -> Artefact:
    """The artefact made of a file and a card."""
    told = read_card({"name": "foreign", **card})
    made = bring(root / "models", file, told, line="plates", views=of_line, created=CREATED, beside=root)
    return artefact.load(root / "models", made.artefact)


def outputs(model: Artefact, image: np.ndarray) -> dict[str, np.ndarray]:
    (view,) = model.views.values()
    return dict(open_engine(view, model.runtime, model.precision, 1).run(image, 0))


NORMAL = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
PREPARED = [
    {},
    {"channels": "BGR"},
    {"scale": 1.0, **NORMAL},
    NORMAL,
    {"layout": "NHWC", **NORMAL},
]


@pytest.mark.parametrize("given", PREPARED)
@pytest.mark.parametrize("kind", ["onnx", "onnxruntime", "ir"])
def test_the_ends_compute_what_the_card_says(tmp_path: Path, given: dict[str, Any], kind: str) -> None:
    layout = given.get("layout", "NCHW")
    file = (ir_file if kind == "ir" else onnx_file)(tmp_path, layout=layout)
    runtime = {"runtime": "onnxruntime"} if kind == "onnxruntime" else {}
    model = put(tmp_path, file, input=given, output=RAW, **runtime)
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    mine = outputs(model, image)

    x = image.astype(np.float64) if given.get("channels") == "BGR" else image[..., ::-1].astype(np.float64)
    x = (x / given.get("scale", 255.0) - np.array(given.get("mean", (0, 0, 0)))) / np.array(given.get("std", (1, 1, 1)))
    import onnxruntime

    session = onnxruntime.InferenceSession(network(layout=layout).SerializeToString())
    x = (x if layout == "NHWC" else x.transpose(2, 0, 1))[None].astype(np.float32)
    score, places = session.run(None, {"input": x})
    np.testing.assert_allclose(mine["raw"], score.reshape(-1), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(mine["map"], places.reshape(32, 2, 32, 2).max(axis=(1, 3)), rtol=1e-4, atol=1e-4)
    assert mine["novelty"].tolist() == [0.0]
    same = Output(**RAW).interpret({"score": score, "places": places})  # as for a model on a server
    np.testing.assert_allclose(same["map"], mine["map"], rtol=1e-4, atol=1e-4)


def test_what_is_a_score_already_stays_what_it_is(tmp_path: Path) -> None:
    model = put(tmp_path, onnx_file(tmp_path, **ANOMALIB), preset="anomalib")
    grey = np.full((64, 64, 3), 140, np.uint8)
    raw = outputs(model, grey)["raw"][0]
    expected = (140 / 255 - (GOOD + STAIN) / 2) / 0.6 + 0.5
    assert model.views["top"].curve.score(float(raw)) == pytest.approx(expected, abs=1e-4)


def test_without_a_map_no_place_is_shown(tmp_path: Path) -> None:
    model = put(tmp_path, onnx_file(tmp_path), output={k: v for k, v in RAW.items() if k != "map"})
    cells = outputs(model, np.full((64, 64, 3), 255, np.uint8))["map"]
    assert cells.shape == (1, 1)
    assert model.views["top"].curve.score(float(cells[0, 0])) < 1e-9


def test_a_map_may_have_its_own_scale(tmp_path: Path) -> None:
    steps = {"middle": 0.9, "width": 0.1}
    model = put(tmp_path, onnx_file(tmp_path), output={**RAW, "map_curve": steps})
    cells = outputs(model, np.full((64, 64, 3), 230, np.uint8))["map"]
    scores = model.views["top"].curve.scores(cells)
    assert scores.max() == pytest.approx(1 / (1 + np.exp(-(230 / 255 - 0.9) / 0.1)), abs=1e-3)


@pytest.mark.parametrize("make", [onnx_file, ir_file])
def test_anomalib_1_gives_a_map_alone_and_its_scale_beside(tmp_path: Path, make: Any) -> None:
    file = make(tmp_path, kind="map", names=("", "output"))
    with pytest.raises(Unusable, match=r"metadata\.json"):
        put(tmp_path, file, preset="anomalib")
    facts = {"image_threshold": 0.6, "pixel_threshold": 0.7, "min": 0.2, "max": 1.0}
    (tmp_path / "metadata.json").write_text(json.dumps(facts))
    model = put(tmp_path, file, preset="anomalib")
    found = outputs(model, np.full((64, 64, 3), 153, np.uint8))
    curve = model.views["top"].curve
    assert curve.score(float(found["raw"][0])) == pytest.approx(0.5, abs=1e-3)
    assert curve.scores(found["map"]).max() == pytest.approx(1 / (1 + np.exp(0.1 / 0.2)), abs=1e-3)


def test_an_ir_artefact_holds_two_files_and_both_hashes(tmp_path: Path) -> None:
    model = put(tmp_path, ir_file(tmp_path, fp16=True), output=RAW)
    facts = model.card["views"]["top"]
    folder = tmp_path / "models" / model.identity
    assert {path.name for path in folder.iterdir()} == {"card.json", "top.xml", "top.bin"}
    assert facts["file"] == "top.xml"
    assert facts["weights_file"] == "top.bin"
    for name in ("top.xml", "top.bin"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        with pytest.raises(artefact.Corrupt, match=name):
            artefact.load(tmp_path / "models", model.identity)
        (folder / name).write_bytes(kept)
    assert artefact.load(tmp_path / "models", model.identity)


def test_weights_beside_the_onnx_file_are_taken_in(tmp_path: Path) -> None:
    model = network()
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="m.data", size_threshold=0)
    assert put(tmp_path, tmp_path / "m.onnx", output=RAW)
    (tmp_path / "m.data").unlink()
    with pytest.raises(Unusable, match=r"no ONNX|beside it"):
        put(tmp_path, tmp_path / "m.onnx", output=RAW)


BAD: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"output": {"score": "nothing"}}, "no output 'nothing'. It has: 'score', 'places'"),
    ({}, {"output": {}}, "names no output"),
    ({}, {"output": {"score": "places"}}, "4096 values: say with .output. index"),
    ({}, {"output": {"score": "score", "index": 3}}, "counted from 0"),
    ({}, {"output": RAW, "input": {"name": "image"}}, "no input 'image'. It has: 'input'"),
    ({}, {"output": RAW, "input": {"height": 100}}, "height is 100 in the card and 64 in the model"),
    ({}, {"output": RAW, "input": {"layout": "NHWC"}}, 'layout = "NCHW"'),
    ({}, {"output": RAW, "input": {"std": [1, 0, 1]}}, "std must be above 0"),
    ({}, {"output": RAW, "input": {"heigth": 64}}, r"input\.heigth"),
    ({}, {"output": RAW, "precision": "int8"}, "precision"),
    ({}, {"output": RAW, "views": ["side"]}, "no view side"),
    ({}, {"output": RAW, "runtime": "remote"}, "needs .server. with url"),
    ({}, {"output": RAW, "server": {"url": "http://x", "model": "m"}}, 'needs runtime = "remote"'),
    ({}, {"preset": "anomalib"}, "no model as Anomalib exports it"),
    ({"dynamic": True}, {"output": RAW}, "say .input. height and width"),
    ({"inputs": 2}, {"output": RAW}, "'input', 'more1'; it must take one image"),
    ({"extra": ("amount",)}, {"output": RAW}, r"under \[input.constants\]"),
    ({"flaw": "channels"}, {"output": RAW}, r"shape \[1, 2, 64, 64\]. It must hold one value per place"),
    ({"flaw": "nan"}, {"output": RAW}, "no number"),
    ({}, {"output": {"score": "score"}, "input": {"scale": 1.0}}, "from 0 to 1: give .output. curve"),
]


@pytest.mark.parametrize("make", [onnx_file, ir_file])
@pytest.mark.parametrize(("how", "card", "words"), BAD)
def test_what_does_not_fit_is_refused_with_words(
    tmp_path: Path, make: Any, how: dict[str, Any], card: dict[str, Any], words: str
) -> None:
    file = make(tmp_path, **how)
    with pytest.raises(Unusable, match=words):
        put(tmp_path, file, **card)
    assert not list(tmp_path.glob("models/*"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.onnx", None, "There is no file"),
        ("model.pt", b"x", "neither .onnx nor .xml"),
        ("model.onnx", b"", "no ONNX model"),
        ("model.onnx", b"\x00garbage" * 100, "no ONNX model"),
        ("model.xml", b"<net>", "model.bin, which is not beside it"),
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Unusable, match=words):
        put(tmp_path, tmp_path / name, output=RAW)


def test_a_damaged_ir_is_refused(tmp_path: Path) -> None:
    file = ir_file(tmp_path)
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(Unusable, match="no OpenVINO model"):
        put(tmp_path, file, output=RAW)
    with pytest.raises(Unusable, match='runtime = "openvino"'):
        put(tmp_path, file, output=RAW, runtime="onnxruntime")


def test_a_card_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text("name = ")
    with pytest.raises(Unusable, match="no TOML"):
        read_card(tmp_path / "card.toml")
    with pytest.raises(Unusable, match="cannot be read"):
        read_card(tmp_path / "none.toml")
    (tmp_path / "card.toml").write_text('name = "x"\n[output]\nscore = "s"\ncurve = { middle = 1, width = 0 }\n')
    with pytest.raises(Unusable, match=r"output\.curve\.width"):
        read_card(tmp_path / "card.toml")


# The gate: pinned scores, and faults that are planted behind its back.


IMAGES = [plate(1), plate(2, spot=True, scale=3), plate(3, spot=True, kind="JPEG", scale=4)]


@pytest.fixture
def pinned(tmp_path: Path) -> tuple[Artefact, list[Pinned]]:
    model = put(tmp_path, onnx_file(tmp_path), output=RAW)
    return model, pin(model, IMAGES)


def test_a_faithful_model_passes_the_gate(pinned: tuple[Artefact, list[Pinned]], tmp_path: Path) -> None:
    model, scores = pinned
    check_parity(model, scores)
    check_parity(tmp_path / "models" / model.identity, scores, 1e-5, view="top")
    other = put(tmp_path, onnx_file(tmp_path), output=RAW, runtime="onnxruntime")
    check_parity(other, scores, 1e-4)


def test_swapped_channels_are_refused(pinned: tuple[Artefact, list[Pinned]], tmp_path: Path) -> None:
    swapped = put(tmp_path, onnx_file(tmp_path), output=RAW, input={"channels": "BGR"})
    with pytest.raises(Unfaithful, match="order of channels"):
        check_parity(swapped, pinned[1])


def test_another_resize_is_refused(pinned: tuple[Artefact, list[Pinned]], monkeypatch: pytest.MonkeyPatch) -> None:
    def nearest(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        rows, columns = (np.arange(n) * pixels.shape[i] // n for i, n in enumerate(size))
        return np.ascontiguousarray(pixels[rows][:, columns])

    monkeypatch.setattr(decode, "_resize", nearest)
    with pytest.raises(Unfaithful):
        check_parity(*pinned, 0.002)


def test_another_size_is_refused(pinned: tuple[Artefact, list[Pinned]], tmp_path: Path) -> None:
    other = put(tmp_path, onnx_file(tmp_path, side=24), output=RAW)
    with pytest.raises(Unfaithful):
        check_parity(other, pinned[1])


def test_an_image_packed_again_is_refused(trained: tuple[Path, str]) -> None:
    model = artefact.load(*trained)
    scores = pin(model, IMAGES)
    check_parity(model, scores)
    again = []
    for one in scores:
        out = io.BytesIO()
        Image.open(io.BytesIO(one.image)).save(out, "JPEG", quality=10)
        again.append(Pinned(image=out.getvalue(), raw=one.raw))
    with pytest.raises(Unfaithful):
        check_parity(model, again)


def test_the_wrong_precision_is_refused(trained: tuple[Path, str], tmp_path: Path) -> None:
    known = artefact.load(*trained)
    scores = pin(known, IMAGES)
    graphs = {view: model.graph for view, model in known.views.items()}
    named = artefact.load(tmp_path, artefact.save(tmp_path, {**known.card, "precision": "bf16"}, graphs))
    assert named.identity != known.identity
    with pytest.raises(Unfaithful if Precision.BF16 in precisions() else NotOnThisProcessor):
        check_parity(named, scores, 0.002)


def test_pinned_images_live_in_the_card(tmp_path: Path) -> None:
    free = pin(put(tmp_path, onnx_file(tmp_path), output=RAW), IMAGES)
    for number, image in enumerate(IMAGES):
        (tmp_path / f"{number}.img").write_bytes(image)
    pins = [{"image": f"{number}.img", "score": one.raw} for number, one in enumerate(free)]
    model = put(tmp_path, onnx_file(tmp_path), output=RAW, parity=pins, tolerance=0.001)
    by_hash = {one.sha256: one.image for one in free}
    assert check_card(model, by_hash.__getitem__) == 3
    with pytest.raises(Unfaithful, match="not the one that was pinned"):
        check_card(model, lambda _: plate(9))
    with pytest.raises(Unfaithful, match="is expected"):
        put(tmp_path, onnx_file(tmp_path), output=RAW, parity=pins, input={"channels": "BGR"})
    with pytest.raises(Unusable, match=r"none\.img cannot be read"):
        put(tmp_path, onnx_file(tmp_path), output=RAW, parity=[{"image": "none.img", "score": 1.0}])


def test_an_unreadable_pinned_image_is_refused(pinned: tuple[Artefact, list[Pinned]]) -> None:
    with pytest.raises(Unfaithful, match="cannot be read"):
        check_parity(pinned[0], [Pinned(image=b"no image", raw=1.0)])
