"""A person's hands on a display: xdotool's mouse and keyboard, real X input events."""

from __future__ import annotations

import subprocess

from tests.harness.display import Display
from tests.harness.environment import clean_environment
from tests.harness.patience import PATIENCE
from tests.harness.x11 import Rect, Window

LEFT, MIDDLE, RIGHT = 1, 2, 3


class Hands:
    """Clicks and types on one display; each act is over when it returns, its effect is for the test to wait for."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._env = {**clean_environment(), **display.env}

    def click(self, place: Rect | tuple[int, int], button: int = LEFT, *, times: int = 1, between: int = 60) -> None:
        """Moves to the place (a rectangle's centre) and clicks there, with so many milliseconds between two clicks."""
        x, y = place.center if isinstance(place, Rect) else place
        self._do("mousemove", str(x), str(y), "click", "--repeat", str(times), "--delay", str(between), str(button))

    def move(self, x: int, y: int) -> None:
        self._do("mousemove", str(x), str(y))

    def scroll(self, place: Rect | tuple[int, int], clicks: int) -> None:
        """Turns the wheel over the place: down where `clicks` is positive, up where it is negative."""
        self.click(place, 5 if clicks > 0 else 4, times=abs(clicks))

    def key(self, *keys: str) -> None:
        """Presses keys by their X names one after the other, with modifiers as in `ctrl+a`."""
        self._do("key", "--clearmodifiers", "--delay", "20", *keys)

    def type(self, text: str) -> None:
        """Types ASCII and Portuguese letters into what has the focus; other characters arrive wrong at times."""
        self._do("type", "--clearmodifiers", "--delay", "20", "--", text)

    def focus(self, window: Window) -> None:
        """Brings the window to the front, as a click in a task bar would, and waits until it has the focus."""
        self._do("windowactivate", str(window.id))
        self._display.screen.wait_for_focus(window)

    def close(self, window: Window) -> None:
        """Presses the window's close button."""
        self._display.screen.ask_to_close(window)

    def _do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self._env, check=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
