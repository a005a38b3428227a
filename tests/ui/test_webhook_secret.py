"""Whoever sets up a webhook's receiver gets the secret from the window, once, and another one where it was lost."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMessageBox, QPushButton

from desktop.domain.session import DEFAULT_SESSION
from desktop.domain.webhook import Webhook, WebhookShape
from tests.ui.stage import Stage


def open_page(stage: Stage) -> None:
    url = "https://chat.exemplo.com.br/webhook"
    webhook = Webhook(session=DEFAULT_SESSION, instance="1", url=url, shape=WebhookShape.INSTANCES)
    stage.scene.do(stage.scene.services.telling.aim(webhook))
    stage.go("erp")
    stage.until(lambda: stage.reads("avisado"), "the webhook")


def shown(stage: Stage) -> str:
    """The secret, once it is on the screen."""
    field = stage.find(QLineEdit, "webhook-secret")
    stage.until(field.isVisible, "the secret")
    return field.text()


def renew(stage: Stage) -> None:
    stage.click("renew-webhook-secret")
    box = stage.window.findChild(QMessageBox)
    assert box is not None
    agree = next(button for button in box.buttons() if box.buttonRole(button) is QMessageBox.ButtonRole.AcceptRole)
    assert isinstance(agree, QPushButton)
    QTest.mouseClick(agree, Qt.MouseButton.LeftButton)


def keys(stage: Stage) -> list[str]:
    """What signs by now."""
    signing = stage.scene.services.telling.signing
    return [key.reveal() for key in stage.scene.do(signing.keys())]


def test_the_secret_is_shown_once(stage: Stage) -> None:
    open_page(stage)
    stage.click("show-webhook-secret")
    secret = shown(stage)
    assert keys(stage) == [secret]
    stage.go("history")
    stage.go("erp")
    field = stage.find(QLineEdit, "webhook-secret")
    assert (field.text(), field.isVisible()) == ("", False)
    stage.click("show-webhook-secret")
    stage.until(lambda: stage.reads("só é mostrado uma vez"), "the refusal")


def test_a_lost_secret_is_renewed(stage: Stage) -> None:
    open_page(stage)
    stage.click("show-webhook-secret")
    old = shown(stage)
    renew(stage)
    field = stage.find(QLineEdit, "webhook-secret")
    stage.until(lambda: field.text() not in {"", old}, "the new secret")
    assert keys(stage) == [field.text(), old]
