"""What a person can do with a WhatsApp number; whatever is not easily undone asks first."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from desktop.domain.cnpj import Cnpj
from desktop.domain.errors import AppError, Code
from desktop.domain.session import HumanReason, NeedsPerson, Session
from desktop.ui.bridge import Bridge
from desktop.ui.dialogs import TextQuestion, ask, ask_text
from desktop.ui.messages import words_of
from desktop.ui.text import fill, shown_phone

if TYPE_CHECKING:
    from desktop.services.sessions import Sessions

_Work = Callable[["Sessions"], Coroutine[Any, Any, object]]
_Naming = Callable[["Sessions"], Coroutine[Any, Any, Session]]


class SessionActions(QObject):
    done = Signal(str)
    """What was asked for has happened: the session's name, empty where it was for all of them."""
    failed = Signal(str, object)
    """As done, and the AppError because of which it has not. Somebody may look at another session by then."""
    named = Signal(str)
    """A session of this name was made, or has this name now."""

    def __init__(self, bridge: Bridge, window: QWidget) -> None:
        super().__init__(window)
        self._bridge = bridge
        self._window = window

    def start(self, session: Session) -> None:
        self._do(session.name, lambda sessions: sessions.start(session.name))

    def show_qr(self, session: Session) -> None:
        """Link by QR code, also in place of a code to type that is on show."""
        self._do(session.name, lambda sessions: sessions.link(session.name))

    def restart(self, session: Session) -> None:
        """End the connection and begin it anew."""
        self._do(session.name, lambda sessions: sessions.restart(session.name))

    def stop(self, session: Session) -> None:
        self._do(session.name, lambda sessions: sessions.stop(session.name))

    def accept(self, session: Session) -> None:
        """Say that the other number is meant."""
        self._do(session.name, lambda sessions: sessions.accept_account(session.name))

    def make_default(self, session: Session) -> None:
        self._do(session.name, lambda sessions: sessions.set_default(session.name))

    def set_company(self, session: Session, company: Cnpj | None) -> None:
        self._do(session.name, lambda sessions: sessions.set_company(session.name, company))

    def set_keeps_messages(self, session: Session, keeps: bool) -> None:
        self._do(session.name, lambda sessions: sessions.set_keeps_messages(session.name, keeps))

    def link_by_phone(self, session: Session, phone: str, on_error: Callable[[AppError], object]) -> None:
        """Ask for a code to type on that phone; where the session has a link, a person says first that it may go."""

        sessions = self._bridge.services.sessions

        def link(*, replace: bool) -> None:
            self._bridge.call(
                lambda: sessions.link_by_phone(session.name, phone, replace=replace),
                lambda _: self.done.emit(session.name),
                on_error if replace else refuse,
            )

        def refuse(error: AppError) -> None:
            if error.code is Code.SESSION_LINKED:
                self.ask_relink(session, lambda: link(replace=True))
            on_error(error)

        link(replace=False)

    def ask_relink(self, session: Session, on_yes: Callable[[], object] | None = None) -> None:
        """Link another phone in place of the one that is linked now."""
        number = shown_phone(session.account.phone) if session.account else session.name
        ask(
            self._window,
            title=self.tr("Link another phone?"),
            text=fill(
                self.tr("The number %1 is unlinked first. Reports stop going out until the other phone is linked."),
                number,
            ),
            yes=self.tr("&Link another one"),
            no=self.tr("&Keep linked"),
            icon=QMessageBox.Icon.Warning,
            on_yes=on_yes
            or (lambda: self._do(session.name, lambda sessions: sessions.link(session.name, replace=True))),
        )

    def ask_logout(self, session: Session) -> None:
        phone = _linked_phone(session)
        # Of several numbers it is this one.
        title: str = fill(self.tr("Unlink %1?"), phone) if phone else self.tr("Unlink the phone?")
        ask(
            self._window,
            title=title,
            text=self.tr("Reports stop going out until a phone scans a new code. The history is kept."),
            yes=self.tr("&Unlink"),
            no=self.tr("&Keep linked"),
            icon=QMessageBox.Icon.Warning,
            on_yes=lambda: self._do(session.name, lambda sessions: sessions.logout(session.name)),
        )

    def ask_add(self) -> None:
        """Make a further session; its name is all that has to be said."""

        def add(question: TextQuestion, name: str) -> None:
            self._name(question, lambda sessions: _add(sessions, name))

        ask_text(
            self._window,
            title=self.tr("Add another number"),
            name=self.tr("&Name for this number"),
            hint=self.tr("As you will know it by, for example: Sales, Downtown branch."),
            yes=self.tr("&Add"),
            on_text=add,
        )

    def ask_rename(self, session: Session) -> None:
        def rename(question: TextQuestion, name: str) -> None:
            self._name(question, lambda sessions: sessions.rename(session.name, name))

        ask_text(
            self._window,
            title=fill(self.tr("Rename “%1”"), session.name),
            name=self.tr("&Name for this number"),
            hint=self.tr("Programs that name it in their calls need the new name, too."),
            yes=self.tr("&Rename"),
            text=session.name,
            on_text=rename,
        )

    def ask_remove(self, session: Session) -> None:
        ask(
            self._window,
            title=fill(self.tr("Remove “%1”?"), session.name),
            text=self.tr(
                "The phone is unlinked and the messages kept of this number are deleted. What waits in its queue is "
                "not sent. The history of sends stays."
            ),
            yes=self.tr("Re&move"),
            no=self.tr("&Keep"),
            icon=QMessageBox.Icon.Warning,
            on_yes=lambda: self._do(session.name, lambda sessions: sessions.remove(session.name)),
        )

    def ask_clear(self) -> None:
        ask(
            self._window,
            title=self.tr("Unlink everything and start afresh?"),
            text=self.tr(
                "Every phone is unlinked, and each has to be linked again before anything goes out. Names and history "
                "stay."
            ),
            yes=self.tr("Unlink a&ll"),
            no=self.tr("&Keep linked"),
            icon=QMessageBox.Icon.Warning,
            on_yes=lambda: self._do("", lambda sessions: sessions.clear_all(logout=True)),
        )

    def _name(self, question: TextQuestion, work: _Naming) -> None:
        sessions = self._bridge.services.sessions

        def taken(session: Session) -> None:
            question.taken()
            self.named.emit(session.name)

        def blame(error: AppError) -> None:
            words = words_of(error)
            question.blame(f"{words.text} {words.action}")

        self._bridge.call(lambda: work(sessions), taken, blame)

    def _do(self, name: str, work: _Work) -> None:
        sessions = self._bridge.services.sessions
        self._bridge.call(lambda: work(sessions), lambda _: self.done.emit(name), partial(self.failed.emit, name))


def _linked_phone(session: Session) -> str:
    """As people write it; empty where it is not known."""
    match session.status:
        case NeedsPerson(reason=HumanReason.OTHER_ACCOUNT, detail=phone):
            return shown_phone(phone) if phone else ""
        case _:
            return shown_phone(session.account.phone) if session.account else ""


async def _add(sessions: "Sessions", name: str) -> Session:
    session = await sessions.add(name)
    # Whoever adds a number has the phone at hand.
    await sessions.link(session.name)
    return session
