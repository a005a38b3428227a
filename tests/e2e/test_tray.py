"""The icon near the clock on the real engine: what it tells, what its menu does, and how the program ends."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import ImageGrab

from tests.e2e.desk import Desk, open_desk
from tests.e2e.erp import Erp
from tests.e2e.window import TITLE, Window
from tests.e2e.world import Company
from tests.harness.display import Display, Tray
from tests.harness.environment import PrivateHome
from tests.harness.hands import RIGHT
from tests.harness.patience import PATIENCE
from tests.harness.processes import still_running
from tests.harness.status_notifier import StatusNotifierHost
from tests.harness.x11 import Rect

Artifact = Callable[[str], Path]

COMPANIES = 6
ELSEWHERE = (600, 780)
"""A place of the screen where there is nothing to point at."""
ENDING = 40.0
"""Seconds for what the engine has in its hands, and for the workers."""
_LOOKS = 5
_ASIDE = 8


@pytest.fixture(scope="module")
def shared_desk(display: Display) -> Iterator[Desk]:
    """A desk where everything works; no program runs there yet, and no phone is linked."""
    with open_desk(display) as desk:
        for _ in range(COMPANIES):
            desk.world.found_company()
        desk.world.settle_settings()
        desk.world.keep_password()
        yield desk


@pytest.fixture
def desk(shared_desk: Desk) -> Iterator[Desk]:
    """The same, with nothing left on the screen by the test before."""
    shared_desk.hands.move(*ELSEWHERE)
    yield shared_desk
    shared_desk.world.whatsapp.accept_connections()
    shared_desk.world.program.stop()
    shared_desk.display.screen.wait_for_no_window(TITLE)


@pytest.fixture(scope="module")
def unused(shared_desk: Desk) -> Iterator[Company]:
    return iter(shared_desk.world.companies.values())


@pytest.fixture
def company(unused: Iterator[Company]) -> Company:
    """One that no other test has used."""
    return next(unused)


class Icon:
    """The program's place in the tray, as one sees it, points at it and clicks it."""

    def __init__(self, desk: Desk, tray: Tray) -> None:
        self._desk = desk
        self._tray = tray

    @property
    def place(self) -> Rect:
        return self._tray.wait_for_icon()

    def picture(self) -> bytes:
        place = self.place
        box = (place.x, place.y, place.x + place.width, place.y + place.height)
        return ImageGrab.grab(box, xdisplay=self._desk.display.name).tobytes()

    def point_at(self, window: Window, words: str) -> bytes:
        """Points at the icon, which says so; gives its picture."""
        x, y = self.place.center
        said: list[str] = []
        # The icon may be a moment behind what the program told of itself elsewhere: then one looks once more.
        while not said or (said[-1] != f"Malote: {words}" and len(said) < _LOOKS):
            # To Qt a pointer that comes back to the very dot where it saw it last has not moved.
            self._desk.hands.move(x - 3, y)
            self._desk.hands.move(x, y)
            said.append(window.see("^Malote: ").name)
            picture = self.picture()
            self._desk.hands.move(*ELSEWHERE)
            window.see_no_more("^Malote: ")
        assert said[-1] == f"Malote: {words}", said
        return picture

    def click(self) -> None:
        self._desk.hands.click(self.place)

    def choose(self, letter: str) -> None:
        """Opens its menu, and presses the underlined letter of an entry."""
        x, y = self.place.center
        # On the dot that was clicked a moment ago a quick machine makes a double click of it, which opens no menu.
        self._desk.hands.click((x - _ASIDE, y), RIGHT)
        self._desk.display.screen.wait_for_popup()
        self._desk.hands.key(letter)
        self._desk.display.screen.wait_for_no_popup()


@pytest.fixture
def icon(desk: Desk, tray_host: Tray) -> Icon:
    return Icon(desk, tray_host)


def wait_for_session(window: Window, *states: str) -> dict[str, Any]:
    """Until the session is in one of the states; gives what the program tells of it."""
    return Erp(window.program).wait_for_session(lambda session: session["estado"] in states)


def connected(desk: Desk, env: Mapping[str, str] | None = None) -> Window:
    """A program that is connected, its phone linked where none was yet; its window is not open."""
    window = desk.start(env=env)
    session = wait_for_session(window, "qr", "connected")
    if session["estado"] == "qr":
        desk.world.whatsapp.scan(session["qr"])
        wait_for_session(window, "connected")
        # Said beside the icon, where it is in the way of its menu.
        window.see("^Leia o QR code com o celular$")
        window.see_no_more("^Leia o QR code com o celular$")
    return window


def test_the_icon_follows_the_session(desk: Desk, icon: Icon) -> None:
    window = desk.start()
    code = wait_for_session(window, "qr")["qr"]
    needs_you = icon.point_at(window, "Leia o QR code com o celular")
    desk.world.whatsapp.scan(code)
    wait_for_session(window, "connected")
    well = icon.point_at(window, "Conectado ao WhatsApp")
    desk.world.whatsapp.refuse_connections()
    desk.world.whatsapp.drop_connection()
    # A tip goes away when its text changes under the pointer: the last word first.
    Erp(window.program).wait_for_session(lambda session: session["motivo"] == "no_internet")
    offline = icon.point_at(window, "Sem internet")
    assert len({needs_you, well, offline}) == 3


