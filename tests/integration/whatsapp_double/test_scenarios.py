"""The README's table of scenarios names tests that exist."""

from __future__ import annotations

from pathlib import Path
from re import MULTILINE, findall, search

from tests.doubles import whatsapp

_README = Path(whatsapp.__file__).with_name("README.md")
_ENGINES = Path(__file__).parents[1] / "engines"


def test_every_scenario_has_the_test_that_the_readme_names() -> None:
    named = findall(r"^\| .+ \| `(\w+)::(test_\w+)` \|$", _README.read_text("utf-8"), MULTILINE)
    assert len(named) >= 40
    for file, test in named:
        code = (_ENGINES / f"test_whatsmeow_{file}.py").read_text("utf-8")
        assert search(rf"^async def {test}\(", code, MULTILINE), f"{file}::{test}"
