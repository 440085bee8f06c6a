"""Tokens with which people use the API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update

from inspection.core.moment import micros, moment
from inspection.core.people import Person, Role
from inspection.store.lines import token_hash
from inspection.store.records import PERSON, TOKEN
from inspection.store.transaction import Tx


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of a token: whose it is, what it is for, who made it, and when it was last used."""

    id: int
    person: str
    purpose: str
    by: str
    created_at: datetime
    used_at: datetime | None


def add(tx: Tx, person_id: int, token: str, purpose: str, by: str, now: datetime) -> int:
    """Keep a new token's hash; its id."""
    values = {
        "person_id": person_id, "token_sha256": token_hash(token), "purpose": purpose, "by": by,
        "created_at": micros(now),
    }  # fmt: skip
    return int(tx.execute(insert(TOKEN).values(values).returning(TOKEN.c.id)).scalar_one())


def holder(tx: Tx, token: str) -> tuple[Person, Kept] | None:
    """The person that a token acts as; None for one that is unknown or revoked, or whose person is disabled."""
    columns = (PERSON.c.id.label("person_id"), PERSON.c.role, PERSON.c.must_change)
    query = _live().add_columns(*columns).where(TOKEN.c.token_sha256 == token_hash(token))
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    person = Person(id=row.person_id, name=row.person, role=Role(row.role), must_change=row.must_change)
    return person, _kept(row)


def of_person(tx: Tx, person_id: int) -> list[Kept]:
    """A person's tokens that can be used, the oldest first."""
    return [_kept(row) for row in tx.execute(_live().where(PERSON.c.id == person_id).order_by(TOKEN.c.id))]


def get(tx: Tx, token_id: int) -> Kept | None:
    """The token of that id, if it can be used."""
    row = tx.execute(_live().where(TOKEN.c.id == token_id)).one_or_none()
    return None if row is None else _kept(row)


def touch(tx: Tx, token_id: int, now: datetime) -> None:
    """Note that a token is in use."""
    tx.execute(update(TOKEN).where(TOKEN.c.id == token_id).values(used_at=micros(now)))


def revoke(tx: Tx, token_id: int, now: datetime) -> None:
    """Take a token away for good."""
    tx.execute(update(TOKEN).where(TOKEN.c.id == token_id).values(revoked_at=micros(now)))


def revoke_all(tx: Tx, person_id: int, now: datetime) -> None:
    """Take all of a person's tokens away."""
    mine = (TOKEN.c.person_id == person_id) & TOKEN.c.revoked_at.is_(None)
    tx.execute(update(TOKEN).where(mine).values(revoked_at=micros(now)))


def _live() -> Select[Any]:
    columns = (TOKEN.c.id, PERSON.c.name.label("person"), TOKEN.c.purpose, TOKEN.c.by, TOKEN.c.created_at)
    query = select(*columns, TOKEN.c.used_at).join(PERSON, PERSON.c.id == TOKEN.c.person_id)
    return query.where(TOKEN.c.revoked_at.is_(None), PERSON.c.disabled_at.is_(None), PERSON.c.simulated.is_(False))


def _kept(row: Any) -> Kept:
    return Kept(
        id=row.id, person=row.person, purpose=row.purpose, by=row.by, created_at=moment(row.created_at),
        used_at=None if row.used_at is None else moment(row.used_at),
    )  # fmt: skip
