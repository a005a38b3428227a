"""The directory that the owner chose, looked up at every call, so that a change needs no restart."""

from collections.abc import Callable, Mapping
from datetime import datetime

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company, DirectoryCheck
from desktop.domain.diagnosis import Step
from desktop.domain.settings import DirectoryKind
from desktop.ports.directory import Directory


class ChosenDirectory:
    """Makes each kind when it is first asked; what nobody chose costs nothing."""

    def __init__(
        self, kind: Callable[[], DirectoryKind], makers: Mapping[DirectoryKind, Callable[[], Directory]]
    ) -> None:
        self._kind = kind
        self._makers = makers
        self._made: dict[DirectoryKind, Directory] = {}

    def _chosen(self) -> Directory:
        return self.of(self._kind())

    async def find(self, cnpj: Cnpj) -> Company | None:
        return await self._chosen().find(cnpj)

    async def search(self, text: str, limit: int) -> list[Company]:
        return await self._chosen().search(text, limit)

    async def everybody(self) -> list[Company]:
        return await self._chosen().everybody()

    async def check(self) -> DirectoryCheck:
        return await self._chosen().check()

    async def examine(self, told: Callable[[Step], None]) -> None:
        await self._chosen().examine(told)

    def freshness(self) -> datetime | None:
        return self._chosen().freshness()

    async def close(self) -> None:
        for directory in tuple(self._made.values()):  # one may be made meanwhile
            await directory.close()

    def of(self, kind: DirectoryKind) -> Directory:
        """The one of a kind, whether it is chosen or not."""
        if kind not in self._made:
            self._made[kind] = self._makers[kind]()
        return self._made[kind]
