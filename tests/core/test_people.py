"""Roles, names and passwords."""

import pytest

from inspection.core.people import InvalidPerson, Role, check_password, check_user_name


def test_each_role_includes_the_ones_before_it() -> None:
    order = ["viewer", "inspector", "adjudicator", "engineer", "admin"]
    assert [str(role) for role in Role] == order
    for place, role in enumerate(Role):
        assert [role.may_act_as(other) for other in Role] == [number <= place for number in range(len(order))]


@pytest.mark.parametrize("name", ["", "Ann", "a b", "a/b", "x" * 33, "-a", "ann\n", "\u0430nn"])
def test_names_that_could_be_mistaken_are_refused(name: str) -> None:
    with pytest.raises(InvalidPerson, match="user name"):
        check_user_name(name)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "abababababab", "ann-12345678", "x" * 300])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidPerson, match="password"):
        check_password(password, "ann")


def test_a_long_one_is_fine_without_signs_and_digits() -> None:
    check_password("correct horse battery", "ann")
