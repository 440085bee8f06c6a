"""The states of an alarm and what leads from one to another, in the words of ISA-18.2: no order of events loses one."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

LEAST_REASON = 3  # characters of why one is shelved or cleared
LONGEST_SHELF = timedelta(days=7)
GROUP_WITHIN = timedelta(minutes=5)


class InvalidAlarm(ValueError):
    """What cannot be done with an alarm or its rule; the message says what to change."""


class State(StrEnum):
    """Where an alarm stands."""

    PENDING = "pending"  # its rule is true, not yet for long enough: nobody is told
    FIRING = "firing"  # nobody has taken it in hand
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"  # put aside by a person until a set time
    RESOLVED = "resolved"


STANDING = (State.FIRING, State.ACKNOWLEDGED, State.SHELVED)  # what it tells of is not mended, whoever knows of it


class Severity(StrEnum):
    """How much an alarm matters, the least first."""

    INFORMATION = "information"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for information to 2 for critical."""
        return list(Severity).index(self)


SEVERITY = dict.fromkeys(("backlog", "second_reading", "reported_miss", "drift"), Severity.WARNING)
"""Of the alarms that no rule raises; all others are critical."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An alarm's state since `since`. `active` is whether what it tells of is so now, as far as anybody can tell;
    `by_hand` that only a person may end it. A shelved one lies until `until`."""

    state: State
    since: datetime
    active: bool = True
    by_hand: bool = True
    until: datetime | None = None

    def to(self, state: State, now: datetime, **other: object) -> "Standing":
        """Another state from now on."""
        return replace(self, state=state, since=now, until=None, **other)  # type: ignore[arg-type]


def begin(now: datetime, *, hold: timedelta = timedelta(0), by_hand: bool = True) -> Standing:
    """What is true from now on: it fires at once, or waits for `hold` first."""
    return Standing(state=State.PENDING if hold else State.FIRING, since=now, by_hand=by_hand)


def observe(one: Standing, true: bool | None, now: datetime, hold: timedelta) -> Standing:
    """The rule was asked again; None where nothing can be said, as of a line that does not run.

    Pending fires after `hold` of being true without a break, and goes otherwise. What fires ends by itself when the
    rule is false, unless a person must end it; nothing that was told ends because nothing can be said. A shelved one
    keeps still whatever happens, and remembers it."""
    if one.state is State.PENDING:
        if not true:
            return one.to(State.RESOLVED, now, active=False)
        return one.to(State.FIRING, now) if now - one.since >= hold else one
    if true is None or one.state is State.RESOLVED:
        return one
    if not true and not one.by_hand and one.state is not State.SHELVED:
        return one.to(State.RESOLVED, now, active=False)
    return one if one.active is true else replace(one, active=true)


def acknowledge(one: Standing, now: datetime) -> Standing:
    """A person takes it in hand. Raises InvalidAlarm for one that does not fire."""
    if one.state not in (State.FIRING, State.ACKNOWLEDGED):
        raise InvalidAlarm("Only an alarm that fires can be acknowledged.")
    return one.to(State.ACKNOWLEDGED, now)


def shelve(one: Standing, until: datetime, now: datetime) -> Standing:
    """A person puts it aside for some time. Raises InvalidAlarm for a time that is over or too far off."""
    if one.state not in STANDING:
        raise InvalidAlarm("Only an alarm that fires can be shelved.")
    if not now < until <= now + LONGEST_SHELF:
        raise InvalidAlarm("An alarm is shelved until a time to come, for 7 days at most.")
    return replace(one.to(State.SHELVED, now), until=until)


def lapse(one: Standing, now: datetime) -> Standing:
    """The shelf's time may be over: then the alarm fires again, unless it has ended meanwhile and may end by itself."""
    if one.state is not State.SHELVED or one.until is None or now < one.until:
        return one
    return one.to(State.FIRING if one.active or one.by_hand else State.RESOLVED, now)


def unshelve(one: Standing, now: datetime) -> Standing:
    """A person takes it off the shelf before its time. Raises InvalidAlarm for one that is not shelved."""
    if one.state is not State.SHELVED:
        raise InvalidAlarm("This alarm is not shelved.")
    return one.to(State.FIRING, now)


def resolve(one: Standing, now: datetime) -> Standing:
    """A person says that it is mended. Raises InvalidAlarm for one that nobody was told of, or that has ended."""
    if one.state not in STANDING:
        raise InvalidAlarm("This alarm does not fire: there is nothing to clear.")
    return one.to(State.RESOLVED, now, active=False)


def check_reason(reason: str, least: int = LEAST_REASON) -> str:
    """The reason without blanks around it; raises InvalidAlarm for one that says nothing."""
    if len(reason.strip()) < least:
        raise InvalidAlarm("Write what was done about the alarm, or why; whoever reads the journal later will ask.")
    return reason.strip()
