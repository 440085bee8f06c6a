"""Runs models for the server: a few threads, a bounded queue, and an answer by the deadline whatever happens."""

import heapq
import itertools
import logging
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspection.core.measure import measure
from inspection.core.predict import Examination, Failure, ModelFigures, NoPrediction, Prediction, Question
from inspection.core.train import UNNAMED
from models import artefact
from models.artefact import ViewModel
from models.decode import MAX_PIXELS, Picture, Unreadable
from models.engine import Engine, NoAnswer, Runtime
from models.engines import moved
from models.explain import findings, heatmap_png
from models.job import Job
from models.loaded import Failed, Loaded, failed, open_head, open_model, sharing
from models.look import look
from models.sharing import Trunks

log = logging.getLogger("jidoka")
KEEP_LOADED = 8
QUEUE = 64


class OpenVinoPredictor:
    """A Predictor over the artefacts in a folder. What it is told to keep stays loaded, and the last few besides.
    `runtime` computes the models that were trained here; None leaves it to their cards."""

    def __init__(
        self,
        root: Path,
        *,
        threads: int = 2,
        queue: int = QUEUE,
        keep: int = KEEP_LOADED,
        max_pixels: int = MAX_PIXELS,
        runtime: Runtime | None = None,
    ) -> None:
        self._root, self._threads, self._most, self._keep, self._max_pixels = root, threads, queue, keep, max_pixels
        self._models: OrderedDict[str, Loaded | Failed | Future[None]] = OrderedDict()
        self._kept: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._trunks, self._runtime = Trunks(threads), runtime
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="jidoka-load")
        self._jobs: deque[Job] = deque()
        self._due: list[tuple[float, int, Job]] = []
        self._ticket = itertools.count()
        self._work, self._clock = threading.Condition(), threading.Condition()
        self._stopping = False
        self._workers = [threading.Thread(target=self._run, args=(i,), daemon=True) for i in range(threads)]
        self._workers.append(threading.Thread(target=self._watch_deadlines, daemon=True))
        for worker in self._workers:
            worker.start()

    def load(self, model: str) -> "Future[None]":
        """Begin to load a model; a model that is loaded, or on its way, is not loaded again."""
        with self._lock:
            known = self._models.get(model)
            if isinstance(known, Future):
                return known
            future: Future[None] = Future()
            if isinstance(known, Loaded):
                future.set_result(None)
                return future
            self._models[model] = future
            self._loader.submit(self._load, model, future)
            return future

    def predict(self, image: bytes, question: Question) -> "Future[Examination]":
        """Queue one image; see Predictor. Over a full queue the answer is `model_overloaded`, at once."""
        job = Job(image=image, question=question)
        with self._work:
            if self._stopping or len(self._jobs) >= self._most:
                job.fail(Failure.OVERLOADED, f"{self._most} images wait for the models already.")
                return job.future
            self._jobs.append(job)
            self._work.notify()
        with self._clock:
            heapq.heappush(self._due, (time.monotonic() + question.deadline_s, next(self._ticket), job))
            self._clock.notify()
        return job.future

    def unload(self, model: str) -> None:
        """Forget a model; one that is being loaded is forgotten when it is."""
        with self._lock:
            known = self._models.pop(model, None)
        if isinstance(known, Loaded):
            known.close()

    def keep(self, models: Sequence[str]) -> None:
        """Load these models, and keep them loaded. One that failed is tried again after a while."""
        with self._lock:
            self._kept = frozenset(models)
        for model in models:
            self._state(model)

    def ready(self, model: str) -> bool:
        """Whether the model would answer at once."""
        with self._lock:
            return isinstance(self._models.get(model), Loaded)

    def figures(self, model: str) -> ModelFigures | None:
        """What a loaded model costs; None for one that is not loaded."""
        with self._lock:
            known = self._models.get(model)
        return known.meter.figures() if isinstance(known, Loaded) else None

    def close(self) -> None:
        """Stop the threads; whoever still waits is told that there is no opinion."""
        with self._work, self._clock:
            self._stopping = True
            left, self._jobs = self._jobs, deque()
            self._work.notify_all()
            self._clock.notify_all()
        for job in left:
            job.fail(Failure.OVERLOADED, "The server is stopping.")
        for worker in self._workers:
            worker.join(timeout=5)
        self._loader.shutdown(cancel_futures=True)
        for model in list(self._models):
            self.unload(model)

    def _load(self, model: str, future: "Future[None]") -> None:
        state: Loaded | Failed
        error: Exception | None = None
        try:
            state = open_model(moved(artefact.load(self._root, model), self._runtime), self._threads)
        except Exception as problem:  # whatever is wrong with a model, its images go to a person
            error, state = problem, failed(problem)
        with self._lock:
            wanted = self._models.get(model) is future
            if wanted:
                self._models[model] = state
            gone = self._forget_oldest() if wanted else [state]
        for old in gone:
            old.close()
        future.set_exception(error) if error else future.set_result(None)

    def _forget_oldest(self) -> list["Loaded | Failed"]:
        loaded = {name: state for name, state in self._models.items() if isinstance(state, Loaded)}
        free = [name for name in loaded if name not in self._kept]
        oldest = free[: max(0, len(free) - self._keep)]
        for name in oldest:
            del self._models[name]
        return [loaded[name] for name in oldest]

    def _state(self, model: str) -> Loaded | Failed:
        """How a model stands; asking for one that is not there begins to load it."""
        with self._lock:
            state = self._models.get(model)
            if isinstance(state, Loaded):
                self._models.move_to_end(model)
                return state
            if isinstance(state, Failed) and time.monotonic() < state.again_at:
                return state
            if isinstance(state, Failed):
                del self._models[model]
        self.load(model)
        return Failed(failure=Failure.LOADING, detail="The model is being loaded.", again_at=0.0)

    def _run(self, worker: int) -> None:
        while True:
            with self._work:
                while not self._jobs and not self._stopping:
                    self._work.wait()
                if self._stopping:
                    return
                job = self._jobs.popleft()
            if job.future.done():
                continue
            try:
                job.answer(self._examine(job, worker))
            except Unreadable as error:
                job.fail(Failure.UNREADABLE, str(error))
            except Exception as error:
                job.fail(Failure.ERROR, f"{type(error).__name__}: {error}")

    def _examine(self, job: Job, worker: int) -> Examination:
        """One decode for the figures and for every model asked, and one pass through a backbone they share."""
        picture = Picture(job.image, self._max_pixels)
        states = {model: self._state(model) for model in job.question.models}
        heads = self._heads(states, job.question.view)
        job.quality = measure(picture.grey, job.question.reference, picture.small)
        for model in job.question.models:
            job.said[model] = self._opinion(model, states[model], heads.get(model), picture, job.question, worker)
        return Examination(quality=job.quality, opinions=tuple(job.said[model] for model in job.question.models))

    def _heads(self, states: Mapping[str, Loaded | Failed], view: str) -> Mapping[str, Engine]:
        """What runs the models that share a backbone. Heads are made when they are first wanted, and until they are,
        each model runs in one piece."""
        shared = sharing(states, view)
        loaded = {model: state for model in shared if isinstance(state := states[model], Loaded)}
        for model, state in loaded.items():
            with self._lock:
                new = view not in state.wanted
                state.wanted.add(view)
            if new:
                self._loader.submit(self._divide, model, state, view)
        ready = {model: head for model, state in loaded.items() if (head := state.heads.get(view)) is not None}
        return ready if len(ready) == len(shared) else {}

    def _divide(self, model: str, state: Loaded, view: str) -> None:
        """Make a loaded model's head; where that cannot be, it goes on in one piece."""
        try:
            state.heads[view] = open_head(artefact.load(self._root, model), view, self._trunks)
        except Exception:
            log.exception("backbone_not_shared model=%s view=%s", model, view)

    def _opinion(
        self,
        model: str,
        state: Loaded | Failed,
        head: Engine | None,
        picture: Picture,
        question: Question,
        worker: int,
    ) -> Prediction | NoPrediction:
        if isinstance(state, Failed):
            return NoPrediction(model=model, failure=state.failure, detail=state.detail)
        if question.view not in state.views:
            words = f"The model was not trained for view {question.view!r}: train it anew."
            return NoPrediction(model=model, failure=Failure.MISSING, detail=words)
        try:
            view, whole = state.views[question.view]
            prediction = _judge(model, view, head or whole, picture, question, worker)
        except Unreadable:
            raise
        except NoAnswer as error:
            return NoPrediction(model=model, failure=error.failure, detail=str(error))
        except Exception as error:
            return NoPrediction(model=model, failure=Failure.ERROR, detail=f"{type(error).__name__}: {error}")
        state.meter.add(prediction.milliseconds)
        return prediction

    def _watch_deadlines(self) -> None:
        while (job := self._next_due()) is not None:
            job.fail(Failure.DEADLINE, f"No answer within {job.question.deadline_s:g} seconds.")

    def _next_due(self) -> Job | None:
        """Wait for the next deadline that passes; None when stopping. Whoever is told must not hold up new images, so
        nobody is told from in here."""
        with self._clock:
            while not self._stopping:
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._due)[2]
                self._clock.wait(left)
        return None


