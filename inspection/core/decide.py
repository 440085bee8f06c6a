"""The decision on one image, and the disposition of a unit from all of its images."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from inspection.core.level import FREEDOM, Level
from inspection.core.policy import Terms
from inspection.core.predict import NoPrediction, Prediction

_UNMEASURED = "its brightness and sharpness could not be measured"


class Verdict(StrEnum):
    """What is said of an image or a unit."""

    PASS = "pass"
    REJECT = "reject"


class Outcome(StrEnum):
    """What the router decides on one image."""

    PASS = "pass"
    REJECT = "reject"
    REFER = "refer"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The router's decision on one image: a verdict, or a referral to a person, with its reason."""

    outcome: Outcome
    reason: str
    detail: str = ""


def refer(reason: str, detail: str = "") -> Decision:
    """To a person, where everything goes that no rule lets the model settle."""
    return Decision(outcome=Outcome.REFER, reason=reason, detail=detail)


def decide(terms: Terms, opinion: Prediction | NoPrediction | None, unfit: str | None) -> Decision:
    """Decide on one image. Only a fit, familiar image with a finite score from the policy's own model is settled."""
    if not FREEDOM[terms.level].ai_decides:
        return refer(terms.level)
    if unfit is not None:
        return refer("image_unfit", unfit)
    if opinion is None:
        return refer("model_missing", "The model was not asked.")
    if isinstance(opinion, NoPrediction):
        return refer(opinion.failure, opinion.detail)
    if opinion.model != terms.model:
        return refer("policy_changed", "The policy changed its model while this image was predicted.")
    if opinion.novel:
        return refer("image_novel", f"Unlike the images the model was trained on: novelty {opinion.novelty:.1f}.")
    return _by_score(terms, opinion.score)


def _by_score(terms: Terms, score: float) -> Decision:
    if not 0 <= score <= 1:  # also true for NaN
        return refer("model_error", f"The model gave {score} where a score from 0 to 1 was due.")
    if terms.reject_above is not None and score >= terms.reject_above:
        return Decision(outcome=Outcome.REJECT, reason="score_above", detail=f"{score:.4f} >= {terms.reject_above:.4f}")
    if terms.level is Level.FULL_AUTOMATION and terms.reject_above is not None:
        return Decision(outcome=Outcome.PASS, reason="score_below", detail=f"{score:.4f} < {terms.reject_above:.4f}")
    if terms.pass_below is not None and score <= terms.pass_below:
        return Decision(outcome=Outcome.PASS, reason="score_below", detail=f"{score:.4f} <= {terms.pass_below:.4f}")
    return refer("score_between", f"{score:.4f} lies between the thresholds.")


def own_opinion(terms: Terms, opinions: Sequence[Prediction | NoPrediction]) -> Prediction | NoPrediction | None:
    """The opinion that counts: the policy's own model's, else the first, which then decides nothing."""
    if not FREEDOM[terms.level].runs_model:
        return None
    return next((o for o in opinions if o.model == terms.model), opinions[0] if opinions else None)


def unmeasured(opinion: Prediction | NoPrediction | None) -> str | None:
    """What makes an image unfit that has no figures, unless the failure of the model that decides says better why."""
    return None if isinstance(opinion, NoPrediction) else _UNMEASURED


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One image of a unit as the disposition sees it: its view, the router's outcome (None while it is being judged)
    and whether the person who labelled the unit had it before the eyes."""

    view: str
    outcome: Outcome | None
    seen_by_person: bool = False


@dataclass(frozen=True, kw_only=True)
class Disposition:
    """What is to be done with a unit: a verdict by whom and why, or None while a person or a view is awaited."""

    verdict: Verdict | None
    by: str
    reason: str

    @property
    def waits_for_person(self) -> bool:
        """Whether only a person can settle the unit now."""
        return self.verdict is None and self.by == "person"


def settle(
    views: Iterable[str], images: Iterable[Judged], person: Verdict | None, timed_out: bool = False
) -> Disposition:
    """The unit's disposition: rejected as soon as one view is rejected, passed only when all views have passed.

    A person's pass stands for every referred image that person saw, and for views that had not come. It never lifts a
    rejection: a rejected unit passes only on another visit. Images that came after the person are judged on top, so a
    late view can still reject or reopen a unit.
    """
    images = list(images)
    if person is Verdict.REJECT:
        return Disposition(verdict=Verdict.REJECT, by="person", reason="rejected_by_person")
    if any(image.outcome is Outcome.REJECT for image in images):
        return Disposition(verdict=Verdict.REJECT, by="ai", reason="view_rejected")
    unseen = [image for image in images if not (person and image.seen_by_person)]
    if any(image.outcome is Outcome.REFER for image in unseen):
        return Disposition(verdict=None, by="person", reason="view_referred")
    if any(image.outcome is None for image in unseen):
        return Disposition(verdict=None, by="ai", reason="view_undecided")
    if person is Verdict.PASS:
        return Disposition(verdict=Verdict.PASS, by="person", reason="passed_by_person")
    missing = sorted(set(views) - {image.view for image in images})
    if missing:
        by = "person" if timed_out else "camera"
        return Disposition(verdict=None, by=by, reason="view_missing")
    if not images:
        return Disposition(verdict=None, by="camera", reason="view_missing")
    return Disposition(verdict=Verdict.PASS, by="ai", reason="all_views_passed")
