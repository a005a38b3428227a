"""Oracle's client on this machine: found, judged by its header, and really loaded by the driver in a child process."""

from __future__ import annotations

import hashlib
import os
import platform
import struct
import sys
import zipfile
from pathlib import Path

import pytest

from desktop.adapters.directory.instant_client import (
    client_environment,
    is_library,
    library_in,
    library_name,
    suits_machine,
)
from desktop.adapters.directory.instant_client_search import client_folders
from desktop.adapters.directory.instant_clients import InstantClients
from desktop.app import worker_command
from desktop.domain.errors import AppError, Code
from tests.doubles.oracle_client import build_client, needs_compiler
from tests.integration.reports.web_server import answer, serve


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(64)


def pe(machine: int) -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine) + bytes(64)


def clients(folder: Path, *places: Path) -> InstantClients:
    return InstantClients(folder, command=worker_command("oracle"), places=tuple(map(str, places)))


async def refusal(clients: InstantClients, folder: Path) -> AppError:
    with pytest.raises(AppError) as error:
        await clients.check(folder)
    assert error.value.code is Code.ORACLE_CLIENT
    return error.value


@pytest.mark.parametrize(
    ("name", "system", "expected"),
    [
        ("libclntsh.so", "linux", True),
        ("libclntsh.so.19.1", "linux", True),
        ("libclntshcore.so.19.1", "linux", False),
        ("OCI.DLL", "win32", True),
        ("oraociei19.dll", "win32", False),
        ("libclntsh.dylib", "darwin", True),
    ],
)
def test_a_client_is_known_by_its_library(name: str, system: str, expected: bool) -> None:
    assert is_library(name, system) is expected


@pytest.mark.parametrize(
    ("content", "machine", "suits"),
    [
        (elf(62), "x86_64", True),
        (elf(3), "x86_64", False),
        (pe(0x8664), "AMD64", True),
        (pe(0x014C), "AMD64", False),
        (elf(183), "aarch64", True),
        (elf(62), "riscv64", True),
        (b"anything else", "x86_64", True),
        (b"MZ", "AMD64", True),
    ],
)
def test_a_client_of_32_bits_is_told_by_its_header(tmp_path: Path, content: bytes, machine: str, suits: bool) -> None:
    library = tmp_path / "oci.dll"
    library.write_bytes(content)
    assert suits_machine(library, machine) is suits


def test_clients_are_found_where_they_usually_lie_each_once(tmp_path: Path) -> None:
    def lay(folder: str, content: bytes = b"library") -> Path:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / library_name()).write_bytes(content)
        return tmp_path / folder

    own = lay("own/instantclient_19_28")
    home = lay("home/bin")
    on_path = lay("path")
    usual = lay("usual/instantclient_21_13")
    lay("usual/instantclient_32", elf(3))
    (tmp_path / "usual" / "instantclient_empty").mkdir()
    environment = {
        "ORACLE_HOME": str(tmp_path / "home"),
        "PATH": os.pathsep.join([str(on_path), str(usual), "nowhere"]),
    }
    found = client_folders(tmp_path / "own", environment, (str(tmp_path / "usual" / "instantclient*"),))
    ours = [folder for folder in found if folder.is_relative_to(tmp_path.resolve())]
    assert ours == [folder.resolve() for folder in (own, home, on_path, usual)]


def test_a_folder_that_may_not_be_looked_into_holds_no_client(tmp_path: Path) -> None:
    assert library_in(tmp_path / "missing") is None


def test_only_the_child_gets_the_clients_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/elsewhere")
    monkeypatch.setenv("ORACLE_HOME", "/u01/product")
    child = client_environment("/opt/instantclient", "linux")
    assert child["LD_LIBRARY_PATH"] == "/opt/instantclient:/elsewhere".replace(":", os.pathsep)
    assert "ORACLE_HOME" not in child
    assert os.environ["LD_LIBRARY_PATH"] == "/elsewhere"
    assert client_environment(str(Path("/u01/product/lib")), "linux")["ORACLE_HOME"] == "/u01/product"


