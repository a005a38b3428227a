"""What a screen reader hears of the programs on a display: AT-SPI, over the tests' own session bus."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection
from Xlib.display import Display as XConnection
from Xlib.ext.damage import DamageReportNonEmpty

from tests.harness.bus_service import BusService, Reply
from tests.harness.display import Display
from tests.harness.patience import PATIENCE
from tests.harness.session_bus import SessionBus
from tests.harness.x11 import Rect

Answer = TypeVar("Answer")

_ROOT = "/org/a11y/atspi/accessible/root"
_ACCESSIBLE = "org.a11y.atspi.Accessible"
_COMPONENT = "org.a11y.atspi.Component"
_ACTION = "org.a11y.atspi.Action"
_TEXT = "org.a11y.atspi.Text"
_PROPERTIES = "org.freedesktop.DBus.Properties"
# Numbers of the bits in AT-SPI's set of states.
_CHECKED, _FOCUSED, _SELECTED, _SENSITIVE, _SHOWING, _VISIBLE = 4, 12, 23, 24, 25, 30
_QUESTIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A control, a label or a container; `rect` is where it is on the screen, `shown` what its containers let see."""

    owner: str
    path: str
    window: str
    """The path of the window that it is in."""
    depth: int
    role: str
    name: str
    states: int
    rect: Rect
    shown: Rect

    @property
    def showing(self) -> bool:
        """Whether its middle can be seen and clicked, other windows aside."""
        x, y = self.rect.center
        seen = self.shown
        inside = seen.x <= x < seen.x + seen.width and seen.y <= y < seen.y + seen.height
        return self._has(_SHOWING) and inside

    @property
    def visible(self) -> bool:
        """Whether it is there, be it scrolled out of sight."""
        return self._has(_VISIBLE)

    @property
    def enabled(self) -> bool:
        return self._has(_SENSITIVE)

    @property
    def focused(self) -> bool:
        return self._has(_FOCUSED)

    @property
    def checked(self) -> bool:
        return self._has(_CHECKED)

    @property
    def selected(self) -> bool:
        return self._has(_SELECTED)

    def _has(self, state: int) -> bool:
        return bool(self.states >> state & 1)


class SilenceError(AssertionError):
    """The screen did not come to say what the test waited for; the message tells what it says."""


class ScreenReader:
    """Reads the programs that were started with `env`, on one display."""

    def __init__(self, bus: SessionBus, display: Display) -> None:
        self._bus = bus
        self._registry = _Registry(bus)
        self._connection = open_dbus_connection(bus=bus.address)
        self._screen: Any = XConnection(display.name)
        # The server takes no other request of the extension before this one.
        self._screen.damage_query_version()
        self._damage: int = self._screen.screen().root.damage_create(DamageReportNonEmpty)

    @property
    def env(self) -> dict[str, str]:
        """What makes a Qt program tell what it shows, and keep quiet about parts that went while they were asked."""
        return {"AT_SPI_BUS_ADDRESS": self._bus.address, "QT_LOGGING_RULES": "qt.accessibility.atspi.warning=false"}

    def parts(self) -> list[Part]:
        """What is visible or could be scrolled to, of every program and window, from the outside in."""
        screen = self._screen.screen()
        whole = Rect(x=0, y=0, width=screen.width_in_pixels, height=screen.height_in_pixels)
        level = [_Node(owner, _ROOT, _ROOT, whole) for owner in self._registry.programs()]
        found: list[Part] = []
        depth = 0
        while level:
            answers = self._ask([question for node in level for question in node.questions()])
            known = [
                known
                for place, node in enumerate(level)
                if (known := _described(node, depth, answers[_QUESTIONS * place : _QUESTIONS * (place + 1)]))
            ]
            found += [part for part, _ in known if part.path != _ROOT]
            level = list(chain.from_iterable(_below(part, children, whole) for part, children in known))
            depth += 1
        return found

    def again(self, part: Part) -> Part | None:
        """The same part as it is now; None where it is gone."""
        node = _Node(part.owner, part.path, part.window, part.shown)
        known = _described(node, part.depth, self._ask(node.questions()))
        return known[0] if known is not None else None

    def text(self, part: Part) -> str:
        """What is typed in a field."""
        [answer] = self._ask([(part.owner, part.path, _TEXT, "GetText", "ii", (0, -1))])
        return str(answer[0]) if answer is not None else ""

    def keys(self, part: Part) -> str:
        """The keys that use a control from anywhere in its window, as in «Alt+S»; empty where there are none."""
        [actions] = self._ask([(part.owner, part.path, _ACTION, "GetActions", None, ())])
        return next((keys for _, _, keys in actions[0] if keys), "") if actions is not None else ""

    def wait_until(self, question: Callable[[], Answer | None], otherwise: str, timeout: float = PATIENCE) -> Answer:
        """The first answer that is not None; asked again whenever something was painted anywhere on the screen, and
        whenever a program announced itself, which may be after its last paint.
        """
        deadline = time.monotonic() + timeout
        while True:
            # The server tells only of the first paint after this: none that follows may be drained before it is asked.
            self._drain()
            self._registry.forget_news()
            self._screen.damage_subtract(self._damage)
            self._screen.sync()
            answer = question()
            if answer is not None:
                return answer
            left = deadline - time.monotonic()
            sources = [self._screen.fileno(), self._registry.news]
            told = self._screen.pending_events() or select.select(sources, [], [], max(0.0, left))[0]
            if left <= 0 or not told:
                raise SilenceError(f"{otherwise} within {timeout:g} s; it says:\n{self.story()}")

    def story(self) -> str:
        """Everything that is shown, for a person who reads why a test failed."""
        lines = []
        for part in self.parts():
            marks = "".join(
                f" [{mark}]"
                for mark, holds in (
                    ("focused", part.focused),
                    ("checked", part.checked),
                    ("selected", part.selected),
                    ("disabled", not part.enabled),
                    ("hidden", not part.showing),
                )
                if holds
            )
            if part.visible and (part.name or part.focused):
                lines.append(f"{'  ' * part.depth}{part.role} {part.name!r}{marks}")
        return "\n".join(lines) or "nothing"

    def stop(self) -> None:
        self._screen.close()
        self._connection.close()
        self._registry.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _drain(self) -> None:
        for _ in range(self._screen.pending_events()):
            self._screen.next_event()

    def _ask(self, questions: Sequence[_Question]) -> list[tuple[Any, ...] | None]:
        """All at once, because a program answers hundreds of them in the time of a few journeys; None: it is gone."""
        places: dict[int, int] = {}
        for place, (owner, path, interface, method, signature, body) in enumerate(questions):
            call = new_method_call(DBusAddress(path, bus_name=owner, interface=interface), method, signature, body)
            serial = next(self._connection.outgoing_serial)
            self._connection.send(call, serial=serial)
            places[serial] = place
        answers: list[tuple[Any, ...] | None] = [None] * len(questions)
        while places:
            message = self._connection.receive(timeout=PATIENCE)
            answered = places.pop(message.header.fields.get(HeaderFields.reply_serial, 0), None)
            if answered is not None and message.header.message_type is MessageType.method_return:
                answers[answered] = message.body
        return answers


