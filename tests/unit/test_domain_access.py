"""A key opens what it was made for, and nothing more."""

import pytest

from desktop.domain.access import EVERYTHING, TO_SEND_AND_READ, Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected

MARKET, BAKERY = Cnpj("62567108000101"), Cnpj("11222333000181")


def access(*scopes: Scope, companies: frozenset[Cnpj] = frozenset(), sessions: frozenset[str] = frozenset()) -> Access:
    return Access(name="ERP", scopes=frozenset(scopes), companies=companies, sessions=sessions)


@pytest.mark.parametrize(
    ("held", "needed", "allowed"),
    [
        (Scope.SEND, Scope.SEND, True),
        (Scope.SEND, Scope.READ, False),
        (Scope.READ, Scope.SEND, False),
        (Scope.READ, Scope.MANAGE, False),
        *((Scope.MANAGE, scope, True) for scope in Scope),
    ],
)
def test_a_right_lets_do_its_own_part_and_managing_lets_do_all(held: Scope, needed: Scope, allowed: bool) -> None:
    if allowed:
        access(held).require(needed)
        return
    with pytest.raises(Rejected) as refused:
        access(held).require(needed)
    assert (refused.value.code, refused.value.facts["scope"]) == (Code.FORBIDDEN, needed.value)


def test_a_key_of_one_company_is_for_that_company_alone() -> None:
    own = access(Scope.SEND, companies=frozenset({MARKET}))
    own.require_company(MARKET)
    with pytest.raises(Rejected) as refused:
        own.require_company(BAKERY)
    assert refused.value.facts == {"reason": "company", "cnpj": BAKERY.value}
    assert not own.sees_company(None)
    assert access(Scope.SEND).sees_company(None)


def test_a_session_of_others_looks_as_if_it_were_not_there() -> None:
    own = access(Scope.SEND, sessions=frozenset({"loja"}))
    own.require_session("loja")
    with pytest.raises(Rejected) as refused:
        own.require_session("principal")
    assert refused.value.code is Code.SESSION_NOT_FOUND
    access(Scope.SEND).require_session("principal")


def test_nobody_gives_away_more_than_they_have() -> None:
    access(Scope.MANAGE).require_no_more(Access(name="new", scopes=EVERYTHING))
    sender = Access(name="ERP", scopes=TO_SEND_AND_READ, companies=frozenset({MARKET}), sessions=frozenset({"loja"}))
    sender.require_no_more(sender)
    wider = [
        Access(name="new", scopes=EVERYTHING, companies=sender.companies, sessions=sender.sessions),
        Access(name="new", scopes=TO_SEND_AND_READ, sessions=sender.sessions),
        Access(name="new", scopes=TO_SEND_AND_READ, companies=frozenset({MARKET, BAKERY}), sessions=sender.sessions),
        Access(name="new", scopes=TO_SEND_AND_READ, companies=sender.companies, sessions=frozenset({"principal"})),
    ]
    for other in wider:
        with pytest.raises(Rejected) as refused:
            sender.require_no_more(other)
        assert refused.value.code is Code.FORBIDDEN
