"""Signing in and out, and who there is."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import Lock

from pwdlib import PasswordHash

from inspection.core.journal import Change, facts
from inspection.core.people import InvalidPerson, NotAllowed, Person, Role, check_password, check_user_name
from inspection.store import journal, people, tokens
from inspection.store.database import Tx

SESSION_LASTS = timedelta(hours=12)
SCREEN_LASTS = timedelta(days=365)  # nobody climbs up to a wall screen each shift, and it can change nothing
IDLE_LIMIT = timedelta(minutes=15)  # after which a terminal locks
_TOUCH_EVERY = timedelta(minutes=1)
_hasher = PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A new session: the cookie's value, which is stored nowhere, and whose it is."""

    token: str
    person: Person


class Throttle:
    """Slows guessing: after five wrong passwords a name rests for a time that doubles, up to fifteen minutes. Each try
    counts as wrong from its beginning until it is found right, so that many at once are no way around it."""

    FREE_TRIES = 5
    _FIRST, _LONGEST = timedelta(seconds=10), timedelta(minutes=15)
    _MOST_NAMES = 10_000

    def __init__(self) -> None:
        self._tries: dict[str, tuple[int, datetime]] = {}
        self._one_at_a_time = Lock()

    def attempt(self, name: str, now: datetime) -> None:
        """Begin to try; raises NotAllowed while the name rests."""
        with self._one_at_a_time:
            count, last = self._tries.get(name, (0, now))
            if count >= self.FREE_TRIES:
                rests_until = last + min(self._FIRST * 2 ** min(count - self.FREE_TRIES, 10), self._LONGEST)
                if now < rests_until:
                    seconds = int((rests_until - now).total_seconds()) + 1
                    raise NotAllowed(f"Too many wrong passwords. Try again in {seconds} seconds.")
            self._tries.pop(name, None)
            if len(self._tries) >= self._MOST_NAMES:
                self._tries.pop(next(iter(self._tries)))  # the one that rested longest
            self._tries[name] = (count + 1, now)

    def is_spent(self, name: str) -> bool:
        """Whether the free tries are used up."""
        return self._tries.get(name, (0, None))[0] >= self.FREE_TRIES

    def right(self, name: str) -> None:
        """Forget the tries: this one was right."""
        self._tries.pop(name, None)


def check_credentials(tx: Tx, name: str, password: str) -> Person:
    """The person of that name and password; raises NotAllowed, and takes as long for unknown names as for known.

    Reads only, and is slow on purpose (Argon2): call it outside the writer's transaction.
    """
    person = people.find(tx, name)
    hashed = people.password_hash(tx, person.id) if person else _nobodys_hash()
    right = same(password[:256], hashed)
    if person is None or not right or person.simulated:
        raise NotAllowed("Name or password is wrong.")
    return person


def open_session(
    tx: Tx, *, person: Person, now: datetime, terminal: str = "", until: datetime | None = None, by: str = "password"
) -> SignedIn:
    """Sign a person in at a terminal whose password or PIN was found right; a PIN does so no longer than `until`."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    if terminal:
        people.close_at_terminal(tx, terminal, person.id)
    people.open_session(tx, person.id, token, csrf, now, until or now + lasts(person), terminal)
    signed = Change(subject=f"person/{person.name}", event="signed_in", actor=person.name, facts=facts(by=by))
    journal.append(tx, now, signed)
    return SignedIn(token=token, person=Person(**{**person.__dict__, "csrf": csrf}))


def who(tx: Tx, *, token: str, now: datetime, idle: timedelta = IDLE_LIMIT) -> tuple[Person, bool] | None:
    """The person behind a cookie, and whether the session is due to be touched; None for one that rested too long, not
    counting the time for which a touch may be late: the page locks first, and says where to come back to."""
    found = people.session(tx, token, now, now - SCREEN_LASTS)
    if found is None:
        return None
    person, rested = found[0], now - found[1]
    if person.role is Role.VIEWER:
        return person, False
    return None if rested >= idle + _TOUCH_EVERY else (person, rested > _TOUCH_EVERY)


def lasts(person: Person) -> timedelta:
    """How long a session of theirs lasts at most."""
    return SCREEN_LASTS if person.role is Role.VIEWER else SESSION_LASTS


def touch(tx: Tx, *, token: str, now: datetime) -> None:
    """Keep a session from idling out."""
    people.touch(tx, token, now)


def sign_out(tx: Tx, *, token: str, now: datetime) -> None:
    """End a session."""
    found = people.session(tx, token, now, now - SESSION_LASTS)
    people.close_session(tx, token)
    if found is not None:
        name = found[0].name
        journal.append(tx, now, Change(subject=f"person/{name}", event="signed_out", actor=name))


def hash_password(password: str, name: str) -> str:
    """Check a new password and hash it; slow on purpose, so outside the writer's transaction."""
    check_password(password, name)
    return secret_hash(password)


