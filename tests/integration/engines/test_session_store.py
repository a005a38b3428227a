"""The file of a session's link."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from desktop.adapters.engines.session_store import SessionStore


@pytest.mark.parametrize("name", ["Loja 1", "../../etc/passwd", "a#b?c%d", "São João", "con.", "A", "x" * 200, ""])
def test_every_name_becomes_a_file_that_is_safe_everywhere(tmp_path: Path, name: str) -> None:
    file = SessionStore(tmp_path, name).file
    assert file.parent == tmp_path
    assert file.name.isascii()
    assert not set(file.name) & set("#?%/\\: ")
    assert file.name == file.name.lower()
    assert len(file.name) < 60


def test_no_two_sessions_share_a_file(tmp_path: Path) -> None:
    names = ["loja", "Loja", "LOJA", "lója", "loja ", "loja-1", "loja#1"]
    assert len({SessionStore(tmp_path, name).name for name in names}) == len(names)


def test_a_folder_that_others_could_read_is_shut(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    SessionStore(tmp_path, "principal").prepare()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_forgetting_leaves_nothing_of_this_session_and_all_of_the_others(tmp_path: Path) -> None:
    store, other = SessionStore(tmp_path, "principal"), SessionStore(tmp_path, "outra")
    for part in ("", "-journal", "-wal", "-shm"):
        store.file.with_name(store.name + part).write_text("keys")
    other.file.write_text("keys")
    store.forget()
    store.forget()
    assert list(tmp_path.iterdir()) == [other.file]


def test_damaged_files_are_kept_one_beside_the_other(tmp_path: Path) -> None:
    store = SessionStore(tmp_path, "principal")
    for content in ("first", "second"):
        store.file.write_text(content)
        store.file.with_name(f"{store.name}-wal").write_text(f"{content} wal")
        aside = store.set_aside()
        assert aside.read_text() == content
        assert aside.with_name(f"{aside.name}-wal").read_text() == f"{content} wal"
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.expects_error_log("could not be removed")
def test_keys_that_cannot_be_removed_are_logged(tmp_path: Path) -> None:
    store = SessionStore(tmp_path, "principal")
    store.file.mkdir()
    store.forget()
