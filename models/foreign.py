"""Brings a model that was made elsewhere: ONNX, OpenVINO, or on a server. It is tried before it is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from inspection.core.capture import VIEW
from inspection.core.train import Trained
from models import anomalib, artefact, compose_ir, compose_onnx
from models.artefact import Ir, ViewModel
from models.contract import Card, Input, Output, Preset, Unusable, facts_of
from models.engine import Engine, NoAnswer, Runtime, check_precision
from models.engines import open_engine
from models.onnx_engine import NotInstalled, run_once
from models.parity import Pinned, check_engine
from models.remote import tensor_of
from models.v2 import Line

_NOVELTY_LIMIT = 1.0  # their novelty is 0: such a model never says that an image is new to it
_SUFFIXES = (".onnx", ".xml")


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A model in our form, with what its card came to be."""

    card: Card
    graph: bytes | Ir = b""
    source: str | None = None


def bring(
    root: Path, file: Path | None, card: Card, *, line: str, views: Sequence[str], created: datetime,
    beside: Path | None = None,
) -> Trained:  # fmt: skip
    """Make an artefact under `root` of the model in `file` (.onnx, or .xml with its .bin), or on the card's server.

    It judges the card's views, or all `views` of the line. The card's pinned images lie in the folder `beside`. Raises
    Unusable with words on what to change; Unfaithful when it does not give the scores it is pinned to.
    """
    chosen = card.views or tuple(views)
    unknown = [view for view in chosen if view not in views or not VIEW.fullmatch(view)]
    if unknown or not chosen:
        raise Unusable(f"Line {line!r} has no view {', '.join(unknown) or 'at all'}. Its views: {', '.join(views)}.")
    made = _made(file, card)
    view = _view(made)
    try:
        engine = open_engine(view, made.card.runtime, made.card.precision, 1)
    except NoAnswer as error:
        raise Unusable(str(error)) from error
    try:
        _try_out(engine, view.size, made.card.output)
        pinned = _pinned(made.card, beside or Path())
        check_engine(engine, view, pinned, made.card.tolerance)
    finally:
        engine.close()
    whole = _whole(made, view, line, chosen, created, pinned)
    graphs = {} if made.card.runtime is Runtime.REMOTE else dict.fromkeys(chosen, made.graph)
    identity = artefact.save(root, whole, graphs)
    return Trained(artefact=identity, card=artefact.load(root, identity).card)


def _made(file: Path | None, card: Card) -> _Made:
    if (card.server is not None) != (card.runtime is Runtime.REMOTE):
        raise Unusable('A card with [server] needs runtime = "remote", and that needs [server] with url and model.')
    if card.runtime is Runtime.REMOTE:
        return _from_server(card)
    if file is None or not file.is_file():
        raise Unusable(f"There is no file {file}. Name the model's .onnx file, or its .xml.")
    if file.suffix.lower() not in _SUFFIXES:
        raise Unusable(f"{file.name} is neither .onnx nor .xml (OpenVINO): export the model to one of them.")
    check_precision(card.precision)
    return _from_onnx(file, card) if file.suffix.lower() == ".onnx" else _from_ir(file, card)


def _from_onnx(file: Path, card: Card) -> _Made:
    model = compose_onnx.read_onnx(file)
    card = _preset(card, tuple(one.name for one in model.graph.output), file)
    found = compose_onnx.find(model, card.input)
    given = replace(card.input, name=found.input).fixed(found.shape)
    whole = compose_onnx.fixed(found, given)
    _check_names(card.output, found.outputs)
    data = whole.SerializeToString()
    seen = _tried(lambda: _seen(data, given, card))
    _check_numbers(seen, card.output)
    graph = compose_onnx.compose_onnx(whole, given, card.output, seen)
    return _Made(card=replace(card, input=given), graph=graph, source=_digest(file))


def _from_ir(file: Path, card: Card) -> _Made:
    if card.runtime is not Runtime.OPENVINO:
        raise Unusable(f'{file.name} runs in OpenVINO only: say runtime = "openvino", or bring the .onnx file.')
    model = compose_ir.read_ir(file)
    outputs = tuple(name for one in model.outputs for name in one.get_names())
    card = _preset(card, outputs, file)
    name, shape = compose_ir.find(model, card.input)
    given = replace(card.input, name=name).fixed(shape)
    _check_names(card.output, outputs)
    _tried(lambda: compose_ir.fix(model, name, given))
    seen = _tried(lambda: _outputs(ov.Core().compile_model(model, "CPU"), _blank(given), card.output.wanted))
    _check_numbers(seen, card.output)
    graph = compose_ir.compose_ir(model, name, given, card.output, seen)
    return _Made(card=replace(card, input=given), graph=graph, source=_digest(file))


def _from_server(card: Card) -> _Made:
    assert card.server is not None
    line = Line(card.server)
    try:
        offer = line.meet()
    except NoAnswer as error:
        raise Unusable(str(error)) from error
    finally:
        line.close()
    names = tuple(tensor.name for tensor in offer.outputs)
    card = _preset(card, names, None)
    tensor = tensor_of(offer, card.input)
    given = replace(card.input, name=tensor.name).fixed(tensor.shape)
    _check_names(card.output, names)
    return _Made(card=replace(card, input=given))


