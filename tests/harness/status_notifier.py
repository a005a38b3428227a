"""A StatusNotifier tray without a screen, as KDE and GNOME's extension have: icons and menus as data over D-Bus."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, MatchRule

from tests.harness.bus_service import BusService, Reply
from tests.harness.notifications import NotificationServer
from tests.harness.patience import PATIENCE
from tests.harness.session_bus import SessionBus

_WATCHER = "org.kde.StatusNotifierWatcher"
_WATCHER_PATH = "/StatusNotifierWatcher"
_ITEM = "org.kde.StatusNotifierItem"
_MENU = "com.canonical.dbusmenu"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_INTROSPECTION = f"""<node><interface name="{_WATCHER}">
<method name="RegisterStatusNotifierItem"><arg name="service" type="s" direction="in"/></method>
<method name="RegisterStatusNotifierHost"><arg name="service" type="s" direction="in"/></method>
<property name="RegisteredStatusNotifierItems" type="as" access="read"/>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/>
<signal name="StatusNotifierItemRegistered"><arg type="s"/></signal>
<signal name="StatusNotifierItemUnregistered"><arg type="s"/></signal>
<signal name="StatusNotifierHostRegistered"/>
</interface></node>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """One line of a tray menu; `label` without the mnemonic's underscore, "" for a separator."""

    id: int
    label: str
    enabled: bool
    visible: bool
    checked: bool
    children: tuple[MenuEntry, ...] = ()


class TrayItem:
    """A program's icon in the StatusNotifier tray: what it shows, and what a person can do with it."""

    def __init__(self, host: StatusNotifierHost, owner: str, path: str) -> None:
        self.owner = owner
        self._host = host
        self._bus = host.bus
        self._address = DBusAddress(path, bus_name=owner, interface=_ITEM)

    def __repr__(self) -> str:
        return f"TrayItem({self.owner!r})"

    @property
    def title(self) -> str:
        return str(self._property("Title"))

    @property
    def status(self) -> str:
        """Passive, Active or NeedsAttention."""
        return str(self._property("Status"))

    @property
    def tooltip(self) -> str:
        """Title and text of the tooltip, on a line each."""
        _, _, title, text = self._property("ToolTip")
        return "\n".join(part for part in (title, text) if part)

    @property
    def icon(self) -> tuple[str, bytes]:
        """The icon's theme name ("" for a drawn one) and the ARGB bytes of its largest drawing, to compare states."""
        drawings = self._property("IconPixmap")
        return str(self._property("IconName")), max((bytes(data) for _, _, data in drawings), key=len, default=b"")

    def activate(self) -> None:
        """A left click."""
        self._bus.call(self._address, "Activate", "ii", (0, 0))

    def menu(self) -> tuple[MenuEntry, ...]:
        """The menu as it opens on a right click."""
        menu = self._menu()
        self._bus.call(menu, "AboutToShow", "i", (0,))
        _, root = self._bus.call(menu, "GetLayout", "iias", (0, -1, []))
        return _entry(root).children

    def choose(self, label: str) -> None:
        """Opens the menu and clicks the entry, in a submenu too, whose label the regex finds."""
        entries = self.menu()
        found = next((entry for entry in _all(entries) if re.search(label, entry.label)), None)
        assert found is not None, f"no entry /{label}/ in {[entry.label for entry in _all(entries)]}"
        assert found.enabled, f"{found.label!r} cannot be chosen"
        self._bus.call(self._menu(), "Event", "isvu", (found.id, "clicked", ("i", 0), int(time.time())))

    def wait_for_tooltip(self, pattern: str, timeout: float = PATIENCE) -> str:
        """The tooltip once the regex finds something in it."""
        return self._host.wait_until(
            lambda: tip if re.search(pattern, tip := self.tooltip) else None,
            f"the tooltip never said /{pattern}/, but {self.tooltip!r}",
            timeout,
        )

    def _menu(self) -> DBusAddress:
        return DBusAddress(self._property("Menu"), bus_name=self.owner, interface=_MENU)

    def _property(self, name: str) -> Any:
        address = DBusAddress(self._address.object_path, bus_name=self.owner, interface=_PROPERTIES)
        ((_, value),) = self._bus.call(address, "Get", "ss", (_ITEM, name))
        return value


