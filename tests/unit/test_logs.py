"""The log tells what happened and never who it happened to in full, nor what would open a door."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from desktop.runtime import logs
from desktop.runtime.logs import _MOST_WAITING, Kind, coloured, masked, start_logging
from desktop.runtime.screen import Screen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """The root logger, as it was before afterwards."""
    root = logging.getLogger()
    level, handlers, ours = root.level, list(root.handlers), logging.getLogger("desktop").level
    # What start_logging spares every line of the process.
    for name in ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing"):
        monkeypatch.setattr(logging, name, getattr(logging, name))
    yield root
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.getLogger("desktop").setLevel(ours)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("to 5511988887777@s.whatsapp.net", "to …7777@s.whatsapp.net"),
        ("to 5511988887777:12@s.whatsapp.net", "to …7777:12@s.whatsapp.net"),
        ("GET /chats/551188887777%40c.us/messages", "GET /chats/…7777%40c.us/messages"),
        ("GET /chats/%2B5511988887777/messages", "GET /chats/%2B…7777/messages"),
        ("phone='5511988887777'", "phone='…7777'"),
        ("+55 (11) 98888-7777 and +5511988887777", "…7777 and …7777"),
        ("from 123456789012345@lid", "from …2345@lid"),
        ("5511988887777-1600000000@g.us", "…7777-1600000000@g.us"),
        ("group 120363041234567890@g.us", "group 120363041234567890@g.us"),
        ("company 62567108000101", "company 62567108000101"),
        ("send 01890a5d-ac96-774b-bcce-123456789012 goes", "send 01890a5d-ac96-774b-bcce-123456789012 goes"),
        ("as message 3EB0C431C26A1916E07E on port 39871", "as message 3EB0C431C26A1916E07E on port 39871"),
        ("key malote_" + "x-Y_" * 11, "key ***"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln", "token ***"),
        ("data:image/png;base64,iVBORw0KGgo=", "***"),
    ],
)
def test_numbers_keep_their_last_four_digits_and_secrets_nothing(said: str, kept: str) -> None:
    assert masked(said) == kept


def test_the_file_has_a_json_object_on_each_line(tmp_path: Path, root: logging.Logger) -> None:
    path = tmp_path / "logs" / "malote.log"
    stop = start_logging(path)
    logger = logging.getLogger("desktop.test")
    logger.info("linked %s\nto nobody", "5511988887777", extra={"kind": Kind.QR})
    logger.debug("not told")
    logging.getLogger("somebody.else").info("not told either")
    try:
        raise ValueError("5511988887777")
    except ValueError:
        logger.warning("said so", exc_info=True)
    stop()
    told, failed = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    assert {name: told[name] for name in ("level", "logger", "message", "kind")} == {
        "level": "info",
        "logger": "desktop.test",
        "message": "linked …7777\nto nobody",
        "kind": "qr",
    }
    assert told["at"].endswith("+00:00")
    assert "kind" not in failed
    assert "ValueError: …7777" in failed["exception"]


def test_a_terminal_shows_people_lines_without_what_it_is_told_elsewhere(
    tmp_path: Path, root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen()
    stop = start_logging(tmp_path / "malote.log", screen)
    logging.getLogger("desktop.api.gate").info("GET /health → 200")
    logging.getLogger("desktop.runtime.event_log").info("session principal: connected")
    stop()
    assert screen.is_done(within=30)
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 1
    assert shown[0].endswith("INFO    desktop.api.gate: GET /health → 200")
    assert len((tmp_path / "malote.log").read_text("utf-8").splitlines()) == 2


def test_the_log_takes_no_more_of_the_disk_than_its_files_may(
    tmp_path: Path, root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_BYTES", 50_000)
    monkeypatch.setattr(logs, "_FILES", 2)
    stop = start_logging(tmp_path / "malote.log")
    for number in range(3000):
        logging.getLogger("desktop.test").info("line %d", number)
    stop()
    kept = sorted(tmp_path.iterdir())
    assert [path.name for path in kept] == ["malote.log", "malote.log.1", "malote.log.2"]
    sizes = [len(path.read_bytes()) for path in kept]
    line = sizes[1] / len(kept[1].read_text("utf-8").splitlines())
    assert max(sizes) < 50_000 + 100 * line
    # Nothing between two files is lost.
    lines = [json.loads(line)["message"] for path in reversed(kept) for line in path.read_text("utf-8").splitlines()]
    assert lines == [f"line {number}" for number in range(3000 - len(lines), 3000)]


def test_a_warning_does_not_wait_for_others(
    tmp_path: Path, root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = threading.Event()

    class Disk(logs._LogFile):
        def flush(self) -> None:
            super().flush()
            if "said so" in (tmp_path / "malote.log").read_text("utf-8"):
                written.set()

    monkeypatch.setattr(logs, "_LogFile", Disk)
    monkeypatch.setattr(logs, "_GATHERED_FOR", 600.0)
    stop = start_logging(tmp_path / "malote.log")
    logging.getLogger("desktop.test").info("by the way")
    logging.getLogger("desktop.test").warning("said so")
    assert written.wait(30)
    stop()


class StoppedTerminal(io.StringIO):
    """Takes nothing before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.over = threading.Event()

    def write(self, text: str) -> int:
        self.reached.set()
        self.over.wait()
        return super().write(text)


