"""A client of the tests' own X server: what windows there are, and waiting for that to change by X events."""

from __future__ import annotations

import re
import select
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from Xlib import X, error
from Xlib.display import Display as XConnection
from Xlib.protocol.event import ClientMessage
from Xlib.xobject.drawable import Window as XWindow

from tests.harness.patience import PATIENCE

Answer = TypeVar("Answer")

_POPUPS = ("POPUP_MENU", "DROPDOWN_MENU", "COMBO")
_WATCHED = X.PropertyChangeMask | X.StructureNotifyMask | X.SubstructureNotifyMask


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A place on the screen, in pixels from its top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def center(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A program's window as the window manager lists it; `rect` is its inside, without the frame."""

    id: int
    title: str
    program: str
    rect: Rect


class ScreenTimeoutError(AssertionError):
    """The screen did not come to show what the test waited for; the message lists what it shows."""


class Screen:
    """One connection to an X server, for one thread."""

    def __init__(self, display: str) -> None:
        self._connection = XConnection(display)
        # Windows come and go while we look: an error about one that is gone is no news.
        self._connection.set_error_handler(lambda *_: None)
        self._root = self._connection.screen().root

    def close(self) -> None:
        self._connection.close()

    @property
    def root_id(self) -> int:
        return int(self._root.id)

    def root_property(self, name: str) -> list[int] | bytes | None:
        """A property of the whole screen, such as the window manager's own; None where it is not set."""
        return self._property(self._root, name)

    def add_keys(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Gives the keyboard one more key for each pair of characters: alone, and with Shift."""
        first = self._connection.display.info.min_keycode
        count = self._connection.display.info.max_keycode - first + 1
        mapping = self._connection.get_keyboard_mapping(first, count)
        unused = (first + place for place, symbols in enumerate(mapping) if not any(symbols))
        for (plain, shifted), keycode in zip(pairs, unused, strict=False):
            # Latin-1 characters are their own keysyms.
            self._connection.change_keyboard_mapping(keycode, [(ord(plain), ord(shifted))])
        self._connection.sync()

    def ask_to_close(self, window: Window) -> None:
        """Has the window manager close a window as its close button does; the program may refuse or hide instead."""
        message = ClientMessage(
            window=self._connection.create_resource_object("window", window.id),
            client_type=self._connection.intern_atom("_NET_CLOSE_WINDOW"),
            data=(32, [X.CurrentTime, 2, 0, 0, 0]),
        )
        self._root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self._connection.flush()

    def windows(self) -> list[Window]:
        """The programs' windows that are managed now, oldest first."""
        listed = self._property(self._root, "_NET_CLIENT_LIST") or []
        return [window for id in listed if (window := self._window(id)) is not None]

    def wait_for_window(self, title: str, timeout: float = PATIENCE) -> Window:
        """The first managed window whose title the regex finds."""
        wanted = re.compile(title)
        return self.wait_until(
            lambda: next((window for window in self.windows() if wanted.search(window.title)), None),
            f"no window titled /{title}/",
            timeout,
        )

    def wait_for_no_window(self, title: str, timeout: float = PATIENCE) -> None:
        """Until no managed window has such a title: closed, or hidden to the tray."""
        wanted = re.compile(title)
        self.wait_until(
            lambda: None if any(wanted.search(window.title) for window in self.windows()) else True,
            f"a window titled /{title}/ is still there",
            timeout,
        )

    def wait_for_popup(self, timeout: float = PATIENCE) -> Rect:
        """Where a menu or a drop-down list is open; the newest, where one opened another."""
        return self.wait_until(self._popup, "no menu opened", timeout)

    def wait_for_no_popup(self, timeout: float = PATIENCE) -> None:
        self.wait_until(lambda: None if self._popup() else True, "a menu is still open", timeout)

    def wait_for_focus(self, window: Window, timeout: float = PATIENCE) -> None:
        self.wait_until(
            lambda: True if self._property(self._root, "_NET_ACTIVE_WINDOW") == [window.id] else None,
            f"{window.title!r} did not get the focus",
            timeout,
        )

    def wait_for_owner(self, selection: str, timeout: float = PATIENCE) -> int:
        """The window that owns a selection, such as a tray's, once there is one."""
        atom = self._connection.intern_atom(selection)

        def owner() -> int | None:
            # A window, or the number 0 for nobody; the stubs know only the number.
            found: Any = self._connection.get_selection_owner(atom)
            return None if found == X.NONE else int(found.id)

        return self.wait_until(owner, f"nobody owns {selection}", timeout)

    def descendants(self, window_id: int) -> Iterator[XWindow]:
        """All windows inside one, depth first; what vanishes meanwhile is left out."""
        for child in self._children(self._connection.create_resource_object("window", window_id)):
            yield child
            yield from self.descendants(child.id)

    def has_property(self, window: XWindow, name: str) -> bool:
        return self._property(window, name) is not None

    def rect(self, window: XWindow) -> Rect | None:
        """Where it is on the screen; None where it is gone or not shown."""
        try:
            if window.get_attributes().map_state != X.IsViewable:
                return None
            size = window.get_geometry()
            place = window.translate_coords(self._root, 0, 0)
        except (error.BadWindow, error.BadDrawable):
            return None
        # X answers with the coordinates of the root's origin as the window sees it.
        return Rect(x=-place.x, y=-place.y, width=size.width, height=size.height)

    def wait_until(self, question: Callable[[], Answer | None], otherwise: str, timeout: float) -> Answer:
        """The first answer that is not None; asked again whenever the server tells of a change to any window."""
        deadline = time.monotonic() + timeout
        while True:
            self._watch_everything()
            answer = question()
            if answer is not None:
                return answer
            # What came in while asking may be the change itself: it counts, so nothing is waited for then.
            if self._drain() > 0:
                continue
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._connection.fileno()], [], [], left)[0]:
                shown = ", ".join(f"{window.title!r} {window.rect}" for window in self.windows()) or "no window"
                raise ScreenTimeoutError(f"{otherwise} within {timeout:g} s; the screen shows {shown}")

    def _popup(self) -> Rect | None:
        kinds = {self._connection.intern_atom(f"_NET_WM_WINDOW_TYPE_{kind}") for kind in _POPUPS}
        # The server lists the windows from the lowest to the highest.
        for window in reversed(list(self._children(self._root))):
            if kinds.intersection(self._property(window, "_NET_WM_WINDOW_TYPE") or ()):
                rect = self.rect(window)
                if rect is not None:
                    return rect
        return None

    def _drain(self) -> int:
        pending: int = self._connection.pending_events()
        for _ in range(pending):
            self._connection.next_event()
        return pending

    def _children(self, window: XWindow) -> list[XWindow]:
        try:
            return list(window.query_tree().children)
        except (error.BadWindow, error.BadDrawable):
            return []

    def _watch_everything(self) -> None:
        self._root.change_attributes(event_mask=_WATCHED)
        for window in self.descendants(self._root.id):
            window.change_attributes(event_mask=_WATCHED)
        self._connection.sync()

    def _window(self, window_id: int) -> Window | None:
        window = self._connection.create_resource_object("window", window_id)
        rect = self.rect(window)
        if rect is None:
            return None
        title = self._property(window, "_NET_WM_NAME") or b""
        classes = self._property(window, "WM_CLASS") or b""
        return Window(
            id=window_id,
            title=title.decode("utf-8", "replace") if isinstance(title, bytes) else str(title),
            program=classes.split(b"\0")[0].decode("utf-8", "replace") if isinstance(classes, bytes) else str(classes),
            rect=rect,
        )

    def _property(self, window: XWindow, name: str) -> list[int] | bytes | None:
        try:
            found = window.get_full_property(self._connection.intern_atom(name), X.AnyPropertyType)
        except (error.BadWindow, error.BadDrawable):
            return None
        if found is None:
            return None
        value = found.value
        return bytes(value) if found.format == 8 and not isinstance(value, str) else _as_list(value)


def _as_list(value: object) -> list[int] | bytes:
    if isinstance(value, str):
        return value.encode("utf-8")
    return [int(item) for item in value]  # type: ignore[attr-defined]
