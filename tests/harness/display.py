"""A screen of the tests' own: Xvfb with a window manager, and a tray where one is wanted."""

from __future__ import annotations

import os
import select
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import ImageGrab

from tests.harness.environment import PrivateHome, clean_environment
from tests.harness.patience import PATIENCE
from tests.harness.processes import Child, ChildError
from tests.harness.x11 import Rect, Screen

# Keys of their own: what xdotool maps only for the moment of a key press reaches programs as another letter at times.
PORTUGUESE = [(letter, letter.upper()) for letter in "áàâãéêíóôõúüç"] + [("ª", "º")]


class Display:
    """Xvfb and openbox; `env` brings a program onto it, `screen` tells what is shown."""

    def __init__(self, home: PrivateHome, *, size: tuple[int, int] = (1280, 800)) -> None:
        self.home = home
        reader, writer = os.pipe()
        width, height = size
        self._children: list[Child] = []
        self._server = self._start(
            [
                "Xvfb",
                "-displayfd",
                str(writer),
                "-screen",
                "0",
                f"{width}x{height}x24",
                "-dpi",
                "96",
                "-nolisten",
                "tcp",
            ],
            pass_fds=[writer],
        )
        os.close(writer)
        try:
            self.name = f":{self._read_number(reader)}"
            self.screen = Screen(self.name)
            self.screen.add_keys(PORTUGUESE)
            self._start(["openbox", "--sm-disable"], env=self.env)
            self.screen.wait_until(self._managed, "openbox did not take the screen", PATIENCE)
        except BaseException:
            self.stop()
            raise
        finally:
            os.close(reader)

    @property
    def env(self) -> dict[str, str]:
        """What a program needs to show its windows here."""
        return {"DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11"}

    def screenshot(self, path: Path) -> Path:
        """Writes what the screen shows as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        ImageGrab.grab(xdisplay=self.name).save(path)
        return path

    def start(self, argv: list[str]) -> Child:
        """Starts a program of the desktop itself (a tray, a panel), which ends with the display."""
        return self._start(argv, env=self.env)

    def stop(self) -> None:
        if hasattr(self, "screen"):
            self.screen.close()
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(
        self, argv: list[str], *, env: Mapping[str, str] | None = None, pass_fds: list[int] | None = None
    ) -> Child:
        child = Child(argv, env={**clean_environment(), **self.home.env, **(env or {})}, pass_fds=pass_fds or [])
        self._children.append(child)
        return child

    def _read_number(self, reader: int) -> int:
        # Xvfb writes the number it took, and closes the pipe, once it accepts connections.
        if not select.select([reader], [], [], PATIENCE)[0]:
            raise ChildError(f"Xvfb did not come up within {PATIENCE:g} s: {self._server.text()}")
        number = os.read(reader, 16).strip()
        if not number:
            raise ChildError(f"Xvfb ended without a screen: {self._server.text()}")
        return int(number)

    def _managed(self) -> bool | None:
        return True if self.screen.root_property("_NET_SUPPORTING_WM_CHECK") else None


class Tray:
    """trayer, an XEmbed tray, on a display; it knows where the icons are without asking the program."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.child = display.start(
            [
                *("trayer", "--SetDockType", "true", "--edge", "top", "--align", "right"),
                *("--widthtype", "request", "--heighttype", "pixel", "--height", "32"),
            ]
        )
        self._window = display.screen.wait_for_owner("_NET_SYSTEM_TRAY_S0", PATIENCE)

    def icons(self) -> list[Rect]:
        """The places of the icons that are docked and shown, left to right."""
        screen = self.display.screen
        docked = (
            window for window in screen.descendants(screen.root_id) if screen.has_property(window, "_XEMBED_INFO")
        )
        rects = [rect for window in docked if (rect := screen.rect(window)) is not None]
        return sorted((rect for rect in rects if rect.width > 1), key=lambda rect: rect.x)

    def wait_for_icon(self, timeout: float = PATIENCE) -> Rect:
        """The rightmost icon's place, once there is one."""
        return self.display.screen.wait_until(
            lambda: icons[-1] if (icons := self.icons()) else None, "no icon came into the tray", timeout
        )

    def wait_for_no_icon(self, timeout: float = PATIENCE) -> None:
        self.display.screen.wait_until(lambda: None if self.icons() else True, "an icon is still in the tray", timeout)

    def stop(self) -> None:
        self.child.stop()
