"""`kill -9` at any moment under load: whatever was acknowledged is there, and nothing is there twice."""

import random
import threading
from pathlib import Path

import httpx
import pytest

from inspection.store.database import Database
from inspection.store.reports import integrity
from tests.faults.serving import Process, add_line, jidoka
from tests.store.test_images import encoded

BODY = encoded("JPEG", (320, 240))


def load(
    server: Process, token: str, name: str, acknowledged: dict[str, tuple[str, str, bytes]], enough: threading.Event
) -> None:
    """Send units until the server is gone, noting what it has acknowledged."""
    with httpx.Client(timeout=10) as client:
        for i in range(100_000):
            for view in ("front", "back"):
                body = BODY + f"{name}-{i}-{view}".encode()
                capture, serial = f"{name}-{i}-{view}", f"{name}-{i}"
                try:
                    answer = server.put(client, token, capture, serial, view, body)
                except httpx.HTTPError:
                    return
                assert answer.status_code == 201, answer.text
                acknowledged[capture] = (serial, view, body)
                if len(acknowledged) >= 25:
                    enough.set()


@pytest.mark.timeout(240)
def test_everything_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    data_dir, dice = tmp_path / "data", random.Random(5)
    token = add_line(data_dir)
    all_acknowledged: dict[str, tuple[str, str, bytes]] = {}
    for round_ in range(3):
        server = Process(data_dir)
        acknowledged: dict[str, tuple[str, str, bytes]] = {}
        enough = threading.Event()
        senders = [
            threading.Thread(target=load, args=(server, token, f"r{round_}s{k}", acknowledged, enough))
            for k in range(6)
        ]
        for sender in senders:
            sender.start()
        assert enough.wait(60)
        threading.Event().wait(dice.uniform(0, 0.4))  # any moment will do
        server.kill()
        for sender in senders:
            sender.join(30)
        all_acknowledged |= acknowledged

    server = Process(data_dir)
    with httpx.Client(timeout=30) as client:
        for capture, (serial, view, body) in all_acknowledged.items():
            again = server.put(client, token, capture, serial, view, body)
            assert again.status_code == 200, f"{capture} was acknowledged, and is gone"
    server.stop()
    verified = jidoka("verify", data_dir=data_dir)
    assert verified.returncode == 0, verified.stdout
    db = Database(f"sqlite:///{data_dir / 'jidoka.db'}")
    with db.read() as tx:
        count, wrong = integrity.units(tx)
        undecided = tx.exec_driver_sql("SELECT count(*) FROM image WHERE decided_at IS NULL").scalar()
    db.close()
    assert wrong == []
    assert undecided == 0
    assert count >= len({serial for serial, _, _ in all_acknowledged.values()})
