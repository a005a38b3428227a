"""The harness's child processes: heard, waited for and gone."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.harness.environment import clean_environment
from tests.harness.files import FileTimeoutError, wait_for_file, wait_for_no_file
from tests.harness.fixtures import StartProgram
from tests.harness.processes import KEPT_LINES, Child, ChildError, still_running

FOREVER = "import threading; threading.Event().wait()"


class StartPython(Protocol):
    def __call__(self, code: str, *, stdin: bytes | None = None) -> Child: ...


@pytest.fixture
def python() -> Iterator[StartPython]:
    with ExitStack() as started:

        def start(code: str, *, stdin: bytes | None = None) -> Child:
            argv = [sys.executable, "-c", textwrap.dedent(code)]
            return started.enter_context(Child(argv, env=clean_environment(), stdin=stdin))

        yield start


def test_a_line_is_found_on_either_stream_and_only_after_a_mark(python: StartPython) -> None:
    child = python("import sys; print('porta 3000'); print('pronto', file=sys.stderr); " + FOREVER)
    assert child.wait_for_line(r"porta (\d+)").group(1) == "3000"
    child.wait_for_line("pronto", stream="stderr")
    with pytest.raises(ChildError, match=r"did not print /porta/ within 0.05 s(.|\n)*stderr: pronto"):
        child.wait_for_line("porta", 0.05, since=child.mark())


def test_waiting_for_a_line_ends_as_soon_as_the_child_has_ended(python: StartPython) -> None:
    child = python("print('até logo'); raise SystemExit(3)")
    with pytest.raises(ChildError, match=r"ended \(3\) without printing /nunca/(.|\n)*até logo"):
        child.wait_for_line("nunca")
    assert child.wait() == 3


def test_what_a_child_prints_is_kept_within_bounds(python: StartPython) -> None:
    child = python(f"print('x' * 100_000); [print(n) for n in range({KEPT_LINES} + 10)]")
    assert child.wait() == 0
    assert len(child.lines()) == KEPT_LINES
    assert child.lines()[-1] == str(KEPT_LINES + 9)


def test_standard_input_is_given_and_closed(python: StartPython) -> None:
    child = python("import sys; print(sys.stdin.read().upper())", stdin="açaí".encode())
    child.wait_for_line("AÇAÍ")


def test_terminate_asks_and_gives_the_exit_code(python: StartPython) -> None:
    child = python(
        """
        import signal, sys, threading
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("pronto")
        threading.Event().wait()
        """
    )
    child.wait_for_line("pronto")
    assert child.terminate() == 7


def test_kill9_ends_only_the_child_and_stop_ends_what_it_left_behind(python: StartPython) -> None:
    child = python(
        f"""
        import subprocess, sys
        subprocess.Popen([sys.executable, "-c", "print('neto', flush=True); {FOREVER}"])
        {FOREVER}
        """
    )
    child.wait_for_line("neto")
    (grandchild,) = child.descendants()
    child.kill9()
    assert child.returncode == -9
    assert still_running([grandchild], 0.05) == [grandchild]
    child.stop()
    assert still_running([grandchild]) == []


def test_a_child_dies_with_the_process_that_started_it(python: StartPython) -> None:
    outer = python(
        f"""
        import sys
        from tests.harness.environment import clean_environment
        from tests.harness.processes import Child
        child = Child([sys.executable, "-c", "print('filho', flush=True); {FOREVER}"], env=clean_environment())
        child.wait_for_line("filho")
        print("pronto")
        {FOREVER}
        """
    )
    outer.wait_for_line("pronto")
    (inner,) = outer.descendants()
    outer.kill9()
    assert still_running([inner]) == []


def test_the_users_screen_bus_and_proxies_reach_no_child(python: StartPython, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "QT_QPA_PLATFORM", "https_proxy"):
        monkeypatch.setenv(name, "do-usuario")
    child = python("import os; print(sorted(k for k, v in os.environ.items() if v == 'do-usuario')); print('fim')")
    child.wait_for_line("fim")
    assert child.lines() == ["[]", "fim"]


def test_a_file_is_waited_for_before_its_directory_exists(tmp_path: Path, python: StartPython) -> None:
    path = tmp_path / "um" / "dois" / "arquivo.txt"
    child = python(
        f"""
        import pathlib, sys
        path = pathlib.Path({str(path)!r})
        sys.stdin.read()
        path.parent.mkdir(parents=True)
        path.write_text("conteúdo", encoding="utf-8")
        """,
        stdin=b"",
    )
    assert wait_for_file(path, writer=child).decode() == "conteúdo"
    path.unlink()
    wait_for_no_file(path)


def test_waiting_for_a_file_ends_with_its_writer_or_at_the_deadline(tmp_path: Path, python: StartPython) -> None:
    with pytest.raises(FileTimeoutError, match=r"did not appear within 0\.05 s"):
        wait_for_file(tmp_path / "nunca", 0.05)
    child = python("print('não consegui'); raise SystemExit(4)")
    with pytest.raises(FileTimeoutError, match=r"ended \(4\)"):
        wait_for_file(tmp_path / "nunca", writer=child)


def test_the_program_runs_in_a_home_of_its_own_and_tells_about_itself(tmp_path: Path, program: StartProgram) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import argparse, json, os, pathlib
            parser = argparse.ArgumentParser()
            parser.add_argument("--home", type=pathlib.Path)
            parser.add_argument("--headless", action="store_true")
            args = parser.parse_args()
            args.home.mkdir()
            (args.home / "new").write_text(json.dumps({{"port": 3001, "headless": args.headless}}))
            (args.home / "new").rename(args.home / "runtime.json")
            print("extra:", os.environ["EXTRA"])
            {FOREVER}
            """
        )
    )
    malote = program("--headless", env={"EXTRA": "sim"}, script=script)
    assert malote.runtime() == {"port": 3001, "headless": True}
    malote.wait_for_line("extra: sim")
    assert malote.home.is_relative_to(tmp_path)
    malote.kill9()
    assert not malote.running


def test_the_program_that_ends_early_is_not_waited_for(tmp_path: Path, program: StartProgram) -> None:
    script = tmp_path / "script.py"
    script.write_text("raise SystemExit('não pude abrir o banco')")
    with pytest.raises(FileTimeoutError, match="não pude abrir o banco"):
        program(script=script).runtime()


def test_what_a_killed_program_told_of_itself_is_not_taken_for_the_next_one_s(
    tmp_path: Path, program: StartProgram
) -> None:
    (tmp_path / "runtime.json").write_text('{"pid": 1}')
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import json, os, pathlib
            new = pathlib.Path({str(tmp_path)!r}) / "new"
            new.write_text(json.dumps({{"pid": os.getpid()}}))
            new.rename(new.with_name("runtime.json"))
            {FOREVER}
            """
        )
    )
    malote = program(home=tmp_path, script=script)
    assert malote.runtime() == {"pid": malote.pid}
