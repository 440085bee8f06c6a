"""A store that cannot take an image now: the camera is told to come again, and nothing is half there."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from tests.api.conftest import Served
from tests.store.test_images import encoded

ROWS = ("unit", "image", "task", "journal")


@contextmanager
def pragma(served: Served, words: str) -> Iterator[None]:
    """Every connection the server takes meanwhile begins with this."""

    def put(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA {words}")

    event.listen(served.plant.db.engine, "checkout", put)
    yield
    event.remove(served.plant.db.engine, "checkout", put)


def rows(served: Served) -> list[int]:
    with served.plant.db.read() as tx:
        return [int(tx.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()) for name in ROWS]


def refused(answer: httpx.Response, word: str) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert word in answer.json()["detail"]


def until_full(served: Served) -> int:
    """Send units until one is refused; how many were taken."""
    for i in range(400):
        answer = served.put(encoded(), f"full{i}", serial=f"F{i}")
        if answer.status_code != 201:
            refused(answer, "full")
            return i
    raise AssertionError("the database never filled")


def test_a_full_database_is_told_and_the_same_image_is_taken_later(served: Served) -> None:
    before = rows(served)
    with served.plant.db.read() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
    with pragma(served, f"max_page_count = {pages + 4}"):
        taken = until_full(served)
        units, images, tasks, _ = (now - then for now, then in zip(rows(served), before, strict=True))
        assert (units, images, tasks) == (taken, taken, taken)
        assert served.client.get(f"/api/v1/lines/phones/images/full{taken}").status_code == 404
    with pragma(served, "max_page_count = 1000000"):
        assert served.put(encoded(), f"full{taken}", serial=f"F{taken}").status_code == 201
        assert served.put(encoded(), "full0", serial="F0").status_code == 200


def test_many_at_once_on_a_full_database_are_all_told_and_none_is_lost(served: Served) -> None:
    with served.plant.db.read() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
    answers: dict[str, int] = {}

    def send(sender: int) -> None:
        for i in range(12):
            name = f"m{sender}-{i}"
            answers[name] = served.put(encoded(), name, serial=name).status_code

    with pragma(served, f"max_page_count = {pages + 6}"):
        senders = [threading.Thread(target=send, args=(k,)) for k in range(6)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    assert set(answers.values()) == {201, 503}
    with pragma(served, "max_page_count = 1000000"):
        for name, status in answers.items():
            again = served.put(encoded(), name, serial=name).status_code
            assert again == (200 if status == 201 else 201), name


@pytest.mark.parametrize("times", [1, 8])
def test_a_database_that_another_program_holds_is_told(served: Served, times: int) -> None:
    other = sqlite3.connect(str(served.plant.db.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pragma(served, "busy_timeout = 50"):
        for i in range(times):
            refused(served.put(encoded(), f"h{i}", serial=f"H{i}"), "locked")
    other.execute("ROLLBACK")
    other.close()
    for i in range(times):
        assert served.put(encoded(), f"h{i}", serial=f"H{i}").status_code == 201


def test_an_image_store_without_room_is_told_and_leaves_nothing(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = tmp_path / "images"
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        refused(served.put(encoded(), "n1"), "No space left")
    assert not any(path.is_file() for path in folder.rglob("*"))
    assert served.client.get("/api/v1/lines/phones/images/n1").status_code == 404
    assert served.put(encoded(), "n1").status_code == 201
