"""The owner's choices on disk: kept whole, checked whole, told by name."""

from __future__ import annotations

import json
import math
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.adapters import one_writer
from desktop.adapters.settings_file import _RULES, SettingsFile
from desktop.domain.errors import Code, ConfigError, Fact, Rejected
from desktop.domain.settings import DirectoryKind, EngineKind, Language, Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


@pytest.fixture
def store(path: Path) -> SettingsFile:
    return SettingsFile(path)


def written(path: Path) -> object:
    return json.loads(path.read_text("utf-8"))


def refusal(store: SettingsFile, name: str, value: object) -> dict[str, Fact]:
    with pytest.raises(Rejected) as refused:
        store.change({name: value})
    assert refused.value.code is Code.SETTING_INVALID
    assert refused.value.facts.pop("name") == name
    return refused.value.facts


def blame(store: SettingsFile) -> dict[str, Fact]:
    with pytest.raises(ConfigError) as broken:
        store.load()
    assert broken.value.code is Code.SETTING_INVALID
    return broken.value.facts


def test_without_a_file_everything_is_as_shipped(store: SettingsFile, path: Path) -> None:
    assert store.load() == Settings()
    assert not path.exists()


def test_a_choice_is_there_for_the_next_program(store: SettingsFile, path: Path) -> None:
    changed = store.change({"report.caption": "Olá {empresa} ☕", "directory.oracle.port": 1522})
    assert changed.report.caption == "Olá {empresa} ☕"
    assert store.load() == changed
    assert SettingsFile(path).load() == changed


def test_only_what_differs_from_the_defaults_is_written(store: SettingsFile, path: Path) -> None:
    store.change({"door.port": 3001, "door.wait_limit": Settings().door.wait_limit})
    assert written(path) == {"door.port": 3001}
    store.change({"door.port": Settings().door.port})
    assert written(path) == {}


def test_one_change_leaves_the_others_alone(store: SettingsFile, path: Path) -> None:
    store.change({"door.port": 3001})
    store.change({"language": "en"})
    assert written(path) == {"door.port": 3001, "language": "en"}


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("door.keyless_local", "Sim", True),
        ("door.keyless_local", "não", False),
        ("door.keyless_local", "nao", False),
        ("door.keyless_local", "true", True),
        ("door.keyless_local", "FALSE", False),
        ("door.keyless_local", True, True),
        ("door.port", " 3001 ", 3001),
        ("door.port", 0, 0),
        ("door.port", 3001.0, 3001),
        ("door.wait_limit", "2,5", 2.5),
        ("door.wait_limit", 30, 30.0),
        ("pace.minimum_gap", "0", 0.0),
        ("directory.kind", "TABLE", DirectoryKind.TABLE),
        ("engine.kind", EngineKind.SIMULATOR, EngineKind.SIMULATOR),
        ("language", "pt_br", Language.PORTUGUESE),
        ("report.folders", r"C:\a; \\servidor\b ;", ("C:\\a", "\\\\servidor\\b")),
        ("report.folders", "", ()),
        ("report.url_hosts", ["a:8080", "b"], ("a:8080", "b")),
        ("directory.oracle.table", "ERP.D_EMPRESAS$1", "ERP.D_EMPRESAS$1"),
        ("directory.oracle.column_name", "", ""),
        ("report.template", "http://s/{cnpj}/r.jpg", "http://s/{cnpj}/r.jpg"),
        ("report.caption", "{empresa} {cnpj} {data} {{}}", "{empresa} {cnpj} {data} {{}}"),
    ],
)
def test_what_a_person_types_is_understood(
    store: SettingsFile, path: Path, name: str, typed: object, meant: object
) -> None:
    def value_in(group: object) -> object:
        for part in name.split("."):
            group = getattr(group, part)
        return group

    for read in (store.change({name: typed}), SettingsFile(path).load()):
        assert value_in(read) == meant
        assert type(value_in(read)) is type(meant)


