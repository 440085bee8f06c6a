"""People make and revoke the tokens with which programs use the API in their name."""

import secrets
from datetime import datetime, timedelta

from inspection.core.journal import Change, facts, plain
from inspection.core.line import Unknown
from inspection.core.people import InvalidPerson, Person
from inspection.flow.people import find
from inspection.store import journal, tokens
from inspection.store.database import Tx
from inspection.store.tokens import Kept

PREFIX = "jdp_"
MOST, LONGEST = 20, 200
_TOUCH_EVERY = timedelta(minutes=1)


def make(tx: Tx, *, name: str, purpose: str, by: str, now: datetime) -> str:
    """Make a token that acts as a person, with the person's role; it is shown once and stored nowhere. It ends when it
    is revoked, and with the person's password or leave to sign in, as sessions do."""
    person, why = find(tx, name), plain(purpose.strip())
    if person.simulated:
        raise InvalidPerson(f"{name!r} is simulated: nobody can act as a simulation.")
    if not 1 <= len(why) <= LONGEST:
        raise InvalidPerson(f"Say what the token is for, in 1 to {LONGEST} characters: it is how you know it later.")
    if len(tokens.of_person(tx, person.id)) >= MOST:
        raise InvalidPerson(f"{name!r} has {MOST} tokens already: revoke one that is not used any more.")
    token = PREFIX + secrets.token_urlsafe(32)
    token_id = tokens.add(tx, person.id, token, why, by, now)
    subject = f"person/{name}/token/{token_id}"
    journal.append(tx, now, Change(subject=subject, event="token_made", actor=by, facts=facts(purpose=why)))
    return token


def listed(tx: Tx, *, name: str) -> list[Kept]:
    """A person's tokens that can be used; raises InvalidPerson where there is no such person."""
    return tokens.of_person(tx, find(tx, name).id)


def revoke(tx: Tx, *, token_id: int, by: str, now: datetime, of: str | None = None) -> Kept:
    """Take a token away, from the next request on; one of the person `of`, where one is named."""
    kept = tokens.get(tx, token_id)
    if kept is None or of not in (None, kept.person):
        raise Unknown(f"There is no token {token_id} to revoke. It may have been revoked before.")
    tokens.revoke(tx, token_id, now)
    subject = f"person/{kept.person}/token/{token_id}"
    journal.append(tx, now, Change(subject=subject, event="token_revoked", actor=by, reason=kept.purpose))
    return kept


def who(tx: Tx, *, token: str, now: datetime) -> tuple[Person, int | None] | None:
    """The person that a token acts as, and its id where it is due to be touched."""
    found = tokens.holder(tx, token)
    if found is None:
        return None
    person, kept = found
    due = kept.used_at is None or now - kept.used_at >= _TOUCH_EVERY
    return person, kept.id if due else None


def touch(tx: Tx, *, token_id: int, now: datetime) -> None:
    """Note that a token is in use."""
    tokens.touch(tx, token_id, now)
