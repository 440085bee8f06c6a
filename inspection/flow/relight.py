"""Whether a drift of light changes verdicts: the last images are judged again, as they came and with it undone."""

import logging
from collections.abc import Callable
from datetime import datetime

from inspection.core.journal import Change, facts
from inspection.core.line import Unknown
from inspection.core.policy import InvalidPolicy, Terms
from inspection.core.predict import Examination, Predictor, Question
from inspection.core.relight import Twice, counts, gain, outcome
from inspection.store import journal, lines, monitor, relights
from inspection.store.database import Database, Tx
from inspection.store.images import ImageStore
from inspection.store.lines import LineInForce
from inspection.store.monitor import Eye
from inspection.store.relights import Check
from inspection.store.reports.relight import Past, past

log = logging.getLogger("jidoka")
MOST_IMAGES = 400
ANSWER_WITHIN_S = 30.0
Relit = Callable[[bytes, float], bytes]


def ask(tx: Tx, *, line: str, camera: str, view: str, by: str, now: datetime) -> int:
    """Ask what the drift of a camera's view changes; the check's number. Raises Unknown, or InvalidPolicy where nothing
    can be told."""
    known = lines.in_force(tx, line)
    camera_id = lines.camera_id(tx, known.id, camera)
    if camera_id is None or view not in known.line.recipe.views:
        raise Unknown(f"Line {line!r} has no camera {camera!r} with a view {view!r}.")
    eye = Eye(line_id=known.id, camera_id=camera_id, view=view)
    model = known.policy.terms.model
    if model is None:
        raise InvalidPolicy("No model is in force here, so the light changes no verdict of one.")
    return begin(tx, known, eye, model, by, now)


def begin(tx: Tx, known: LineInForce, eye: Eye, model: str, by: str, now: datetime) -> int:
    """The same, once it is known what to look at; raises InvalidPolicy."""
    in_force = monitor.baseline(tx, eye, known.recipe_id)
    if in_force is None or in_force.baseline is None:
        raise InvalidPolicy("The light of this view is being learned: without a baseline there is no drift to undo.")
    last = relights.newest(tx, eye)
    if last is not None and last.ended_at is None:
        return last.id
    number = relights.ask(tx, eye, known.recipe_id, model, by, now)
    change = Change(subject=_subject(known, eye), event="drift_check_asked", actor=by, facts=facts(number=number))
    journal.append(tx, now, change)
    return number


def work_once(
    db: Database, images: ImageStore, predictor: Predictor, relit: Relit, clock: Callable[[], datetime],
    stopped: Callable[[], bool],
) -> bool:  # fmt: skip
    """1 take the check that has waited longest, 2 judge its images twice, 3 keep what came out; whether there was one.
    Images go one after the other, so that those that just come have the models nearly to themselves."""
    with db.read() as tx:
        check = relights.next_waiting(tx)
        if check is None:
            return False
        known, policies = lines.in_force_by_id(tx, check.eye.line_id), lines.policies_by_id(tx, check.eye.line_id)
        in_force = monitor.baseline(tx, check.eye, check.recipe_id)
        todo = past(tx, check, MOST_IMAGES, clock())
    baseline = in_force.baseline if in_force else None
    found, unanswered = list[Twice](), 0
    for one in todo:
        if stopped():
            return True  # it waits still, and begins again with the next server
        if baseline is None:  # the light is learned anew meanwhile
            break
        policy = policies.get(one.policy_id or 0, known.policy)
        twice = _twice(images, predictor, relit, known, _asking(policy.terms, check.model), check, one, baseline.mean)
        found, unanswered = (found, unanswered + 1) if twice is None else ([*found, twice], unanswered)
    text = "No image of this view has been scored by the model since its windows were measured."
    if todo:
        text = "The model gave no answer for these images, or they are gone. Ask again in a while."
    db.write(lambda tx: _end(tx, known, check, found, unanswered, "" if found else text, clock()))
    return True


def _asking(terms: Terms, model: str) -> Terms:
    """The terms that decided an image, with the model that is asked now where they had none or another."""
    return terms if terms.model == model else Terms(**{**terms.__dict__, "model": model})


def _twice(
    images: ImageStore, predictor: Predictor, relit: Relit, known: LineInForce, terms: Terms, check: Check, one: Past,
    baseline: float,
) -> Twice | None:  # fmt: skip
    """Both judgements of one image, read in the same way; None where one of them is missing."""
    question = Question(
        view=check.eye.view, models=(check.model,), heatmap=False, reference=known.line.recipe.reference,
        deadline_s=ANSWER_WITHIN_S,
    )  # fmt: skip
    try:
        image = images.get(one.sha256)
        seen = [predictor.predict(relit(image, by), question).result() for by in (1.0, gain(baseline, one.brightness))]
    except Exception as error:  # one odd image must not hold up all checks
        log.warning("drift_check_image_skipped image=%s reason=%s", one.image_id, error)
        return None
    scores = [_score(examination) for examination in seen]
    if None in scores:
        return None
    limits = known.line.recipe.limits
    return Twice(
        image_id=one.image_id, before=outcome(terms, seen[0], limits), after=outcome(terms, seen[1], limits),
        score_before=scores[0], score_after=scores[1],
    )  # fmt: skip


def _score(seen: Examination) -> float | None:
    return next((getattr(opinion, "score", None) for opinion in seen.opinions), None)


def _end(
    tx: Tx, known: LineInForce, check: Check, found: list[Twice], unanswered: int, problem: str, now: datetime
) -> None:
    if not relights.end(tx, check.id, found, unanswered, problem, now):
        return  # another server was quicker
    told = facts(number=check.id, images=len(found), unanswered=unanswered, changes=counts(found))
    change = Change(subject=_subject(known, check.eye), event="drift_checked", actor="monitor", facts=told)
    journal.append(tx, now, change)


def _subject(line: LineInForce, eye: Eye) -> str:
    return f"line/{line.line.name}/light/{eye.camera_id}/{eye.view}"
