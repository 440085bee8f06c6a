"""A trained model on disk: a folder with a card, one graph per view and their hashes; never a pickle."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from models.calibrate import Curve
from models.engine import Precision

FORMAT = 1
CARD = "card.json"
_IDENTITY = re.compile(r"[0-9a-f]{64}")
_MAX_CARD_BYTES = 16 * 1024 * 1024


class Missing(LookupError):
    """There is no such model on this machine."""


class Corrupt(ValueError):
    """The model's files are not what was trained; it must not be used."""


@dataclass(frozen=True, kw_only=True)
class ViewModel:
    """What judges one view: a graph for inputs of `size` (rows, columns), and what its figures mean."""

    graph: bytes
    size: tuple[int, int]
    curve: Curve
    novelty_limit: float


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A model read from disk and found whole. `identity` is the SHA-256 of its card, which holds all other hashes."""

    identity: str
    card: dict[str, Any]
    precision: Precision
    views: dict[str, ViewModel]


def save(root: Path, card: Mapping[str, Any], graphs: Mapping[str, bytes]) -> str:
    """Write an artefact under `root`, all or nothing; its identity. `graphs` are by view, and the card's views get the
    name and hash of their file."""
    views = {
        view: {**facts, "file": f"{view}.onnx", "sha256": sha256(graphs[view]).hexdigest()}
        for view, facts in card["views"].items()
    }
    whole = {**card, "format": FORMAT, "views": views}
    text = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
    identity = sha256(text).hexdigest()
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    try:
        for view, graph in graphs.items():
            _write(folder / f"{view}.onnx", graph)
        _write(folder / CARD, text)
        _sync(folder)
        folder.chmod(0o755)
        _put_in_place(folder, root / identity)
        _sync(root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return identity


def _put_in_place(folder: Path, target: Path) -> None:
    """Rename into place; what lay there under the same identity is replaced, for it may be damaged."""
    if target.exists():
        target.rename(folder / "before")
        (folder / "before").rename(folder.with_name(folder.name + "-before"))
        shutil.rmtree(folder.with_name(folder.name + "-before"))
    folder.rename(target)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load(root: Path, identity: str) -> Artefact:
    """Read an artefact and check every hash; raises Missing or Corrupt."""
    folder = root / identity
    if not _IDENTITY.fullmatch(identity) or not folder.is_dir():
        raise Missing(f"There is no model {identity[:12]} on this machine. Train it here, or copy its folder.")
    text = _read(folder / CARD, identity)
    if sha256(text).hexdigest() != identity or len(text) > _MAX_CARD_BYTES:
        raise Corrupt(f"The card of model {identity[:12]} was changed. Copy the model's folder again, or train anew.")
    card = json.loads(text)
    if card.get("format") != FORMAT:
        raise Corrupt(
            f"Model {identity[:12]} has format {card.get('format')!r}, and this version reads {FORMAT}: train it anew."
        )
    try:
        views = {view: _view(folder, identity, facts) for view, facts in card["views"].items()}
        return Artefact(identity=identity, card=card, precision=Precision(card["precision"]), views=views)
    except (KeyError, TypeError, AttributeError) as error:
        raise Corrupt(f"The card of model {identity[:12]} lacks {error}. Train the model anew.") from error


def _view(folder: Path, identity: str, facts: Mapping[str, Any]) -> ViewModel:
    graph = _read(folder / Path(facts["file"]).name, identity)
    if sha256(graph).hexdigest() != facts["sha256"]:
        raise Corrupt(
            f"{facts['file']} of model {identity[:12]} is damaged. Copy the model's folder again, or train anew."
        )
    return ViewModel(
        graph=graph,
        size=(int(facts["height"]), int(facts["width"])),
        curve=Curve(middle=float(facts["curve"]["middle"]), width=float(facts["curve"]["width"])),
        novelty_limit=float(facts["novelty_limit"]),
    )


def _read(path: Path, identity: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Corrupt(
            f"{path.name} of model {identity[:12]} cannot be read ({error.strerror}). Copy the model's folder again."
        ) from error
