"""Changes the system's colours under an open window and says what can hardly be read then; needs a screen."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt

from desktop.ui.theme import DARK, LIGHT
from tests.ui import audit
from tests.ui.stage import Stage


def main(folder: Path) -> int:
    with Stage(folder) as stage:
        stage.choose_company("São João")
        hints = stage.application.styleHints()
        for scheme, colours in (
            (Qt.ColorScheme.Dark, DARK),
            (Qt.ColorScheme.Light, LIGHT),
            (Qt.ColorScheme.Dark, DARK),
        ):
            hints.setColorScheme(scheme)
            stage.settle()
            assert stage.theme.colours == colours, scheme
            assert audit.pale(stage.window) == [], scheme
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
