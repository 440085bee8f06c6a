"""Signing in: sessions end when they should, and guessing gets slow."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from inspection.core.people import InvalidPerson, NotAllowed, Role
from inspection.flow import people
from inspection.flow.people import IDLE_LIMIT, SESSION_LASTS, SignedIn, Throttle
from inspection.store import journal
from tests.plant import Plant

PASSWORD = "a long enough one"


@pytest.fixture(scope="module")
def hashed() -> str:
    return people.hash_password(PASSWORD, "anna")


def add(plant: Plant, hashed: str, name: str = "anna", **other: bool) -> None:
    plant.write(
        lambda tx: people.add(tx, name=name, role=Role.ENGINEER, hashed=hashed, by="erin", now=plant.now, **other)
    )


def sign_in(plant: Plant, name: str = "anna") -> SignedIn:
    person = plant.person(name)
    return plant.write(lambda tx: people.open_session(tx, person=person, now=plant.now))


def is_in(plant: Plant, session: SignedIn) -> bool:
    return plant.read(lambda tx: people.who(tx, token=session.token, now=plant.now)) is not None


def test_the_right_password_and_no_other_signs_in(any_plant: Plant, hashed: str) -> None:
    add(any_plant, hashed)
    person = any_plant.read(lambda tx: people.check_credentials(tx, "anna", PASSWORD))
    assert (person.name, person.role) == ("anna", Role.ENGINEER)
    for name, password in (("anna", PASSWORD + "x"), ("anna", ""), ("nobody", PASSWORD), ("", "")):
        with pytest.raises(NotAllowed, match="Name or password"):
            any_plant.read(lambda tx, name=name, password=password: people.check_credentials(tx, name, password))


def test_simulated_inspectors_cannot_sign_in(plant: Plant, hashed: str) -> None:
    add(plant, hashed, simulated=True)
    with pytest.raises(NotAllowed):
        plant.read(lambda tx: people.check_credentials(tx, "anna", PASSWORD))


def test_a_session_is_known_by_its_token_alone_which_is_kept_nowhere(any_plant: Plant, hashed: str) -> None:
    add(any_plant, hashed)
    session = sign_in(any_plant)
    assert is_in(any_plant, session)
    rows = any_plant.read(lambda tx: str(tx.exec_driver_sql("SELECT * FROM session").all()))
    assert session.token not in rows
    any_plant.write(lambda tx: people.sign_out(tx, token=session.token, now=any_plant.now))
    assert not is_in(any_plant, session)


def test_a_session_ends_when_nobody_uses_it_and_after_a_shift_in_any_case(any_plant: Plant, hashed: str) -> None:
    add(any_plant, hashed)
    idle = sign_in(any_plant)
    any_plant.now += IDLE_LIMIT
    assert is_in(any_plant, idle)  # the page itself locks first
    any_plant.now += timedelta(minutes=1)
    assert not is_in(any_plant, idle)
    busy, begun = sign_in(any_plant), any_plant.now
    while any_plant.now - begun < SESSION_LASTS - timedelta(minutes=30):
        assert is_in(any_plant, busy)
        any_plant.later(minutes=30)
        any_plant.write(lambda tx: people.touch(tx, token=busy.token, now=any_plant.now))
    any_plant.later(minutes=30)
    assert not is_in(any_plant, busy)


def test_a_new_password_and_a_dismissal_end_every_session(any_plant: Plant, hashed: str) -> None:
    add(any_plant, hashed)
    first = sign_in(any_plant)
    any_plant.write(
        lambda tx: people.set_password(tx, name="anna", hashed=hashed, by="erin", must_change=False, now=any_plant.now)
    )
    assert not is_in(any_plant, first)
    second = sign_in(any_plant)
    any_plant.write(lambda tx: people.disable(tx, name="anna", by="erin", now=any_plant.now))
    assert not is_in(any_plant, second)
    with pytest.raises(NotAllowed):
        any_plant.read(lambda tx: people.check_credentials(tx, "anna", PASSWORD))
    with pytest.raises(InvalidPerson, match="There is, or was"):
        add(any_plant, hashed)


def test_a_new_role_holds_for_the_session_that_is_open(plant: Plant, hashed: str) -> None:
    add(plant, hashed)
    session = sign_in(plant)
    plant.write(lambda tx: people.set_role(tx, name="anna", role=Role.INSPECTOR, by="erin", now=plant.now))
    found = plant.read(lambda tx: people.who(tx, token=session.token, now=plant.now))
    assert found is not None
    assert found[0].role is Role.INSPECTOR


def test_who_came_went_and_changed_is_in_the_journal(plant: Plant, hashed: str) -> None:
    add(plant, hashed)
    session = sign_in(plant)
    plant.write(lambda tx: people.set_role(tx, name="anna", role=Role.ADMIN, by="erin", now=plant.now))
    plant.write(lambda tx: people.sign_out(tx, token=session.token, now=plant.now))
    events = [e.change.event for e in plant.read(lambda tx: journal.entries(tx, subject="person/anna"))]
    assert events == ["person_added", "signed_in", "role_changed", "signed_out"]
    assert "argon2" not in str(plant.read(lambda tx: journal.entries(tx)))


def test_nobody_unknown_is_changed(plant: Plant) -> None:
    for change in (
        lambda tx: people.disable(tx, name="nobody", by="erin", now=plant.now),
        lambda tx: people.set_role(tx, name="nobody", role=Role.ADMIN, by="erin", now=plant.now),
    ):
        with pytest.raises(InvalidPerson, match="no user 'nobody'"):
            plant.write(change)


def test_guessing_rests_longer_each_time_and_one_right_answer_forgives(plant: Plant) -> None:
    throttle, rests = Throttle(), []
    for _ in range(15):
        try:
            throttle.attempt("anna", plant.now)
        except NotAllowed as error:
            rests.append(int(str(error).rsplit(" ", 2)[1]))
            plant.later(seconds=rests[-1])
            throttle.attempt("anna", plant.now)
        throttle.attempt("ben", plant.now)
        throttle.right("ben")
    assert rests[:3] == [10 + 1, 20 + 1, 40 + 1]
    assert max(rests) == 15 * 60 + 1
    throttle.right("anna")
    throttle.attempt("anna", plant.now)


def test_a_burst_of_guesses_gets_no_more_tries_than_one_after_the_other(plant: Plant) -> None:
    throttle, begun = Throttle(), []

    def guess(_: int) -> None:
        with suppress(NotAllowed):
            throttle.attempt("anna", plant.now)
            begun.append(1)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(guess, range(200)))
    assert len(begun) == Throttle.FREE_TRIES
