"""Whoever looks after the programs that Malote tells sees what they could not be told, and has it told again."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from desktop.domain.events import WebhookTrouble
from desktop.domain.session import DEFAULT_SESSION
from desktop.domain.webhook import Webhook, WebhookShape
from tests.ui.stage import Stage

URL = "https://chat.exemplo.com.br/webhook"


def aim(stage: Stage, *, url: str = URL, disabled: str = "") -> None:
    webhook = Webhook(session=DEFAULT_SESSION, instance="1", url=url, shape=WebhookShape.INSTANCES, disabled=disabled)
    stage.scene.do(stage.scene.services.telling.aim(webhook))


def press(stage: Stage, name: str) -> None:
    def found() -> QPushButton | None:
        buttons = stage.window.findChildren(QPushButton)
        return next((each for each in buttons if each.accessibleName().startswith(name) and each.isVisible()), None)

    stage.until(found, name)
    button = found()
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_an_office_that_tells_nobody_reads_nothing_of_it(stage: Stage) -> None:
    stage.go("erp")
    stage.until(lambda: stage.reads("Ainda não há nenhuma chave"), "the page")
    assert not stage.reads("webhook")


def test_a_failure_that_was_given_up_is_seen_and_sent_again(stage: Stage) -> None:
    aim(stage, disabled="410")
    stage.give_up_telling(URL, "HTTP 500")
    stage.go("erp")
    stage.until(lambda: stage.reads("HTTP 500"), "the failure")
    press(stage, "Reenviar message.received")
    stage.until(lambda: not stage.reads("HTTP 500"), "the empty list")
    assert stage.scene.do(stage.scene.services.telling.dead()) == []


def test_where_nothing_can_be_signed_the_page_says_why_nobody_is_told(stage: Stage) -> None:
    stage.scene.secrets.locked = True
    aim(stage)
    stage.give_up_telling(URL, "HTTP 500")
    stage.go("erp")
    press(stage, "Reenviar message.received")
    stage.until(lambda: stage.reads("O segredo que assina os avisos"), "the reason")
    stage.scene.secrets.locked = False


def test_an_address_that_was_given_up_is_told_again(stage: Stage) -> None:
    aim(stage, disabled="410")
    stage.go("erp")
    stage.until(lambda: stage.reads("parado"), "the state")
    press(stage, "Voltar a avisar")
    stage.until(lambda: stage.reads("avisado"), "the new state")
    [webhook] = stage.scene.look(stage.scene.services.telling.targets)
    assert webhook.disabled == ""


def test_the_page_follows_what_happens_while_it_is_open(stage: Stage) -> None:
    aim(stage)
    stage.go("erp")
    stage.until(lambda: stage.reads("avisado"), "the state")
    stage.give_up_telling(URL, "HTTP 500")
    stage.scene.look(lambda: stage.scene.services.bus.publish(WebhookTrouble(DEFAULT_SESSION)))
    stage.until(lambda: stage.reads("HTTP 500"), "the failure")
