"""When a login that the server refused may be sent again: seldom enough that no account is ever locked by it."""

from __future__ import annotations

import pytest

from desktop.adapters.directory.oracle_errors import Refusal
from desktop.adapters.directory.oracle_logins import Address, RefusedLogins
from desktop.domain.errors import NeedsHuman
from desktop.domain.settings import OracleSource
from desktop.ports.secrets import Credentials, Secret

ADDRESS = Address.of(OracleSource(host="banco", sid="xe"))
PAIR = Credentials("erp", Secret("segredo"))
WRONG = {"reason": Refusal.WRONG.value, "ora": "ORA-01017"}


def may_ask(logins: RefusedLogins, at: float, *, by_person: bool, credentials: Credentials = PAIR) -> bool:
    try:
        logins.refuse(ADDRESS, credentials, at, by_person=by_person)
    except NeedsHuman:
        return False
    return True


@pytest.fixture
def refused() -> RefusedLogins:
    logins = RefusedLogins()
    logins.note(ADDRESS, PAIR, WRONG, 100.0)
    return logins


def test_a_first_login_is_nobodys_concern() -> None:
    assert may_ask(RefusedLogins(), 0.0, by_person=False)


def test_a_wrong_password_is_never_sent_again_by_itself(refused: RefusedLogins) -> None:
    assert refused.any
    assert not may_ask(refused, 100.0, by_person=False)
    assert not may_ask(refused, 1e9, by_person=False)


def test_a_person_may_send_it_twice_more_at_most_and_not_in_a_hurry(refused: RefusedLogins) -> None:
    assert not may_ask(refused, 129.0, by_person=True)
    for at in (130.0, 160.0):
        assert may_ask(refused, at, by_person=True)
        refused.note(ADDRESS, PAIR, WRONG, at)
    assert not may_ask(refused, 1e9, by_person=True)


def test_the_server_s_own_words_are_told_again(refused: RefusedLogins) -> None:
    with pytest.raises(NeedsHuman) as caught:
        refused.refuse(ADDRESS, PAIR, 101.0, by_person=False)
    assert caught.value.facts == WRONG


def test_another_password_user_or_server_is_another_login(refused: RefusedLogins) -> None:
    assert may_ask(refused, 101.0, by_person=False, credentials=Credentials("erp", Secret("outra")))
    assert may_ask(refused, 101.0, by_person=False, credentials=Credentials("outro", Secret("segredo")))
    other = Address.of(OracleSource(host="outro", sid="xe"))
    refused.refuse(other, PAIR, 101.0, by_person=False)


def test_a_new_refusal_of_another_pair_takes_the_place_of_the_old_one(refused: RefusedLogins) -> None:
    refused.note(ADDRESS, Credentials("erp", Secret("outra")), WRONG, 200.0)
    assert may_ask(refused, 201.0, by_person=False)
    assert refused.noted == 2


@pytest.mark.parametrize("reason", [Refusal.LOCKED, Refusal.EXPIRED])
def test_a_locked_or_expired_account_is_asked_again_after_a_minute(reason: Refusal) -> None:
    logins = RefusedLogins()
    logins.note(ADDRESS, PAIR, {"reason": reason.value}, 100.0)
    assert not may_ask(logins, 159.0, by_person=False)
    assert may_ask(logins, 160.0, by_person=False)
    assert may_ask(logins, 101.0, by_person=True)


def test_a_login_that_worked_clears_everything(refused: RefusedLogins) -> None:
    refused.forget()
    assert not refused.any
    assert may_ask(refused, 101.0, by_person=False)


def test_no_repr_shows_the_password(refused: RefusedLogins) -> None:
    assert "segredo" not in repr(vars(refused))


def test_a_service_name_goes_before_a_sid() -> None:
    both = OracleSource(host="h", port=1522, sid="xe", service_name="XEPDB1")
    assert Address.of(both).sid == ""
    assert str(Address.of(both)) == "h:1522/XEPDB1"
    assert str(ADDRESS) == "banco:1521/xe"
