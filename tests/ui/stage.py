"""The window on a running instance, and hands that use it as a person would: by what it shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from uuid import UUID

from PySide6.QtCore import QDeadlineTimer, QEvent, QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QRadioButton,
    QTableView,
    QWidget,
)
from sqlalchemy import create_engine

from desktop.adapters.engines.simulator import SimulatorPace
from desktop.adapters.storage.webhook_tables import deliveries
from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError
from desktop.domain.send import Origin
from desktop.domain.session import DEFAULT_SESSION, SessionState, Status
from desktop.runtime.paths import Home
from desktop.services.sending import SendRequest
from desktop.ui.bridge import Bridge
from desktop.ui.models.history import Column
from desktop.ui.theme import DARK, LIGHT, Theme
from desktop.ui.translation import install_translations
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.report_preview import ReportPreview
from desktop.ui.window import MainWindow, Place
from tests.ui.scene import COMPANIES, NOBODY_SCANS, QUICK, WITHIN, Scene

W = TypeVar("W", bound=QWidget)


def let_layouts_happen() -> None:
    """Every one that is still due: one may ask for another."""
    for _ in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


class Stage(AbstractContextManager["Stage"]):
    def __init__(
        self,
        folder: Path,
        *,
        dark: bool = False,
        simulated: bool = True,
        scanned: bool = True,
        language: str = "pt_BR",
        pace: SimulatorPace | None = None,
        settings: dict[str, object] | None = None,
    ) -> None:
        application = QApplication.instance() or QApplication([])
        assert isinstance(application, QApplication)
        self.application = application
        self.language = language
        self._scanned = scanned
        self._dark = dark
        self.scene = Scene(folder, pace or (QUICK if scanned else NOBODY_SCANS), simulated, settings=settings or {})

    def __enter__(self) -> Stage:
        self._translators = install_translations(self.application, self.language)
        self.scene.__enter__()
        if self._scanned:
            self.scene.wait_state(SessionState.CONNECTED)
        self.bridge = Bridge(self.scene, self.scene.services)
        self.theme = Theme(self.application)
        self.theme.use(DARK if self._dark else LIGHT)
        self.window = MainWindow(self.bridge, self.theme, self.scene.folder)
        self.window.show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.window.close()
        self.window.deleteLater()
        self.scene.__exit__(kind, error, trace)
        for translator in self._translators:
            self.application.removeTranslator(translator)
        self.theme.deleteLater()
        self.bridge.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def until(self, condition: Callable[[], object], what: str = "it") -> None:
        """Let the window live until the condition holds; it is asked again after every batch of events."""
        deadline = QDeadlineTimer(int(WITHIN * 1000))
        loop = QEventLoop()
        alarm = QTimer(singleShot=True)
        alarm.timeout.connect(loop.quit)
        alarm.start(int(WITHIN * 1000))
        while not condition():
            if deadline.hasExpired():
                raise AssertionError(f"{what} did not happen within {WITHIN} s; the window reads: {self.texts()}")
            loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def settle(self) -> None:
        let_layouts_happen()

    def fits_a_small_screen(self) -> None:
        """As large as the window becomes on a screen of 1280×800 with its frame and a panel."""
        self.window.resize(1280, 720)
        let_layouts_happen()

    def whole(self, part: QWidget) -> bool:
        """Whether all of it can be seen without scrolling."""
        return part.isVisible() and part.visibleRegion().boundingRect() == part.rect()

    def find(self, kind: type[W], name: str) -> W:
        found = self.window.findChild(kind, name)
        assert isinstance(found, kind), f"no {kind.__name__} is called {name!r}"
        return found

    def dialog(self) -> QDialog | None:
        """The one that is open over the window."""
        return next((found for found in self.window.findChildren(QDialog) if found.isVisible()), None)

    def texts(self) -> list[str]:
        """All that can be read in labels and buttons now."""
        return [
            part.text()
            for part in self.window.findChildren(QWidget)
            if isinstance(part, QLabel | QPushButton) and part.isVisible() and part.text()
        ]

    def reads(self, *texts: str) -> bool:
        """Whether one of these can be read somewhere."""
        return any(text in shown for text in texts for shown in self.texts())

    def go(self, place: str) -> None:
        QTest.mouseClick(self.find(QPushButton, f"go-{place}"), Qt.MouseButton.LeftButton)
        assert self.window.place is Place(place)

    def click(self, name: str) -> None:
        control = self.find(QPushButton, name)
        self.until(control.isEnabled, f"{name} being enabled")
        QTest.mouseClick(control, Qt.MouseButton.LeftButton)

    def type_into(self, control: QWidget, text: str) -> None:
        """As an input method types: QTest's keys abort the process on accents."""
        control.setFocus()
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(control, event)

    def add_sessions(self) -> None:
        """Two more numbers: one that a company has for itself, and one that was stopped."""
        sessions = self.scene.services.sessions
        self.scene.do(sessions.add("Mercado", Cnpj("62567108000101")))
        self.scene.do(sessions.start("Mercado"))
        self.scene.wait_state(SessionState.CONNECTED if self._scanned else SessionState.QR, "Mercado")
        self.scene.do(sessions.add("Loja da Praça"))

    def tell(self, status: Status, name: str = DEFAULT_SESSION) -> None:
        """Let the window hear that a session has come into this state."""
        session = self.scene.look(lambda: self.scene.services.sessions.get(name))
        self.bridge.session_changed.emit(replace(session, status=status))

    def ask_for_groups(self) -> None:
        """From now on nothing goes to a group that nobody has confirmed."""
        change = self.scene.services.settings.change
        self.scene.look(lambda: change({"groups.policy": "refuse"}))

    def type_phone(self, text: str) -> None:
        self.type_into(self.find(QLineEdit, "link-phone"), text)
        self.click("link-ask-code")

    def choose_company(self, text: str, *, sendable: bool = True, in_group: bool = True, asked: bool = False) -> None:
        """Search for a company, walk to it with the keyboard and wait until all is known about it."""
        if self.window.place is not Place.SEND:
            self.go("send")
        search = self.find(QLineEdit, "company-search")
        search.clear()
        self.type_into(search, text)
        companies = self.find(QListView, "company-list")
        self.until(lambda: companies.model().rowCount() == 1, f"finding {text}")
        QTest.keyClick(search, Qt.Key.Key_Return)
        chosen = self.find(QLabel, "company-name")
        self.until(
            lambda: chosen.text() == companies.currentIndex().data() and text in chosen.text(), f"{text} on show"
        )
        button = self.find(QPushButton, "send")
        if asked:
            self.until(lambda: self.find(QWidget, "group-question").isVisible(), f"the question about {text}")
        elif sendable:
            self.until(lambda: button.isVisible() and button.isEnabled(), f"{text} being ready")
            known = ("participante", "member") if in_group else ("não participa", "is not in")
            self.until(lambda: self.reads(*known), "what WhatsApp knows of the group")
            [preview] = self.window.findChildren(ReportPreview)
            self.until(lambda: not preview.empty, "the preview")
        else:
            self.until(lambda: self.find(Note, "trouble").said, "the reason")
            assert not button.isVisible()

    def until_companies(self) -> None:
        companies = self.find(QListView, "company-list")
        self.until(lambda: companies.model().rowCount() > 1, "the list of companies")

    def until_outcome(self, *texts: str) -> None:
        outcome = self.find(Note, "outcome")
        self.until(lambda: any(text in outcome.said for text in texts), f"the outcome {texts[0]}")

    def until_test(self, *texts: str) -> None:
        result = self.find(Note, "test-result")
        self.until(lambda: any(text in result.said for text in texts), f"the test {texts[0]}")

    def until_key(self) -> None:
        key = self.find(QLineEdit, "new-key")
        self.until(lambda: key.isVisible() and key.text().startswith("malote_"), "the new key")

    def press_radio(self, name: str) -> None:
        control = self.find(QRadioButton, name)
        self.until(control.isEnabled, f"{name} being enabled")
        # In its middle there may be nothing but background.
        QTest.mouseClick(control, Qt.MouseButton.LeftButton, pos=QPoint(12, control.height() // 2))

    def make_history(self) -> None:
        """Send for every company through the real services, whatever comes of it."""
        sending = self.scene.services.sending
        for line in COMPANIES.splitlines()[1:]:
            cnpj = Cnpj.parse(line.partition(";")[0])
            for origin in (Origin.ERP, Origin.WINDOW):
                try:
                    self.scene.do(sending.send_and_wait(SendRequest(cnpj=cnpj, origin=origin)))
                except AppError:
                    continue  # the history tells what became of it

    def give_up_telling(self, url: str, why: str) -> None:
        """What the program does after six hours of trying to tell a webhook, without the six hours."""
        engine = create_engine(f"sqlite:///{Home(self.scene.folder).database}")
        at = datetime(2026, 1, 5, 18, 2, tzinfo=UTC)
        row = {"id": UUID(int=7), "session": DEFAULT_SESSION, "url": url, "event": "message.received", "attempts": 14}
        with closing(engine.connect()) as connection, connection.begin():
            row |= {"created_at": at, "dead_at": at, "last_error": why, "body": b"{}"}
            connection.execute(deliveries.insert(), row)
        engine.dispose()

    def choose_history_row(self, *states: str) -> None:
        table = self.find(QTableView, "history")
        model = table.model()

        def row() -> int | None:
            rows = range(model.rowCount())
            return next((row for row in rows if model.index(row, Column.STATE).data() in states), None)

        self.until(lambda: row() is not None, f"a send that is {states}")
        table.scrollTo(model.index(row() or 0, Column.COMPANY))
        position = table.visualRect(model.index(row() or 0, Column.COMPANY)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=position)
