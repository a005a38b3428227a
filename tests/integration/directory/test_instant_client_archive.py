"""A zip that calls itself Oracle's client is unpacked as if an enemy had made it."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from desktop.adapters.directory.instant_client import library_name
from desktop.adapters.directory.instant_client_archive import ArchiveError, unpack

FOLDER = "instantclient_19_28"
LIBRARY = library_name()


class Zip:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._packed = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)

    def add(self, name: str, content: bytes = b"x", mode: int = stat.S_IFREG | 0o644) -> None:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        self._packed.writestr(info, content)

    def link(self, name: str, target: str) -> None:
        self.add(name, target.encode(), stat.S_IFLNK | 0o777)

    def done(self) -> Path:
        self._packed.close()
        return self.path


@pytest.fixture
def archive(tmp_path: Path) -> Zip:
    """With the client in it; a test adds its poison."""
    made = Zip(tmp_path / "cliente.zip")
    made.add(f"{FOLDER}/{LIBRARY}", b"\x7fELF and so on")
    return made


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "clientes"


def refused(archive: Zip, into: Path) -> ArchiveError:
    """The refusal, after which nothing lies anywhere."""
    before = set(into.parent.rglob("*")) | {into}
    path = archive.done()
    with pytest.raises(ArchiveError) as error:
        unpack(path, into)
    assert set(into.parent.rglob("*")) == before
    return error.value


def test_the_client_as_oracle_packs_it_is_unpacked_with_its_links(archive: Zip, into: Path) -> None:
    archive.add("META-INF/MANIFEST.MF")
    archive.add(f"{FOLDER}/", b"", stat.S_IFDIR | 0o755)
    archive.add(f"{FOLDER}/network/admin/README")
    archive.add(f"{FOLDER}/genezi", b"#!", stat.S_IFREG | 0o755)
    if os.name == "posix":
        archive.link(f"{FOLDER}/libalias.so", LIBRARY)
    folder = unpack(archive.done(), into)
    assert folder == into / FOLDER
    assert (folder / LIBRARY).read_bytes() == b"\x7fELF and so on"
    assert (folder / "network" / "admin" / "README").is_file()
    if os.name == "posix":
        assert (folder / "libalias.so").read_bytes() == b"\x7fELF and so on"
        assert os.access(folder / "genezi", os.X_OK)
        assert not os.access(folder / LIBRARY, os.X_OK)
    assert [child.name for child in into.iterdir()] == [FOLDER]


def test_files_that_somebody_packed_without_their_folder_are_taken(tmp_path: Path, into: Path) -> None:
    made = Zip(tmp_path / "cliente.zip")
    made.add(LIBRARY)
    assert unpack(made.done(), into) == into / "instantclient"


def test_a_newer_one_takes_the_place_of_the_one_before(archive: Zip, into: Path) -> None:
    (into / FOLDER).mkdir(parents=True)
    (into / FOLDER / "old").touch()
    assert unpack(archive.done(), into) == into / FOLDER
    assert [child.name for child in (into / FOLDER).iterdir()] == [LIBRARY]
    assert [child.name for child in into.iterdir()] == [FOLDER]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        f"{FOLDER}/../../evil.txt",
        "..",
        "/etc/evil.txt",
        "//server/share/evil.txt",
        "C:/evil.txt",
        "C:evil.txt",
        f"{FOLDER}/oci.dll:stream",
        "..\\evil.txt",
        f"{FOLDER}\\evil.txt",
        "./evil.txt",
        f"{FOLDER}//evil.txt",
        f"{FOLDER}/con",
        f"{FOLDER}/NUL.txt",
        f"{FOLDER}/com1.dll",
        f"{FOLDER}/aux/evil.txt",
        f"{FOLDER}/COM¹",
        f"{FOLDER}/evil.dll ",
        f"{FOLDER}/evil.dll.",
        f"{FOLDER}/evil\x07.dll",
        f"{FOLDER}/evil?.dll",
        f"{FOLDER}/a|b",
        f"{FOLDER}/" + "n" * 121,
        "/".join(["deep"] * 9),
    ],
)
def test_a_name_that_leads_elsewhere_or_is_no_plain_file_is_refused(archive: Zip, into: Path, name: str) -> None:
    archive.add(name)
    error = refused(archive, into)
    assert error.reason == "unsafe"
    assert error.entry.isprintable()


def test_a_name_with_a_hidden_end_is_refused(archive: Zip, into: Path) -> None:
    archive.add(f"{FOLDER}/evilZtxt")
    path = archive.done()
    path.write_bytes(path.read_bytes().replace(b"evilZtxt", b"evil\0txt"))
    with pytest.raises(ArchiveError) as error:
        unpack(path, into)
    assert error.value.reason == "unsafe"


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../evil", "network/admin", "libmissing.so", "libevil.so", "a\\b", ""]
)
def test_a_link_to_anything_but_a_file_beside_it_is_refused(archive: Zip, into: Path, target: str) -> None:
    archive.link(f"{FOLDER}/libevil.so", target)
    assert refused(archive, into).reason == "unsafe"


def test_a_link_is_no_way_for_the_files_behind_it(archive: Zip, into: Path) -> None:
    archive.link(f"{FOLDER}/network", LIBRARY)
    archive.add(f"{FOLDER}/network/evil.txt")
    assert refused(archive, into).reason == "unsafe"


def test_a_link_as_long_as_a_file_is_refused(archive: Zip, into: Path) -> None:
    archive.link(f"{FOLDER}/libevil.so", "n" * 300)
    assert refused(archive, into).reason == "unsafe"


@pytest.mark.parametrize("kind", [stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_devices_and_pipes_are_refused(archive: Zip, into: Path, kind: int) -> None:
    archive.add(f"{FOLDER}/device", b"", kind | 0o666)
    assert refused(archive, into).reason == "unsafe"


def test_a_file_that_says_it_is_a_folder_is_refused(archive: Zip, into: Path) -> None:
    archive.add(f"{FOLDER}/network", b"", stat.S_IFDIR | 0o755)
    assert refused(archive, into).reason == "unsafe"


def test_a_file_in_the_place_of_a_folder_is_refused(archive: Zip, into: Path) -> None:
    archive.add(f"{FOLDER}/network")
    archive.add(f"{FOLDER}/network/admin")
    assert refused(archive, into).reason == "unsafe"


@pytest.mark.parametrize("name", [f"{FOLDER}/{LIBRARY.upper()}", f"{FOLDER.upper()}/other"])
def test_names_that_differ_in_their_case_only_are_refused(archive: Zip, into: Path, name: str) -> None:
    archive.add(name)
    assert refused(archive, into).reason == "unsafe"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(archive: Zip, into: Path) -> None:
    archive.add(f"{FOLDER}/{LIBRARY}", b"another")
    assert refused(archive, into).reason == "unsafe"


def test_an_encrypted_entry_is_refused(archive: Zip, into: Path) -> None:
    path = archive.done()
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    content[central + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(ArchiveError) as error:
        unpack(path, into)
    assert error.value.reason == "unsafe"


def test_a_bomb_is_refused_before_it_goes_off(archive: Zip, into: Path) -> None:
    archive.add(f"{FOLDER}/bomb", bytes(2_000_000))
    path = archive.done()
    assert path.stat().st_size < 10_000
    with pytest.raises(ArchiveError) as error:
        unpack(path, into, most_bytes=1_000_000)
    assert error.value.reason == "too_large"
    assert list(into.iterdir()) == []


def test_a_bomb_that_lies_about_its_size_is_found_out(archive: Zip, into: Path) -> None:
    archive.add(f"{FOLDER}/bomb", bytes(2_000_000))
    path = archive.done()
    said = struct.pack("<I", 2_000_000)
    path.write_bytes(path.read_bytes().replace(said, struct.pack("<I", 10)))
    with pytest.raises(ArchiveError) as error:
        unpack(path, into, most_bytes=1_000_000)
    assert error.value.reason == "damaged"
    assert list(into.iterdir()) == []


def test_too_many_files_are_refused(archive: Zip, into: Path) -> None:
    for number in range(401):
        archive.add(f"{FOLDER}/{number}")
    assert refused(archive, into).reason == "too_many"


@pytest.mark.parametrize("flaw", ["content", "end", "start"])
def test_a_damaged_zip_leaves_nothing_behind(archive: Zip, into: Path, flaw: str) -> None:
    archive.add(f"{FOLDER}/big", os.urandom(4096))
    path = archive.done()
    content = bytearray(path.read_bytes())
    if flaw == "content":
        content[len(content) // 2] ^= 0xFF
    elif flaw == "end":
        del content[-200:]
    else:
        content[:4] = b"MZ\0\0"
    path.write_bytes(content)
    with pytest.raises(ArchiveError) as error:
        unpack(path, into)
    assert error.value.reason in ("damaged", "not_a_zip")
    assert list(into.iterdir()) == []


def test_what_is_no_zip_is_told(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "cliente.zip"
    path.write_bytes(b"<html>Please sign in</html>")
    with pytest.raises(ArchiveError) as error:
        unpack(path, into)
    assert error.value.reason == "not_a_zip"


def test_a_zip_without_the_library_is_told(tmp_path: Path, into: Path) -> None:
    made = Zip(tmp_path / "sqlplus.zip")
    made.add(f"{FOLDER}/sqlplus")
    assert refused(made, into).reason == "no_library"


def test_two_clients_in_one_zip_are_refused(archive: Zip, into: Path) -> None:
    archive.add(f"instantclient_21_13/{LIBRARY}")
    assert refused(archive, into).reason == "no_library"
