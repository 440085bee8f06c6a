"""Who may do what: roles, and the rule for passwords."""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

USER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
MIN_PASSWORD = 10
PIN = re.compile(r"\d{4,8}")


class NotAllowed(Exception):
    """This person may not do this; the message says who may."""


class InvalidPerson(ValueError):
    """A user that cannot be set up; the message says what to change."""


class Role(StrEnum):
    """What a person is on the shop floor. Each role may also do what the ones before it may."""

    VIEWER = "viewer"  # a wall screen
    INSPECTOR = "inspector"
    ADJUDICATOR = "adjudicator"
    ENGINEER = "engineer"
    ADMIN = "admin"

    def may_act_as(self, role: "Role") -> bool:
        """Whether this role includes the other."""
        order = list(Role)
        return order.index(self) >= order.index(role)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody known to the system; `csrf` belongs to the session they came with and is empty without one;
    `language` is the one they chose for the pages, empty before they did."""

    id: int
    name: str
    role: Role
    must_change: bool = False
    simulated: bool = False
    language: str = ""
    csrf: str = ""


def check_user_name(name: str) -> None:
    """Raise InvalidPerson for a name that cannot be used to sign in."""
    if not USER_NAME.fullmatch(name):
        raise InvalidPerson("A user name has 1 to 32 lower-case letters, digits, . _ or -.")


def check_password(password: str, name: str) -> None:
    """Raise InvalidPerson for a password that is too easy to guess; length is what counts (NIST SP 800-63B)."""
    if len(password) < MIN_PASSWORD or len(password) > 256:
        raise InvalidPerson(f"A password has at least {MIN_PASSWORD} characters and at most 256.")
    if name in password.lower() or len(set(password)) < 4:
        raise InvalidPerson("Choose a password without the user name in it and of at least four different characters.")


def check_pin(pin: str) -> None:
    """Raise InvalidPerson for a PIN that cannot be used or is among those that are guessed first."""
    if not PIN.fullmatch(pin) or not pin.isascii():
        raise InvalidPerson("A PIN has 4 to 8 digits.")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if (len(steps) == 1 and steps <= {0, 1, 9}) or len(set(pin)) < 3:
        raise InvalidPerson("This PIN is easily guessed: take at least three different digits that are not in a row.")