class StatusNotifierHost(BusService):
    """The watcher and the host in one, with the notification server that such desktops have beside them."""

    def __init__(self, bus: SessionBus) -> None:
        self._items: dict[tuple[str, str], TrayItem] = {}
        self.notifications = NotificationServer(bus)
        super().__init__(
            bus,
            _WATCHER,
            hears=(
                MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged"),
                MatchRule(type="signal", interface=_ITEM),
            ),
            on_signal=self._forget,
        )

    @property
    def env(self) -> dict[str, str]:
        """What makes a Qt program take this tray; it also needs a display."""
        return {**self.bus.env, "XDG_CURRENT_DESKTOP": "KDE"}

    def items(self) -> list[TrayItem]:
        with self.changed:
            return list(self._items.values())

    def wait_for_item(self, timeout: float = PATIENCE) -> TrayItem:
        """The newest icon, once there is one."""
        return self.wait_until(lambda: items[-1] if (items := self.items()) else None, "no icon came", timeout)

    def wait_for_no_item(self, timeout: float = PATIENCE) -> None:
        self.wait_until(lambda: None if self.items() else True, "an icon is still there", timeout)

    def stop(self) -> None:
        self.notifications.stop()
        super().stop()

    def on_call(self, sender: str, interface: str, member: str, body: tuple[Any, ...]) -> Reply | None:
        if member == "Introspect":
            return Reply("s", (_INTROSPECTION,))
        if interface == _PROPERTIES and member == "Get":
            return Reply("v", (self._properties()[body[1]],))
        if interface == _PROPERTIES and member == "GetAll":
            return Reply("a{sv}", (self._properties(),))
        if interface != _WATCHER:
            return None
        if member == "RegisterStatusNotifierItem":
            self._register(sender, str(body[0]))
            return Reply()
        return Reply() if member == "RegisterStatusNotifierHost" else None

    def _forget(self, member: str, body: tuple[Any, ...]) -> None:
        if member == "NameOwnerChanged" and body[2] == "":
            with self.changed:
                for key in [key for key, item in self._items.items() if body[0] in (item.owner, *key)]:
                    del self._items[key]

    def _register(self, sender: str, service: str) -> None:
        # A program names a bus name of its own, or (libappindicator) only the path of its item.
        path = service if service.startswith("/") else "/StatusNotifierItem"
        with self.changed:
            self._items[(service, path)] = TrayItem(self, sender, path)
        self.emit(_WATCHER_PATH, _WATCHER, "StatusNotifierItemRegistered", Reply("s", (service,)))

    def _properties(self) -> dict[str, tuple[str, Any]]:
        return {
            "IsStatusNotifierHostRegistered": ("b", True),
            "ProtocolVersion": ("i", 0),
            "RegisteredStatusNotifierItems": ("as", [service for service, _ in self._items]),
        }


def _entry(layout: tuple[int, dict[str, tuple[str, Any]], list[tuple[str, Any]]]) -> MenuEntry:
    number, properties, children = layout
    values = {key: value for key, (_, value) in properties.items()}
    separator = values.get("type") == "separator"
    return MenuEntry(
        id=number,
        # The menu's own underscores come doubled, a single one marks the mnemonic.
        label="" if separator else re.sub(r"_(.)", r"\1", str(values.get("label", ""))),
        enabled=bool(values.get("enabled", True)),
        visible=bool(values.get("visible", True)),
        checked=values.get("toggle-state", 0) == 1,
        children=tuple(_entry(child) for _, child in children),
    )


def _all(entries: tuple[MenuEntry, ...]) -> list[MenuEntry]:
    return [one for entry in entries for one in (entry, *_all(entry.children))]
