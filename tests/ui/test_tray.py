"""The icon near the clock, in real trays: it tells the state, leads into the window, and stays when that is closed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.adapters.engines.session_store import SessionStore
from desktop.adapters.settings_file import SettingsFile
from desktop.ui.single_instance import SingleInstance
from tests.harness.display import Display, Tray
from tests.harness.environment import PrivateHome
from tests.harness.fixtures import StartProgram
from tests.harness.hands import RIGHT, Hands
from tests.harness.patience import PATIENCE
from tests.harness.program import Program
from tests.harness.status_notifier import StatusNotifierHost, TrayItem
from tests.ui.scene import prepare_home

WINDOW = "^Malote$"
NOT_IN_GROUP = "33000167000101"
SENT = "62567108000101"


@pytest.fixture
def home(folder: Path) -> Path:
    place = folder / "home"
    prepare_home(place)
    # Linked in an earlier run: no QR code that asks for somebody.
    link = SessionStore(place / "sessions", "principal", prefix="simulacao", ending=".json")
    link.prepare()
    link.file.write_text('{"simulated": true, "phone": "5500000000000"}', "utf-8")
    return place


@pytest.fixture
def started(
    program: StartProgram, home: Path, display: Display, status_notifier_host: StatusNotifierHost
) -> Iterator[Program]:
    yield program(home=home, env={**display.env, **status_notifier_host.env})
    display.screen.wait_for_no_window(WINDOW)


@pytest.fixture
def item(started: Program, status_notifier_host: StatusNotifierHost) -> TrayItem:
    item = status_notifier_host.wait_for_item()
    item.wait_for_tooltip("Conectado")
    return item


def quit_by_menu(started: Program, item: TrayItem) -> None:
    item.choose("Sair")
    assert started.wait() == 0


def test_the_icon_says_what_goes_on_from_the_start(started: Program, status_notifier_host: StatusNotifierHost) -> None:
    item = status_notifier_host.wait_for_item()
    first = item.icon
    item.wait_for_tooltip("SIMULAÇÃO · Conectado ao WhatsApp")
    assert item.icon != first
    quit_by_menu(started, item)
    status_notifier_host.wait_for_no_item()


def test_whoever_chose_english_is_spoken_to_in_english(
    program: StartProgram, home: Path, display: Display, status_notifier_host: StatusNotifierHost
) -> None:
    SettingsFile(home / "settings.json").change({"language": "en"})
    english = program(home=home, env={**display.env, **status_notifier_host.env})
    item = status_notifier_host.wait_for_item()
    item.wait_for_tooltip("SIMULATION · Connected to WhatsApp")
    assert [entry.label for entry in item.menu() if entry.label][1:] == ["Open Malote", "Send…", "Quit"]
    item.choose("Quit")
    assert english.wait() == 0


def test_the_menu_has_the_state_on_top(started: Program, item: TrayItem) -> None:
    entries = item.menu()
    assert [entry.label for entry in entries if entry.label] == [
        "SIMULAÇÃO · Conectado ao WhatsApp",
        "Abrir o Malote",
        "Enviar…",
        "Sair",
    ]
    assert not entries[0].enabled
    quit_by_menu(started, item)


def test_a_click_opens_the_window_and_closing_it_leaves_the_icon_with_one_hint(
    started: Program, item: TrayItem, display: Display, hands: Hands, status_notifier_host: StatusNotifierHost
) -> None:
    hints = status_notifier_host.notifications
    for _ in range(2):
        item.activate()
        window = display.screen.wait_for_window(WINDOW)
        hands.close(window)
        display.screen.wait_for_no_window(WINDOW)
    hint = hints.wait_for("continua aberto")
    assert "Sair" in hint.body
    assert started.running
    assert len([told for told in hints.shown if "continua aberto" in told.title]) == 1
    quit_by_menu(started, item)


def test_enviar_in_the_menu_leads_to_the_sending_page(
    started: Program, item: TrayItem, display: Display, hands: Hands
) -> None:
    item.choose("Enviar")
    window = display.screen.wait_for_window(WINDOW)
    display.screen.wait_for_focus(window)
    hands.close(window)
    quit_by_menu(started, item)


def test_failures_are_told_and_successes_are_not(
    started: Program, item: TrayItem, program: StartProgram, home: Path, status_notifier_host: StatusNotifierHost
) -> None:
    assert program("enviar", "--cnpj", SENT, home=home).wait() == 0
    assert program("enviar", "--cnpj", NOT_IN_GROUP, home=home).wait() == 1
    told = status_notifier_host.notifications.wait_for("Falhou")
    assert "não participa do grupo" in told.body
    assert len(status_notifier_host.notifications.shown) == 1
    quit_by_menu(started, item)


def test_a_click_on_a_failure_opens_the_history(
    started: Program,
    item: TrayItem,
    program: StartProgram,
    home: Path,
    status_notifier_host: StatusNotifierHost,
    display: Display,
    hands: Hands,
) -> None:
    assert program("enviar", "--cnpj", NOT_IN_GROUP, home=home).wait() == 1
    notifications = status_notifier_host.notifications
    notifications.click(notifications.wait_for("Falhou"))
    hands.close(display.screen.wait_for_window(WINDOW))
    quit_by_menu(started, item)


def test_a_second_start_opens_the_window_of_the_first(
    started: Program, item: TrayItem, program: StartProgram, home: Path, display: Display, hands: Hands
) -> None:
    second = program(home=home, env=display.env)
    assert second.wait() == 0
    window = display.screen.wait_for_window(WINDOW)
    assert started.running
    hands.close(window)
    quit_by_menu(started, item)


def test_a_start_that_meets_the_first_one_on_its_way_out_takes_its_place(
    program: StartProgram, home: Path, display: Display, status_notifier_host: StatusNotifierHost, qtbot: QtBot
) -> None:
    asked: list[bool] = []

    def refuse() -> bool:
        asked.append(True)
        return False

    ending = SingleInstance(home)
    assert ending.take()
    ending.listen(refuse)
    started = program(home=home, env={**display.env, **status_notifier_host.env})
    qtbot.waitUntil(lambda: bool(asked))
    ending.release()
    item = status_notifier_host.wait_for_item()
    item.wait_for_tooltip("Conectado")
    quit_by_menu(started, item)


@pytest.fixture
def busy(home: Path) -> Iterator[SingleInstance]:
    """An instance that is there and does not answer: it is starting, or on its way out."""
    instance = SingleInstance(home)
    assert instance.take()
    yield instance
    instance.release()


def test_a_start_says_that_it_waits_for_the_first_one_and_goes_once_that_one_answers(
    busy: SingleInstance, program: StartProgram, home: Path, display: Display, qtbot: QtBot
) -> None:
    asked: list[bool] = []

    def open_window() -> bool:
        asked.append(True)
        return True

    second = program(home=home, env=display.env)
    display.screen.wait_for_window(WINDOW)
    busy.listen(open_window)
    qtbot.waitUntil(lambda: bool(asked), timeout=int(PATIENCE * 1000))
    assert second.wait() == 0
    display.screen.wait_for_no_window(WINDOW)


def test_a_start_waits_until_the_first_one_is_gone_and_takes_its_place(
    busy: SingleInstance, program: StartProgram, home: Path, display: Display, status_notifier_host: StatusNotifierHost
) -> None:
    started = program(home=home, env={**display.env, **status_notifier_host.env})
    display.screen.wait_for_window(WINDOW)
    busy.release()
    item = status_notifier_host.wait_for_item()
    item.wait_for_tooltip("Conectado")
    display.screen.wait_for_no_window(WINDOW)
    quit_by_menu(started, item)


def test_whoever_does_not_want_to_wait_for_the_first_one_need_not(
    busy: SingleInstance, program: StartProgram, home: Path, display: Display, hands: Hands
) -> None:
    second = program(home=home, env=display.env)
    dialog = display.screen.wait_for_window(WINDOW)
    hands.focus(dialog)
    hands.key("Return")
    assert second.wait() == 5
    assert not SingleInstance(home).take()


def test_after_a_kill_the_next_start_takes_over(
    program: StartProgram, home: Path, display: Display, status_notifier_host: StatusNotifierHost
) -> None:
    env = {**display.env, **status_notifier_host.env}
    first = program(home=home, env=env)
    status_notifier_host.wait_for_item().wait_for_tooltip("Conectado")
    first.kill9()
    status_notifier_host.wait_for_no_item()
    second = program(home=home, env=env)
    item = status_notifier_host.wait_for_item()
    item.wait_for_tooltip("Conectado")
    quit_by_menu(second, item)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_it_cleanly(started: Program, item: TrayItem, home: Path, number: signal.Signals) -> None:
    started.send_signal(number)
    assert started.wait() == 0
    assert not (home / "runtime.json").exists()


def test_in_an_old_tray_a_left_click_opens_and_a_right_click_shows_the_menu(
    program: StartProgram, home: Path, display: Display, tray_host: Tray, hands: Hands
) -> None:
    # The hint was given in an earlier run: in such trays it is a balloon over the icon.
    (home / "window.ini").write_text("[General]\ntray_hint_given=true\n", "utf-8")
    started = program(home=home, env=display.env)
    icon = tray_host.wait_for_icon()
    started.runtime()
    hands.click(icon)
    window = display.screen.wait_for_window(WINDOW)
    hands.close(window)
    display.screen.wait_for_no_window(WINDOW)
    hands.click(tray_host.wait_for_icon(), RIGHT)
    display.screen.wait_for_popup()
    hands.key("Up", "Return")
    assert started.wait() == 0
    tray_host.wait_for_no_icon()


def test_without_a_tray_the_window_is_there_and_closing_it_asks_before_it_quits(
    program: StartProgram, home: Path, private_home: PrivateHome
) -> None:
    with Display(private_home) as bare:
        hands = Hands(bare)
        started = program(home=home, env=bare.env)
        window = bare.screen.wait_for_window(WINDOW)
        hands.close(window)
        question = bare.screen.wait_until(
            lambda: next((one for one in bare.screen.windows() if one.id != window.id), None), "no question came", 20
        )
        hands.focus(question)
        hands.key("Escape")
        bare.screen.wait_until(lambda: True if len(bare.screen.windows()) == 1 else None, "it stays", 20)
        assert started.running
        hands.close(window)
        question = bare.screen.wait_until(
            lambda: next((one for one in bare.screen.windows() if one.id != window.id), None), "no question came", 20
        )
        hands.focus(question)
        hands.key("alt+s")
        assert started.wait() == 0


def test_a_start_that_fails_says_why_and_what_to_do(
    program: StartProgram, home: Path, display: Display, hands: Hands
) -> None:
    (home / "settings.json").write_text("{ nada", "utf-8")
    started = program(home=home, env=display.env)
    dialog = display.screen.wait_for_window(WINDOW)
    hands.focus(dialog)
    hands.key("Return")
    assert started.wait() == 5
