"""Shared terminals: they lock, and people who signed in there before come back by PIN."""

from datetime import datetime

from inspection.core.journal import Change
from inspection.core.people import NotAllowed, Person, check_pin
from inspection.flow.people import SignedIn, open_session, same, secret_hash
from inspection.store import journal, people
from inspection.store.database import Tx


def hash_pin(pin: str) -> str:
    """Check a new PIN and hash it; slow on purpose, so outside the writer's transaction."""
    check_pin(pin)
    return secret_hash(pin)


def set_pin(tx: Tx, *, person: Person, hashed: str, now: datetime) -> None:
    """Give a person a PIN, or take it away with an empty hash."""
    people.set_pin(tx, person.id, hashed)
    after = "set" if hashed else "none"
    journal.append(
        tx, now, Change(subject=f"person/{person.name}", event="pin_changed", actor=person.name, after=after)
    )


def has_pin(tx: Tx, *, person: Person) -> bool:
    """Whether a person has a PIN."""
    return people.pin_hash(tx, person.id) != ""


def lock(tx: Tx, *, token: str, person: Person, now: datetime) -> None:
    """Lock a terminal: the session rests until its person comes back."""
    people.lock_session(tx, token)
    journal.append(tx, now, Change(subject=f"person/{person.name}", event="terminal_locked", actor=person.name))


def known_at(tx: Tx, *, terminal: str, now: datetime) -> list[Person]:
    """Who may come back by PIN at a terminal: those who signed in there with a password within the last hours."""
    return [person for person, _ in people.at_terminal(tx, terminal, now)] if terminal else []


def check(tx: Tx, *, terminal: str, name: str, pin: str, now: datetime) -> tuple[Person, datetime]:
    """The person of that name, if the PIN is theirs, and until when it signs them in here; raises NotAllowed.

    Reads only, and is slow on purpose (Argon2): call it outside the writer's transaction.
    """
    found = next(((one, until) for one, until in people.at_terminal(tx, terminal, now) if one.name == name), None)
    if found is None:
        raise NotAllowed("Sign in with your password: a PIN brings back those who have done so at this terminal.")
    if not same(pin[:16], people.pin_hash(tx, found[0].id)):
        raise NotAllowed("The PIN is wrong.")
    return found


def come_back(tx: Tx, *, terminal: str, person: Person, until: datetime, now: datetime) -> SignedIn:
    """Open a person's session again whose PIN was found right, in place of the one that rests."""
    return open_session(tx, person=person, now=now, terminal=terminal, until=until, by="pin")


def forget(tx: Tx, *, terminal: str, name: str, now: datetime) -> None:
    """After too many wrong PINs: only the password opens this terminal again for that person."""
    for person, _ in people.at_terminal(tx, terminal, now):
        if person.name == name:
            people.close_at_terminal(tx, terminal, person.id)
            change = Change(subject=f"person/{name}", event="pin_refused", actor="guard", reason="Too many wrong PINs.")
            journal.append(tx, now, change)
