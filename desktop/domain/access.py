"""What a caller of the local API may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from re import compile as regex
from typing import TYPE_CHECKING

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected

if TYPE_CHECKING:
    # Every start reads the scopes for the command line, also the icon's, which waits for no session.
    from desktop.domain.session import Session

LONGEST_KEY_NAME = 100
KEY_NAME = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
"""No space at either end, and nothing that breaks the line of a list."""


def is_key_name(text: str) -> bool:
    # Half a character, which a command line may hold, cannot be written to any file.
    half = any("\ud800" <= letter <= "\udfff" for letter in text)
    return len(text) <= LONGEST_KEY_NAME and not half and regex(KEY_NAME).fullmatch(text) is not None


class Scope(StrEnum):
    SEND = "enviar"
    READ = "ler"
    MANAGE = "gerenciar"
    """Sessions, keys and settings; whoever may manage may also send and read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One caller's rights; an empty set of companies or sessions means all of them."""

    name: str
    """Of the key, or whatever else let the caller in; for the log."""
    scopes: frozenset[Scope]
    companies: frozenset[Cnpj] = frozenset()
    sessions: frozenset[str] = frozenset()

    def require(self, scope: Scope) -> None:
        """Raises Rejected(FORBIDDEN) with the fact `scope`."""
        if scope not in self.scopes and Scope.MANAGE not in self.scopes:
            raise Rejected(Code.FORBIDDEN, reason="scope", scope=scope.value)

    def sees_company(self, cnpj: Cnpj | None) -> bool:
        """Whether what belongs to a company is for this caller; None belongs to no company."""
        return not self.companies or cnpj in self.companies

    def require_company(self, cnpj: Cnpj) -> None:
        """Raises Rejected(FORBIDDEN) with the fact `cnpj`."""
        if not self.sees_company(cnpj):
            raise Rejected(Code.FORBIDDEN, reason="company", cnpj=cnpj.value)

    def sees_session(self, name: str) -> bool:
        return not self.sessions or name in self.sessions

    def require_session(self, name: str) -> None:
        """Raises Rejected(SESSION_NOT_FOUND): who has no right to a session shall not learn that it exists."""
        if not self.sees_session(name):
            raise Rejected(Code.SESSION_NOT_FOUND, name=name)

    def sees(self, session: Session) -> bool:
        """Whether a session with its chats is for this caller, by its name and the company whose sends it carries."""
        company = session.profile.company if session.profile else None
        return self.sees_session(session.name) and self.sees_company(company)

    def require_new(self, session: str) -> None:
        """Raises as require_session, and Rejected(FORBIDDEN) where only some companies are for this caller.

        A new session carries no company's sends yet.
        """
        self.require_session(session)
        if self.companies:
            raise Rejected(Code.FORBIDDEN, reason="company")

    def covers(self, other: Access) -> bool:
        """Whether the other's companies and sessions are all among these."""
        pairs = ((self.companies, other.companies), (self.sessions, other.sessions))
        return all(not own or bool(given and given <= own) for own, given in pairs)

    def require_no_more(self, other: Access) -> None:
        """Raises Rejected(FORBIDDEN) where the other rights go beyond these: nobody gives away what they lack."""
        for scope in other.scopes:
            self.require(scope)
        if not self.covers(other):
            raise Rejected(Code.FORBIDDEN, reason="wider")


EVERYTHING = frozenset(Scope)
TO_SEND_AND_READ = frozenset({Scope.SEND, Scope.READ})
