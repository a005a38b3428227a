"""A company as the directory knows it."""

from dataclasses import dataclass

from desktop.domain.cnpj import Cnpj


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One row of the directory, before anybody asked whether its group exists."""

    cnpj: Cnpj
    name: str
    """Empty where the directory has no column for it."""
    group: str | None
    """The group's jid as registered, unchecked; None where the company has none."""

    @property
    def label(self) -> str:
        """What a person reads: the name, or the masked CNPJ where there is none."""
        return self.name or self.cnpj.masked


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryCheck:
    """What a successful test of the connection saw."""

    source: str
    """In words: which server or file."""
    companies: int | None
    """How many rows; None where counting was not possible in time."""
