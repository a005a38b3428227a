"""What a screen reader, a keyboard and weak eyes meet in a window; each finding is a sentence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TypeVar

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTabBar,
    QWidget,
)

W = TypeVar("W", bound=QWidget)

CONTROLS: tuple[type[QWidget], ...] = (
    QAbstractButton,
    QLineEdit,
    QPlainTextEdit,
    QComboBox,
    QAbstractItemView,
    QTabBar,
)
SMALLEST = 24
LEAST_CONTRAST = 4.5


def shown(window: QWidget, *kinds: type[W]) -> Iterator[W]:
    """What of these kinds can be seen now, Qt's own inner parts left out."""
    for part in window.findChildren(QWidget):
        inner = part.objectName().startswith("qt_") or isinstance(part.parent(), QComboBox | QLineEdit)
        if isinstance(part, kinds) and part.isVisible() and not inner and not part.visibleRegion().isEmpty():
            yield part


def described(part: QWidget) -> str:
    words = part.property("text") or part.accessibleName() or ""
    return f"{type(part).__name__} {part.objectName() or words!r}"


def nameless(window: QWidget) -> list[str]:
    """Controls that a screen reader could not tell from one another."""
    found = []
    for part in shown(window, *CONTROLS, QProgressBar):
        name = QAccessible.queryAccessibleInterface(part).text(QAccessible.Text.Name)
        if not name.strip() and not isinstance(part, QTabBar):
            found.append(described(part))
    return found


def too_small(window: QWidget) -> list[str]:
    """Controls that a shaky hand misses."""
    return [
        f"{described(part)}: {part.width()} × {part.height()}"
        for part in shown(window, QAbstractButton, QLineEdit, QComboBox, QTabBar)
        if min(part.width(), part.height()) < SMALLEST
    ]


def sideways(window: QWidget) -> list[str]:
    """Places where one would have to scroll to the right; lines of code may be long."""
    return [
        described(part)
        for part in shown(window, QAbstractScrollArea)
        if not isinstance(part, QPlainTextEdit) and part.horizontalScrollBar().maximum() > 0
    ]


def clashing_mnemonics(window: QWidget) -> list[str]:
    """Letters that lead to two places at once; what is scrolled out of sight hears them too."""
    places: dict[str, list[str]] = defaultdict(list)
    for part in window.findChildren(QWidget):
        if not isinstance(part, QAbstractButton | QLabel) or not part.isVisible() or part.window() is not window:
            continue
        text = str(part.property("text"))
        if isinstance(part, QLabel) and not isinstance(part.buddy(), QWidget):
            continue
        if letter := re.search(r"&([^&])", text):
            places[letter[1].lower()].append(text)
    return [f"Alt+{letter}: {texts}" for letter, texts in places.items() if len(texts) > 1]


def out_of_the_keyboards_reach(window: QWidget) -> list[str]:
    """Controls that Tab never comes to; the members of a group of radio buttons are reached with the arrow keys."""
    window.activateWindow()
    QApplication.processEvents()
    reached: set[QWidget] = set()
    current = window
    while True:
        QTest.keyClick(current, Qt.Key.Key_Tab)
        following = QApplication.focusWidget()
        if following is None or following in reached:
            break
        reached.add(following)
        current = following
    grouped = [part.group() for part in reached if isinstance(part, QAbstractButton) and part.group() is not None]
    missed = []
    for part in shown(window, *CONTROLS):
        if not part.isEnabled() or part.focusPolicy() is Qt.FocusPolicy.NoFocus or part in reached:
            continue
        if isinstance(part, QAbstractButton) and part.group() in grouped:
            continue
        missed.append(described(part))
    return missed


def pale(window: QWidget) -> list[str]:
    """Texts that stand out from their ground by less than 4.5 : 1, measured on what is painted."""
    picture = window.grab().toImage()
    scale = window.devicePixelRatio()
    found = []
    for part in shown(window, QLabel, QAbstractButton, QLineEdit, QComboBox):
        if not part.isEnabled() or not str(part.property("text") or part.property("currentText") or "").strip():
            continue
        ratio = contrast(picture, _visible_rect(window, part), scale)
        if ratio is not None and ratio < LEAST_CONTRAST:
            found.append(f"{described(part)}: {ratio:.2f}")
    return found


def _visible_rect(window: QWidget, part: QWidget) -> QRect:
    # Without its border, which may be stronger than the text.
    rect = part.visibleRegion().boundingRect().intersected(part.rect().adjusted(3, 3, -3, -3))
    return QRect(part.mapTo(window, rect.topLeft()) if rect.isValid() else QPoint(), rect.size())


def contrast(picture: QImage, place: QRect, scale: float = 1.0) -> float | None:
    """Between the ground of a place and what stands out most from it; None where too little of it is seen."""
    box = QRect(
        int(place.x() * scale), int(place.y() * scale), int(place.width() * scale), int(place.height() * scale)
    ).intersected(picture.rect())
    if box.width() < 6 or box.height() < 8:
        return None
    colours = Counter(
        picture.pixel(x, y) for y in range(box.top(), box.bottom() + 1) for x in range(box.left(), box.right() + 1)
    )
    ground = _luminance(QColor(colours.most_common(1)[0][0]))
    ratios = sorted(
        ((max(ground, other) + 0.05) / (min(ground, other) + 0.05), count)
        for other, count in ((_luminance(QColor(colour)), count) for colour, count in colours.items())
    )
    # A few stray pixels are no text: what counts is the strongest colour of which there is some.
    seen = 0
    for ratio, count in reversed(ratios):
        seen += count
        if seen >= 4:
            return ratio
    return None


def _luminance(colour: QColor) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())
