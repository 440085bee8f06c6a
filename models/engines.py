"""Opens what runs a model, whatever kind it is."""

from models.artefact import Artefact, ViewModel
from models.engine import Compiled, Engine, Precision, Runtime
from models.onnx_engine import OnnxSession
from models.remote import Remote


def open_engine(view: ViewModel, runtime: Runtime, precision: Precision, workers: int) -> Engine:
    """An engine for one view, warm, for so many workers; raises what says why there can be none."""
    if runtime is Runtime.REMOTE:
        return Remote(view.server or {})
    if runtime is Runtime.ONNXRUNTIME:
        return OnnxSession(view.graph, precision)
    return Compiled(view.graph, precision, workers, view.weights)


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