@pytest.mark.parametrize(
    ("name", "value", "facts"),
    [
        ("door.port", "65536", {"reason": "range", "least": 0, "most": 65535}),
        ("directory.oracle.port", 0, {"reason": "range", "least": 1, "most": 65535}),
        ("door.port", "três", {"reason": "whole_number"}),
        ("door.port", "3000.5", {"reason": "whole_number"}),
        ("door.port", True, {"reason": "whole_number"}),
        ("door.port", "inf", {"reason": "whole_number"}),
        ("door.port", "nan", {"reason": "whole_number"}),
        ("door.wait_limit", 0, {"reason": "range", "least": 0.001, "most": 3600}),
        ("door.wait_limit", 3601, {"reason": "range", "least": 0.001, "most": 3600}),
        ("door.wait_limit", "nan", {"reason": "range", "least": 0.001, "most": 3600}),
        ("door.wait_limit", math.inf, {"reason": "range", "least": 0.001, "most": 3600}),
        ("door.wait_limit", 10**400, {"reason": "number"}),
        ("door.wait_limit", None, {"reason": "number"}),
        ("pace.minimum_gap", -1, {"reason": "range", "least": 0, "most": 3600}),
        ("pace.hourly_cap", 0, {"reason": "range", "least": 1, "most": 1_000_000}),
        ("report.max_bytes", 0, {"reason": "range", "least": 1, "most": 100_000_000}),
        ("door.keyless_local", "talvez", {"reason": "yes_or_no"}),
        ("door.keyless_local", 1, {"reason": "yes_or_no"}),
        ("door.keyless_local", [], {"reason": "yes_or_no"}),
        ("directory.kind", "mysql", {"reason": "choice", "choices": "oracle, table, database"}),
        ("directory.kind", 3, {"reason": "text"}),
        ("directory.oracle.host", 3, {"reason": "text"}),
        ("directory.oracle.host", "//servidor", {"reason": "host"}),
        ("directory.oracle.table", "D_EMPRESAS; DROP TABLE x", {"reason": "identifier"}),
        ("directory.oracle.table", "", {"reason": "identifier"}),
        ("directory.oracle.column_cnpj", "a.b", {"reason": "identifier"}),
        ("directory.oracle.column_name", "1A", {"reason": "identifier"}),
        ("directory.oracle.secret", "", {"reason": "empty"}),
        ("report.folders", 3, {"reason": "list"}),
        ("report.folders", ["a", 3], {"reason": "text"}),
        ("report.folders", ["\ud800"], {"reason": "text"}),
        ("report.caption", "\udc80", {"reason": "text"}),
        ("report.url_hosts", "http://a", {"reason": "host"}),
        ("report.template", " ", {"reason": "empty"}),
        ("report.template", r"C:\a.jpg", {"reason": "no_cnpj"}),
        ("report.template", "/{cnpj}/{data}.jpg", {"reason": "braces"}),
        ("report.template", "/{cnpj}/}", {"reason": "braces"}),
        ("report.caption", "{empresa", {"reason": "braces"}),
        ("report.caption", "{cnpj:>9999999999}", {"reason": "braces"}),
        ("report.caption", "{cnpj!r}", {"reason": "braces"}),
        ("report.caption", "{nome}", {"reason": "unknown_field", "field": "nome"}),
        ("report.caption", "{empresa.__class__}", {"reason": "unknown_field", "field": "empresa.__class__"}),
        ("report.caption", "{}", {"reason": "unknown_field", "field": ""}),
        ("door.prot", 1, {"reason": "unknown", "suggestion": "door.port"}),
        ("door.prt", {"port": 1}, {"reason": "unknown", "suggestion": "door.port"}),
        ("xyz", 1, {"reason": "unknown"}),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(
    store: SettingsFile, path: Path, name: str, value: object, facts: dict[str, Fact]
) -> None:
    assert refusal(store, name, value) == facts
    assert store.load() == Settings()
    assert not path.exists()


def test_of_several_values_all_or_none_are_kept(store: SettingsFile, path: Path) -> None:
    store.change({"door.port": 3001})
    with pytest.raises(Rejected):
        store.change({"door.port": 3002, "language": "klingon"})
    assert store.load().door.port == 3001
    assert written(path) == {"door.port": 3001}


def test_a_change_by_another_program_is_seen(store: SettingsFile, path: Path) -> None:
    assert store.load().door.port == 3000
    SettingsFile(path).change({"door.port": 3001})
    assert store.load().door.port == 3001
    path.unlink()
    assert store.load() == Settings()


def test_a_change_by_another_program_right_after_one_s_own_is_seen(
    store: SettingsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, edited = os.replace, path.with_name("edited")

    def replace_and_lose(source: str, target: Path) -> None:
        replace(source, target)
        edited.write_text('{"door.port": 3456}')
        replace(edited, target)

    monkeypatch.setattr(os, "replace", replace_and_lose)
    store.change({"language": "en"})
    assert store.load() == SettingsFile(path).load()
    assert store.load().door.port == 3456


def test_what_another_thread_has_read_before_decides_no_change(path: Path) -> None:
    class Overtaken(SettingsFile):
        """What is noted of the file is noted over at once by a thread that is slower."""

        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name == "_known" and value is not None:
                super().__setattr__(name, ((0, 0, 0), Settings()))

    store = Overtaken(path)
    for change in ({"door.port": 3001}, {"language": "en"}):
        store.change(change)  # type: ignore[arg-type]
    assert written(path) == {"door.port": 3001, "language": "en"}
    assert store.load().door.port == 3001


def test_two_changes_at_the_same_moment_are_two(store: SettingsFile, path: Path) -> None:
    moment = (1_763_800_000_000_000_000, 1_763_800_000_000_000_000)
    for port in (3456, 3457):
        SettingsFile(path).change({"door.port": port})
        os.utime(path, ns=moment)
        assert store.load().door.port == port


def test_an_unchanged_file_is_not_read_again(store: SettingsFile, path: Path) -> None:
    path.write_text('{"door.port": 3001}')
    first = store.load()
    assert store.load() is first


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (b"\xef\xbb\xbf{}", {"reason": "byte_order_mark"}),
        ("{}".encode("utf-16"), {"reason": "byte_order_mark"}),
        ('{"report.caption": "Olá"}'.encode("cp1252"), {"reason": "encoding"}),
        (b'{\n"door.port": 3001,\n}', {"reason": "json", "line": 3}),
        (b"", {"reason": "json", "line": 1}),
        (b"[]", {"reason": "object"}),
    ],
)
def test_a_file_that_cannot_be_understood_says_why(
    store: SettingsFile, path: Path, content: bytes, facts: dict[str, Fact]
) -> None:
    path.write_bytes(content)
    assert blame(store) == {"name": "settings.json", "path": str(path), **facts}
    with pytest.raises(ConfigError):
        store.change({"door.port": 3001})
    assert path.read_bytes() == content


def test_a_wrong_value_in_the_file_is_named(store: SettingsFile, path: Path) -> None:
    path.write_text('{"door.port": 70000}')
    assert blame(store) == {"name": "door.port", "reason": "range", "least": 0, "most": 65535}
    path.write_text('{"door.prot": 3001}')
    assert blame(store) == {"name": "door.prot", "reason": "unknown", "suggestion": "door.port"}


def test_a_file_that_cannot_be_read_or_written_says_why(store: SettingsFile, path: Path) -> None:
    path.mkdir()
    facts = blame(store)
    assert (facts["name"], facts["reason"]) == ("settings.json", "unreadable")
    homeless = SettingsFile(path / "nowhere" / "settings.json")
    with pytest.raises(ConfigError) as refused:
        homeless.change({"door.port": 3001})
    assert refused.value.facts["reason"] == "unwritable"
    assert os.listdir(path) == []


def test_a_change_that_the_disk_refuses_leaves_nothing_behind(store: SettingsFile, path: Path) -> None:
    assert store.load() == Settings()
    path.mkdir()
    store._known = (store._mark(), Settings())
    with pytest.raises(ConfigError):
        store.change({"door.port": 3001})
    assert sorted(os.listdir(path.parent)) == ["settings.json", "settings.json.lock"]


class InUseError(PermissionError):
    """As Windows raises it for a file that another program has open."""

    winerror = 5


def test_who_reads_the_file_at_that_moment_holds_up_no_change(
    store: SettingsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, readers = os.replace, [InUseError(), InUseError()]

    def replace_unless_read(source: str, target: Path) -> None:
        if readers:
            raise readers.pop()
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_unless_read)
    store.change({"door.port": 3001})
    assert written(path) == {"door.port": 3001}


def test_who_does_not_let_go_of_the_file_refuses_the_change(
    store: SettingsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_use(source: str, target: Path) -> None:
        raise InUseError

    monkeypatch.setattr(os, "replace", in_use)
    monkeypatch.setattr(one_writer, "_READING_TAKES", 0.0)
    with pytest.raises(ConfigError) as refused:
        store.change({"door.port": 3001})
    assert refused.value.facts["reason"] == "unwritable"
    assert os.listdir(path.parent) == ["settings.json.lock"]


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's files private by their folder")
def test_only_the_user_can_read_the_file(store: SettingsFile, path: Path) -> None:
    store.change({"door.port": 3001})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(os.listdir(path.parent)) == ["settings.json", "settings.json.lock"]


def test_every_setting_can_be_named_shown_and_given_back(store: SettingsFile) -> None:
    names = store.names()
    assert names[:3] == ["door.port", "door.keyless_local", "door.wait_limit"]
    assert "directory.oracle.column_name" in names
    store.change({"report.folders": ["a", "b"], "door.keyless_local": True})
    assert (store.get("report.folders"), store.get("door.keyless_local")) == ("a;b", "sim")
    assert store.get("report.allow_old") == "não"
    shown: dict[str, object] = {name: store.get(name) for name in names}
    before = store.load()
    assert store.change(shown) == before
    with pytest.raises(Rejected) as refused:
        store.get("door.prot")
    assert refused.value.facts["suggestion"] == "door.port"


def test_every_rule_belongs_to_a_setting_and_holds_for_its_default(store: SettingsFile) -> None:
    assert set(_RULES) <= set(store.names())
    assert store.change({name: store.get(name) for name in store.names()}) == Settings()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(
    name=st.sampled_from(SettingsFile(Path()).names()),
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
)
def test_any_value_is_either_kept_as_it_will_be_read_or_refused(path: Path, name: str, value: object) -> None:
    store = SettingsFile(path)
    before = store.load()
    try:
        store.change({name: value})
    except Rejected:
        assert store.load() == before
    assert SettingsFile(path).load() == store.load()


def test_reading_settings_loads_neither_pydantic_nor_the_database() -> None:
    program = (
        "import sys, desktop.adapters.settings_file\n"
        "names = ('pydantic', 'sqlalchemy', 'sqlite3', 'asyncio', 'filelock')\n"
        "print([name for name in names if name in sys.modules])\n"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.mark.parametrize(
    ("name", "value", "facts"),
    [
        ("directory.oracle.query", "SELECT G FROM T", {"reason": "bind_missing", "word": "cnpj"}),
        ("directory.oracle.query", "DROP TABLE T", {"reason": "not_a_select"}),
        ("directory.oracle.query_list", "SELECT C, G FROM T;", {"reason": "semicolon"}),
        ("directory.oracle.client_url", "ftp://server/client.zip", {"reason": "address"}),
        ("directory.oracle.client_url", "https://user:senha@server/client.zip", {"reason": "address"}),
        ("directory.oracle.password_env", "SENHA DO ERP", {"reason": "variable"}),
        ("directory.database.url", "server/erp", {"reason": "database_url"}),
        ("directory.database.url", "postgresql://erp:senha@server/erp", {"reason": "password_in_url"}),
        ("directory.database.url", "mssql+pymssql://server/erp?password=x", {"reason": "password_in_url"}),
        ("directory.database.table", 'empresas"; DROP', {"reason": "identifier"}),
    ],
)
def test_a_query_or_an_address_that_could_do_harm_is_refused(
    store: SettingsFile, name: str, value: str, facts: dict[str, Fact]
) -> None:
    assert refusal(store, name, value) == facts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("directory.oracle.query", "SELECT G FROM T WHERE C = :cnpj"),
        ("directory.oracle.query", ""),
        ("directory.database.url", "mssql+pymssql://server:1433/ERP?charset=utf8"),
        ("directory.database.url", "sqlite:///C:/dados/erp.db"),
        ("directory.database.url", ""),
        ("directory.database.table", "dbo.Empresas do Grupo"),
    ],
)
def test_a_query_or_an_address_that_only_reads_is_kept(store: SettingsFile, name: str, value: str) -> None:
    store.change({name: value})
    assert store.get(name) == value


def test_every_kind_of_database_has_a_secret_of_its_own(store: SettingsFile) -> None:
    directory = store.change({"directory.oracle.secret": "filial"}).directory
    assert [directory.secret_of(kind) for kind in DirectoryKind] == ["filial", "filial", "database"]
    assert directory.secret == "filial"
    assert store.change({"directory.kind": "database"}).directory.secret == "database"
