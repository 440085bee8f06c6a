"""Tokens act as people: for as long as the person may sign in with the password they were made under."""

import pytest

from inspection.core.line import Unknown
from inspection.core.people import InvalidPerson, Role
from inspection.flow import people, tokens
from inspection.store import journal
from tests.plant import Plant


def make(plant: Plant, name: str = "erin", purpose: str = "shift report", by: str = "erin") -> str:
    return plant.write(lambda tx: tokens.make(tx, name=name, purpose=purpose, by=by, now=plant.now))


def who(plant: Plant, token: str) -> str | None:
    found = plant.read(lambda tx: tokens.who(tx, token=token, now=plant.now))
    return None if found is None else found[0].name


def test_a_token_acts_as_its_person_and_is_kept_nowhere(any_plant: Plant) -> None:
    token = make(any_plant)
    found = any_plant.read(lambda tx: tokens.who(tx, token=token, now=any_plant.now))
    assert found is not None
    assert (found[0].name, found[0].role) == ("erin", Role.ENGINEER)
    assert who(any_plant, token[:-1]) is who(any_plant, "") is None
    rows = any_plant.read(lambda tx: str(tx.exec_driver_sql("SELECT * FROM token").all()))
    told = any_plant.read(lambda tx: journal.entries(tx, subject="person/erin"))[-1]
    assert "shift report" in rows
    assert token not in rows + told.change.facts
    assert (told.change.event, told.change.actor) == ("token_made", "erin")


def test_last_use_is_noted_at_most_once_a_minute(plant: Plant) -> None:
    token = make(plant)

    def due() -> int | None:
        found = plant.read(lambda tx: tokens.who(tx, token=token, now=plant.now))
        assert found is not None
        return found[1]

    first = due()
    assert first is not None
    plant.write(lambda tx: tokens.touch(tx, token_id=first, now=plant.now))
    plant.later(seconds=59)
    assert due() is None
    plant.later(seconds=1)
    assert due() == first


def test_a_revoked_token_is_worth_nothing_and_cannot_be_revoked_again(plant: Plant) -> None:
    token, other = make(plant), make(plant)
    (kept, _) = plant.read(lambda tx: tokens.listed(tx, name="erin"))
    with pytest.raises(Unknown, match="no token"):
        plant.write(lambda tx: tokens.revoke(tx, token_id=kept.id, by="ines", now=plant.now, of="ines"))
    assert who(plant, token) == "erin"
    plant.write(lambda tx: tokens.revoke(tx, token_id=kept.id, by="adam", now=plant.now))
    assert who(plant, token) is None
    assert who(plant, other) == "erin"
    with pytest.raises(Unknown, match="revoked before"):
        plant.write(lambda tx: tokens.revoke(tx, token_id=kept.id, by="adam", now=plant.now))


def test_tokens_end_with_the_password_and_with_leave(any_plant: Plant) -> None:
    plant, token, other = any_plant, make(any_plant), make(any_plant, "ines")
    plant.write(
        lambda tx: people.set_password(tx, name="erin", hashed="-", by="erin", must_change=False, now=plant.now)
    )
    assert (who(plant, token), who(plant, other)) == (None, "ines")
    plant.write(lambda tx: people.disable(tx, name="ines", by="adam", now=plant.now))
    assert who(plant, other) is None


def test_a_role_that_changes_changes_what_a_token_may_do(plant: Plant) -> None:
    token = make(plant)
    plant.write(lambda tx: people.set_role(tx, name="erin", role=Role.INSPECTOR, by="adam", now=plant.now))
    found = plant.read(lambda tx: tokens.who(tx, token=token, now=plant.now))
    assert found is not None
    assert found[0].role is Role.INSPECTOR


@pytest.mark.parametrize("purpose", ["", "  ", "x" * 201])
def test_a_token_must_say_what_it_is_for(plant: Plant, purpose: str) -> None:
    with pytest.raises(InvalidPerson, match="what the token is for"):
        make(plant, purpose=purpose)


def test_nobody_hoards_tokens_and_simulations_have_none(plant: Plant) -> None:
    for _ in range(tokens.MOST):
        make(plant)
    with pytest.raises(InvalidPerson, match="revoke one"):
        make(plant)
    plant.write(
        lambda tx: people.add(tx, name="sim", role=Role.INSPECTOR, hashed="-", by="demo", now=plant.now, simulated=True)
    )
    with pytest.raises(InvalidPerson, match="simulated"):
        make(plant, "sim")
    with pytest.raises(InvalidPerson, match="no user"):
        make(plant, "nobody")
