"""What the Oracle worker answers, in types that its parent can name without loading the driver."""

from typing import Final, TypedDict

NOT_LOGGED_IN: Final = "not_logged_in"
"""The code of a call that came to a child whose last login was refused: it can be made again after one that works."""


class Row(TypedDict):
    cnpj: str
    """Compacted, whatever form the column keeps it in."""
    group: str | None
    name: str | None
    """Both without padding; None where there is nothing."""


class Page(TypedDict):
    rows: list[Row]
    unreadable: int
    """Rows whose CNPJ column holds no CNPJ."""
    next: int | None
    """What to ask the next page with; None behind the last one."""


class Seen(TypedDict):
    version: str
    companies: int | None
    """None where counting took too long."""
    cnpj_type: str | None
    """How the CNPJ's column is declared, such as `CHAR(18)`; None where the owner's own query only takes one."""


class Probed(TypedDict):
    outcome: str
    """An `oracle_probe.Outcome`."""
    tns_version: int | None
    encryption_required: bool
    ora: str | None
    suits_thin_mode: bool
