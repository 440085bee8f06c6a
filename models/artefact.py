"""A model on disk: a folder with a card, the files of each view and their hashes; never a pickle."""

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
from models.engine import Precision, Runtime
from models.locate import Locator, read_card

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
    """What judges one view: a graph for inputs of `size` (rows, columns), and what its figures mean. The graph is ONNX,
    or OpenVINO's XML with `weights`; a model on another machine has none, and `server` says where it is. `types` are
    the types of defects it tells apart, in the order of the graph's output of that name; with a `locator` the graph is
    shown the part alone."""

    graph: bytes
    size: tuple[int, int]
    curve: Curve
    novelty_limit: float
    weights: bytes = b""
    server: Mapping[str, Any] | None = None
    types: tuple[str, ...] = ()
    locator: Locator | None = None


@dataclass(frozen=True, kw_only=True)
class Ir:
    """A graph in OpenVINO's own format."""

    xml: bytes
    weights: bytes


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A model read from disk and found whole. `identity` is the SHA-256 of its card, which holds all other hashes."""

    identity: str
    card: dict[str, Any]
    precision: Precision
    views: dict[str, ViewModel]
    runtime: Runtime = Runtime.OPENVINO


def save(root: Path, card: Mapping[str, Any], graphs: Mapping[str, bytes | Ir]) -> str:
    """Write an artefact under `root`, all or nothing; its identity. `graphs` are by view, and the card's views get the
    names and hashes of their files. Only a model on another machine has views without a graph."""
    files = {view: _files(view, graphs[view]) if view in graphs else {} for view in card["views"]}
    if not all(files.values()) and card.get("runtime") != Runtime.REMOTE:
        raise ValueError("A view of the model has no graph.")
    views = {view: {**facts, **_names(files[view])} for view, facts in card["views"].items()}
    whole = {**card, "format": FORMAT, "views": views}
    text = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
    identity = sha256(text).hexdigest()
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    try:
        for name, data in (pair for of_view in files.values() for pair in of_view.values()):
            _write(folder / name, data)
        _write(folder / CARD, text)
        _sync(folder)
        folder.chmod(0o755)
        _put_in_place(folder, root / identity)
        _sync(root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return identity


# What a file holds, in the words of the card's keys, with its name and content.
_Files = dict[str, tuple[str, bytes]]


def _files(view: str, graph: bytes | Ir) -> _Files:
    if isinstance(graph, Ir):
        return {"": (f"{view}.xml", graph.xml), "weights_": (f"{view}.bin", graph.weights)}
    return {"": (f"{view}.onnx", graph)}


def _names(files: _Files) -> dict[str, str]:
    names = {f"{kind}file": name for kind, (name, _) in files.items()}
    return names | {f"{kind}sha256": sha256(data).hexdigest() for kind, (_, data) in files.items()}


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
        precision, runtime = Precision(card["precision"]), Runtime(card.get("runtime", Runtime.OPENVINO))
        return Artefact(identity=identity, card=card, precision=precision, views=views, runtime=runtime)
    except Corrupt:
        raise
    except ValueError as error:
        raise Corrupt(
            f"The card of model {identity[:12]} asks for what this version does not know: {error}."
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Corrupt(f"The card of model {identity[:12]} lacks {error}. Train the model anew.") from error


def _view(folder: Path, identity: str, facts: Mapping[str, Any]) -> ViewModel:
    return ViewModel(
        graph=b"" if "server" in facts else _checked(folder, identity, facts, ""),
        weights=_checked(folder, identity, facts, "weights_") if "weights_file" in facts else b"",
        server=facts.get("server"),
        size=(int(facts["height"]), int(facts["width"])),
        curve=Curve(middle=float(facts["curve"]["middle"]), width=float(facts["curve"]["width"])),
        novelty_limit=float(facts["novelty_limit"]),
        types=tuple(str(kind) for kind in facts.get("types", ())),
        locator=Locator(read_card(facts["locate"])) if facts.get("locate") else None,
    )


def _checked(folder: Path, identity: str, facts: Mapping[str, Any], kind: str) -> bytes:
    """The content of a view's file, found to be what the card says."""
    data = _read(folder / Path(facts[f"{kind}file"]).name, identity)
    if sha256(data).hexdigest() != facts[f"{kind}sha256"]:
        raise Corrupt(
            f"{facts[f'{kind}file']} of model {identity[:12]} is damaged. Copy the model's folder again, or train anew."
        )
    return data


def _read(path: Path, identity: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Corrupt(
            f"{path.name} of model {identity[:12]} cannot be read ({error.strerror}). Copy the model's folder again."
        ) from error
