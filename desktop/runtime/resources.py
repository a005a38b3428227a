"""Where the files that ship with the program lie: icons, texts, snippets."""

import sys
from pathlib import Path

# PyInstaller unpacks beside the modules, under its own root; from source it is the repository's top.
_ROOT = Path(getattr(sys, "_MEIPASS", Path(__file__).parents[2])) / "resources"


def resource(name: str) -> Path:
    """The path of a shipped file, by its name with forward slashes below `resources` (`i18n/errors.json`)."""
    return _ROOT / name
