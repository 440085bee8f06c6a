"""Policies in words, and the words of a form as terms."""

from collections.abc import Mapping
from dataclasses import dataclass

from inspection.core.level import Level
from inspection.core.policy import InvalidPolicy, Terms
from review_ui.speech import Speech


def policy_words(speech: Speech, terms: Terms, versions: Mapping[str, int]) -> tuple[str, ...]:
    """What a policy says, sentence by sentence."""
    t, freedom = speech.words.policy, speech.freedom[terms.level]
    said = [freedom.means]
    if freedom.runs_model and terms.model is not None:
        said.append(t.asks.format(version=versions.get(terms.model, "?")))
    if freedom.ai_decides:
        said += _threshold_words(speech, terms)
        said.append(t.deadline.format(ms=terms.deadline_ms))
    if terms.level is not Level.HUMAN_ONLY and (freedom.shows_ai or freedom.ai_decides):
        said.append((t.audit if freedom.ai_decides else t.blind).format(share=speech.number(terms.audit_share * 100)))
    return tuple(said)


def _threshold_words(speech: Speech, terms: Terms) -> list[str]:
    t = speech.words.policy
    if terms.level is Level.FULL_AUTOMATION:
        return [t.full.format(score=speech.number(terms.reject_above))]
    said = []
    if terms.pass_below is not None:
        said.append(t.passes.format(score=speech.number(terms.pass_below)))
    if terms.reject_above is not None:
        said.append(t.rejects.format(score=speech.number(terms.reject_above)))
    return [*said, t.between]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A policy as it stands in the form: every field as it was typed."""

    level: str
    model: str = ""
    pass_below: str = ""
    reject_above: str = ""
    audit_percent: str = "5"
    deadline_ms: str = "2000"
    reason: str = ""
    override: bool = False
    expected: int = 0

    @classmethod
    def of(cls, terms: Terms, number: int) -> "Draft":
        """The form as it opens: the policy in force."""
        return cls(
            level=terms.level, model=terms.model or "", pass_below=_typed(terms.pass_below),
            reject_above=_typed(terms.reject_above), audit_percent=f"{terms.audit_share * 100:g}",
            deadline_ms=str(terms.deadline_ms), expected=number,
        )  # fmt: skip

    def terms(self) -> Terms:
        """The typed terms; raises InvalidPolicy where a field cannot be read."""
        if self.level not in tuple(Level):
            raise InvalidPolicy("Choose one of the five levels.")
        share, deadline = number_typed(self.audit_percent, "audit share"), number_typed(self.deadline_ms, "deadline")
        if share is None or deadline is None:
            raise InvalidPolicy("The audit share and the deadline cannot be empty.")
        return Terms(
            level=Level(self.level), model=self.model or None, pass_below=number_typed(self.pass_below, "pass below"),
            reject_above=number_typed(self.reject_above, "reject above"), audit_share=round(share / 100, 6),
            deadline_ms=int(deadline),
        )  # fmt: skip


def _typed(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def number_typed(text: str, name: str) -> float | None:
    """A number as people type it, with a comma or a point; None for an empty field."""
    cleaned = text.strip().replace(",", ".")
    if not cleaned:
        return None
    try:
        value = float(cleaned)
    except ValueError as error:
        raise InvalidPolicy(f"{text.strip()!r} is no number: put a {name} such as 0.25.") from error
    if not -1e9 < value < 1e9:
        raise InvalidPolicy(f"{text.strip()} is no {name}.")
    return value
