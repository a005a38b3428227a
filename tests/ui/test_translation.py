"""Every sentence of the window exists in Portuguese, and the compiled file is that of the sources.

Where this fails: python -m tests.ui.update_translations
"""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication

from desktop.runtime.resources import resource
from desktop.ui.translation import install_translations
from tests.ui.update_translations import SOURCES, compile_texts


def messages(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Context, source and translations (one, or one for each plural)."""
    for context in ElementTree.parse(path).getroot().findall("context"):
        name = context.findtext("name", "")
        for message in context.findall("message"):
            translation = message.find("translation")
            assert translation is not None
            assert translation.get("type") is None, f"not translated: {message.findtext('source')}"
            plurals = [form.text or "" for form in translation.findall("numerusform")]
            yield name, message.findtext("source", ""), plurals or [translation.text or ""]


PORTUGUESE = list(messages(resource("i18n/malote_pt_BR.ts")))
ENGLISH_PLURALS = list(messages(resource("i18n/malote_en.ts")))


def spoken() -> Iterator[tuple[str, str]]:
    """Context and text of every tr() and translate() in the sources, also where lupdate would not find them."""
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        for owner in ast.walk(tree):
            context = owner.name if isinstance(owner, ast.ClassDef) else None
            for node in ast.walk(owner) if context else ():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tr":
                    yield context or "", ast.literal_eval(node.args[0])
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "translate":
                yield ast.literal_eval(node.args[0]), ast.literal_eval(node.args[1])


def test_everything_the_window_says_is_in_the_portuguese_file() -> None:
    known = {(context, source) for context, source, _ in PORTUGUESE}
    assert set(spoken()) == known


@pytest.mark.parametrize(("context", "source", "texts"), PORTUGUESE + ENGLISH_PLURALS)
def test_a_translation_keeps_what_is_filled_in_and_the_mnemonic(context: str, source: str, texts: list[str]) -> None:
    for text in texts:
        assert text, f"{context}: {source} is empty"
        if "%Y" not in source:
            assert sorted(re.findall(r"%\w|\{\w+\}", text)) == sorted(re.findall(r"%\w|\{\w+\}", source))
        assert ("&" in text) == ("&" in source)
        assert text.endswith("…") == source.endswith("…")


@pytest.mark.parametrize("language", ["pt_BR", "en"])
def test_the_compiled_file_is_the_one_of_its_source(language: str, tmp_path: Path) -> None:
    source = resource(f"i18n/malote_{language}.ts")
    made = tmp_path / "made.qm"
    compile_texts(source, made)
    assert made.read_bytes() == resource(f"i18n/malote_{language}.qm").read_bytes()


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("pt_BR", "1 relatório não saiu", "3 relatórios não saíram"),
        ("en", "1 report did not go out", "3 reports did not go out"),
    ],
)
def test_plurals_are_spoken_as_people_do(qapp: QCoreApplication, language: str, one: str, many: str) -> None:
    installed = install_translations(qapp, language)
    try:
        assert QCoreApplication.translate("Tray", "%n report(s) did not go out", "", 1) == one
        assert QCoreApplication.translate("Tray", "%n report(s) did not go out", "", 3) == many
    finally:
        for translator in installed:
            qapp.removeTranslator(translator)


def test_qt_s_own_buttons_speak_portuguese(qapp: QCoreApplication) -> None:
    installed = install_translations(qapp, "pt_BR")
    try:
        assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancelar"
    finally:
        for translator in installed:
            qapp.removeTranslator(translator)
