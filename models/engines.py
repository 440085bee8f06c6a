"""Opens what runs a model, whatever kind it is."""

from dataclasses import replace
from importlib import import_module

from models.artefact import Artefact, ViewModel
from models.engine import Compiled, Engine, Precision, Runtime
from models.onnx_engine import NotInstalled, OnnxSession
from models.remote import Remote


def open_engine(view: ViewModel, runtime: Runtime, precision: Precision, workers: int) -> Engine:
    """An engine for one view, warm, for so many workers; raises what says why there can be none."""
    if runtime is Runtime.REMOTE:
        return Remote(view.server or {})
    if runtime is Runtime.ONNXRUNTIME:
        return OnnxSession(view.graph, precision)
    if runtime is Runtime.TORCH:
        return _torch_engine(view, precision)
    return Compiled(view.graph, precision, workers, view.weights)


def _torch_engine(view: ViewModel, precision: Precision) -> Engine:
    """PyTorch is imported here and now: it takes seconds and much memory, and few servers need it."""
    try:
        made: Engine = import_module("models.torch_engine").TorchGraph(view.graph, precision)
        return made
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise NotInstalled(
            "This model runs in PyTorch, which is not installed: './setup --training', "
            "or pip install 'jidoka[training]', or choose the runtime \"openvino\"."
        ) from error


def moved(model: Artefact, runtime: Runtime | None) -> Artefact:
    """The model, to be computed by this runtime where it can be: one that was trained here, in f32. What was brought
    runs as its own card says, and bf16 in OpenVINO alone."""
    here = model.card.get("kind") != "foreign" and model.precision is Precision.F32
    return replace(model, runtime=runtime) if runtime is not None and here else model


def open_all(model: Artefact, workers: int) -> dict[str, Engine]:
    """An engine for each view; views with the same files share one."""
    opened: dict[object, Engine] = {}
    engines = {}
    try:
        for name, view in model.views.items():
            key = (view.graph, view.weights, repr(view.server))
            if key not in opened:
                opened[key] = open_engine(view, model.runtime, model.precision, workers)
            engines[name] = opened[key]
    except BaseException:
        for engine in opened.values():
            engine.close()
        raise
    return engines
