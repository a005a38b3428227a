"""«Instalar cliente Oracle»: one that is there already, or one from Oracle or from a zip, checked and remembered."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from desktop.domain.errors import Code, NeedsHuman
from desktop.ports.oracle_client import ClientArchive as ClientArchive
from desktop.ports.oracle_client import OnProgress, OracleClient, OracleClients
from desktop.services.configuration import Configuration

_FOLDER = "directory.oracle.client_folder"

Confirm = Callable[[ClientArchive], Awaitable[bool]]
"""Asks a person whether a zip of this checksum is to be trusted."""


class ClientInstalling:
    """Every way ends with a client that loads, and its folder in the settings. Raises what OracleClients raises."""

    def __init__(self, *, clients: OracleClients, settings: Configuration) -> None:
        self._clients = clients
        self._settings = settings

    async def find(self) -> list[OracleClient]:
        """What is on this machine already, the best one first; nothing is changed."""
        return await self._clients.existing()

    async def take_existing(self) -> OracleClient | None:
        """The best one that reaches the old servers a client is needed for; None where there is none."""
        found = next((client for client in await self._clients.existing() if client.reaches_11g), None)
        if found is not None:
            self._remember(found)
        return found

    async def take_folder(self, folder: Path) -> OracleClient:
        """One that the owner knows of, whatever it reaches."""
        client = await self._clients.check(folder)
        self._remember(client)
        return client

    async def take_zip(self, archive: Path, into: Path | None = None) -> OracleClient:
        """One that the owner has downloaded."""
        return await self.take_folder(await self._clients.unpack(archive, into))

    async def download(
        self, progress: OnProgress, confirm: Confirm, into: Path | None = None, *, sha256: str = ""
    ) -> OracleClient:
        """Oracle's own. NeedsHuman with reason `declined` where the person does not trust an unrecorded checksum."""
        url = self._settings.load().directory.oracle.client_url
        archive = await self._clients.download(url, progress, sha256=sha256)
        if not archive.expected and not await confirm(archive):
            raise NeedsHuman(Code.ORACLE_CLIENT, reason="declined", found=archive.sha256)
        client = await self.take_zip(archive.path, into)
        await self._clients.forget(archive.path)
        return client

    def _remember(self, client: OracleClient) -> None:
        self._settings.change({_FOLDER: client.folder})
