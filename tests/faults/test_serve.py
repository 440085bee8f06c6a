"""The server's start and end, and what goes wrong around it."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.faults.serving import COMMAND, Process, add_line, jidoka, wait_for
from tests.store.test_images import encoded


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_second_server_on_the_same_data_is_refused_clearly(data_dir: Path) -> None:
    first = Process(data_dir)
    second = jidoka("serve", "--port", "0", data_dir=data_dir)
    assert second.returncode != 0
    assert "Another Jidoka server" in second.stderr
    assert "Traceback" not in second.stderr
    assert httpx.get(f"{first.address}/api/v1/health").status_code == 200
    first.stop()


def test_the_command_line_works_beside_a_running_server(data_dir: Path) -> None:
    token = add_line(data_dir)
    server = Process(data_dir)
    assert jidoka("user", "add", "ines", data_dir=data_dir).returncode == 0
    with httpx.Client() as client:
        assert server.put(client, token, "c1", "S1", "front", encoded()).status_code == 201
    server.stop()
    assert jidoka("verify", data_dir=data_dir).returncode == 0


def test_it_ends_in_time_with_streams_and_waiters_open(data_dir: Path) -> None:
    token = add_line(data_dir)
    server = Process(data_dir)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(timeout=60) as client:
        server.put(client, token, "c1", "S1", "front", encoded())
    heard = threading.Event()

    def listen(path: str) -> None:
        try:
            with httpx.stream("GET", server.address + path, headers=headers, timeout=60) as stream:
                heard.set()
                for _ in stream.iter_raw():
                    pass
        except httpx.HTTPError:
            heard.set()

    paths = ("/api/v1/lines/tiles/events", "/api/v1/lines/tiles/images/c1?wait_s=60")
    threads = [threading.Thread(target=listen, args=(path,), daemon=True) for path in paths]
    for thread in threads:
        thread.start()
    assert heard.wait(20)
    assert server.stop() < 15
    assert server.process.returncode == 0, "it was cut off before all was closed"
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def test_a_full_disk_is_answered_with_a_later_and_the_server_goes_on(data_dir: Path) -> None:
    token = add_line(data_dir)
    server = Process(data_dir)
    folder = data_dir / "images" / "new"
    with httpx.Client(timeout=30) as client:
        assert server.put(client, token, "c1", "S1", "front", encoded()).status_code == 201
        folder.rename(folder.with_name("away"))
        refused = server.put(client, token, "c2", "S2", "front", encoded(colour=9))
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        folder.with_name("away").rename(folder)
        assert server.put(client, token, "c2", "S2", "front", encoded(colour=9)).status_code == 201
    server.stop()


@pytest.mark.parametrize("damage", ["row", "image", "lost"])
def test_verify_names_what_was_tampered_with(data_dir: Path, damage: str) -> None:
    token = add_line(data_dir)
    server = Process(data_dir)
    with httpx.Client(timeout=30) as client:
        server.put(client, token, "c1", "S1", "front", encoded())
    server.stop()
    assert jidoka("verify", data_dir=data_dir).returncode == 0
    image = next(p for p in (data_dir / "images").rglob("*") if p.is_file())
    if damage == "row":
        with sqlite3.connect(data_dir / "jidoka.db") as connection:
            connection.execute("UPDATE journal SET reason = 'nothing happened' WHERE seq = 2")
        connection.close()
    elif damage == "image":
        image.write_bytes(image.read_bytes()[:-1] + b"x")
    else:
        image.unlink()
    verified = jidoka("verify", data_dir=data_dir)
    assert verified.returncode == 1
    words = {"row": "Entry 2", "image": "was altered", "lost": "is gone"}[damage]
    assert words in verified.stdout


def test_the_server_starts_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from inspection.settings import read; "
        "from inspection.main import server; s = server.open_server(read(data_dir=Path(sys.argv[1]))); "
        "server.build(s); s.close(); assert 'torch' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "d")],
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr


def test_a_setting_that_cannot_be_is_said_in_a_sentence(data_dir: Path) -> None:
    done = jidoka("serve", data_dir=data_dir, JIDOKA_PORT="many")
    assert done.returncode != 0
    assert "port" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_settings_answer() -> None:
    for words in (
        ["--help"],
        ["line", "--help"],
        ["user", "--help"],
        ["settings"],
        ["camera", "--help"],
        ["train", "--help"],
    ):
        done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout) > 200


def test_own_photos_become_a_line_in_shadow_with_one_command(tmp_path: Path, data_dir: Path) -> None:
    """Good photos in a folder, one command; then images of that line get opinions in silence."""
    import numpy as np
    from PIL import Image

    photos, dice = tmp_path / "photos", np.random.default_rng(1)
    photos.mkdir()
    for i in range(16):
        pixels = np.full((128, 128), 110) + dice.normal(0, 6, (128, 128))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(photos / f"good{i}.jpg")
    (photos / "broken.jpg").write_bytes(b"no photo")
    done = jidoka("line", "add", "plates", "--views", "top", "--good", str(photos), data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    assert "broken.jpg" in done.stdout
    assert "shadow" in done.stdout
    token = next(word for word in done.stdout.split() if word.startswith("jdk_"))
    server = Process(data_dir)
    with httpx.Client(timeout=30) as client:
        answer = client.put(
            f"{server.address}/api/v1/lines/plates/images/p1",
            params={"serial": "P1", "view": "top", "captured_at": "2026-01-31T08:00:00Z"},
            content=(photos / "good0.jpg").read_bytes(),
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.json()["disposition"] == "pending"

    def opinion() -> object:
        with sqlite3.connect(data_dir / "jidoka.db") as connection:
            row = connection.execute("SELECT score, failure FROM prediction").fetchone()
        connection.close()
        return row

    score, failure = wait_for(opinion)  # type: ignore[misc]
    server.stop()
    assert failure == "model_loading" or 0 <= score <= 1


def test_too_few_photos_are_said_before_anything_is_trained(tmp_path: Path, data_dir: Path) -> None:
    (tmp_path / "photos").mkdir()
    done = jidoka("line", "add", "plates", "--good", str(tmp_path / "photos"), data_dir=data_dir)
    assert done.returncode != 0
    assert "no photo" in done.stderr
    assert "Traceback" not in done.stderr