@needs_compiler
async def test_a_client_is_really_loaded_and_says_its_version(tmp_path: Path) -> None:
    folder = build_client(tmp_path / "cliente", major=19, minor=28)
    client = await clients(tmp_path / "own").check(folder)
    assert (client.folder, client.version) == (str(folder), "19.28.0.0.0")


@needs_compiler
async def test_a_client_that_ends_whoever_loads_it_is_only_refused(tmp_path: Path) -> None:
    folder = build_client(tmp_path / "cliente", crashes=True)
    assert (await refusal(clients(tmp_path / "own"), folder)).facts["reason"] == "does_not_load"


@needs_compiler
async def test_a_client_older_than_the_driver_takes_is_told(tmp_path: Path) -> None:
    folder = build_client(tmp_path / "cliente", major=12, minor=2)
    assert (await refusal(clients(tmp_path / "own"), folder)).facts["reason"] == "too_old"


async def test_a_library_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / library_name()).write_bytes(b"not a library at all")
    error = await refusal(clients(tmp_path / "own"), tmp_path)
    assert error.facts["reason"] == "does_not_load"
    assert "DPI-1047" in str(error.facts["detail"])


async def test_a_folder_without_a_client_is_told(tmp_path: Path) -> None:
    assert (await refusal(clients(tmp_path / "own"), tmp_path)).facts["reason"] == "no_library"


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="the header is made for x64")
async def test_a_client_of_another_processor_is_told_without_loading_it(tmp_path: Path) -> None:
    (tmp_path / library_name()).write_bytes(elf(3))
    assert (await refusal(clients(tmp_path / "own"), tmp_path)).facts["reason"] == "wrong_machine"


@needs_compiler
async def test_of_several_clients_the_best_for_old_databases_comes_first(tmp_path: Path) -> None:
    for major, minor in ((23, 9), (19, 28), (12, 2)):
        build_client(tmp_path / "places" / f"instantclient_{major}_{minor}", major=major, minor=minor)
    found = await clients(tmp_path / "own", tmp_path / "places" / "instantclient*").existing()
    assert [client.version for client in found] == ["19.28.0.0.0", "23.9.0.0.0"]


@needs_compiler
async def test_a_client_comes_from_the_web_to_its_place_and_loads(tmp_path: Path) -> None:
    built = build_client(tmp_path / "built")
    archive = tmp_path / "site.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(built / "libclntsh.so", "instantclient_19_28/libclntsh.so")
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    own = tmp_path / "own"
    async with serve() as site:
        url = f"http://{site.host}/instantclient.zip"
        site.answer = answer(archive.read_bytes())
        installing = InstantClients(own, command=worker_command("oracle"), checksums={url: sha256})
        got = await installing.download(url, lambda _here, _total: None)
    assert got.expected
    assert got.sha256 == sha256
    client = await installing.check(await installing.unpack(got.path, None))
    assert client.folder == str(own / "instantclient_19_28")
    await installing.forget(got.path)
    assert sorted(file.name for file in own.rglob("*") if file.is_file()) == ["libclntsh.so"]
    (found, *_) = await clients(own).existing()
    assert found.folder == str((own / "instantclient_19_28").resolve())


async def test_a_zip_that_is_refused_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("../evil", "x")
    with pytest.raises(AppError) as error:
        await clients(tmp_path / "own").unpack(archive, None)
    assert error.value.facts == {"reason": "unsafe", "path": str(archive), "entry": "../evil"}
    with pytest.raises(AppError) as error:
        await clients(tmp_path / "own").unpack(tmp_path / "missing.zip", None)
    assert error.value.facts["reason"] == "disk"


@pytest.mark.skipif(sys.platform not in ("win32", "linux"), reason="there is no zip for this system")
async def test_an_unreachable_download_is_told(tmp_path: Path) -> None:
    with pytest.raises(AppError) as error:
        await clients(tmp_path / "own").download("http://nowhere.invalid/x.zip", lambda _here, _total: None)
    assert error.value.code is Code.ORACLE_CLIENT
