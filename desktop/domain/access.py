"""What a caller of the local API may do."""

from dataclasses import dataclass
from enum import StrEnum

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import Code, Rejected


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

    def require_no_more(self, other: "Access") -> None:
        """Raises Rejected(FORBIDDEN) where the other rights go beyond these: nobody gives away what they lack."""
        for scope in other.scopes:
            self.require(scope)
        for own, given in ((self.companies, other.companies), (self.sessions, other.sessions)):
            if own and not (given and given <= own):
                raise Rejected(Code.FORBIDDEN, reason="wider")


EVERYTHING = frozenset(Scope)
TO_SEND_AND_READ = frozenset({Scope.SEND, Scope.READ})