def _preset(card: Card, outputs: tuple[str, ...], file: Path | None) -> Card:
    return anomalib.complete(card, outputs, file) if card.preset is Preset.ANOMALIB else card


def _check_names(output: Output, names: tuple[str, ...]) -> None:
    told = ", ".join(repr(name) for name in names)
    if not output.wanted:
        raise Unusable(f"The card names no output: say [output] score or map. The model has: {told}.")
    for name in output.wanted:
        if name not in names:
            raise Unusable(f"The model has no output {name!r}. It has: {told}. Correct [output] in the card.")


def _check_numbers(seen: Mapping[str, NDArray[Any]], output: Output) -> None:
    """A maximum, ours or the model's own, may hide what is no number: so its outputs themselves are looked at."""
    for name in output.wanted:
        if not np.isfinite(seen[name]).all():
            raise Unusable(
                f"On a blank image the model's output {name!r} holds what is no number. Look at scale, mean and std in "
                "the card, and export the model again."
            )


def _blank(given: Input) -> NDArray[np.float32]:
    rows, columns = given.height or 0, given.width or 0
    return given.prepare(np.full((rows, columns, 3), 128, np.uint8))


def _tried(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except (Unusable, NotInstalled):
        raise
    except Exception as error:  # each runtime has its own ways to refuse a graph
        words = str(error).strip().splitlines()[-1][:200] if str(error).strip() else type(error).__name__
        raise Unusable(f"The model does not run on an image of the card's size: {words}") from error


def _seen(data: bytes, given: Input, card: Card) -> dict[str, NDArray[Any]]:
    if card.runtime is Runtime.ONNXRUNTIME:
        return run_once(data, _blank(given))
    core = ov.Core()
    return _outputs(core.compile_model(core.read_model(data, b""), "CPU"), _blank(given), card.output.wanted)


def _outputs(compiled: Any, x: NDArray[np.float32], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    found = compiled([x.astype(compiled.input(0).get_element_type().to_dtype())])
    return {name: np.asarray(found[name]) for name in names}


def _view(made: _Made) -> ViewModel:
    card, graph = made.card, made.graph
    xml, weights = (graph.xml, graph.weights) if isinstance(graph, Ir) else (graph, b"")
    size = (card.input.height or 0, card.input.width or 0)
    return ViewModel(
        graph=xml, weights=weights, server=_server(card), size=size, curve=card.output.served,
        novelty_limit=_NOVELTY_LIMIT,
    )  # fmt: skip


def _server(card: Card) -> dict[str, Any] | None:
    if card.server is None:
        return None
    return {"server": facts_of(card.server), "input": facts_of(card.input), "output": facts_of(card.output)}


def _try_out(engine: Engine, size: tuple[int, int], output: Output) -> None:
    """Run it on an image that shows nothing and on one of noise: every figure must be a number."""
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    for words, image in (("a blank image", np.full((*size, 3), 128, np.uint8)), ("an image of noise", noise)):
        try:
            found = engine.run(image, 0)
        except NoAnswer as error:
            raise Unusable(str(error)) from error
        for name in ("raw", "map"):
            if not np.isfinite(found[name]).all():
                what = "score" if name == "raw" else "map"
                raise Unusable(
                    f"On {words} the model's {what} is no number"
                    + (" from 0 to 1: give [output] curve with middle and width." if output.curve is None else ".")
                )


def _pinned(card: Card, folder: Path) -> list[Pinned]:
    pinned = []
    for pin in card.parity:
        try:
            image = (folder / pin.image).read_bytes()
        except OSError as error:
            raise Unusable(f"The pinned image {pin.image} cannot be read: {error.strerror}.") from error
        raw = card.output.standard(np.asarray([pin.score], np.float32))
        pinned.append(Pinned(image=image, raw=float(raw[0])))
    return pinned


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def _whole(
    made: _Made, view: ViewModel, line: str, views: Sequence[str], created: datetime, pinned: Sequence[Pinned]
) -> Mapping[str, Any]:
    """The artefact's card."""
    card = made.card
    facts: dict[str, Any] = {
        "height": view.size[0], "width": view.size[1],
        "curve": {"middle": view.curve.middle, "width": view.curve.width}, "novelty_limit": view.novelty_limit,
        "parity": [{"sha256": one.sha256, "raw": one.raw} for one in pinned], "tolerance": card.tolerance,
    }  # fmt: skip
    if view.server is not None:
        facts["server"] = view.server
    return {
        "kind": "foreign", "name": card.name, "line": line, "created": created.isoformat(timespec="seconds"),
        "runtime": card.runtime.value, "precision": card.precision.value, "source": made.source,
        "input": facts_of(card.input), "output": facts_of(card.output), "images": 0,
        "pass_below": card.pass_below, "reject_above": card.reject_above, "views": dict.fromkeys(views, facts),
        "warnings": [
            "This model was made elsewhere: it does not say which images are new to it, and it looks at the whole "
            "image, also on a line whose own models find the part first."
        ],
    }  # fmt: skip
