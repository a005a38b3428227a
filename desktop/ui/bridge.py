"""The only crossing between the GUI thread and the service thread."""

import logging
import traceback
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from desktop.domain.errors import AppError, Code
from desktop.domain.events import (
    Event,
    GroupWarned,
    MessagesLost,
    SendChanged,
    SessionChanged,
    SessionRemoved,
    SettingsChanged,
    WebhookTrouble,
)

if TYPE_CHECKING:  # asyncio and the services cost what the tray icon has no time for
    from desktop.services.catalogue import Services

logger = logging.getLogger(__name__)

T = TypeVar("T")


class RunningServices(Protocol):
    """What the composition root started in the service thread."""

    ready: "Future[Services]"
    """Set from the service thread once everything is wired."""
    ended: Future[None]
    """Done when the service thread has ended, with its error if it failed."""

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the service loop, from any thread; raises RuntimeError where the loop has ended."""
        ...


class Call:
    """One question of the GUI that is still unanswered."""

    def __init__(self) -> None:
        self._wanted = True
        self._future: Future[None] | None = None

    @property
    def wanted(self) -> bool:
        return self._wanted

    def follow(self, future: Future[None]) -> None:
        self._future = future

    def cancel(self) -> None:
        """Ask the service to stop, and make sure that nothing of it comes back."""
        self._wanted = False
        if self._future is not None:
            self._future.cancel()


class Bridge(QObject):
    """Lives on the GUI thread; whatever comes out of it comes there, in the order in which the services said it."""

    send_changed = Signal(object)
    """A Send, as it is on disk now."""
    session_changed = Signal(object)
    """A Session."""
    session_removed = Signal(str)
    """The name of a session that is not there any more; a renamed one comes back under its new name."""
    group_warned = Signal(object)
    """A GroupWarned."""
    messages_lost = Signal(int)
    """How many messages since the start could not be kept."""
    settings_changed = Signal()
    webhook_trouble = Signal(str)
    """The name of the session whose webhook was given up on."""
    failed = Signal(str)
    """The traceback of a bug."""
    _arrived = Signal(object)

    def __init__(self, running: RunningServices, services: "Services") -> None:
        super().__init__()
        self.services = services
        self._running = running
        # Emitted on the service thread, so Qt queues it: the answer runs on this object's own thread.
        self._arrived.connect(self._deliver)
        self.read(lambda: services.bus.subscribe(self._publish), lambda _: None)

    def call(
        self,
        work: Callable[[], Coroutine[Any, Any, T]],
        on_done: Callable[[T], object],
        on_error: Callable[[AppError], object] | None = None,
    ) -> Call:
        """Run `work()` in the service loop; one of the two is called on the GUI thread, unless the call is cancelled.

        A bug reaches on_error as AppError(INTERNAL), besides the signal `failed`.
        """
        call = Call()

        async def run() -> None:
            try:
                answer = await work()
            except AppError as error:
                self._arrived.emit(_Answer(call, on_error, error))
            except Exception as error:
                logger.exception("a call from the window failed in a way nobody foresaw")
                self._arrived.emit(_Bug(call, on_error, "".join(traceback.format_exception(error))))
            else:
                # Here and not in a callback of the future: no event may overtake what was read before it.
                self._arrived.emit(_Answer(call, on_done, answer))

        coroutine = run()
        try:
            call.follow(self._running.submit(coroutine))
        except RuntimeError:
            coroutine.close()
            self._arrived.emit(_Answer(call, on_error, AppError(Code.NOT_RUNNING)))
        return call

    def read(
        self,
        look: Callable[[], T],
        on_done: Callable[[T], object],
        on_error: Callable[[AppError], object] | None = None,
    ) -> Call:
        """Like call, for something that is at hand in the service thread."""

        async def work() -> T:
            return look()

        return self.call(work, on_done, on_error)

    def _publish(self, event: Event) -> None:
        match event:
            case SendChanged(send):
                self.send_changed.emit(send)
            case SessionChanged(session):
                self.session_changed.emit(session)
            case SessionRemoved(name):
                self.session_removed.emit(name)
            case GroupWarned():
                self.group_warned.emit(event)
            case MessagesLost(total):
                self.messages_lost.emit(total)
            case SettingsChanged():
                self.settings_changed.emit()
            case WebhookTrouble(session):
                self.webhook_trouble.emit(session)

    def _deliver(self, parcel: "_Answer | _Bug") -> None:
        if isinstance(parcel, _Bug):
            self.failed.emit(parcel.details)
        if not parcel.call.wanted:
            return
        match parcel:
            case _Answer(receive=receive, answer=answer) if receive is not None:
                receive(answer)
            case _Bug(on_error=on_error) if on_error is not None:
                on_error(AppError(Code.INTERNAL))


class _Answer:
    __match_args__ = ("call", "receive", "answer")

    def __init__(self, call: Call, receive: Callable[[Any], object] | None, answer: object) -> None:
        self.call = call
        self.receive = receive
        self.answer = answer


class _Bug:
    def __init__(self, call: Call, on_error: Callable[[AppError], object] | None, details: str) -> None:
        self.call = call
        self.on_error = on_error
        self.details = details
