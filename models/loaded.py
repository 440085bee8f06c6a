"""Models in memory: ready to run, or failed and why."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from inspection.core.predict import Failure
from models.artefact import Artefact, Corrupt, Missing, ViewModel
from models.cut import cut
from models.engine import Engine, Runtime
from models.engines import open_all
from models.figures import Meter, resident_mb
from models.sharing import Trunks, key_of

_RETRY_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model ready to run: for each view, what judges it and its engine. `trunks` says which backbone a view's model
    has, where another may have it in common; `heads` are what runs it beside such a one, once they are made."""

    views: dict[str, tuple[ViewModel, Engine]]
    meter: Meter
    trunks: Mapping[str, str] = field(default_factory=dict)
    heads: dict[str, Engine] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)  # views whose heads were asked for

    def close(self) -> None:
        """Give back what the engines hold."""
        for _, engine in self.views.values():
            engine.close()


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A model that could not be loaded, why, and when it may be tried again."""

    failure: Failure
    detail: str
    again_at: float

    def close(self) -> None:
        """Nothing is held."""


def open_model(found: Artefact, threads: int) -> Loaded:
    """The engines of a model. Its files are not kept in memory beside them."""
    begun, before = time.perf_counter(), resident_mb()
    engines = open_all(found, threads)
    grown, size = resident_mb() - before, sum(len(v.graph) + len(v.weights) for v in found.views.values()) / 1e6
    views = {name: (replace(view, graph=b"", weights=b""), engines[name]) for name, view in found.views.items()}
    meter = Meter(load_s=time.perf_counter() - begun, megabytes=max(grown, size))
    return Loaded(views=views, meter=meter, trunks=_trunks(found))


def _trunks(found: Artefact) -> dict[str, str]:
    if found.runtime is not Runtime.OPENVINO:
        return {}
    parts = {name: cut(view.graph) for name, view in found.views.items() if not view.weights}
    return {name: key_of(part, found.precision) for name, part in parts.items() if part is not None}


def open_head(found: Artefact, view: str, trunks: Trunks) -> Engine:
    """What runs a view's model on features that others use as well."""
    parts = cut(found.views[view].graph)
    assert parts is not None, "only a model whose trunk is known is asked for its head"
    return trunks.head(parts, found.precision)


def sharing(states: Mapping[str, Loaded | Failed], view: str) -> list[str]:
    """The models that have their backbone in common with another of these: alone, a model is faster in one piece."""
    keys = {name: state.trunks.get(view) for name, state in states.items() if isinstance(state, Loaded)}
    counts = Counter(keys.values())
    return [name for name, key in keys.items() if key is not None and counts[key] > 1]


def failed(error: Exception) -> Failed:
    """Why a model cannot be used, to be tried again after a while."""
    kind = {Missing: Failure.MISSING, Corrupt: Failure.CORRUPT}.get(type(error), Failure.ERROR)
    return Failed(failure=kind, detail=str(error), again_at=time.monotonic() + _RETRY_S)
