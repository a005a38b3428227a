"""Oracle's client library: which databases a version of it reaches."""

from dataclasses import dataclass
from re import findall
from typing import Final

_REACHES: Final = (((23,), "19c"), ((20,), "12c"), ((19,), "11g (11.2)"))
"""From this client version on: the oldest database that Oracle supports it with."""
_OLDEST_USABLE: Final = (19, 1)
"""What the driver (26.1) takes; older ones it refuses with DPI-1050."""
_TOO_NEW_FOR_11G: Final = (22,)
"""21 talks to 11.2 in practice, though Oracle no longer promises it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleClient:
    """One that is on this machine and loads."""

    folder: str
    version: str
    """As the library itself says, such as 19.28.0.0.0."""

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(number) for number in findall(r"\d+", self.version))

    @property
    def oldest_server(self) -> str:
        """The oldest database it is made for, as people call it; empty for a client too old to be used at all."""
        return next((server for since, server in _REACHES if self.numbers >= since), "")

    @property
    def reaches_11g(self) -> bool:
        """Whether it talks to the databases that the driver is too new for."""
        return _OLDEST_USABLE <= self.numbers < _TOO_NEW_FOR_11G

    @property
    def rank(self) -> tuple[bool, tuple[int, ...]]:
        """The greater, the better: first whether it reaches old databases, then how new it is."""
        return self.reaches_11g, self.numbers
