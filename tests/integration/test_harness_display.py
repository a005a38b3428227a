"""The harness's screen, tray and hands, with a small Qt program as the one that is used."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from PIL import Image

from tests.harness.display import Display, Tray
from tests.harness.environment import PrivateHome, clean_environment
from tests.harness.hands import RIGHT, Hands
from tests.harness.processes import Child
from tests.harness.status_notifier import StatusNotifierHost
from tests.harness.x11 import ScreenTimeoutError

WINDOW = """
    from PySide6.QtGui import QColor, QIcon, QPixmap
    from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QSystemTrayIcon, QVBoxLayout, QWidget

    def say(*words): print(*words, flush=True)

    app = QApplication([])
    app.setApplicationName("Ensaio")
    app.setQuitOnLastWindowClosed(False)
    window = QWidget(windowTitle="Ensaio — janela")
    window.resize(400, 200)
    line = QLineEdit(window)
    QVBoxLayout(window).addWidget(line)
    line.textChanged.connect(lambda text: say("texto:", text))
    line.returnPressed.connect(lambda: say("enter"))

    def icon(colour):
        pixmap = QPixmap(24, 24)
        pixmap.fill(QColor(colour))
        return QIcon(pixmap)

    def tray():
        global icon_in_tray, menu
        menu = QMenu()
        menu.addAction("&Abrir", window.show)
        menu.addAction("Sair", app.quit)
        icon_in_tray = QSystemTrayIcon(icon("#20a020"))
        icon_in_tray.setToolTip("Ensaio: tudo bem")
        icon_in_tray.setContextMenu(menu)
        icon_in_tray.activated.connect(lambda reason: say("ícone:", reason.name))
        icon_in_tray.messageClicked.connect(lambda: say("aviso clicado"))
        icon_in_tray.show()
"""


class StartQt(Protocol):
    def __call__(self, code: str, env: dict[str, str]) -> Child: ...


@pytest.fixture
def qt(private_home: PrivateHome) -> Iterator[StartQt]:
    with ExitStack() as started:

        def start(code: str, env: dict[str, str]) -> Child:
            whole = textwrap.dedent(WINDOW) + textwrap.dedent(code) + "\napp.exec()\n"
            environment = {**clean_environment(), **private_home.env, **env}
            return started.enter_context(Child([sys.executable, "-c", whole], env=environment, name="qt"))

        yield start


def test_a_person_types_portuguese_into_a_window_and_closes_it(
    display: Display, hands: Hands, qt: StartQt, artifact: Callable[[str], Path]
) -> None:
    program = qt("window.show()", display.env)
    window = display.screen.wait_for_window("^Ensaio — janela$")
    hands.focus(window)
    hands.click((window.rect.x + 100, window.rect.y + 100))
    hands.type("Ação às 18:02: João & Cia. 62.567.108/0001-01 çÇãÕéü")
    program.wait_for_line("^texto: Ação às 18:02: João & Cia. 62.567.108/0001-01 çÇãÕéü$")
    hands.key("ctrl+a", "Delete", "Return")
    program.wait_for_line("^enter$")
    assert program.lines("stdout")[-2:] == ["texto: ", "enter"]
    picture = Image.open(display.screenshot(artifact("janela.png")))
    assert picture.size == (1280, 800)
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 10
    hands.close(window)
    display.screen.wait_for_no_window("Ensaio")
    assert program.running


def test_what_does_not_come_is_said_with_what_is_there(display: Display, qt: StartQt) -> None:
    qt("window.show()", display.env)
    display.screen.wait_for_window("Ensaio")
    with pytest.raises(ScreenTimeoutError, match=r"no window titled /Malote/ within .* shows .*'Ensaio — janela' Rect"):
        display.screen.wait_for_window("Malote", 0.2)


def test_a_person_uses_the_icon_in_the_tray(
    display: Display, hands: Hands, tray_host: Tray, qt: StartQt, artifact: Callable[[str], Path]
) -> None:
    program = qt("tray()", display.env)
    icon = tray_host.wait_for_icon()
    hands.click(icon)
    program.wait_for_line("^ícone: Trigger$")
    hands.click(icon, RIGHT)
    menu = display.screen.wait_for_popup()
    display.screenshot(artifact("menu.png"))
    hands.click((menu.x + 20, menu.y + 12))
    window = display.screen.wait_for_window("Ensaio")
    hands.focus(window)
    hands.click(icon, RIGHT)
    display.screen.wait_for_popup()
    hands.key("Up", "Return")
    assert program.wait() == 0
    tray_host.wait_for_no_icon()


def test_a_tray_without_a_screen_knows_the_icon_by_its_data(
    display: Display, status_notifier_host: StatusNotifierHost, qt: StartQt
) -> None:
    program = qt("tray()", {**display.env, **status_notifier_host.env})
    item = status_notifier_host.wait_for_item()
    assert item.wait_for_tooltip("tudo bem") == "Ensaio: tudo bem"
    assert (item.title, item.status) == ("Ensaio", "Active")
    assert len(item.icon[1]) > 24 * 24 * 3
    item.activate()
    program.wait_for_line("^ícone: Trigger$")
    assert [entry.label for entry in item.menu()] == ["Abrir", "Sair"]
    item.choose("Abrir")
    display.screen.wait_for_window("Ensaio")
    item.choose("Sair")
    assert program.wait() == 0
    status_notifier_host.wait_for_no_item()


def test_a_notification_is_read_and_clicked(
    display: Display, status_notifier_host: StatusNotifierHost, qt: StartQt
) -> None:
    code = """
        tray()
        icon_in_tray.showMessage("Envio falhou", "Oracle não respondeu", QSystemTrayIcon.MessageIcon.Warning)
    """
    program = qt(code, {**display.env, **status_notifier_host.env})
    bubble = status_notifier_host.notifications.wait_for("falhou")
    assert (bubble.program, bubble.title, bubble.body) == ("Ensaio", "Envio falhou", "Oracle não respondeu")
    status_notifier_host.notifications.click(bubble)
    program.wait_for_line("^aviso clicado$")
