"""«Install Oracle client»: one that is on this computer, else Oracle's own or a zip the owner has."""

import asyncio
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QProgressBar, QWidget

from desktop.domain.errors import AppError
from desktop.domain.oracle_client import OracleClient
from desktop.ui.bridge import Bridge, Call
from desktop.ui.dialogs import ask
from desktop.ui.messages import words_of
from desktop.ui.text import fill
from desktop.ui.theme import Theme, Tone
from desktop.ui.widgets.basics import button, column, label, row
from desktop.ui.widgets.note import Note

if TYPE_CHECKING:
    from desktop.services.oracle_client import ClientArchive

_WIDTH = 560


class _Line(QObject):
    """From the service thread to the window; nobody's child, so that it outlives the dialog as long as a call needs."""

    came = Signal(object, object)
    """Bytes that are here, and of how many or None."""
    unknown = Signal(str, object)
    """A checksum that nobody recorded, and the Future[bool] that waits for a person's word."""

    async def confirm(self, archive: "ClientArchive") -> bool:
        """In the service's loop: a person answers in the window's thread."""
        answer: Future[bool] = Future()
        self.unknown.emit(archive.sha256, answer)
        return await asyncio.wrap_future(answer)


class ClientDialog(QDialog):
    """Looks for one at once; every way ends with a client that was loaded, and its folder in the settings."""

    def __init__(self, bridge: Bridge, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Install Oracle client"))
        self.setMinimumWidth(_WIDTH)
        self._bridge = bridge
        self._installing = bridge.services.oracle_clients
        self._running: Call | None = None
        about = label(
            self.tr(
                "Old databases (Oracle 11g) are only reached through Oracle's own client program. Malote keeps it in a "
                "folder of its own: nothing of the system is changed, and no administrator is needed."
            ),
            wrap=True,
        )
        self._said = Note(theme)
        self._said.setObjectName("client-said")
        self._bar = QProgressBar()
        self._bar.setAccessibleName(self.tr("Download"))
        self._bar.hide()
        self._download = button(self.tr("&Download from Oracle"), self._begin_download, "primary")
        self._download.setObjectName("client-download")
        self._zip = button(self.tr("Choose a &zip…"), self._choose_zip)
        self._folder = button(self.tr("Choose a &folder…"), self._choose_folder)
        self._stop = button(self.tr("Canc&el"), self._cancel)
        self._stop.setObjectName("client-cancel")
        self._stop.hide()
        self._close = button(self.tr("C&lose"), self.reject)
        self.setLayout(
            column(
                about,
                self._said,
                self._bar,
                row(self._download, self._zip, self._folder, 0),
                row(0, self._stop, self._close),
                spacing=14,
                margins=20,
            )
        )
        self._line = _Line()
        self._line.came.connect(self._show_progress)
        self._line.unknown.connect(self._ask_about)
        self._start(
            self.tr("Looking for a client on this computer…"), bridge.call(self._find, self._show_found, self._fail)
        )

    def done(self, result: int) -> None:
        if self._running is not None:
            self._running.cancel()
        super().done(result)

    async def _find(self) -> tuple[OracleClient | None, list[OracleClient]]:
        taken = await self._installing.take_existing()
        return taken, [] if taken else await self._installing.find()

    def _show_found(self, found: tuple[OracleClient | None, list[OracleClient]]) -> None:
        taken, others = found
        if taken is not None:
            self._installed(taken)
            return
        self._stopped()
        self._download.setFocus()
        if others:
            self._said.say(Tone.ATTENTION, self._reach(others[0]), self.tr("Download client 19, which does."))
        else:
            self._said.say(Tone.ATTENTION, self.tr("There is no Oracle client on this computer yet"))

    def _reach(self, client: OracleClient) -> str:
        major = client.version.partition(".")[0]
        return fill(self.tr("Client %1 does not connect to Oracle 11g"), major)

    def _begin_download(self) -> None:
        installing, line = self._installing, self._line
        self._bar.setRange(0, 0)
        self._bar.show()
        self._start(
            self.tr("Downloading…"),
            self._bridge.call(lambda: installing.download(line.came.emit, line.confirm), self._installed, self._fail),
        )

    def _ask_about(self, sha256: str, answer: "Future[bool]") -> None:
        # In parts that an eye can compare, and that a small screen's box does not cut off.
        parts = " ".join(sha256[start : start + 16] for start in range(0, len(sha256), 16))
        box = ask(
            self,
            title=self.tr("Is this Oracle's file?"),
            text=fill(self.tr("Compare its SHA-256 with the one on Oracle's site:\n%1"), parts),
            yes=self.tr("Install"),
            no=self.tr("Do not install"),
            on_yes=lambda: _give(answer, True),
        )
        box.finished.connect(lambda: _give(answer, False))

    def _choose_zip(self) -> None:
        self._choose(QFileDialog.FileMode.ExistingFile, self.take_zip, self.tr("Instant Client (*.zip)"))

    def _choose_folder(self) -> None:
        self._choose(QFileDialog.FileMode.Directory, self._take_folder)

    def _choose(self, mode: QFileDialog.FileMode, take: object, kinds: str = "") -> None:
        dialog = QFileDialog(self, self.windowTitle(), "", kinds)
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(take)
        dialog.finished.connect(lambda: dialog.deleteLater())
        dialog.open()

    def take_zip(self, path: str) -> None:
        installing = self._installing
        self._start(
            self.tr("Unpacking and trying it…"),
            self._bridge.call(lambda: installing.take_zip(Path(path)), self._installed, self._fail),
        )

    def _take_folder(self, path: str) -> None:
        installing = self._installing
        self._start(
            self.tr("Trying it…"),
            self._bridge.call(lambda: installing.take_folder(Path(path)), self._installed, self._fail),
        )

    def _start(self, doing: str, running: Call) -> None:
        self._running = running
        self._said.say(Tone.BUSY, doing)
        for choice in (self._download, self._zip, self._folder):
            choice.setEnabled(False)
        self._stop.show()

    def _stopped(self) -> None:
        self._running = None
        self._bar.hide()
        for choice in (self._download, self._zip, self._folder):
            choice.setEnabled(True)
        self._stop.hide()

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()
        self._stopped()
        self._download.setFocus()
        kept = self.tr("What is here already is kept: the next download goes on from it.")
        self._said.say(Tone.ATTENTION, self.tr("Stopped"), kept)

    def _show_progress(self, here: int, total: int | None) -> None:
        # in kB: Qt's numbers end at two thousand million
        self._bar.setRange(0, (total or 0) // 1000)
        self._bar.setValue(here // 1000)

    def _installed(self, client: OracleClient) -> None:
        self._stopped()
        self._close.setFocus()
        if client.reaches_11g:
            reach = fill(self.tr("For Oracle %1 and newer."), client.oldest_server)
            self._said.say(Tone.OK, fill(self.tr("Oracle client %1 is ready"), client.version), reach)
        else:
            title = fill(self.tr("Oracle client %1 is ready"), client.version)
            self._said.say(Tone.ATTENTION, title, self._reach(client))

    def _fail(self, error: AppError) -> None:
        self._stopped()
        self._said.fail(words_of(error))


def _give(answer: "Future[bool]", word: bool) -> None:
    """The first word counts, and none does where the download was cancelled meanwhile."""
    if not answer.done():
        answer.set_result(word)
