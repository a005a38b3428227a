"""A desktop's notification server, which remembers what it was asked to show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.harness.bus_service import BusService, Reply
from tests.harness.patience import PATIENCE
from tests.harness.session_bus import SessionBus

_NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_BY_USER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One bubble: what it says, and the actions it offers by key."""

    id: int
    program: str
    title: str
    body: str
    actions: dict[str, str] = field(default_factory=dict)


class NotificationServer(BusService):
    """org.freedesktop.Notifications on the tests' bus."""

    def __init__(self, bus: SessionBus) -> None:
        self.shown: list[Notification] = []
        self._ids = count(1)
        super().__init__(bus, _NAME)

    def wait_for(self, pattern: str, timeout: float = PATIENCE) -> Notification:
        """The first notification, of all so far or to come, whose title or body the regex finds."""
        wanted = re.compile(pattern)
        return self.wait_until(
            lambda: next((one for one in self.shown if wanted.search(f"{one.title}\n{one.body}")), None),
            f"no notification said /{pattern}/ (said: {self.shown})",
            timeout,
        )

    def click(self, notification: Notification, action: str = "default") -> None:
        """Clicks the bubble, or one of its buttons; it goes away as bubbles do."""
        self.emit(_PATH, _NAME, "ActionInvoked", Reply("us", (notification.id, action)))
        self.emit(_PATH, _NAME, "NotificationClosed", Reply("uu", (notification.id, _BY_USER)))

    def on_call(self, sender: str, interface: str, member: str, body: tuple[Any, ...]) -> Reply | None:
        if interface != _NAME:
            return None
        if member == "Notify":
            return Reply("u", (self._show(body),))
        if member == "GetCapabilities":
            return Reply("as", (["body", "actions", "icon-static"],))
        if member == "GetServerInformation":
            return Reply("ssss", ("malote-tests", "malote", "1", "1.2"))
        if member == "CloseNotification":
            return Reply()
        return None

    def _show(self, body: tuple[Any, ...]) -> int:
        program, replaced, _icon, title, text, actions, *_ = body
        shown = Notification(
            id=replaced or next(self._ids),
            program=program,
            title=title,
            body=text,
            actions=dict(zip(actions[::2], actions[1::2], strict=True)),
        )
        with self.changed:
            self.shown.append(shown)
        return shown.id
