"""Artefacts on disk: what they hold, what is refused."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from models import artefact
from models.artefact import Corrupt, Ir, Missing
from models.engine import Runtime

VIEW = {"height": 64, "width": 96, "curve": {"middle": 1.0, "width": 0.5}, "novelty_limit": 8.0}


def card(**other: Any) -> dict[str, Any]:
    return {"precision": "f32", "views": {"top": VIEW}, **other}


def test_the_identity_is_the_hash_of_the_card_which_holds_every_hash(tmp_path: Path) -> None:
    name = artefact.save(tmp_path, card(), {"top": Ir(xml=b"<xml>", weights=b"1234")})
    told = (tmp_path / name / "card.json").read_bytes()
    assert sha256(told).hexdigest() == name
    facts = json.loads(told)["views"]["top"]
    assert facts["sha256"] == sha256(b"<xml>").hexdigest()
    assert facts["weights_sha256"] == sha256(b"1234").hexdigest()
    view = artefact.load(tmp_path, name).views["top"]
    assert (view.graph, view.weights) == (b"<xml>", b"1234")


def test_a_card_without_a_runtime_means_openvino(tmp_path: Path) -> None:
    name = artefact.save(tmp_path, card(), {"top": b"graph"})
    assert artefact.load(tmp_path, name).runtime is Runtime.OPENVINO


@pytest.mark.parametrize("fact", ["runtime", "precision"])
def test_runtime_and_precision_are_part_of_the_identity(tmp_path: Path, fact: str) -> None:
    other = {"runtime": "onnxruntime", "precision": "bf16"}[fact]
    first = artefact.save(tmp_path, card(), {"top": b"graph"})
    assert artefact.save(tmp_path, card(**{fact: other}), {"top": b"graph"}) != first


@pytest.mark.parametrize(("fact", "value"), [("runtime", "abacus"), ("precision", "f8")])
def test_what_this_version_does_not_know_is_refused(tmp_path: Path, fact: str, value: str) -> None:
    name = artefact.save(tmp_path, card(**{fact: value}), {"top": b"graph"})
    with pytest.raises(Corrupt, match=value):
        artefact.load(tmp_path, name)


def test_a_view_without_a_graph_is_for_models_on_servers_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no graph"):
        artefact.save(tmp_path, card(), {})
    facts = {"top": {**VIEW, "server": {"server": {"url": "http://x"}}}}
    name = artefact.save(tmp_path, card(runtime="remote", views=facts), {})
    view = artefact.load(tmp_path, name).views["top"]
    assert (view.graph, view.server) == (b"", {"server": {"url": "http://x"}})


def test_a_lost_file_of_weights_is_told(tmp_path: Path) -> None:
    name = artefact.save(tmp_path, card(), {"top": Ir(xml=b"<xml>", weights=b"1234")})
    (tmp_path / name / "top.bin").unlink()
    with pytest.raises(Corrupt, match=r"top\.bin"):
        artefact.load(tmp_path, name)
    with pytest.raises(Missing):
        artefact.load(tmp_path, "../" + name)
