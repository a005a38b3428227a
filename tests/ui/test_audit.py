"""Nobody is left out: screen readers, keyboards, shaky hands and weak eyes."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from desktop.ui.theme import DARK, LIGHT, Colours, Tone, contrasty
from tests.harness.display import Display
from tests.harness.environment import clean_environment
from tests.harness.processes import Child
from tests.harness.program import ROOT
from tests.ui import audit
from tests.ui.conftest import SetStage
from tests.ui.plays import PLAYS, behaviour
from tests.ui.stage import Stage


def play(name: str, set_stage: SetStage, *, dark: bool, language: str) -> Stage:
    stage = set_stage(dark=dark, language=language, **behaviour(name))
    PLAYS[name](stage)
    stage.settle()
    return stage


@pytest.mark.parametrize(("dark", "language"), [(False, "pt_BR"), (True, "en")], ids=["light-pt", "dark-en"])
@pytest.mark.parametrize("name", PLAYS)
def test_a_page_can_be_read_heard_and_reached(name: str, set_stage: SetStage, dark: bool, language: str) -> None:
    stage = play(name, set_stage, dark=dark, language=language)
    # While a question is open, nothing behind it hears the keyboard.
    window = stage.dialog() or stage.window
    assert audit.nameless(window) == []
    assert audit.too_small(window) == []
    assert audit.clashing_mnemonics(window) == []
    assert audit.pale(window) == []
    assert audit.out_of_the_keyboards_reach(window) == []
    stage.window.resize(stage.window.minimumSize())
    stage.settle()
    assert stage.window.size() == stage.window.minimumSize()
    assert audit.sideways(stage.window) == []


def test_a_live_change_of_theme_reaches_every_text(set_stage: SetStage) -> None:
    stage = play("settings-file", set_stage, dark=False, language="pt_BR")
    PLAYS["send-sent"](stage)
    for colours in (DARK, LIGHT, DARK):
        stage.theme.use(colours)
        for place in ("send", "history", "whatsapp", "settings", "erp"):
            stage.go(place)
            stage.settle()
            assert audit.pale(stage.window) == [], place


def test_a_change_of_theme_leaves_the_keyboard_where_it_was(set_stage: SetStage) -> None:
    stage = play("send-again", set_stage, dark=False, language="pt_BR")
    question = stage.dialog()
    assert question is not None
    before = question.focusWidget()
    assert isinstance(before, QPushButton)
    assert before.text() == "Nã&o enviar"
    stage.theme.use(DARK)
    stage.settle()
    assert question.focusWidget() is before


def test_the_system_s_own_change_of_theme_is_followed(display: Display, folder: Path) -> None:
    # Only on a screen, and with a desktop's theme, does Qt hear of it.
    env = {**clean_environment(), **display.env, "QT_QPA_PLATFORMTHEME": "gnome"}
    with Child([sys.executable, "-m", "tests.ui.live_theme", str(folder)], env=env, cwd=ROOT) as window:
        assert window.wait(50) == 0, window.text()


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_of_text_is_strong_enough_on_its_grounds(colours: Colours) -> None:
    grounds = [colours.window, colours.surface, colours.sidebar, colours.sunken, colours.hover]
    pairs = [(colours.text, ground) for ground in grounds]
    pairs += [(colours.muted, ground) for ground in grounds]
    pairs += [(colours.accent_text, ground) for ground in [*grounds, colours.accent_soft]]
    pairs += [(colours.on_accent, colours.accent), (colours.on_accent, colours.accent_hover)]
    soft = asdict(colours)
    for tone in Tone:
        grounds_of_tone = [soft[f"{tone.value}_soft"], colours.surface, colours.sidebar]
        pairs += [(colours.of(tone), ground) for ground in grounds_of_tone]
        pairs.append((colours.text, soft[f"{tone.value}_soft"]))
    weak = [(text, ground) for text, ground in pairs if ratio(text, ground) < 4.5]
    assert weak == []
    for ground in (colours.window, colours.surface):
        assert ratio(colours.control_line, ground) >= 3.0, "the border of a control"


def test_high_contrast_takes_the_system_s_own_colours(stage: Stage) -> None:
    system = stage.application.palette()
    colours = contrasty(system)
    allowed = {
        system.color(role).name()
        for role in (
            system.ColorRole.Window,
            system.ColorRole.WindowText,
            system.ColorRole.Base,
            system.ColorRole.Highlight,
            system.ColorRole.HighlightedText,
        )
    }
    assert set(asdict(colours).values()) <= allowed


def test_alt_and_a_letter_leads_to_every_page(stage: Stage) -> None:
    letters = [button.text() for button in stage.window.findChildren(QPushButton) if button.objectName()[:3] == "go-"]
    assert letters == ["&Enviar", "&Histórico", "&WhatsApp", "&Configurações", "Como chamar do E&RP"]


def test_tab_leaves_a_text_of_several_lines(stage: Stage) -> None:
    stage.choose_company("São João")
    assert stage.find(QPlainTextEdit, "caption").tabChangesFocus()


def ratio(one: str, other: str) -> float:
    first, second = sorted((audit._luminance(QColor(one)), audit._luminance(QColor(other))), reverse=True)
    return (first + 0.05) / (second + 0.05)
