"""A service that the tests offer on their own session bus, answered in a thread of its own."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import Proxy, open_dbus_connection

from tests.harness.session_bus import SessionBus

Answer = TypeVar("Answer")

_STOP = "malote.tests.Stop"


class Reply(NamedTuple):
    """What a method answers: the D-Bus signature and the values."""

    signature: str | None = None
    body: tuple[Any, ...] = ()


class BusService(ABC):
    """Owns a name on the bus until `stop`; a subclass answers `on_call`, in the service's thread."""

    def __init__(
        self,
        bus: SessionBus,
        name: str,
        *,
        hears: tuple[MatchRule, ...] = (),
        on_signal: Callable[[str, tuple[Any, ...]], None] = lambda member, body: None,
    ) -> None:
        """`on_signal` gets, in the same thread, the signals that one of the rules in `hears` lets through."""
        self.bus = bus
        self.name = name
        self._on_signal = on_signal
        self.changed = threading.Condition()
        self._heard = 0
        self._connection = open_dbus_connection(bus=bus.address)
        self._sending = threading.Lock()
        daemon = Proxy(message_bus, self._connection)
        for rule in hears:
            daemon.AddMatch(rule)
        daemon.RequestName(name)
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    @abstractmethod
    def on_call(self, sender: str, interface: str, member: str, body: tuple[Any, ...]) -> Reply | None:
        """The answer to a call; None where there is no such method."""

    def emit(self, path: str, interface: str, member: str, reply: Reply) -> None:
        self._send(new_signal(DBusAddress(path, interface=interface), member, reply.signature, reply.body))

    def wait_until(self, question: Callable[[], Answer | None], otherwise: str, timeout: float) -> Answer:
        """The first answer that is not None; asked again whenever the service was called or heard a signal."""
        deadline = time.monotonic() + timeout
        while True:
            with self.changed:
                seen = self._heard
            # Asked without the lock: the question may itself call a program that is waiting for this service.
            answer = question()
            if answer is not None:
                return answer
            with self.changed:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{otherwise} within {timeout:g} s")
                if self._heard == seen:
                    self.changed.wait(left)

    def stop(self) -> None:
        if self._thread.is_alive():
            self.bus.call(DBusAddress("/", bus_name=self.name, interface=_STOP), "Stop")
        self._thread.join()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        while True:
            message = self._connection.receive()
            fields = message.header.fields
            sender, member = fields.get(HeaderFields.sender, ""), fields.get(HeaderFields.member, "")
            interface = fields.get(HeaderFields.interface, "")
            kind = message.header.message_type
            if kind is MessageType.signal:
                self._on_signal(member, message.body)
            elif kind is MessageType.method_call and interface == _STOP:
                self._send(new_method_return(message))
                return
            elif kind is MessageType.method_call:
                self._answer(message, self.on_call(sender, interface, member, message.body))
            with self.changed:
                self._heard += 1
                self.changed.notify_all()

    def _answer(self, call: Message, reply: Reply | None) -> None:
        if reply is None:
            self._send(new_error(call, "org.freedesktop.DBus.Error.UnknownMethod"))
        else:
            self._send(new_method_return(call, reply.signature, reply.body))

    def _send(self, message: Message) -> None:
        with self._sending:
            self._connection.send(message)
