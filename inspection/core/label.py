"""A person's answer about one unit."""

from dataclasses import dataclass
from datetime import timedelta

from inspection.core.decide import Verdict
from inspection.core.journal import plain
from inspection.core.predict import Finding

MAX_NOTE = 1000
UNDO_WITHIN = timedelta(seconds=30)  # for so long an answer can be taken back


class InvalidLabel(ValueError):
    """An answer that cannot be taken; the message says what is missing."""


def noted(note: str) -> str:
    """A note as it is kept; raises InvalidLabel when it is too long."""
    if len(note.strip()) > MAX_NOTE:
        raise InvalidLabel(f"A note has at most {MAX_NOTE} characters.")
    return plain(note.strip())


@dataclass(frozen=True, kw_only=True)
class Label:
    """A verdict on a unit, with defect types and places for a reject."""

    verdict: Verdict
    defect_types: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    note: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.verdict is Verdict.PASS and (self.defect_types or self.findings):
            raise InvalidLabel("A unit that passes has no defects and no marked places: take them away, or reject it.")
        if not 0 <= self.seconds < 86_400:
            raise InvalidLabel("The time taken lies between 0 and 86400 seconds.")
        object.__setattr__(self, "note", noted(self.note))


def check_types(label: Label, known: tuple[str, ...]) -> None:
    """Raise InvalidLabel unless a reject names at least one of the recipe's defect types, where it has any."""
    named = {*label.defect_types, *(place.defect_type for place in label.findings if place.defect_type)}
    unknown = sorted(named - set(known))
    if unknown:
        raise InvalidLabel(f"This line has no defect type {unknown[0]!r}. Its types are: {', '.join(known) or 'none'}.")
    if label.verdict is Verdict.REJECT and known and not label.defect_types:
        raise InvalidLabel("Name the defect that the unit is rejected for.")


class Agreement:
    """What a blind label says about a unit that the AI had settled."""

    ESCAPE = "escape"
    OVERKILL = "overkill"
    AGREED = "agreed"


def compare(ai: Verdict, person: Verdict) -> str:
    """An escape is a defective unit that the AI passed, overkill a good one that it rejected."""
    if ai is person:
        return Agreement.AGREED
    return Agreement.ESCAPE if ai is Verdict.PASS else Agreement.OVERKILL
