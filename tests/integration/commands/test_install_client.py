"""`malote oracle install-client`: a client that was loaded once is kept in the settings, and its reach is told."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from desktop.adapters.settings_file import SettingsFile
from tests.doubles.oracle_client import build_client, needs_compiler
from tests.integration.commands.office import Office

pytestmark = needs_compiler


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    built = build_client(tmp_path / "built")
    path = tmp_path / "site" / "client.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(built / "libclntsh.so", "instantclient_19_28/libclntsh.so")
    return path


@pytest.fixture
def site(office: Office, archive: Path) -> Iterator[None]:
    """Where the settings say that the client comes from."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(archive.parent)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    office.settle(directory__oracle__client_url=f"http://127.0.0.1:{server.server_port}/client.zip")
    yield
    server.shutdown()
    server.server_close()
    thread.join()


def kept(office: Office) -> str:
    return SettingsFile(office.home / "settings.json").load().directory.oracle.client_folder


def test_a_zip_is_unpacked_beside_the_settings(office: Office, archive: Path) -> None:
    code, out, err = office.ended("oracle", "install-client", "--zip", str(archive))
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "Pronto: cliente Oracle 19.28.0.0.0, para Oracle 11g (11.2) em diante"
    assert kept(office) == str(office.home / "oracle-client" / "instantclient_19_28")


def test_a_zip_may_be_unpacked_elsewhere(office: Office, archive: Path, tmp_path: Path) -> None:
    assert office.ended("oracle", "install-client", "--zip", str(archive), "--folder", str(tmp_path / "oracle"))[0] == 0
    assert kept(office) == str(tmp_path / "oracle" / "instantclient_19_28")


def test_a_client_that_does_not_reach_old_databases_is_taken_with_a_warning(office: Office, tmp_path: Path) -> None:
    folder = build_client(tmp_path / "instantclient_23", major=23, minor=9)
    code, out, _ = office.ended("oracle", "install-client", "--folder", str(folder))
    assert code == 0
    assert "o cliente 23 não conecta em Oracle 11g" in out
    assert kept(office) == str(folder)


def test_what_is_no_client_changes_nothing(office: Office, tmp_path: Path) -> None:
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as packed:
        packed.writestr("../evil", "x")
    code, _, err = office.ended("oracle", "install-client", "--zip", str(evil))
    assert code == 1
    assert "conteúdo perigoso (../evil)" in err
    assert kept(office) == ""


@pytest.mark.usefixtures("site")
def test_a_download_needs_its_checksum_or_somebodys_word(office: Office, archive: Path) -> None:
    code, out, _ = office.ended("oracle", "install-client", "--download")
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert code == 1
    assert sha256 in out
    assert kept(office) == ""
    code, _, err = office.ended("oracle", "install-client", "--download", "--sha256", "0" * 64)
    assert code == 1
    assert "não é o que se esperava" in err
    assert office.ended("oracle", "install-client", "--download", "--sha256", sha256)[0] == 0
    assert kept(office) == str(office.home / "oracle-client" / "instantclient_19_28")


@pytest.mark.usefixtures("site")
def test_a_client_of_ours_is_found_again_without_a_download(office: Office) -> None:
    assert office.ended("oracle", "install-client", "--download", "--yes")[0] == 0
    office.settle(directory__oracle__client_folder="", directory__oracle__client_url="http://127.0.0.1:1/client.zip")
    assert office.ended("oracle", "install-client")[0] == 0
    assert kept(office) == str(office.home / "oracle-client" / "instantclient_19_28")
