"""Brings resources/i18n in step with the sources: `python -m tests.ui.update_translations`.

New strings come in as unfinished: write their Portuguese into malote_pt_BR.ts, those with a number also into
malote_en.ts, and run it once more.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "resources" / "i18n"
SOURCES = sorted((ROOT / "desktop" / "ui").rglob("*.py"))
TOOLS = Path(sys.executable).parent


def main() -> int:
    # English needs its plurals only, with a form for one and a form for several.
    options: list[str]
    for name, options in (("malote_pt_BR", []), ("malote_en", ["-pluralonly"])):
        texts = TEXTS / f"{name}.ts"
        update: list[str | Path] = [
            TOOLS / "pyside6-lupdate",
            *SOURCES,
            "-ts",
            texts,
            "-locations",
            "none",
            "-no-obsolete",
            *options,
        ]
        subprocess.run(update, check=True)
        compile_texts(texts, texts.with_suffix(".qm"))
    unfinished = sum(texts.read_text("utf-8").count('type="unfinished"') for texts in TEXTS.glob("*.ts"))
    print(f"{unfinished} to translate")
    return 1 if unfinished else 0


def compile_texts(texts: Path, compiled: Path) -> None:
    # Put in place whole: Qt has the file of a running program mapped, which would not survive its being cut short.
    fresh = compiled.with_suffix(".new")
    subprocess.run([TOOLS / "pyside6-lrelease", "-silent", texts, "-qm", fresh], check=True)
    fresh.replace(compiled)


if __name__ == "__main__":
    raise SystemExit(main())