def one_time_password() -> str:
    """A password to hand over, which must be changed at the first sign-in."""
    return "-".join(secrets.token_hex(3) for _ in range(3))


def secret_hash(secret: str) -> str:
    """What is kept of a password or PIN (Argon2)."""
    return _hasher.hash(secret)


def same(secret: str, hashed: str) -> bool:
    """Whether a hash was made from that secret; slow on purpose."""
    return _hasher.verify(secret, hashed)


def set_password(tx: Tx, *, name: str, hashed: str, by: str, must_change: bool, now: datetime) -> None:
    """Give a person a new password; every session and token of theirs ends."""
    person = find(tx, name)
    people.set_password(tx, person.id, hashed, must_change=must_change)
    tokens.revoke_all(tx, person.id, now)
    journal.append(tx, now, Change(subject=f"person/{name}", event="password_changed", actor=by))


def add(
    tx: Tx,
    *,
    name: str,
    role: Role,
    hashed: str,
    by: str,
    now: datetime,
    must_change: bool = False,
    simulated: bool = False,
) -> int:
    """Add a person; raises InvalidPerson when the name cannot be used."""
    check_user_name(name)
    if people.known(tx, name):
        raise InvalidPerson(f"There is, or was, a user {name!r}: choose another name, so that the journal stays clear.")
    person_id = people.add(tx, name, role, hashed, must_change=must_change, simulated=simulated, now=now)
    reason = "simulated" if simulated else ""
    change = Change(subject=f"person/{name}", event="person_added", actor=by, after=role, reason=reason)
    journal.append(tx, now, change)
    return person_id


def set_role(tx: Tx, *, name: str, role: Role, by: str, now: datetime) -> None:
    """Change what a person may do; raises InvalidPerson where nobody would be left to set up others."""
    person = find(tx, name)
    _keep_an_admin(tx, person, role)
    people.set_role(tx, person.id, role)
    change = Change(subject=f"person/{name}", event="role_changed", actor=by, before=person.role, after=role)
    journal.append(tx, now, change)


def disable(tx: Tx, *, name: str, by: str, now: datetime) -> None:
    """Let a person sign in no more; sessions and tokens end. Raises InvalidPerson where nobody would be left to set up
    others."""
    person = find(tx, name)
    _keep_an_admin(tx, person, None)
    people.disable(tx, person.id, now)
    tokens.revoke_all(tx, person.id, now)
    journal.append(tx, now, Change(subject=f"person/{name}", event="person_disabled", actor=by))


def choose_language(tx: Tx, *, person: Person, language: str) -> None:
    """Keep the language that a person reads; nobody asks the journal for it."""
    people.set_language(tx, person.id, language)


def _keep_an_admin(tx: Tx, person: Person, role: Role | None) -> None:
    if person.role is Role.ADMIN and role is not Role.ADMIN and people.with_role(tx, Role.ADMIN) == [person.name]:
        raise InvalidPerson(f"{person.name} is the only administrator: make somebody else one first.")


def find(tx: Tx, name: str) -> Person:
    """The person of that name; raises InvalidPerson."""
    person = people.find(tx, name)
    if person is None:
        raise InvalidPerson(f"There is no user {name!r}. List them with: jidoka user list")
    return person
