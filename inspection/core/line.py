"""A camera line of a plant and the recipe it inspects by."""

import re
from dataclasses import dataclass, field

from inspection.core.capture import VIEW, WHOLE_IMAGE, QualityLimits, Region
from inspection.core.level import Level

LINE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
DEFECT_TYPE = re.compile(r"[a-z][a-z0-9 _-]{0,31}")
INPUT_STEP, MAX_INPUT = 32, 4096
PHONE_DEFECTS = ("scratch", "crack", "dent", "dust", "stain", "chip")


class InvalidLine(ValueError):
    """A line or recipe that cannot be set up; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is inspected on a line: the views each unit must show, the defects to name, and what images must be like.
    With `locate`, models are trained to find the part first and to look at it alone; their input has `input_size`
    (rows, columns), or what trials find best within about `budget_ms` of CPU time for an image."""

    views: tuple[str, ...]
    defect_types: tuple[str, ...] = ()
    reference: Region = WHOLE_IMAGE
    limits: QualityLimits = field(default_factory=QualityLimits)
    unit_timeout_s: float = 60.0
    locate: bool = False
    input_size: tuple[int, int] | None = None
    budget_ms: float = 40.0

    def __post_init__(self) -> None:
        if not 1 <= len(self.views) <= 16 or len(set(self.views)) != len(self.views):
            raise InvalidLine("A recipe has 1 to 16 different views.")
        for view in self.views:
            if not VIEW.fullmatch(view):
                raise InvalidLine(f"{view!r} is no view name: use 1 to 32 lower-case letters, digits, _ or -.")
        if len(self.defect_types) > 32 or len(set(self.defect_types)) != len(self.defect_types):
            raise InvalidLine("A recipe has at most 32 different defect types.")
        for defect in self.defect_types:
            if not DEFECT_TYPE.fullmatch(defect):
                raise InvalidLine(f"{defect!r} is no defect type: use up to 32 lower-case letters, digits, _ or -.")
        if not 0 < self.unit_timeout_s <= 86_400:
            raise InvalidLine("The time to wait for a unit's missing views lies between 0 and 86400 seconds.")
        if self.input_size and any(side % INPUT_STEP or not 64 <= side <= MAX_INPUT for side in self.input_size):
            raise InvalidLine(
                f"A model's input is so many rows and columns, multiples of {INPUT_STEP} from 64 to {MAX_INPUT}."
            )
        if not 5 <= self.budget_ms <= 60_000:
            raise InvalidLine("The time that a model may take for an image lies between 5 and 60000 milliseconds.")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One camera line. `place` is enterprise / site / area (ISA-95); `safe_level` is where a guard lowers it to."""

    name: str
    title: str
    place: str = ""
    recipe: Recipe
    safe_level: Level = Level.SHADOW
    simulated: bool = False

    def __post_init__(self) -> None:
        if not LINE_NAME.fullmatch(self.name):
            raise InvalidLine("A line is named by 1 to 64 lower-case letters, digits, _ or -, such as 'final-check'.")
        if not 1 <= len(self.title) <= 80 or not self.title.isprintable():
            raise InvalidLine("A line's title has 1 to 80 printable characters.")
        if len(self.place) > 200 or (self.place and not self.place.isprintable()):
            raise InvalidLine("A line's place has at most 200 printable characters.")
        if self.safe_level not in (Level.HUMAN_ONLY, Level.SHADOW, Level.AI_ASSIST):
            raise InvalidLine("The safe level is one where people decide: human_only, shadow or ai_assist.")


class Unknown(LookupError):
    """There is no such line, unit, camera or model; the message names it."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""