def test_a_closed_window_leaves_the_program_at_work_and_says_so_once(
    desk: Desk, icon: Icon, company: Company, artifact: Artifact
) -> None:
    window = connected(desk)
    icon.click()
    window.close()
    bubble = window.see("^O Malote continua aberto$")
    window.see("^Ele segue enviando. O ícone fica perto do relógio; para encerrar, escolha Sair no menu dele.$")
    window.photograph(artifact("aviso.png"))
    # At once: it goes away by itself.
    desk.hands.click(bubble.rect)
    window.wait()
    window.close()
    # Somebody who does not see the icon starts it once more.
    desk.start_once_more()
    window.wait()
    assert not window.says("^O Malote continua aberto$")
    window.close()
    assert Erp(window.program).send(company.cnpj).json()["status"] == "enviado"


def test_the_menu_leads_to_the_sending_page_and_out(desk: Desk, icon: Icon, artifact: Artifact) -> None:
    window = connected(desk)
    workers = window.program.descendants()
    desk.hands.click(icon.place, RIGHT)
    desk.display.screen.wait_for_popup()
    window.photograph(artifact("menu.png"))
    desk.hands.key("e")
    # A menu that is still closing keeps the mouse to itself.
    desk.display.screen.wait_for_no_popup()
    window.wait()
    window.see("^Enviar relatório$")
    icon.choose("s")
    assert window.program.wait() == 0
    assert not still_running(workers, ENDING)
    assert window.program.text() == ""


def test_quitting_while_a_report_is_on_its_way_asks_first(
    desk: Desk, icon: Icon, company: Company, artifact: Artifact
) -> None:
    window = connected(desk)
    workers = window.program.descendants()
    with desk.world.whatsapp.hold_at("message-received-before-ack") as hold:
        answer = Erp(window.program).begin(company.cnpj)
        hold.wait_reached(PATIENCE)
        icon.point_at(window, "Enviando 1 relatório…")
        icon.choose("s")
        window.see("^Um relatório está sendo enviado. Sair mesmo assim\\?$")
        window.photograph(artifact("pergunta.png"))
        window.press("Ficar")
        window.see_no_more("^Um relatório está sendo enviado")
    assert answer.result().json()["status"] == "enviado"
    assert len(desk.world.arrivals(company)) == 1
    wait_for_session(window, "connected")
    icon.choose("s")
    assert window.program.wait(ENDING) == 0
    assert not still_running(workers, ENDING)


def test_a_session_that_ends_takes_the_program_with_its_window_and_all_workers(desk: Desk, company: Company) -> None:
    window = connected(desk)
    assert Erp(window.program).send(company.cnpj).json()["status"] == "enviado"
    desk.start_once_more()
    window.wait()
    workers = window.program.descendants()
    assert {"whatsmeow", "oracle"} <= {word for one in workers for word in one.cmdline()}
    assert window.program.terminate() == 0
    assert not still_running(workers, ENDING)
    desk.display.screen.wait_for_no_window(TITLE)
    assert window.program.text() == ""


def test_a_modern_desktop_shows_the_state_and_is_told_of_a_failure(desk: Desk, company: Company) -> None:
    with StatusNotifierHost(desk.bus) as host:
        window = connected(desk, host.env)
        item = host.wait_for_item()
        item.wait_for_tooltip("Conectado ao WhatsApp")
        menu = [entry for entry in item.menu() if entry.label]
        assert [entry.label for entry in menu] == ["Conectado ao WhatsApp", "Abrir o Malote", "Enviar…", "Sair"]
        assert [entry.enabled for entry in menu] == [False, True, True, True]
        well = item.icon

        company.report_path.unlink()
        assert Erp(window.program).send(company.cnpj).json()["codigo"] == "imagem_nao_encontrada"
        told = host.notifications.wait_for("Falhou")
        assert (told.title, told.body) == (f"{company.name}: Falhou", "Não achou imagem")
        host.notifications.click(told)
        window.wait()
        window.see("^Histórico$")
        window.see("^Falhou$")

        # Whoever looks at the window needs no other word.
        window.close()
        desk.world.whatsapp.remove_device()
        host.notifications.wait_for("O celular desvinculou este computador")
        item.wait_for_tooltip("O celular desvinculou este computador")
        assert item.icon != well
        item.choose("^Sair$")
        assert window.program.wait(ENDING) == 0
        host.wait_for_no_item()


def test_where_there_is_no_tray_the_window_opens_by_itself(private_home: PrivateHome, artifact: Artifact) -> None:
    with Display(private_home) as bare, open_desk(bare) as desk:
        window = desk.start()
        window.wait()
        window.see("^Leia o QR code com o celular$")
        window.photograph(artifact("janela.png"))
        desk.hands.close(bare.screen.wait_for_window(TITLE))
        window.see("^Sair do Malote\\?$")
        window.photograph(artifact("pergunta.png"))
        window.press("Sair")
        assert window.program.wait(ENDING) == 0
