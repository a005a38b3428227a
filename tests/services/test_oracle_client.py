"""«Instalar cliente Oracle» ends with a client that loads and is remembered, or changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.adapters.settings_file import SettingsFile
from desktop.domain.errors import Code, NeedsHuman
from desktop.domain.oracle_client import OracleClient
from desktop.ports.oracle_client import ClientArchive, OnProgress
from desktop.services.bus import Bus
from desktop.services.configuration import Configuration
from desktop.services.oracle_client import ClientInstalling

ZIP = Path("cliente.zip")
UNPACKED = Path("instantclient_19_28")
NEW = OracleClient(folder="instantclient_23", version="23.26.0.0.0")
OLD = OracleClient(folder=str(UNPACKED), version="19.28.0.0.0")


class Clients:
    """Implements ports.oracle_client.OracleClients over what a test says is there."""

    def __init__(self) -> None:
        self.there: list[OracleClient] = []
        self.loads = True
        self.expected = True
        self.asked_for: list[tuple[str, str]] = []
        self.forgotten: list[Path] = []

    async def existing(self) -> list[OracleClient]:
        return self.there

    async def download(self, url: str, progress: OnProgress, *, sha256: str = "") -> ClientArchive:
        self.asked_for.append((url, sha256))
        progress(1, 1)
        return ClientArchive(path=ZIP, sha256="abc", expected=self.expected)

    async def unpack(self, archive: Path, into: Path | None) -> Path:
        assert archive == ZIP
        return (into or Path()) / UNPACKED

    async def check(self, folder: Path) -> OracleClient:
        if not self.loads:
            raise NeedsHuman(Code.ORACLE_CLIENT, reason="does_not_load")
        return OracleClient(folder=str(folder), version=OLD.version)

    async def forget(self, archive: Path) -> None:
        self.forgotten.append(archive)


@pytest.fixture
def clients() -> Clients:
    return Clients()


@pytest.fixture
def settings(tmp_path: Path) -> Configuration:
    return Configuration(SettingsFile(tmp_path / "settings.json"), Bus())


@pytest.fixture
def installing(clients: Clients, settings: Configuration) -> ClientInstalling:
    return ClientInstalling(clients=clients, settings=settings)


def kept(settings: Configuration) -> str:
    return settings.load().directory.oracle.client_folder


async def trusting(archive: ClientArchive) -> bool:
    return archive.sha256 == "abc"


async def asking_nobody(archive: ClientArchive) -> bool:
    raise AssertionError(archive)


async def declining(archive: ClientArchive) -> bool:
    return False


def ignored(here: int, total: int | None) -> None:
    assert total is None or here <= total


async def test_a_client_that_is_there_and_reaches_old_databases_is_taken(
    clients: Clients, installing: ClientInstalling, settings: Configuration
) -> None:
    clients.there = [NEW, OLD]
    assert await installing.find() == [NEW, OLD]
    assert await installing.take_existing() == OLD
    assert kept(settings) == OLD.folder


async def test_a_client_that_reaches_new_databases_only_is_not_taken_by_itself(
    clients: Clients, installing: ClientInstalling, settings: Configuration
) -> None:
    clients.there = [NEW]
    assert await installing.take_existing() is None
    assert kept(settings) == ""


async def test_a_zip_that_the_owner_has_is_unpacked_where_they_want_it(
    installing: ClientInstalling, settings: Configuration
) -> None:
    client = await installing.take_zip(ZIP, Path("other"))
    assert client.folder == kept(settings) == str(Path("other") / UNPACKED)


async def test_a_download_of_the_recorded_checksum_needs_nobody(
    clients: Clients, installing: ClientInstalling, settings: Configuration
) -> None:
    settings.change({"directory.oracle.client_url": "https://mirror/client.zip"})
    assert await installing.download(ignored, asking_nobody, sha256="abc") == OLD
    assert clients.asked_for == [("https://mirror/client.zip", "abc")]
    assert clients.forgotten == [ZIP]
    assert kept(settings) == OLD.folder


async def test_a_download_of_an_unknown_checksum_is_for_a_person_to_trust(
    clients: Clients, installing: ClientInstalling, settings: Configuration
) -> None:
    clients.expected = False
    with pytest.raises(NeedsHuman) as refused:
        await installing.download(ignored, declining)
    assert refused.value.facts == {"reason": "declined", "found": "abc"}
    assert kept(settings) == ""
    assert await installing.download(ignored, trusting) == OLD


async def test_a_client_that_does_not_load_is_not_remembered(
    clients: Clients, installing: ClientInstalling, settings: Configuration
) -> None:
    clients.loads = False
    with pytest.raises(NeedsHuman):
        await installing.take_folder(UNPACKED)
    assert kept(settings) == ""