def test_a_terminal_that_stands_still_holds_nobody_up(
    tmp_path: Path, root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, screen = StoppedTerminal(), Screen()
    monkeypatch.setattr(sys, "stderr", terminal)
    stop = start_logging(tmp_path / "malote.log", screen)
    logger = logging.getLogger("desktop.test")
    logger.info("the first")
    assert terminal.reached.wait(30)
    for number in range(500):
        logger.info("line %d", number)
    stop()
    assert len((tmp_path / "malote.log").read_text("utf-8").splitlines()) == 501
    assert not screen.is_done(within=0)
    terminal.over.set()
    assert screen.is_done(within=30)
    shown = [line.rpartition(": ")[2] for line in terminal.getvalue().splitlines()]
    assert shown == ["the first", *(f"line {number}" for number in range(500))]


class ToldTerminal(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if "the first" in text:
            self.told.set()
        return written


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk here that is always full")
def test_a_full_disk_does_not_end_the_log(root: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, screen = ToldTerminal(), Screen()
    monkeypatch.setattr(sys, "stderr", terminal)
    stop = start_logging(Path("/dev/full"), screen)
    logging.getLogger("desktop.test").warning("the first")
    assert terminal.told.wait(30)
    logging.getLogger("desktop.test").warning("the second")
    stop()
    assert screen.is_done(within=30)
    assert "desktop.test: the second" in terminal.getvalue()


def test_of_what_waits_for_a_terminal_for_too_long_the_oldest_is_let_go() -> None:
    terminal, screen = StoppedTerminal(), Screen()
    screen.put(partial(terminal.write, "first "))
    assert terminal.reached.wait(30)
    for number in range(1001):
        screen.put(partial(terminal.write, f"{number} "))
    terminal.over.set()
    assert screen.is_done(within=30)
    assert terminal.getvalue().split() == ["first", *map(str, range(1, 1001))]


@pytest.mark.expects_error_log("could not be written to")
def test_a_terminal_that_has_gone_is_not_told_so(
    tmp_path: Path, root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, gone, screen = io.StringIO(), io.StringIO(), Screen()
    gone.close()
    monkeypatch.setattr(sys, "stderr", terminal)
    stop = start_logging(tmp_path / "malote.log", screen)
    screen.put(partial(print, "connected", file=gone))
    assert screen.is_done(within=30)
    stop()
    assert screen.is_done(within=30)
    [line] = (tmp_path / "malote.log").read_text("utf-8").splitlines()
    assert json.loads(line)["message"] == "the terminal could not be written to"
    assert terminal.getvalue() == ""


def test_the_last_lines_are_written_also_where_as_many_wait_as_may(
    tmp_path: Path, root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, over = threading.Event(), threading.Event()

    class SlowDisk(logs._LogFile):
        def emit(self, record: logging.LogRecord) -> None:
            reached.set()
            over.wait()
            super().emit(record)

    monkeypatch.setattr(logs, "_LogFile", SlowDisk)
    stop = start_logging(tmp_path / "malote.log")
    logger = logging.getLogger("desktop.test")
    logger.info("the first")
    assert reached.wait(30)
    for number in range(_MOST_WAITING):
        logger.info("line %d", number)
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(stop)
        try:
            with pytest.raises(TimeoutError):
                stopped.result(0.2)
        finally:
            over.set()
        stopped.result()
    lines = (tmp_path / "malote.log").read_text("utf-8").splitlines()
    assert (len(lines), json.loads(lines[-1])["message"]) == (1 + _MOST_WAITING, f"line {_MOST_WAITING - 1}")


@pytest.mark.parametrize(
    ("kind", "colour"),
    [(Kind.SUCCESS, "32"), (Kind.ERROR, "31"), (Kind.RECONNECTION, "34"), (Kind.QR, "36"), (Kind.MESSAGE, "33")],
)
def test_a_terminal_has_contract_c_s_colours(monkeypatch: pytest.MonkeyPatch, kind: Kind, colour: str) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert coloured("said", kind, Terminal()) == f"\x1b[{colour}msaid\x1b[0m"
    assert coloured("said", None, Terminal()) == "said"
    assert coloured("said", kind, io.StringIO()) == "said"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert coloured("said", Kind.ERROR, Terminal()) == "said"