def _judge(
    model: str, view: ViewModel, engine: Engine, picture: Picture, question: Question, worker: int
) -> Prediction:
    begun = time.perf_counter()
    seen = look(picture, view.size, view.locator)
    outputs = engine.run(seen.pixels, worker)
    cells, novelty = outputs["map"], float(outputs["novelty"][0])
    score = view.curve.score(float(outputs["raw"][0]))
    if not math.isfinite(score):
        raise NoAnswer(Failure.ERROR, "The model's score for this image is no number.")
    return Prediction(
        model=model,
        score=score,
        novelty=novelty,
        novel=not novelty <= view.novelty_limit,
        findings=findings(cells, view.curve, seen, _type(view, outputs)),
        heatmap_png=heatmap_png(cells, view.curve, seen) if question.heatmap else None,
        feature=tuple(float(one) for one in outputs.get("feature", ())),
        part=seen.part,
        found=None if seen.located is None else seen.located.confidence,
        milliseconds=(time.perf_counter() - begun) * 1e3,
    )


def _type(view: ViewModel, outputs: Mapping[str, NDArray[np.float32]]) -> str | None:
    """The type of defect that the image shows most likely, where the model knows of named ones."""
    if "types" not in outputs or len(view.types) != len(outputs["types"]):
        return None
    kind = view.types[int(outputs["types"].argmax())]
    return None if kind == UNNAMED else kind
