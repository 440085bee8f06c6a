"""An image comes in: stored first, then routed, predicted and decided."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from inspection.core.capture import Capture, InvalidCapture
from inspection.core.decide import Disposition, Judged, refer
from inspection.core.ingest import Fingerprint, Receipt, StoredImage, check_same, clock_skew
from inspection.core.journal import Change, facts
from inspection.core.level import FREEDOM
from inspection.core.metrics import Stage
from inspection.core.policy import Policy
from inspection.core.predict import Examination, Failure, NoPrediction, Predictor, Question
from inspection.core.route import draw_audit, in_canary
from inspection.flow import decide
from inspection.flow.sampling import Sampling
from inspection.flow.settings import camera_set
from inspection.flow.stages import Stages
from inspection.store import captures, journal, lines, units
from inspection.store.captures import KnownImage
from inspection.store.database import Database, Tx
from inspection.store.images import ImageStore
from inspection.store.lines import Camera, LineInForce
from inspection.store.units import Unit

MAX_WAITING_EXAMINATIONS = 256
_GRACE_S = 0.5
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What the transaction that took an image in leaves to do: nothing, or a question to the models."""

    receipt: Receipt
    question: Question | None
    decides: bool


def record(tx: Tx, *, camera: Camera, capture: Capture, stored: StoredImage, now: datetime) -> Recorded:
    """1 the same capture is the same image, 2 find or open the unit, 3 keep the image, 4 send it to a person at once
    where no model may settle it."""
    line = lines.in_force(tx, camera.line)
    known = captures.known_image(tx, line.id, capture.capture_id)
    if known is not None:
        return _repeated(tx, known, capture, stored)
    if capture.view not in line.line.recipe.views:
        views = ", ".join(line.line.recipe.views)
        raise InvalidCapture(f"Line {camera.line} has no view {capture.view!r}. Its views are: {views}.")
    unit, opened = _unit_of(tx, line, capture, now)
    question = _question(line, unit, capture)
    line = line.deciding(unit.rollout_id)
    terms = line.policy.terms
    decides = FREEDOM[terms.level].ai_decides
    decision = None if decides else refer(terms.level)
    skew_s = clock_skew(capture.captured_at, now)
    decided = None if decision is None else (line.policy_id, decision)
    image_id = captures.add_image(tx, unit, camera.id, capture, stored, decided, skew_s, now)
    changes = (*opened, _image_stored(line, unit, image_id, camera, capture, stored, skew_s))
    changes += camera_set(tx, camera, capture, now)
    stands = Disposition(verdict=None, by="ai", reason="view_undecided")
    if decision is not None:
        only = Judged(view=capture.view, outcome=decision.outcome) if opened else None
        changes += (decide.image_decided(line, unit, image_id, decision),)
        stands = decide.settle_unit(tx, line, unit, now, *changes, only=only)
    elif unit.verdict is None:
        journal.append(tx, now, *changes)
    else:  # a late view of a unit that a person has settled: it is open again until the view is judged
        decide.settle_unit(tx, line, unit, now, *changes)
    receipt = _receipt(unit, image_id, capture, stands)
    return Recorded(receipt=receipt, question=question, decides=decides)


def _question(line: LineInForce, unit: Unit, capture: Capture) -> Question:
    """Ask the model of the policy that decides the unit, and during a rollout the other policy's as well: stable and
    candidate are compared on the same units, and the load does not change when the weight does."""
    terms = line.deciding(unit.rollout_id).policy.terms
    models = [t.model for t in (terms, *(p.terms for p in _policies(line))) if t.model and FREEDOM[t.level].runs_model]
    return Question(
        view=capture.view,
        models=tuple(dict.fromkeys(models)),
        reference=line.line.recipe.reference,
        deadline_s=terms.deadline_ms / 1000,
    )


def _repeated(tx: Tx, known: KnownImage, capture: Capture, stored: StoredImage) -> Recorded:
    same = Fingerprint(sha256=stored.sha256, serial=capture.serial, view=capture.view)
    check_same(capture.capture_id, known.fingerprint, same)
    unit = units.get(tx, known.unit_id)
    stands = Disposition(verdict=unit.verdict, by=unit.by, reason=unit.reason)
    receipt = _receipt(unit, known.id, capture, stands, repeated=True)
    return Recorded(receipt=receipt, question=None, decides=False)


