"""Two who say the opposite of one unit: what they said, and who may say what the unit is in truth."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inspection.core.decide import Verdict
from inspection.core.known import InvalidKnown
from inspection.core.people import NotAllowed

LEAST_REASON = 3
WAITS = timedelta(days=90)  # what nobody has settled by then is left as it is


class Kind(StrEnum):
    """How it came to the dispute."""

    SECOND = "second"  # a blind second reading differs from the first
    LATE = "late"  # an opinion that came too late to count contradicts the one that counts
    MISS = "miss"  # somebody has reported a unit as wrongly passed or rejected


class InvalidDispute(InvalidKnown):
    """A dispute that cannot be settled so, or a report that cannot be made; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one person said of the unit."""

    person: str
    verdict: Verdict
    defect_types: tuple[str, ...]
    note: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Case:
    """A unit of which somebody must say what it is in truth."""

    kind: Kind
    number: int
    line_id: int
    line: str
    unit_id: int
    serial: str
    visit: int
    opinions: tuple[Opinion, ...]
    at: datetime

    @property
    def label(self) -> str:
        """The unit towards people, as in `units.Unit`."""
        return self.serial if self.visit == 1 else f"{self.serial}#{self.visit}"

    def may_settle(self, person: str) -> bool:
        """Whether this person has no part in it."""
        return all(opinion.person != person for opinion in self.opinions)

    def check(self, person: str, reason: str) -> None:
        """Raise NotAllowed for a party to the dispute, InvalidDispute without a reason."""
        if not self.may_settle(person):
            raise NotAllowed("You have judged this unit yourself. Somebody else must say what it is in truth.")
        if len(reason.strip()) < LEAST_REASON:
            raise InvalidDispute("Write how its truth is known, such as a second look by two experts.")
