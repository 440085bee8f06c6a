"""A model that is damaged on disk never passes a part: its images go to a person, with the reason."""

import io
import itertools
import re
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.faults.serving import Process, jidoka, wait_for


def good(seed: int) -> bytes:
    """A good image, another for each seed: one that repeats would be a frozen camera's."""
    pixels = np.full((128, 128), 110) + np.random.default_rng(seed).normal(0, 6, (128, 128))
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data folder whose line 'tiles' is at full automation, and its camera's token."""
    folder = tmp_path_factory.mktemp("trained")
    photos, data_dir = folder / "photos", folder / "data"
    photos.mkdir()
    for i in range(16):
        (photos / f"good{i}.png").write_bytes(good(i))
    added = jidoka("line", "add", "tiles", "--views", "top", "--good", str(photos), data_dir=data_dir)
    token = re.search(r"jdk_[\w-]+", added.stdout)
    assert token, added.stderr
    raised = jidoka(
        "line", "level", "tiles", "full_automation", "--reject-above", "0.999", "--override",
        "--reason", "to see what happens", data_dir=data_dir,
    )  # fmt: skip
    assert raised.returncode == 0, raised.stderr
    return data_dir, token[0]


def wait_for_a_pass(server: Process, token: str) -> None:
    """Send one image after the other until the model, which is loaded in the background, has passed one."""
    numbers = itertools.count()

    def ask() -> bool:
        number = next(numbers)
        capture, data = f"whole{number}", good(100 + number)
        with httpx.Client(timeout=30) as client:
            return bool(server.put(client, token, capture, capture, "top", data).json()["disposition"] == "pass")

    wait_for(ask)


def test_it_passes_while_whole_and_refers_once_damaged(trained: tuple[Path, str]) -> None:
    data_dir, token = trained
    server = Process(data_dir)
    wait_for_a_pass(server, token)
    server.stop()

    graphs = [path for path in (data_dir / "models").rglob("*") if path.is_file() and path.stat().st_size > 100_000]
    assert graphs
    for graph in graphs:
        body = bytearray(graph.read_bytes())
        body[len(body) // 2] ^= 0xFF
        graph.write_bytes(body)
    server = Process(data_dir)
    with httpx.Client(timeout=30) as client:
        for i in range(20):
            answer = server.put(client, token, f"damaged{i}", f"damaged{i}", "top", good(5000 + i)).json()
            assert answer["disposition"] == "pending"
            assert (answer["by"], answer["reason"]) == ("person", "view_referred")
    server.stop()

    for graph in graphs:
        graph.unlink()
    server = Process(data_dir)
    with httpx.Client(timeout=30) as client:
        answer = server.put(client, token, "gone", "gone", "top", good(9000)).json()
    assert answer["by"] == "person"
    server.stop()
    assert jidoka("verify", data_dir=data_dir).returncode == 0
