"""A server's training is a process of its own: it gives way, ends when told to, and says what it found."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inspection.core.line import Recipe
from inspection.core.train import Cancelled, Trained, Untrainable
from inspection.main.server import open_images
from inspection.main.training import trainer_apart
from inspection.settings import Settings
from models import artefact
from tests.models.parts import SIZE, Shelf, good_plates, plate


def train(
    root: Path, shelf: Shelf, told: Callable[[str], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False, stopping: Callable[[], bool] = lambda: False,
) -> Trained:  # fmt: skip
    settings = Settings(data_dir=root, predict_threads=1)
    images = open_images(settings)
    for data in shelf.contents.values():
        images.put(data)
    return trainer_apart(settings, stopping)(
        line="plates", recipe=Recipe(views=("top",), input_size=SIZE), samples=shelf.samples, read=images.get,
        progress=lambda stage, *_: told(stage), cancelled=cancelled,
    )  # fmt: skip


def children() -> list[int]:
    return [
        int(child)
        for thread in Path("/proc/self/task").iterdir()
        for child in (thread / "children").read_text().split()
        if b"inspection.main.training" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_it_trains_at_a_low_priority_and_gives_the_model_and_its_card(tmp_path: Path) -> None:
    shelf, nice, stages = good_plates(12), set[int](), list[str]()
    shelf.put(plate(100, spot=True), defect="stain", regions=(((70, 40), (96, 40), (96, 62), (70, 62)),))

    def told(stage: str) -> None:
        stages.append(stage)
        nice.update(os.getpriority(os.PRIO_PROCESS, child) for child in children())

    made = train(tmp_path, shelf, told)
    assert artefact.load(tmp_path / "models", made.artefact).card == made.card
    assert made.card["views"]["top"]["defects"] == {"images": 1, "outlined": 1, "types": {"stain": 1}}
    assert {"trying input sizes", "features of top", "cross-checking", "fitting"} <= set(stages)
    assert min(nice) >= 10
    assert children() == []


@pytest.mark.parametrize(("why", "ends"), [("cancelled", Cancelled), ("stopping", SystemExit)])
def test_it_ends_when_it_is_cancelled_or_the_server_stops_and_leaves_nothing(
    tmp_path: Path, why: str, ends: type[BaseException]
) -> None:
    stages: list[str] = []
    with pytest.raises(ends):
        train(tmp_path, good_plates(12), stages.append, **{why: lambda: bool(stages)})
    assert children() == []
    assert list((tmp_path / "models").iterdir()) == []


def test_what_it_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    shelf = good_plates(12)
    shelf.put(plate(3), defect="stain", name="again.png")
    with pytest.raises(Untrainable, match=r"3\.png \(good\) and again\.png \(stain\)"):
        train(tmp_path, shelf)
