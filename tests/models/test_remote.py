"""A model on an inference server: the protocol's words, and a failure with words for everything that goes wrong."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from inspection.core.predict import Failure, NoPrediction, Prediction, Question
from models import artefact, remote
from models.contract import Input, Unusable, read_card
from models.engine import NoAnswer
from models.foreign import bring
from models.remote import Remote
from models.runtime import OpenVinoPredictor
from tests.models.foreigners import RAW, network
from tests.models.parts import CREATED, plate
from tests.models.v2server import V2Server

QUESTION = {"view": "top", "deadline_s": 5.0}


@pytest.fixture(params=[True, False], ids=["binary", "json"])
def server(request: pytest.FixtureRequest) -> Iterator[V2Server]:
    made = V2Server(network().SerializeToString(), binary=request.param)
    yield made
    made.close()


def put(root: Path, url: str, **other: Any) -> str:
    """An artefact for the model on that server."""
    server = {"url": url, "model": "plates", "timeout_s": 0.5, **other.pop("server", {})}
    card = read_card({"name": "far", "runtime": "remote", "server": server, "output": RAW, **other})
    return bring(root, None, card, line="plates", views=["top"], created=CREATED).artefact


Ask = Callable[..., Prediction | NoPrediction]


@pytest.fixture
def ask(server: V2Server, tmp_path: Path) -> Iterator[Ask]:
    model = put(tmp_path, server.url)
    made = OpenVinoPredictor(tmp_path)
    made.load(model).result(30)

    def one(**other: Any) -> Prediction | NoPrediction:
        question = Question(**{**QUESTION, "models": (model,), **other})
        return made.predict(plate(2, spot=True), question).result(30).opinions[0]

    yield one
    made.close()


def test_it_speaks_the_protocol_in_the_servers_own_way(server: V2Server, ask: Ask) -> None:
    assert isinstance(ask(), Prediction)
    assert server.was_binary is server.binary


@pytest.mark.parametrize(
    ("fault", "failure", "words"),
    [
        ("400", Failure.ERROR, "HTTP 400 (out of order)"),
        ("500", Failure.ERROR, "HTTP 500 (out of order)"),
        ("503", Failure.OVERLOADED, "HTTP 503"),
        ("slow", Failure.DEADLINE, "within 0.5 seconds"),
        ("trickle", Failure.DEADLINE, "within 0.5 seconds"),
        ("cut", Failure.ERROR, "cannot be reached"),
        ("garbage", Failure.ERROR, "not what was asked for"),
        ("shape", Failure.ERROR, "cannot be used"),
        ("lost", Failure.ERROR, "is missing"),
        ("nan", Failure.ERROR, "no number"),
    ],
)
def test_whatever_the_server_does_there_is_a_failure_with_words(
    server: V2Server, ask: Ask, fault: str, failure: Failure, words: str
) -> None:
    server.fault = fault
    begun = time.monotonic()
    opinion = ask()
    assert isinstance(opinion, NoPrediction)
    assert opinion.failure is failure
    assert words in opinion.detail
    assert time.monotonic() - begun < 1.5
    server.fault = ""
    assert isinstance(ask(), Prediction)


def test_the_images_deadline_holds_while_the_server_thinks(server: V2Server, ask: Ask) -> None:
    server.fault = "slow"
    begun = time.monotonic()
    opinion = ask(deadline_s=0.1)
    assert isinstance(opinion, NoPrediction)
    assert opinion.failure is Failure.DEADLINE
    assert time.monotonic() - begun < 1.5


def test_a_server_that_keeps_failing_is_left_alone_for_a_while(
    server: V2Server, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(remote, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    server.fault = "500"
    before = server.asked
    for _ in range(8):
        assert isinstance(ask(), NoPrediction)
    assert server.asked - before == 3
    server.fault = ""
    assert isinstance(ask(), NoPrediction)
    clock[0] += 2.0
    assert isinstance(ask(), Prediction)


def test_a_server_that_is_gone_at_the_start_is_told(tmp_path: Path) -> None:
    server = V2Server(network().SerializeToString())
    model = put(tmp_path, server.url)
    server.close()
    made = OpenVinoPredictor(tmp_path)
    with pytest.raises(NoAnswer, match="cannot be reached"):
        made.load(model).result(30)
    (opinion,) = made.predict(plate(1), Question(**QUESTION, models=(model,))).result(30).opinions
    assert isinstance(opinion, NoPrediction)
    assert "cannot be reached" in opinion.detail
    made.close()


def test_a_version_is_asked_for_by_its_number(server: V2Server, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="HTTP 404"):
        put(tmp_path, server.url, server={"version": "4"})
    facts = {"url": server.url, "model": "plates", "version": "3"}
    shape = {"name": "input", "height": 64, "width": 64}
    with pytest.raises(NoAnswer, match="HTTP 404"):  # this server infers without versions alone
        Remote({"server": {**facts, "version": "4"}, "input": shape, "output": RAW})


def test_bytes_stay_bytes_for_a_model_that_takes_them() -> None:
    image = np.full((2, 2, 3), 200, np.uint8)
    assert Input(scale=1.0, layout="NHWC").prepare(image).tolist() == [image.tolist()]
    with pytest.raises(Unusable, match=r"scale = 1\.0"):
        Input().check_bytes()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"server": {"model": "nobody"}}, "not ready: HTTP 404"),
        ({"server": {"url": "ftp://x"}}, r"server\.url"),
        ({"server": {"url": "http://me:secret@x"}}, r"server\.url"),
        ({"output": {"score": "nothing"}}, "no output 'nothing'.*'score', 'places'"),
        ({"output": {"score": "places", "curve": {"middle": 1, "width": 1}}}, "say with .output. index"),
        ({"output": {}}, "names no output"),
        ({"input": {"name": "x"}}, "inputs 'input'"),
        ({"input": {"height": 100}}, "height is 100 in the card and 64"),
        ({"input": {"layout": "NHWC"}}, 'layout = "NCHW"'),
    ],
)
def test_a_card_that_does_not_fit_the_server_is_refused(
    server: V2Server, tmp_path: Path, other: dict[str, Any], words: str
) -> None:
    with pytest.raises(Unusable, match=words):
        put(tmp_path, server.url, **other)
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_not_ready_is_refused(server: V2Server, tmp_path: Path) -> None:
    server.fault = "unready"
    with pytest.raises(Unusable, match=r"not ready: HTTP 400 .still loading"):
        put(tmp_path, server.url)


def test_the_artefact_says_where_the_model_is(server: V2Server, tmp_path: Path) -> None:
    loaded = artefact.load(tmp_path, put(tmp_path, server.url))
    assert loaded.runtime == "remote"
    assert loaded.views["top"].server["server"]["url"] == server.url  # type: ignore[index]
    assert loaded.views["top"].graph == b""