def _unit_of(tx: Tx, line: LineInForce, capture: Capture, now: datetime) -> tuple[Unit, tuple[Change, ...]]:
    """The unit's present visit, or a new one: a settled unit that shows a view again has come back to the line."""
    unit = units.latest(tx, line.id, capture.serial)
    if unit is not None:
        again = unit.verdict is not None and any(i.view == capture.view for i in captures.judged(tx, unit.id))
        if not again:
            return unit, ()
    # One share for both policies of a rollout, the larger: whether a unit is audited must not tell which decides it.
    share = max(policy.terms.audit_share for policy in _policies(line))
    draw = draw_audit(line.audit_salt, capture.serial, share)
    visit = 1 if unit is None else unit.visit + 1
    taken_in = _taken_in(line, capture.serial)
    unit = units.open_unit(tx, line.id, line.recipe_id, capture, visit, draw, now, taken_in)
    change = Change(
        subject=decide.subject(line.line.name, unit),
        event="unit_opened",
        actor="router",
        after="pending",
        facts=facts(audited=draw.audited, probability=draw.probability, policy=line.deciding(taken_in).policy.number),
    )
    return unit, (change,)


def _policies(line: LineInForce) -> tuple[Policy, ...]:
    return (line.policy,) if line.candidate is None else (line.policy, line.candidate.policy)


def _taken_in(line: LineInForce, serial: str) -> int | None:
    """The rollout whose candidate decides a new unit; settled here, so that a unit stays with it over every step."""
    new = line.candidate
    return new.rollout_id if new is not None and in_canary(new.salt, serial, new.weight) else None


def _image_stored(
    line: LineInForce,
    unit: Unit,
    image_id: int,
    camera: Camera,
    capture: Capture,
    stored: StoredImage,
    skew_s: float,
) -> Change:
    told = facts(
        image=image_id,
        capture=capture.capture_id,
        view=capture.view,
        sha256=stored.sha256,
        captured_at=capture.captured_at,
        skew_s=skew_s,
        simulated=capture.simulated,
    )
    subject = decide.subject(line.line.name, unit)
    return Change(subject=subject, event="image_stored", actor=f"camera {camera.name}", after="stored", facts=told)


def _receipt(unit: Unit, image_id: int, capture: Capture, stands: Disposition, *, repeated: bool = False) -> Receipt:
    return Receipt(
        image_id=image_id,
        unit_id=unit.id,
        capture_id=capture.capture_id,
        serial=unit.serial,
        visit=unit.visit,
        view=capture.view,
        verdict=stands.verdict,
        by=stands.by,
        reason=stands.reason,
        repeated=repeated,
    )


