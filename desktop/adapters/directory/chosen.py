"""The directory that the owner chose, looked up at every call, so that a change needs no restart."""

from collections.abc import Callable, Mapping

from desktop.domain.cnpj import Cnpj
from desktop.domain.company import Company, DirectoryCheck
from desktop.domain.settings import DirectoryKind
from desktop.ports.directory import Directory


class ChosenDirectory:
    def __init__(self, kind: Callable[[], DirectoryKind], directories: Mapping[DirectoryKind, Directory]) -> None:
        self._kind = kind
        self._directories = directories

    async def find(self, cnpj: Cnpj) -> Company | None:
        return await self._directories[self._kind()].find(cnpj)

    async def search(self, text: str, limit: int) -> list[Company]:
        return await self._directories[self._kind()].search(text, limit)

    async def check(self) -> DirectoryCheck:
        return await self._directories[self._kind()].check()

    async def close(self) -> None:
        for directory in self._directories.values():
            await directory.close()
