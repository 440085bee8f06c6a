"""Trains as a process of its own, at low priority: a server goes on serving meanwhile, and can end it at any moment.

`python -m inspection.main.training TASK.json` says in lines of JSON how far it is, and at last the model or a refusal.
"""

import json
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from inspection.core.line import Recipe
from inspection.core.train import Progress, Sample, Trained, Untrainable
from inspection.flow.train import Trainer
from inspection.settings import Settings

_NEEDED = {"data_dir", "predict_threads", "max_megapixels", "backbone", "backbone_weights"}


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the process is asked for: the line's recipe and samples, and those settings that a training reads."""

    line: str
    recipe: Recipe
    samples: list[Sample]
    settings: dict[str, Any]


_TASKS = TypeAdapter(Task)


def trainer_apart(settings: Settings, stopping: Callable[[], bool]) -> Trainer:
    """A trainer that has another process do the work. Once the server is `stopping`, it ends that process and the
    thread (SystemExit); the training stays as it is, and is taken up again."""
    from models.apart import run_apart

    def trainer(
        *, line: str, recipe: Recipe, samples: list[Sample], read: Callable[[str], bytes], progress: Progress,  # noqa: ARG001
        cancelled: Callable[[], bool],
    ) -> Trained:  # fmt: skip
        found: list[Trained] = []

        def told(words: str) -> None:
            match json.loads(words):
                case {"stage": stage, "done": done, "total": total}:
                    progress(stage, done, total)
                case {"refused": reason}:
                    raise Untrainable(reason)
                case {"artefact": artefact, "card": card}:
                    found.append(Trained(artefact=artefact, card=card))

        def ended() -> bool:
            if stopping():
                raise SystemExit
            return cancelled()

        with tempfile.TemporaryDirectory(prefix="jidoka-training-") as folder:
            file = Path(folder) / "task.json"
            task = Task(line=line, recipe=recipe, samples=samples, settings=_plain(settings))
            file.write_bytes(_TASKS.dump_json(task))
            run_apart("inspection.main.training", file, told=told, cancelled=ended)
        return found[0]

    return trainer


def _plain(settings: Settings) -> dict[str, Any]:
    """The settings that a training reads, for a process that may work in another folder."""
    plain = settings.model_dump(mode="json", include=_NEEDED)
    for name in ("data_dir", "backbone_weights"):
        plain[name] = plain[name] and str(Path(plain[name]).resolve())
    return plain


def main(file: Path) -> None:
    """Do a task, or tidy up and end when told to. Once the server is gone, it ends at what it next has to tell."""
    from inspection.main.server import make_trainer, open_images
    from models.apart import give_way

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    give_way()
    task = _TASKS.validate_json(file.read_bytes())
    settings = Settings(**task.settings)
    try:
        made = make_trainer(settings)(
            line=task.line, recipe=task.recipe, samples=task.samples, read=open_images(settings).get,
            progress=lambda stage, done, total: _say(stage=stage, done=done, total=total), cancelled=lambda: False,
        )  # fmt: skip
        _say(artefact=made.artefact, card=made.card)
    except Untrainable as error:
        _say(refused=str(error))


def _say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