_Question = tuple[str, str, str, str, str | None, tuple[Any, ...]]


class _Node(NamedTuple):
    owner: str
    path: str
    window: str
    clip: Rect

    def questions(self) -> list[_Question]:
        return [
            (self.owner, self.path, _ACCESSIBLE, "GetState", None, ()),
            (self.owner, self.path, _ACCESSIBLE, "GetRoleName", None, ()),
            (self.owner, self.path, _PROPERTIES, "Get", "ss", (_ACCESSIBLE, "Name")),
            (self.owner, self.path, _COMPONENT, "GetExtents", "u", (0,)),
            (self.owner, self.path, _ACCESSIBLE, "GetChildren", None, ()),
        ]


def _described(
    node: _Node, depth: int, answers: Sequence[tuple[Any, ...] | None]
) -> tuple[Part, list[tuple[str, str]]] | None:
    states, role, name, extents, children = answers
    if states is None or role is None or name is None or children is None:
        return None
    low, high = states[0]
    place = Rect(x=0, y=0, width=0, height=0)
    if extents is not None:
        x, y, width, height = extents[0]
        place = Rect(x=x, y=y, width=width, height=height)
    part = Part(
        owner=node.owner,
        path=node.path,
        window=node.window,
        depth=depth,
        role=str(role[0]),
        name=str(name[0][1]),
        states=low | high << 32,
        rect=place,
        shown=_common(place, node.clip),
    )
    return part, children[0]


def _below(part: Part, children: list[tuple[str, str]], whole: Rect) -> list[_Node]:
    if part.path == _ROOT:
        return [_Node(owner, path, path, whole) for owner, path in children]
    if not part.visible:
        return []
    # The list of a combo box opens outside of it.
    clip = whole if part.role == "combo box" else part.shown
    return [_Node(owner, path, part.window, clip) for owner, path in children]


def _common(one: Rect, other: Rect) -> Rect:
    left, top = max(one.x, other.x), max(one.y, other.y)
    right = min(one.x + one.width, other.x + other.width)
    bottom = min(one.y + one.height, other.y + other.height)
    return Rect(x=left, y=top, width=max(0, right - left), height=max(0, bottom - top))


class _Registry(BusService):
    """Where programs announce themselves. Without at-spi2-core: what it would start is more than a test has to ask."""

    def __init__(self, bus: SessionBus) -> None:
        self._programs: list[str] = []
        self.news = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        """Can be read from when a program has come since `forget_news`."""
        super().__init__(bus, "org.a11y.atspi.Registry")

    def programs(self) -> list[str]:
        """The bus names of the programs that came, those that have ended included."""
        with self.changed:
            return list(self._programs)

    def forget_news(self) -> None:
        with suppress(BlockingIOError):
            os.eventfd_read(self.news)

    def stop(self) -> None:
        super().stop()
        os.close(self.news)

    def on_call(self, sender: str, interface: str, member: str, body: tuple[Any, ...]) -> Reply | None:
        if member == "Embed":
            with self.changed:
                self._programs.append(sender)
            os.eventfd_write(self.news, 1)
            return Reply("(so)", ((sender, _ROOT),))
        if member == "GetRegisteredEvents":
            return Reply("a(ss)", ([],))
        # A program asks before each key whether a screen reader takes it.
        return Reply("b", (False,)) if member == "NotifyListenersSync" else None
