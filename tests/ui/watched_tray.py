"""A tray whose notifications can be read: offscreen nothing shows them."""

from __future__ import annotations

from collections.abc import Callable

from desktop.ui import tray


class Tray(tray.Tray):
    """Of the same name as the real one: Qt looks its words up by the name of the class."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str]] = []
        self.clicks: list[Callable[[], object]] = []

    def notify(self, title: str, text: str, on_click: Callable[[], object] | None = None) -> None:
        self.told.append((title, text))
        if on_click is not None:
            self.clicks.append(on_click)
        super().notify(title, text, on_click)