class Intake:
    """Takes images in: answers once an image is durable, and decided where the AI may decide it."""

    def __init__(
        self,
        *,
        db: Database,
        images: ImageStore,
        predictor: Predictor,
        clock: Callable[[], datetime],
        threads: int = 8,
        stages: Stages | None = None,
    ) -> None:
        self._db = db
        self._stages = stages or Stages()
        self._images = images
        self._predictor = predictor
        self._clock = clock
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="jidoka-images")
        self._running: set[asyncio.Task[Any]] = set()
        self._sampling = Sampling(threads)

    async def take_in(self, camera: Camera, capture: Capture, data: bytes) -> Receipt:
        """1 force the bytes to disk, 2 record the image, 3 ask the models, 4 decide and answer."""
        with self._stages.image(camera, capture.capture_id) as told:
            recorded = await self._take_in(camera, capture, data)
            told.tell(unit=recorded.receipt.unit_id, image=recorded.receipt.image_id)
            return await self._judge(camera, recorded, data)

    async def _take_in(self, camera: Camera, capture: Capture, data: bytes) -> Recorded:
        durable: Future[Recorded] = Future()
        spooled_s = (self._clock() - capture.captured_at).total_seconds()
        with self._sampling.storing(), self._stages.at(Stage.INGEST, camera.line, bytes=len(data)):
            self._pool.submit(self._store, camera, capture, data, durable)
            recorded = await asyncio.wrap_future(durable)
        self._stages.stored(camera, recorded.receipt, spooled_s)
        return recorded

    async def _judge(self, camera: Camera, recorded: Recorded, data: bytes) -> Receipt:
        if recorded.question is None:
            return recorded.receipt
        if recorded.decides:
            # Shielded: a camera that hangs up must not leave an image undecided.
            return await asyncio.shield(self._keep(self._decide(camera, recorded.receipt, recorded.question, data)))
        if recorded.question.models:
            if len(self._running) < MAX_WAITING_EXAMINATIONS:
                self._keep(self._examine_late(camera, recorded.receipt, recorded.question, data))
        elif self._sampling.due((camera.id, recorded.question.view)):
            self._keep(self._measure(camera, recorded.receipt, recorded.question, data))
        return recorded.receipt

    def _store(self, camera: Camera, capture: Capture, data: bytes, durable: "Future[Recorded]") -> None:
        """In a thread of the pool, which hands on to the writer by itself: the event loop hears of it only once."""
        try:
            stored = self._images.put(data)
            self._db.submit(
                lambda tx: record(tx, camera=camera, capture=capture, stored=stored, now=self._clock()), durable
            )
        except BaseException as error:
            durable.set_exception(error)

    async def drain(self) -> None:
        """Wait for what is still being predicted, at the end."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        self._pool.shutdown()

    def _keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _decide(self, camera: Camera, receipt: Receipt, question: Question, data: bytes) -> Receipt:
        examination = await self._examine(camera.line, receipt, question, data)
        with self._stages.at(Stage.DECIDE, camera.line, image=receipt.image_id):
            stands = await asyncio.wrap_future(
                self._db.submit(
                    lambda tx: decide.decide_image(
                        tx, image_id=receipt.image_id, examination=examination, now=self._clock()
                    )
                )
            )
        told = {**receipt.__dict__, "verdict": stands.verdict, "by": stands.by, "reason": stands.reason}
        return Receipt(**told)

    async def _examine_late(self, camera: Camera, receipt: Receipt, question: Question, data: bytes) -> None:
        examination = await self._examine(camera.line, receipt, question, data)
        await asyncio.wrap_future(
            self._db.submit(
                lambda tx: decide.keep_late_examination(
                    tx, image_id=receipt.image_id, examination=examination, now=self._clock()
                )
            )
        )

    async def _measure(self, camera: Camera, receipt: Receipt, question: Question, data: bytes) -> None:
        with self._sampling.measuring():
            await self._examine_late(camera, receipt, question, data)

    async def _examine(self, line: str, receipt: Receipt, question: Question, data: bytes) -> Examination:
        if not question.models:
            return await self._ask(question, data)
        with self._stages.at(Stage.PREDICT, line, image=receipt.image_id, models=len(question.models)):
            examination = await self._ask(question, data)
        self._stages.examined(line, receipt, examination)
        return examination

    async def _ask(self, question: Question, data: bytes) -> Examination:
        """Ask the models, and stop waiting a little after the deadline whatever the predictor does."""
        try:
            answer = asyncio.wrap_future(self._predictor.predict(data, question))
            await asyncio.wait({answer}, timeout=question.deadline_s + _GRACE_S)
            if not answer.done():
                answer.cancel()
                return _no_answer(question, Failure.DEADLINE, "No answer by the deadline.")
            if answer.cancelled():
                return _no_answer(question, Failure.ERROR, "The model gave up.")
            return answer.result()
        except Exception as error:  # whatever a model does, the image goes to a person
            return _no_answer(question, Failure.ERROR, f"{type(error).__name__}: {error}")


def _no_answer(question: Question, failure: Failure, detail: str) -> Examination:
    opinions = tuple(NoPrediction(model=model, failure=failure, detail=detail) for model in question.models)
    return Examination(quality=None, opinions=opinions)
