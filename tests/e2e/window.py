"""Malote's window as a person at the screen has it: found by what it shows, used with mouse and keyboard."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import zxingcpp
from PIL import ImageGrab

from tests.harness.display import Display
from tests.harness.hands import Hands
from tests.harness.patience import PATIENCE
from tests.harness.processes import ChildError
from tests.harness.program import Program
from tests.harness.screen_reader import Part, ScreenReader

Answer = TypeVar("Answer")

TITLE = "^Malote$"
CLOCK = "[0-9]{2}:[0-9]{2}"
FIELDS = frozenset({"text"})
BUTTONS = frozenset({"push button", "check box", "radio button"})
QUESTIONS = frozenset({"alert message", "dialog"})
"""While one is open nothing else in the window can be used."""
_NOTCHES = 3
"""Of the wheel, at a time."""
_MANY_TABS = 60


class Window:
    """The window of one program, which is on the screen or will come."""

    def __init__(self, program: Program, display: Display, reader: ScreenReader, hands: Hands) -> None:
        self.program = program
        self.display = display
        self.reader = reader
        self.hands = hands

    def wait(self) -> None:
        """Until it is there and has the focus."""
        self.display.screen.wait_for_focus(self.display.screen.wait_for_window(TITLE))

    def close(self) -> None:
        """Presses its close button, and waits until it is gone from the screen."""
        self.hands.close(self.display.screen.wait_for_window(TITLE))
        self.display.screen.wait_for_no_window(TITLE)

    def wait_until(self, question: Callable[[], Answer | None], otherwise: str, timeout: float = PATIENCE) -> Answer:
        """The first answer that is not None; fails at once where the program has ended."""

        def ask() -> Answer | None:
            if not self.program.running:
                raise ChildError(f"malote ended ({self.program.returncode}):\n{self.program.text()}")
            return question()

        return self.reader.wait_until(ask, otherwise, timeout)

    def see(self, words: str, timeout: float = PATIENCE) -> Part:
        """Whatever shows, once something does, in which the regex finds something."""
        wanted = re.compile(words)
        return self.wait_until(
            lambda: next((part for part in self.reader.parts() if part.showing and wanted.search(part.name)), None),
            f"nothing on the screen said /{words}/",
            timeout,
        )

    def see_no_more(self, words: str, timeout: float = PATIENCE) -> None:
        """Until nothing that shows has such words."""
        wanted = re.compile(words)
        self.wait_until(
            lambda: None if any(part.showing and wanted.search(part.name) for part in self.reader.parts()) else True,
            f"the screen still says /{words}/",
            timeout,
        )

    def says(self, words: str) -> bool:
        """Whether it shows such words now."""
        return any(part.showing and re.search(words, part.name) for part in self.reader.parts())

    def look_for(self, words: str, timeout: float = PATIENCE) -> Part:
        """Like `see`, but turns the wheel where it says so below or above what is in sight."""
        wanted = re.compile(words)
        return self._bring(lambda part: wanted.search(part.name) is not None, f"nothing says /{words}/", timeout)

    def control(self, name: str, roles: frozenset[str], timeout: float = PATIENCE) -> Part:
        """The control of this name, scrolled into sight, once it can be used."""
        return self._bring(
            lambda part: part.enabled and part.role in roles and part.name == name,
            f"there is no {name!r} that can be used",
            timeout,
        )

    def press(self, name: str, *, times: int = 1, between: int = 60) -> None:
        """Clicks a button, or a page in the list, by what it reads; `between` two clicks pass so many milliseconds."""
        self.hands.click(self.control(name, BUTTONS).rect, times=times, between=between)

    def fill(self, name: str, text: str) -> None:
        """Clicks into the field of this name and types, instead of what was there."""
        field = self.control(name, FIELDS)
        self.hands.click(field.rect)
        self._write(field, text)

    def write(self, name: str, text: str) -> None:
        """Types into the field of this name, which has the focus or is about to get it."""
        self._write(self.control(name, FIELDS), text)

    def value(self, name: str) -> str:
        """What the field of this name holds; dots for a password."""
        return self.reader.text(self.control(name, FIELDS))

    def wait_for_focus(self, name: str) -> None:
        """Until the keyboard goes to the control of this name."""
        self.wait_until(
            lambda: True if (part := self.focused()) is not None and part.name == name else None,
            f"the keyboard does not go to {name!r}",
        )

    def focused(self) -> Part | None:
        """The control that the keyboard goes to; what is around it and what it is made of may say it of itself too."""
        return next((part for part in reversed(self.reader.parts()) if part.focused and part.name), None)

    def mnemonic(self, name: str, roles: frozenset[str] = FIELDS | BUTTONS) -> None:
        """Presses the keys that lead to a control, as its underlined letter tells."""
        part = self.control(name, roles)
        keys = self.reader.keys(part)
        assert keys, f"{name!r} has no underlined letter"
        self.hands.key(keys)

    def tab_to(self, words: str) -> None:
        """Walks with the Tab key until the keyboard goes to something in whose name the regex finds something."""
        for _ in range(_MANY_TABS):
            part = self.focused()
            if part is not None and re.search(words, part.name):
                return
            self.hands.key("Tab")
            self._wait_for_other_focus(part)
        raise AssertionError(f"Tab never came to /{words}/; the screen says:\n{self.reader.story()}")

    def scan(self) -> str:
        """What a phone's camera reads off the screen, once there is a code on it."""
        code = self.see("^QR code").rect

        def decoded() -> str | None:
            place = (code.x, code.y, code.x + code.width, code.y + code.height)
            found = zxingcpp.read_barcodes(ImageGrab.grab(place, xdisplay=self.display.name))
            return found[0].text if found else None

        return self.wait_until(decoded, "no QR code can be read off the screen")

    def photograph(self, path: Path) -> None:
        """Keeps what the screen shows."""
        self.display.screenshot(path)

    def _find(self, fits: Callable[[Part], bool]) -> Part | None:
        parts = [part for part in self.reader.parts() if part.visible]
        question = next((part.window for part in parts if part.role in QUESTIONS), None)
        found = [part for part in parts if question in (None, part.window) and fits(part)]
        # Of two that fit the one that is in sight counts.
        return next((part for part in found if part.showing), found[0] if found else None)

    def _bring(self, fits: Callable[[Part], bool], otherwise: str, timeout: float) -> Part:
        """What fits, scrolled into sight."""
        part = self.wait_until(lambda: self._find(fits), otherwise, timeout)
        while not part.showing:
            part = self._scroll_to(part, fits)
        return part

    def _write(self, field: Part, text: str) -> None:
        self.wait_until(
            lambda: True if (now := self.reader.again(field)) is not None and now.focused else None,
            f"the keyboard does not go to {field.name!r}",
        )
        self.hands.key("ctrl+a", "Delete")
        if text:
            self.hands.type(text)
        self.wait_until(
            lambda: True if _reads(self.reader.text(field), text) else None,
            f"{field.name!r} does not read {text!r}",
        )

    def _wait_for_other_focus(self, before: Part | None) -> None:
        self.wait_until(
            lambda: True if (now := self.focused()) and (before is None or now.path != before.path) else None,
            "the Tab key led nowhere",
        )

    def _scroll_to(self, part: Part, fits: Callable[[Part], bool]) -> Part:
        frame = next(one for one in self.reader.parts() if one.role == "frame")
        middle = frame.shown.center
        self.hands.scroll(middle, _NOTCHES if part.rect.y > middle[1] else -_NOTCHES)
        return self.wait_until(
            lambda: now if (now := self._find(fits)) is not None and now.rect != part.rect else None,
            f"{part.name!r} cannot be scrolled into sight",
        )


def _reads(shown: str, typed: str) -> bool:
    """Whether a field shows what was typed, or as many dots."""
    return shown == typed or (len(shown) == len(typed) and set(shown) <= set("*•●"))
