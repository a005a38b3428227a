"""A D-Bus session of the tests' own, and services on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection

from tests.harness.environment import PrivateHome, clean_environment
from tests.harness.patience import PATIENCE
from tests.harness.processes import Child


class SessionBus:
    """dbus-daemon for one private home; `env` brings a program onto it."""

    def __init__(self, home: PrivateHome, *, env: dict[str, str] | None = None) -> None:
        """`env` is what services that the bus itself starts will see besides the home, such as a display."""
        self.home = home
        self.child = Child(
            ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"],
            env={**clean_environment(), **home.env, **(env or {})},
        )
        self.address = self.child.wait_for_line(r"^unix:.*", PATIENCE, stream="stdout").group()

    @property
    def env(self) -> dict[str, str]:
        return {**self.home.env, "DBUS_SESSION_BUS_ADDRESS": self.address}

    @contextmanager
    def connection(self) -> Iterator[DBusConnection]:
        """A connection of one's own, for one thread."""
        connection = open_dbus_connection(bus=self.address)
        try:
            yield connection
        finally:
            connection.close()

    def call(self, address: DBusAddress, method: str, signature: str | None = None, body: tuple[Any, ...] = ()) -> Any:
        """Calls a method and gives the tuple it answered; raises jeepney's DBusErrorResponse."""
        with self.connection() as connection:
            reply = connection.send_and_get_reply(new_method_call(address, method, signature, body), timeout=PATIENCE)
        if reply.header.message_type.name == "error":
            raise BusCallError(method, reply.header.fields, reply.body)
        return reply.body

    def wait_for_name(self, name: str, timeout: float = PATIENCE) -> None:
        """Until somebody owns the name on this bus."""
        with self.connection() as connection:
            bus = Proxy(message_bus, connection, timeout=timeout)
            rule = MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged")
            rule.add_arg_condition(0, name)
            bus.AddMatch(rule)
            with connection.filter(rule) as changes:
                # Asked after the match is in place: whoever came before is seen here, whoever comes later below.
                if bus.NameHasOwner(name)[0]:
                    return
                while True:
                    _, _, owner = connection.recv_until_filtered(changes, timeout=timeout).body
                    if owner:
                        return

    def stop(self) -> None:
        self.child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class BusCallError(AssertionError):
    """A service on the bus refused a call."""
