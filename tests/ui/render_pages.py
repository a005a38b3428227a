"""Draws every page as a clerk sees it, into PNG files: `python -m tests.ui.render_pages FOLDER --every`.

Whoever changes a page looks at them before and after. `--every` is each page at scale 1 and 2, light and dark, in the
usual window, in the smallest and in one that is as tall as the page. `--readme` with docs/screenshots makes the
README's anew.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from tests.ui.plays import PLAYS, README, behaviour

if TYPE_CHECKING:
    from tests.ui.stage import Stage

SIZES = {"": (1200, 800), "-small": (900, 620), "-tall": (900, 1700)}
"""Of the window, by what the file's name says of it; the smallest is the smallest that the window lets itself be."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", action="store_true", help="all of them in every look")
    parser.add_argument("--scale", type=int, help="1 without --every")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", choices=SIZES, default="")
    parser.add_argument("--simulated", action="store_true", help="with the mark of the simulator")
    parser.add_argument("--english", action="store_true")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument("--readme", action="store_true", help="only the README's, under the names it has for them")
    options = parser.parse_args()
    if options.every and options.scale is None:
        # Qt reads the scale once, when it starts.
        command = [sys.executable, "-m", "tests.ui.render_pages", *sys.argv[1:]]
        for scale in (1, 2):
            subprocess.run([*command, f"--scale={scale}"], check=True)
        return 0
    scale = options.scale or 1
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = str(scale)
    from tests.ui.stage import Stage

    options.folder.mkdir(parents=True, exist_ok=True)
    looks = list(product((False, True), SIZES)) if options.every else [(options.dark, options.size)]
    for name, play in PLAYS.items():
        if options.only not in name or (options.readme and name not in README):
            continue
        with (
            tempfile.TemporaryDirectory(prefix="malote-") as home,
            Stage(
                Path(home),
                dark=looks[0][0],
                simulated=options.simulated,
                language="en" if options.english else "pt_BR",
                **behaviour(name),
            ) as stage,
        ):
            stage.window.resize(*SIZES[looks[0][1]])
            play(stage)
            for dark, size in looks:
                suffix = ("-dark" if dark else "") + size + (f"@{scale}x" if scale > 1 else "")
                path = options.folder / f"{README[name] if options.readme else name}{suffix}.png"
                draw(stage, path, dark=dark, size=size)
    return 0


def draw(stage: Stage, path: Path, *, dark: bool, size: str) -> None:
    """Write one look of what is on show."""
    from desktop.ui.theme import DARK, LIGHT

    if (colours := DARK if dark else LIGHT) != stage.theme.colours:
        stage.theme.use(colours)
    question = stage.dialog()
    if question is not None and size:
        return  # a question has a size of its own
    if question is None:
        stage.window.resize(*SIZES[size])
    stage.settle()
    (question or stage.window).grab().save(str(path))
    print(path)


if __name__ == "__main__":
    raise SystemExit(main())
