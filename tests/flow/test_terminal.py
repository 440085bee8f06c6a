"""Shared terminals: who left one locked comes back by PIN, for as long as the password holds and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.people import InvalidPerson, NotAllowed, Person, Role, check_pin
from inspection.flow import people, terminal
from inspection.flow.people import SESSION_LASTS, SignedIn
from inspection.store import journal
from inspection.store import people as store_people
from tests.plant import Plant

HERE, THERE = "a-browser-on-the-shop-floor", "another-one"
PIN = "4826"


@pytest.fixture(scope="module")
def hashes() -> tuple[str, str]:
    return people.hash_password("a long enough one", "anna"), terminal.hash_pin(PIN)


@pytest.fixture
def anna(plant: Plant, hashes: tuple[str, str]) -> Person:
    plant.write(lambda tx: people.add(tx, name="anna", role=Role.INSPECTOR, hashed=hashes[0], by="erin", now=plant.now))
    plant.write(lambda tx: terminal.set_pin(tx, person=people.find(tx, "anna"), hashed=hashes[1], now=plant.now))
    return plant.person("anna")


def sign_in(plant: Plant, person: Person, where: str = HERE) -> SignedIn:
    return plant.write(lambda tx: people.open_session(tx, person=person, now=plant.now, terminal=where))


def lock(plant: Plant, signed: SignedIn) -> None:
    plant.write(lambda tx: terminal.lock(tx, token=signed.token, person=signed.person, now=plant.now))


def check(plant: Plant, pin: str = PIN, where: str = HERE, name: str = "anna"):
    return plant.read(lambda tx: terminal.check(tx, terminal=where, name=name, pin=pin, now=plant.now))


def who(plant: Plant, signed: SignedIn) -> str | None:
    found = plant.read(lambda tx: people.who(tx, token=signed.token, now=plant.now))
    return found and found[0].name


def test_a_locked_terminal_opens_again_by_pin_and_the_old_session_is_gone(plant: Plant, anna: Person) -> None:
    first = sign_in(plant, anna)
    lock(plant, first)
    assert who(plant, first) is None
    person, until = check(plant)
    again = plant.write(lambda tx: terminal.come_back(tx, terminal=HERE, person=person, until=until, now=plant.now))
    assert who(plant, again) == "anna"
    assert who(plant, first) is None
    assert [one.name for one in plant.read(lambda tx: terminal.known_at(tx, terminal=HERE, now=plant.now))] == ["anna"]


def test_a_pin_lasts_no_longer_than_the_password_did(plant: Plant, anna: Person) -> None:
    sign_in(plant, anna)
    for _ in range(3):
        plant.now += SESSION_LASTS / 4
        person, until = check(plant)
        again = plant.write(
            lambda tx, person=person, until=until: terminal.come_back(
                tx, terminal=HERE, person=person, until=until, now=plant.now
            )
        )
        assert who(plant, again) == "anna"
    plant.now += SESSION_LASTS / 4
    assert who(plant, again) is None
    with pytest.raises(NotAllowed, match="password"):
        check(plant)


@pytest.mark.parametrize(
    ("pin", "where", "name"),
    [("4827", HERE, "anna"), ("", HERE, "anna"), (PIN, THERE, "anna"), (PIN, "", "anna"), (PIN, HERE, "erin")],
)
def test_a_pin_opens_nothing_else(plant: Plant, anna: Person, pin: str, where: str, name: str) -> None:
    sign_in(plant, anna)
    with pytest.raises(NotAllowed):
        check(plant, pin, where, name)


def test_signing_out_a_new_password_and_losing_access_end_it(plant: Plant, anna: Person, hashes) -> None:
    signed = sign_in(plant, anna)
    plant.write(lambda tx: people.sign_out(tx, token=signed.token, now=plant.now))
    with pytest.raises(NotAllowed):
        check(plant)
    sign_in(plant, anna)
    check(plant)
    plant.write(
        lambda tx: people.set_password(tx, name="anna", hashed=hashes[0], by="x", must_change=False, now=plant.now)
    )
    sign_in(plant, anna)
    with pytest.raises(NotAllowed):
        check(plant)  # the PIN went with the password
    plant.write(lambda tx: terminal.set_pin(tx, person=anna, hashed=hashes[1], now=plant.now))
    check(plant)
    plant.write(lambda tx: people.disable(tx, name="anna", by="x", now=plant.now))
    with pytest.raises(NotAllowed):
        check(plant)


def test_too_many_wrong_pins_leave_the_password_alone(plant: Plant, anna: Person) -> None:
    sign_in(plant, anna)
    there = sign_in(plant, anna, THERE)
    plant.write(lambda tx: terminal.forget(tx, terminal=HERE, name="anna", now=plant.now))
    with pytest.raises(NotAllowed, match="password"):
        check(plant)
    assert who(plant, there) == "anna"
    with plant.db.read() as tx:
        assert "pin_refused" in [entry.change.event for entry in journal.entries(tx, subject="person/anna")]


@pytest.mark.parametrize(
    "pin", ["", "123", "1234", "9876", "0000", "1111111", "1212", "123456789", "12a4", "١٢٣٥", "8901"]
)
def test_pins_that_are_guessed_first_are_refused(pin: str) -> None:
    with pytest.raises(InvalidPerson):
        check_pin(pin)


@given(st.text(alphabet="0123456789", min_size=4, max_size=8))
def test_most_pins_are_taken(pin: str) -> None:
    try:
        check_pin(pin)
    except InvalidPerson:
        assert len(set(pin)) < 3 or abs(int(pin[1]) - int(pin[0])) in (1, 9)


@pytest.mark.usefixtures("anna")
def test_the_last_administrator_cannot_be_lost(plant: Plant) -> None:
    def to(name: str, role: Role) -> None:
        plant.write(lambda tx: people.set_role(tx, name=name, role=role, by="x", now=plant.now))

    to("anna", Role.ADMIN)
    with plant.db.read() as tx:
        others = [one.name for one in store_people.everybody(tx) if one.role is Role.ADMIN and one.name != "anna"]
    for name in others:
        to(name, Role.ENGINEER)
    with pytest.raises(InvalidPerson, match="only administrator"):
        to("anna", Role.INSPECTOR)
    with pytest.raises(InvalidPerson, match="only administrator"):
        plant.write(lambda tx: people.disable(tx, name="anna", by="x", now=plant.now))
