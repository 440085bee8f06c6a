"""The edge agent against a real server that fails in every way: nothing lost, nothing doubled, order kept."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from camera.agent import Agent
from camera.frame import Frame, SourceFailed
from camera.spool import Spool

T0 = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)
Answer = Callable[[str, int], tuple[int, str, dict[str, str]]]


class Given:
    """A source that gives frames, failing first if it is told to, and ends."""

    def __init__(self, frames: list[Frame], failures: int = 0) -> None:
        self.left, self.failures, self.safe = deque(frames), failures, []

    def open(self) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise SourceFailed("The camera is unplugged.")

    def read(self) -> Frame | None:
        if not self.left:
            raise StopIteration
        return self.left.popleft()

    def close(self) -> None: ...

    def sent(self, frame: Frame) -> None:
        self.safe.append(frame)


class Asked:
    """What the server was asked, in order."""

    def __init__(self) -> None:
        self.tries: dict[str, int] = {}
        self.stored: list[tuple[str, str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()


@contextmanager
def a_server(answer: Answer) -> Iterator[tuple[str, Asked]]:
    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            where = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(where.query).items()}
            with asked.lock:
                number = asked.tries[where.path] = asked.tries.get(where.path, 0) + 1
                code, words, headers = answer(query["serial"], number)
                asked.headers.append({**dict(self.headers), **query})
                if code in (200, 201):
                    asked.stored.append((query["serial"], query["view"], body.decode()))
            if code == 0:
                self.close_connection = True
                self.connection.close()
                return
            told = json.dumps({"detail": words}).encode()
            self.send_response(code)
            for name, value in {**headers, "Content-Length": str(len(told))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def frames(units: int = 6, views: tuple[str, ...] = ("front", "back")) -> list[Frame]:
    return [
        Frame(data=f"S{i}-{view}".encode(), serial=f"S{i}", view=view, captured_at=T0 + timedelta(seconds=i))
        for i in range(units)
        for view in views
    ]


def run(tmp_path: Path, url: str, source: Given, log: list[str] | None = None) -> Agent:
    said = [] if log is None else log
    agent = Agent(
        source=source, spool=Spool(tmp_path / "spool"), server=url, line="phones", camera="cam1", token="secret",
        stop=threading.Event(), log=said.append, pace=lambda _seconds: None,
    )  # fmt: skip
    agent.run()
    return agent


def all_well(_serial: str, _number: int) -> tuple[int, str, dict[str, str]]:
    return 201, "", {}


def first_fails(code: int, headers: dict[str, str] | None = None) -> Answer:
    return lambda _serial, number: (code, "not now", headers or {}) if number == 1 else (201, "", {})


def check_all_there_once_in_order(asked: Asked, sent: list[Frame]) -> None:
    assert sorted(asked.stored) == sorted((f.serial, f.view, f.data.decode()) for f in sent)
    for serial in {f.serial for f in sent}:
        assert [view for s, view, _ in asked.stored if s == serial] == [f.view for f in sent if f.serial == serial]


def test_frames_arrive_with_their_metadata_and_token(tmp_path: Path) -> None:
    with a_server(all_well) as (url, asked):
        agent = run(tmp_path, url, Given(frames()))
    check_all_there_once_in_order(asked, frames())
    assert agent.status.sent == agent.status.taken == 12
    assert agent.status.waiting == 0
    told = asked.headers[0]
    assert told["Authorization"] == "Bearer secret"
    assert datetime.fromisoformat(told["captured_at"]) == T0
    assert "simulated" not in told


def test_simulated_frames_say_so(tmp_path: Path) -> None:
    simulated = [Frame(data=b"x", serial="S", view="top", captured_at=T0, simulated=True)]
    with a_server(all_well) as (url, asked):
        run(tmp_path, url, Given(simulated))
    assert asked.headers[0]["simulated"] == "true"


@pytest.mark.parametrize("code", [0, 401, 403, 404, 408, 425, 429, 500, 502, 503, 507])
def test_whatever_may_pass_is_tried_again(tmp_path: Path, code: int) -> None:
    said: list[str] = []
    with a_server(first_fails(code, {"Retry-After": "1"})) as (url, asked):
        run(tmp_path, url, Given(frames(2)), said)
    check_all_there_once_in_order(asked, frames(2))
    assert said, "trouble with the server was kept quiet"


@pytest.mark.parametrize("code", [400, 409, 413, 415, 422])
def test_what_is_refused_for_good_is_kept_aside_and_the_rest_goes_on(tmp_path: Path, code: int) -> None:
    said: list[str] = []

    def answer(serial: str, _number: int) -> tuple[int, str, dict[str, str]]:
        return (code, "send another", {}) if serial == "S1" else (201, "", {})

    with a_server(answer) as (url, asked):
        agent = run(tmp_path, url, Given(frames(3)), said)
    assert {serial for serial, _, _ in asked.stored} == {"S0", "S2"}
    assert agent.status.refused == 2
    assert any("send another" in words for words in said)
    assert {p.read_bytes() for p in (tmp_path / "spool" / "refused").glob("*.img")} == {b"S1-front", b"S1-back"}


def test_a_new_start_sends_what_the_last_one_left_under_the_same_ids(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for frame in frames(3):
        spool.put(frame)
    ids = {frame.capture("cam1").capture_id for frame in frames(3)}
    with a_server(all_well) as (url, asked):
        run(tmp_path, url, Given([]))
    check_all_there_once_in_order(asked, frames(3))
    assert {path.rsplit("/", 1)[1] for path in asked.tries} == ids


def test_a_source_that_fails_is_opened_again(tmp_path: Path) -> None:
    said: list[str] = []
    with a_server(all_well) as (url, asked):
        run(tmp_path, url, Given(frames(2), failures=3), said)
    check_all_there_once_in_order(asked, frames(2))
    assert said.count("The camera is unplugged.") == 1, "the same trouble is told once"


def test_a_frame_is_safe_before_the_source_lets_it_go(tmp_path: Path) -> None:
    source = Given(frames(2))
    with a_server(all_well) as (url, _asked):
        run(tmp_path, url, source)
    assert source.safe == frames(2)


def test_no_server_at_all_loses_nothing(tmp_path: Path) -> None:
    stop = threading.Event()
    source, tries = Given(frames(2)), []

    def pace(seconds: float) -> None:
        if seconds > 0.2 and len(source.safe) == 4:
            tries.append(seconds)
        if len(tries) > 5:
            stop.set()

    agent = Agent(
        source=source, spool=Spool(tmp_path / "spool"), server="http://127.0.0.1:9", line="l", camera="c", token="t",
        stop=stop, log=lambda _words: None, pace=pace,
    )  # fmt: skip
    agent.run()
    assert len(Spool(tmp_path / "spool")) == 4
    assert "cannot be reached" in agent.status.server_trouble


def test_a_source_that_breaks_in_an_unforeseen_way_is_opened_again(tmp_path: Path) -> None:
    class Breaks(Given):
        """Breaks once with an error that no source should raise."""

        broke = False

        def read(self) -> Frame | None:
            if not self.broke:
                self.broke = True
                raise ZeroDivisionError("a driver's fault")
            return super().read()

    said: list[str] = []
    with a_server(all_well) as (url, asked):
        run(tmp_path, url, Breaks(frames(2)), said)
    check_all_there_once_in_order(asked, frames(2))
    assert any("a driver's fault" in words for words in said)


def test_a_disk_that_fails_keeps_nothing_from_going_on_later(tmp_path: Path) -> None:
    refused = tmp_path / "spool" / "refused"
    spool = Spool(tmp_path / "spool")
    refused.rmdir()
    refused.write_text("no folder")  # stands for a disk that takes nothing

    def pace(_seconds: float) -> None:
        if agent.status.server_trouble and refused.is_file():
            refused.unlink()
            refused.mkdir()

    with a_server(lambda _serial, _number: (422, "no such view", {})) as (url, _asked):
        agent = Agent(
            source=Given(frames(1)), spool=spool, server=url, line="l", camera="c", token="t",
            stop=threading.Event(), log=lambda _words: None, pace=pace,
        )  # fmt: skip
        agent.run()
    assert agent.status.refused == 2
    assert len(list(refused.glob("*.img"))) == 2
