"""How faint a defect on a simulated phone may be and still be told from good ones, by a model of good images alone.

python -m benchmarks.phones [--defects 20]

Fixed seeds. Units are new to the model, as are the seeds of their defects; each has one defect, drawn where and as the
simulated line draws them. 0.5 is guessing; below a severity of 0.15 people hardly see a defect either.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.table import bar, show
from camera.simulated.draw import jpeg
from camera.simulated.truth import TYPES, VIEWS, Defect, Unit, make_unit
from inspection.core.train import Sample
from models import artefact
from models.artefact import Artefact
from models.decode import Picture
from models.engines import open_engine
from models.evaluate import auroc
from models.mix import standard_error
from models.train import train
from models.view import Settings

SIZE, TRAINED, GOOD = (288, 512), 60, 100
BANDS = ((0.05, 0.1), (0.1, 0.15), (0.15, 0.25), (0.25, 0.4))
FAINT, TRIVIAL = 0.15, 0.9995


def main() -> None:
    """Print AUROC per view, type and band of severities."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--defects", type=int, default=20, help="images of each view, type and band")
    count = parser.parse_args().defects
    print(
        f"{TRAINED} good images trained on, {GOOD} good and {count} defective ones asked about in each cell; ", end=""
    )
    print(f"{SIZE[0]} x {SIZE[1]}, f32; load {os.getloadavg()[0]:.1f}\n", flush=True)
    rows, trivial = [], []
    with tempfile.TemporaryDirectory() as root:
        for view in VIEWS:
            good, bad = _scores(_train(view, Path(root)), view, count)
            rows += [(view, *row) for row in _rows(good, bad)]
            trivial += [_area(good, bad[t, b]) >= TRIVIAL for t in range(len(TYPES)) for b in _faint()]
    show(("view", "defect", *(f"{low:g} to {high:g}" for low, high in BANDS), "all"), rows)
    told = f"No cell is trivially 1.0 below {FAINT:g}: {bar(not any(trivial))} ({sum(trivial)} of {len(trivial)} are)."
    print(f"\n{told} Standard error of a cell at 0.7: {standard_error(0.7, count, GOOD):.2f}.")


def _train(view: str, root: Path) -> Artefact:
    data = {sha256(image).hexdigest(): image for image in (jpeg(make_unit(21, i, 0.0), view) for i in range(TRAINED))}
    samples = [Sample(view=view, sha256=digest, name=f"{i}", defect="") for i, digest in enumerate(data)]
    made = train(
        line="benchmark", views=[view], samples=samples, read=data.__getitem__, root=root, created=datetime.now(UTC),
        progress=lambda *_: None, cancelled=lambda: False, settings=Settings(size=SIZE),
    )  # fmt: skip
    return artefact.load(root, made.artefact)


def _scores(model: Artefact, view: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Raw scores of good images (GOOD,), and of defective ones (types, bands, count)."""
    own = model.views[view]
    engine = open_engine(own, model.runtime, model.precision, 1)

    def score(unit: Unit) -> float:
        return float(engine.run(Picture(jpeg(unit, view)).at(*own.size), 0)["raw"][0])

    good = np.array([score(make_unit(22, i, 0.0)) for i in range(GOOD)])
    bad = np.array([score(unit) for unit in _defective(view, count)]).reshape(len(TYPES), len(BANDS), count)
    engine.close()
    return good, bad


def _defective(view: str, count: int) -> Iterator[Unit]:
    dice = np.random.default_rng([23, VIEWS.index(view)])
    for kind in range(len(TYPES)):
        for low, high in BANDS:
            for i in range(count):
                defect = Defect(
                    view=view, type=TYPES[kind], severity=float(dice.uniform(low, high)),
                    x=float(dice.uniform(0.06, 0.94)), y=float(dice.uniform(0.1, 0.9)),
                    seed=int(dice.integers(0, 2**31)),
                )  # fmt: skip
                yield replace(make_unit(24 + kind, i, 0.0), defects=(defect,))


def _rows(good: np.ndarray, bad: np.ndarray) -> Iterator[tuple[str, ...]]:
    """A line per type, and one of all types."""
    for name, of in [*zip(TYPES, bad, strict=True), ("all", bad.swapaxes(0, 1))]:
        yield name, *(f"{_area(good, part):.3f}" for part in of), f"{_area(good, of):.3f}"


def _area(good: np.ndarray, bad: np.ndarray) -> float:
    defective = np.arange(len(good) + bad.size) >= len(good)
    return auroc(defective, np.concatenate([good, bad.ravel()]))


def _faint() -> list[int]:
    return [number for number, (_, high) in enumerate(BANDS) if high <= FAINT]


if __name__ == "__main__":
    main()
