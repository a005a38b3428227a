"""A key opens what it was made for, and nothing more."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from desktop.domain.access import EVERYTHING, TO_SEND_AND_READ, Access, Scope, is_key_name
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected
from desktop.domain.session import Profile, Session, Stopped

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


def session(name: str, company: Cnpj | None) -> Session:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    profile = Profile(id=UUID(int=1), name=name, created_at=at, company=company)
    return Session(name=name, status=Stopped(), since=at, profile=profile)


def test_a_session_is_for_who_may_use_its_name_and_its_company() -> None:
    market, bakery, everybody = session("loja", MARKET), session("loja", BAKERY), session("loja", None)
    of_market = access(Scope.READ, companies=frozenset({MARKET}))
    assert [of_market.sees(one) for one in (market, bakery, everybody)] == [True, False, False]
    of_name = access(Scope.READ, sessions=frozenset({"loja"}))
    assert of_name.sees(bakery)
    assert not of_name.sees(session("filial", BAKERY))
    both = access(Scope.READ, companies=frozenset({MARKET}), sessions=frozenset({"filial"}))
    assert not both.sees(market)
    assert access(Scope.READ).sees(everybody)
    assert not of_market.sees(replace(everybody, profile=None))


def test_who_is_for_some_companies_makes_no_session() -> None:
    access(Scope.MANAGE).require_new("loja")
    access(Scope.MANAGE, sessions=frozenset({"loja"})).require_new("loja")
    for limited, code in (
        (access(Scope.MANAGE, companies=frozenset({MARKET})), Code.FORBIDDEN),
        (access(Scope.MANAGE, sessions=frozenset({"filial"})), Code.SESSION_NOT_FOUND),
    ):
        with pytest.raises(Rejected) as refused:
            limited.require_new("loja")
        assert refused.value.code is code


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


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("ERP da loja/1", True),
        ("é", True),
        ("x" * 100, True),
        ("x" * 101, False),
        ("", False),
        (" ERP", False),
        ("ERP\n", False),
        ("E\tR", False),
        ("\udc80", False),
    ],
)
def test_a_key_has_a_name_that_a_list_can_show(text: str, fits: bool) -> None:
    assert is_key_name(text) is fits
