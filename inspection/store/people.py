"""People who sign in, and their sessions."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from inspection.core.moment import micros, moment
from inspection.core.people import Person, Role
from inspection.store.database import Tx
from inspection.store.lines import token_hash
from inspection.store.records import PERSON, SESSION

_COLUMNS = (PERSON.c.id, PERSON.c.name, PERSON.c.role, PERSON.c.must_change, PERSON.c.simulated, PERSON.c.language)


def find(tx: Tx, name: str) -> Person | None:
    """The person of that name, unless disabled."""
    row = tx.execute(select(*_COLUMNS).where(PERSON.c.name == name, PERSON.c.disabled_at.is_(None))).one_or_none()
    return None if row is None else Person(**{**row._mapping, "role": Role(row.role)})


def everybody(tx: Tx) -> list[Person]:
    """All people who may sign in, by name."""
    query = select(*_COLUMNS).where(PERSON.c.disabled_at.is_(None)).order_by(PERSON.c.name)
    return [Person(**{**row._mapping, "role": Role(row.role)}) for row in tx.execute(query)]


def password_hash(tx: Tx, person_id: int) -> str:
    """The hash kept of a person's password."""
    return str(tx.execute(select(PERSON.c.password_hash).where(PERSON.c.id == person_id)).scalar_one())


def count(tx: Tx) -> int:
    """How many people there are, disabled ones included."""
    return int(tx.execute(select(func.count()).select_from(PERSON)).scalar_one())


def known(tx: Tx, name: str) -> bool:
    """Whether the name is taken, by a disabled person too."""
    return tx.execute(select(PERSON.c.id).where(PERSON.c.name == name)).first() is not None


def add(tx: Tx, name: str, role: Role, hashed: str, *, must_change: bool, simulated: bool, now: datetime) -> int:
    """Add a person; the id."""
    values = {
        "name": name,
        "role": str(role),
        "password_hash": hashed,
        "must_change": must_change,
        "simulated": simulated,
        "created_at": micros(now),
    }
    return int(tx.execute(insert(PERSON).values(values).returning(PERSON.c.id)).scalar_one())


def set_password(tx: Tx, person_id: int, hashed: str, *, must_change: bool) -> None:
    """Change a person's password; their PIN and every session of theirs end."""
    values = {"password_hash": hashed, "must_change": must_change, "pin_hash": ""}
    tx.execute(update(PERSON).where(PERSON.c.id == person_id).values(**values))
    tx.execute(delete(SESSION).where(SESSION.c.person_id == person_id))


def set_role(tx: Tx, person_id: int, role: Role) -> None:
    """Change what a person may do. Sessions of a wall screen last a year, so they end with the role."""
    was = tx.execute(select(PERSON.c.role).where(PERSON.c.id == person_id)).scalar()
    if str(Role.VIEWER) in (was, str(role)):
        tx.execute(delete(SESSION).where(SESSION.c.person_id == person_id))
    tx.execute(update(PERSON).where(PERSON.c.id == person_id).values(role=str(role)))


def disable(tx: Tx, person_id: int, now: datetime) -> None:
    """Let a person sign in no more; what they did stays theirs."""
    tx.execute(update(PERSON).where(PERSON.c.id == person_id).values(disabled_at=micros(now)))
    tx.execute(delete(SESSION).where(SESSION.c.person_id == person_id))


def set_language(tx: Tx, person_id: int, language: str) -> None:
    """Keep the language that a person reads."""
    tx.execute(update(PERSON).where(PERSON.c.id == person_id).values(language=language))


def set_pin(tx: Tx, person_id: int, hashed: str) -> None:
    """Keep a person's PIN as its hash; empty for none."""
    tx.execute(update(PERSON).where(PERSON.c.id == person_id).values(pin_hash=hashed))


def pin_hash(tx: Tx, person_id: int) -> str:
    """The hash kept of a person's PIN, empty where there is none."""
    return str(tx.execute(select(PERSON.c.pin_hash).where(PERSON.c.id == person_id)).scalar_one())


def with_role(tx: Tx, role: Role) -> list[str]:
    """The names of those of exactly that role who may sign in."""
    query = select(PERSON.c.name).where(PERSON.c.role == str(role), PERSON.c.disabled_at.is_(None))
    return list(tx.execute(query.where(PERSON.c.simulated.is_(False)).order_by(PERSON.c.name)).scalars())


def at_terminal(tx: Tx, terminal: str, now: datetime) -> list[tuple[Person, datetime]]:
    """Who has signed in at a terminal and has a PIN, by name, and when their sessions there expire."""
    query = (
        select(*_COLUMNS, func.max(SESSION.c.expires_at).label("expires_at"))
        .join(SESSION, SESSION.c.person_id == PERSON.c.id)
        .where(SESSION.c.terminal_sha256 == token_hash(terminal), SESSION.c.expires_at > micros(now))
        .where(PERSON.c.pin_hash != "", PERSON.c.disabled_at.is_(None), PERSON.c.must_change.is_(False))
        .group_by(*_COLUMNS)
        .order_by(PERSON.c.name)
    )
    found = []
    for row in tx.execute(query):
        r = dict(row._mapping)
        expires = r.pop("expires_at")
        found.append((Person(**{**r, "role": Role(row.role)}), moment(expires)))
    return found


def close_at_terminal(tx: Tx, terminal: str, person_id: int) -> None:
    """End a person's sessions at a terminal."""
    here = (SESSION.c.terminal_sha256 == token_hash(terminal)) & (SESSION.c.person_id == person_id)
    tx.execute(delete(SESSION).where(here))


def lock_session(tx: Tx, token: str) -> None:
    """Let a session rest until its person comes back by PIN or password."""
    tx.execute(update(SESSION).where(SESSION.c.token_sha256 == token_hash(token)).values(seen_at=0))


def open_session(
    tx: Tx, person_id: int, token: str, csrf: str, now: datetime, expires: datetime, terminal: str = ""
) -> None:
    """Keep a person's session at a terminal."""
    tx.execute(
        insert(SESSION).values(
            token_sha256=token_hash(token),
            person_id=person_id,
            csrf=csrf,
            terminal_sha256=token_hash(terminal) if terminal else "",
            created_at=micros(now),
            seen_at=micros(now),
            expires_at=micros(expires),
        )
    )
    tx.execute(delete(SESSION).where(SESSION.c.expires_at < micros(now)))


def session(tx: Tx, token: str, now: datetime, idle_since: datetime) -> tuple[Person, datetime] | None:
    """The person behind a cookie and when the session was last seen, unless it expired or idled too long."""
    query = (
        select(*_COLUMNS, SESSION.c.csrf, SESSION.c.seen_at)
        .join(PERSON, PERSON.c.id == SESSION.c.person_id)
        .where(SESSION.c.token_sha256 == token_hash(token), SESSION.c.expires_at > micros(now))
        .where(SESSION.c.seen_at > micros(idle_since), PERSON.c.disabled_at.is_(None))
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    r = dict(row._mapping)
    seen = r.pop("seen_at")
    return Person(**{**r, "role": Role(row.role)}), moment(seen)


def touch(tx: Tx, token: str, now: datetime) -> None:
    """Note that a session is in use."""
    tx.execute(update(SESSION).where(SESSION.c.token_sha256 == token_hash(token)).values(seen_at=micros(now)))


def close_session(tx: Tx, token: str) -> None:
    """Sign a browser out."""
    tx.execute(delete(SESSION).where(SESSION.c.token_sha256 == token_hash(token)))
