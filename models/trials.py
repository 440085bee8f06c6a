"""Which input size, pooling and weights suit a line: tried by grouped cross-validation on its own images."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.core.train import Progress, Sample, stop_if
from models.calibrate import scale_of, standard
from models.engine import Precision
from models.evaluate import auroc, recall_at
from models.features import Read, extract
from models.fit import cross_fit, worst
from models.labels import Labels, folds_of, thinned
from models.mix import standard_error
from models.plant import Fault, plain, planted
from models.scoring import Setup
from models.sizes import nominal_ms

MIN_DEFECTS = 10  # fewer labelled ones say less than planted ones
_GOOD, _SOURCES, _DEFECTS = 90, 30, 60  # images of each kind that take part
_BANK, _PATCHES = 300, 8000
_CLEAR = 2.0  # standard errors by which another setup must be better than the usual one
_WEIGHTS = ((0.5, 0.5), (1.0, 0.0), (0.0, 1.0))
_PLANTED, _SCRATCHES, _LABELLED = "AUROC, planted faults", "1-3 px scratches found", "AUROC, labelled defects"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a setup reached on images that its models had not seen, and how sure its main figure is."""

    setup: Setup
    figures: dict[str, float]
    error: float

    @property
    def main(self) -> float:
        """The figure that setups are compared by."""
        return self.figures.get(_LABELLED, self.figures[_PLANTED])


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The setup, why, and all trials as plain JSON."""

    setup: Setup
    reason: str
    trials: list[dict[str, Any]]


def try_setups(
    setups: Sequence[Setup], samples: Sequence[Sample], read: Read, *, seed: int, precision: Precision, threads: int,
    folder: Path, progress: Progress, cancelled: Callable[[], bool],
) -> Chosen:  # fmt: skip
    """Try each size and pooling among `setups` with all weights. The first one stays unless another is better by more
    than two standard errors: trials on few images must not chase noise."""
    stage = "trying input sizes"
    cast = _Cast(samples, read, seed)
    trials: list[Trial] = []
    for number, setup in enumerate(setups):
        stop_if(cancelled)
        place = folder / "trial"
        place.mkdir()
        extracted = extract(
            cast.samples, cast.read, size=setup.size, pooled=setup.pooled, backbone=setup.backbone, precision=precision,
            threads=threads, folder=place, progress=lambda *_: None, cancelled=cancelled,
        )  # fmt: skip
        trials += _trials(setup, extracted.features, cast, seed, cancelled)
        del extracted
        shutil.rmtree(place)
        progress(stage, number + 1, len(setups))
    first, best = trials[0], max(trials, key=lambda trial: trial.main)
    chosen = best if best.main > first.main + _CLEAR * first.error else first
    return Chosen(
        setup=chosen.setup, reason=_reason(chosen, first, best),
        trials=[_plain(trial, trial is chosen, precision) for trial in trials],
    )  # fmt: skip


class _Cast:
    """The images that take part: good ones, defective ones if there are enough, and some good ones three times more:
    as they are, with a scratch, and with another fault."""

    def __init__(self, samples: Sequence[Sample], read: Read, seed: int) -> None:
        good = thinned([s for s in samples if not s.defect], _GOOD)
        bad = thinned([s for s in samples if s.defect], _DEFECTS)
        self.real = [*good, *(bad if len(bad) >= MIN_DEFECTS else [])]
        self.source, self.fault = list(range(len(self.real))), ["defect" if s.defect else "" for s in self.real]
        self._read, self._planted = read, dict[str, tuple[str, str, list[int]]]()
        others = (Fault.SPOT, Fault.PATCH)
        self.samples = list(self.real)
        for number, row in enumerate(np.linspace(0, len(good) - 1, min(_SOURCES, len(good))).astype(int).tolist()):
            for fault in ("none", Fault.SCRATCH, others[number % 2]):
                name = f"{good[row].sha256} {fault}"
                self._planted[name] = (good[row].sha256, fault, [seed, row, len(fault)])
                self.samples.append(Sample(view=good[row].view, sha256=name, name=good[row].name))
                self.source.append(row)
                self.fault.append(fault)
        self.folds = folds_of(self.real)[self.source]

    def read(self, name: str) -> bytes:
        """The bytes of an image, a fault planted where its name says so: none of them is kept."""
        if name not in self._planted:
            return self._read(name)
        source, fault, seed = self._planted[name]
        data = self._read(source)
        return plain(data) if fault == "none" else planted(data, Fault(fault), np.random.default_rng(seed))

    def labels(self) -> Labels:
        """Everything but the good images as they came counts as defective, so that nothing is fitted to it."""
        count = len(self.samples)
        return Labels(
            defective=np.array(self.fault) != "", types=np.zeros((count, 0), np.float32), names=(),
            masks=np.zeros((count, 1, 1), np.float16), masked=np.zeros(count, bool), folds=self.folds,
            groups=np.array(self.source),
        )  # fmt: skip


def _trials(
    setup: Setup, features: NDArray[np.floating], cast: _Cast, seed: int, cancelled: Callable[[], bool]
) -> Iterator[Trial]:
    held_out = cross_fit(features, cast.labels(), setup, [seed], _BANK, lambda *_: None, cancelled, patches=_PATCHES)
    fault = np.array(cast.fault)
    good = fault == ""
    texture, position = (
        standard(cells, scale_of(worst(cells[good]))) for cells in (held_out.texture, held_out.position)
    )
    for weights in _WEIGHTS:
        raw = worst(weights[0] * texture + weights[1] * position)
        figures = {
            _PLANTED: _of(auroc, raw, fault == "none", np.isin(fault, list(Fault))),
            _SCRATCHES: _of(lambda bad, x: recall_at(bad, x, 0.05), raw, fault == "none", fault == Fault.SCRATCH),
        }
        counts = (int((fault == "none").sum()), int(np.isin(fault, list(Fault)).sum()))
        if (fault == "defect").any():
            figures[_LABELLED] = _of(auroc, raw, good, fault == "defect")
            counts = (int(good.sum()), int((fault == "defect").sum()))
        main = figures.get(_LABELLED, figures[_PLANTED])
        yield Trial(
            setup=replace(setup, weights=weights), figures=figures,
            error=standard_error(main, counts[1], counts[0]),
        )  # fmt: skip


def _of(
    figure: Callable[[NDArray[np.bool_], NDArray[np.float64]], float], raw: NDArray[np.float64],
    good: NDArray[np.bool_], bad: NDArray[np.bool_],
) -> float:  # fmt: skip
    return figure(bad[good | bad], raw[good | bad])


def _reason(chosen: Trial, first: Trial, best: Trial) -> str:
    by = _LABELLED if _LABELLED in first.figures else _PLANTED
    if chosen is first:
        return (
            f"{first.setup.words}: {by} {first.main:.3f}. The best tried was {best.main:.3f}, and a difference under "
            f"{_CLEAR * first.error:.3f} may be chance."
        )
    return f"{chosen.setup.words}: {by} {chosen.main:.3f}, clearly better than {first.main:.3f} ({first.setup.words})."


def _plain(trial: Trial, chosen: bool, precision: Precision) -> dict[str, Any]:
    return {
        "words": trial.setup.words, "figures": {name: round(value, 4) for name, value in trial.figures.items()},
        "ms": round(nominal_ms(trial.setup.size, precision, trial.setup.backbone.cost), 1), "chosen": chosen,
    }  # fmt: skip
