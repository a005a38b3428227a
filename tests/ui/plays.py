"""What can be on show in the window: each page in its important states, played by the hands of tests.ui.stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypedDict

from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from desktop.adapters.engines.simulator import SimulatorPace
from desktop.domain.access import Access, Scope
from desktop.domain.cnpj import Cnpj
from desktop.domain.session import (
    DEFAULT_SESSION,
    Broken,
    Degraded,
    Disconnected,
    HumanReason,
    LoggedOut,
    NeedsPerson,
    OfflineCause,
    Status,
    UnlinkCause,
)
from desktop.domain.webhook import Webhook, WebhookShape
from desktop.ui.pages.erp_webhooks import WebhooksList
from desktop.ui.text import plain
from desktop.ui.widgets.note import Note
from desktop.ui.widgets.scroll import Scroll
from tests.ui.scene import QUICK
from tests.ui.stage import Stage


class Behaviour(TypedDict, total=False):
    scanned: bool
    pace: SimulatorPace
    settings: dict[str, object]


def behaviour(name: str) -> Behaviour:
    """How WhatsApp has to behave for a page to be what its name says."""
    match name:
        case "whatsapp-qr" | "whatsapp-phone" | "whatsapp-letters":
            return {"scanned": False}
        case "send-unconfirmed":
            # The receipts that would settle it are far away.
            return {"pace": replace(QUICK, delivered_after=600.0, read_after=900.0)}
        case "erp-network":
            return {"settings": {"door.lan": True, "door.lan_port": 0, "door.address": "127.0.0.2"}}
        case "send-no-directory":
            return {"settings": {"directory.table.path": "/srv/dados/empresas-de-todas-as-filiais-do-grupo.csv"}}
        case _:
            return {}


def whatsapp_qr(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("Este código muda", "This code changes"), "the QR code")


def whatsapp_connected(stage: Stage) -> None:
    stage.go("whatsapp")


def whatsapp_phone(stage: Stage) -> None:
    whatsapp_qr(stage)
    stage.click("link-by-phone")


def whatsapp_letters(stage: Stage) -> None:
    whatsapp_phone(stage)
    stage.type_phone("(11) 98765-4321")
    stage.until(lambda: stage.reads("vale por mais", "holds for another"), "the letters")


def whatsapp_several(stage: Stage) -> None:
    stage.add_sessions()
    stage.window.show_session("Mercado")
    stage.until(lambda: stage.reads("Mercado São João"), "the company's name")


def whatsapp_told(status: Status, stage: Stage) -> None:
    """The number has come into this state."""
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("00000-0000"), "the number")
    stage.tell(status)


def whatsapp_add(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.click("add-session")


def choose_option(stage: Stage, *names: str) -> None:
    """Choose from the menu of «More options» what reads so."""
    menu = stage.find(QPushButton, "session-more").menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if plain(action.text()).startswith(names)).trigger()


def whatsapp_remove(stage: Stage) -> None:
    whatsapp_several(stage)
    choose_option(stage, "Remover", "Remove")


def whatsapp_company(stage: Stage) -> None:
    whatsapp_several(stage)
    choose_option(stage, "Só para uma", "Para uma", "For one")
    stage.until(lambda: stage.dialog() is not None, "the question")
    stage.until_companies()


def send_choose(stage: Stage) -> None:
    stage.go("send")
    stage.until_companies()


def send_ready(stage: Stage) -> None:
    stage.choose_company("São João")


def send_several(stage: Stage) -> None:
    stage.add_sessions()
    stage.choose_company("Padaria")


def send_question(stage: Stage) -> None:
    stage.ask_for_groups()
    stage.scene.confirm_group("62567108000101")
    stage.scene.rename_group("120363041234567890@g.us", "Vendas · Diretoria nova")
    stage.choose_company("São João", asked=True)


def send_sent(stage: Stage) -> None:
    stage.choose_company("São João")
    stage.click("send")
    stage.until_outcome("Lido", "Read")


def send_failed(stage: Stage) -> None:
    stage.choose_company("Auto Peças")
    stage.click("send")
    stage.until_outcome("Veja no grupo", "Look in the group")


def send_missing_report(stage: Stage) -> None:
    stage.choose_company("Livraria", sendable=False)


def send_not_found(stage: Stage) -> None:
    send_choose(stage)
    stage.type_into(stage.find(QLineEdit, "company-search"), "62.567.108/0001-02")
    stage.until(lambda: stage.reads("62.567.108/0001-18"), "the remark")


def send_no_directory(stage: Stage) -> None:
    stage.go("send")
    stage.until(lambda: stage.reads("empresas-de-todas"), "the trouble")


def send_offline(stage: Stage) -> None:
    send_ready(stage)
    stage.tell(Disconnected(cause=OfflineCause.NO_INTERNET))


def send_unlinked(stage: Stage) -> None:
    send_ready(stage)
    stage.tell(LoggedOut(UnlinkCause.PHONE))


def send_admins_only(stage: Stage) -> None:
    stage.choose_company("São João")
    stage.scene.rename_group("120363041234567890@g.us", "Avisos · Diretoria")
    stage.go("history")
    stage.go("send")
    stage.until(lambda: stage.find(Note, "group-trouble").said, "the trouble")


def send_again(stage: Stage) -> None:
    send_sent(stage)
    stage.click("send")
    stage.until(lambda: stage.dialog() is not None, "the question")


def history(stage: Stage) -> None:
    stage.make_history()
    stage.go("history")
    stage.choose_history_row("Falhou", "Failed")


def history_read(stage: Stage) -> None:
    stage.make_history()
    stage.go("history")
    stage.choose_history_row("Lido", "Read")


def history_empty(stage: Stage) -> None:
    stage.go("history")
    stage.until(lambda: stage.reads("Nada foi enviado", "Nothing has been sent"), "the remark")


def settings_oracle(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-oracle")
    for name, text in (("host", "192.168.0.10"), ("sid", "xe")):
        stage.type_into(stage.find(QLineEdit, f"directory.oracle.{name}"), text)
    stage.type_into(stage.find(QLineEdit, "user"), "erp")


def settings_tls(stage: Stage) -> None:
    settings_oracle(stage)
    box = stage.find(QCheckBox, "directory.oracle.tls")
    bring(stage, box)
    box.click()
    bring(stage, stage.find(QCheckBox, "directory.oracle.match_server_name"))


def settings_faults(stage: Stage) -> None:
    settings_oracle(stage)
    for name, text in (("directory.oracle.port", "70000"), ("directory.oracle.table", "")):
        line = stage.find(QLineEdit, name)
        line.clear()
        stage.type_into(line, text)
        line.textEdited.emit(text)
    stage.click("save-settings")
    stage.until(lambda: stage.reads("Nada foi salvo", "Nothing was saved"), "the marks")


def settings_refused(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-oracle")
    texts = {"directory.oracle.host": "127.0.0.1", "directory.oracle.port": "1", "directory.oracle.sid": "xe"}
    for name, text in {**texts, "user": "erp", "password": "tigre"}.items():
        line = stage.find(QLineEdit, name)
        line.clear()
        stage.type_into(line, text)
        line.textEdited.emit(text)
    stage.click("test-directory")
    stage.until_test("Não funcionou", "It does not work")


def settings_file(stage: Stage) -> None:
    stage.go("settings")
    stage.click("test-directory")
    stage.until_test("Funcionou", "It works")


def settings_database(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-database")


def settings_mapping(stage: Stage) -> None:
    stage.go("settings")
    stage.click("map-directory")
    stage.until(lambda: stage.reads("podem receber", "pode receber", "can be sent to"), "the preview")
    stage.until(stage.find(QPushButton, "mapping-use").isEnabled, "the preview")


def settings_client(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-oracle")
    stage.click("install-client")
    stage.until(lambda: stage.reads("ainda não tem", "no Oracle client", "não conecta"), "the search")


def settings_program(stage: Stage) -> None:
    stage.go("settings")
    language = stage.find(QComboBox, "language")
    stage.until(language.isEnabled, "the settings")
    bring(stage, language)


def erp(stage: Stage) -> None:
    stage.go("erp")
    stage.click("make-key")
    stage.until_key()


def erp_rights(stage: Stage) -> None:
    stage.add_sessions()
    stage.go("erp")
    stage.type_into(stage.find(QLineEdit, "key-companies"), "11.222.333/0001-81, 62567108000101")
    stage.until(lambda: stage.reads("Padaria Três Irmãos, "), "the companies' names")
    number = stage.find(QCheckBox, "key-number-Mercado")
    stage.until(number.isVisible, "several numbers")
    number.click()


def erp_keys(stage: Stage) -> None:
    keys = stage.scene.services.keys
    mercado, padaria = Cnpj("62567108000101"), Cnpj("11222333000181")
    for access in (
        Access(name="ERP", scopes=frozenset({Scope.SEND, Scope.READ})),
        Access(
            name="Atendimento pelo chat da filial do centro, de segunda a sábado",
            scopes=frozenset({Scope.MANAGE}),
            companies=frozenset({mercado, padaria}),
            sessions=frozenset({"principal"}),
        ),
        Access(name="Painel", scopes=frozenset({Scope.READ})),
    ):
        stage.scene.do(keys.create(access.name, access))
    stage.go("erp")
    stage.until(lambda: stage.reads("Painel"), "the keys")
    bring(stage, next(found for found in stage.window.findChildren(QLabel) if found.text() == "Painel"))


def erp_network(stage: Stage) -> None:
    stage.go("erp")


def erp_untold(stage: Stage) -> None:
    """A webhook with a long address, and news of it that were given up."""
    url = f"https://chat.exemplo.com.br/webhook/{'0123456789abcdef' * 8}?origem=malote"
    told = Webhook(session=DEFAULT_SESSION, instance="1", url=url, shape=WebhookShape.INSTANCES)
    stage.scene.do(stage.scene.services.telling.aim(told))
    stage.give_up_telling(url, "HTTP 500: " + "x" * 90)
    stage.go("erp")
    stage.until(lambda: stage.reads("HTTP 500"), "the failure")
    bring(stage, stage.find(WebhooksList, "webhooks"))


def erp_webhooks(stage: Stage) -> None:
    stage.add_sessions()
    telling = stage.scene.services.telling
    for name, disabled in (("principal", ""), ("Mercado", "410")):
        url = f"https://chat.exemplo.com.br/webhook/{name}"
        told = Webhook(session=name, instance=name, url=url, shape=WebhookShape.INSTANCES, disabled=disabled)
        stage.scene.do(telling.aim(told))
    stage.go("erp")
    stage.until(lambda: stage.reads("parado", "stopped"), "the webhooks")
    bring(stage, stage.find(WebhooksList, "webhooks"))


def erp_webhook_secret(stage: Stage) -> None:
    erp_webhooks(stage)
    stage.click("show-webhook-secret")
    secret = stage.find(QLineEdit, "webhook-secret")
    stage.until(secret.isVisible, "the secret")
    bring(stage, secret)


def bring(stage: Stage, part: QWidget) -> None:
    """Scroll to it."""
    stage.settle()
    [scroll] = (found for found in stage.window.findChildren(Scroll) if found.isVisible())
    scroll.ensureWidgetVisible(part)


README = {
    "whatsapp-qr": "whatsapp",
    "send-sent": "enviar",
    "history": "historico",
    "settings": "configuracoes",
    "erp": "erp",
}

PLAYS: dict[str, Callable[[Stage], None]] = {
    "whatsapp-qr": whatsapp_qr,
    "whatsapp": whatsapp_connected,
    "whatsapp-phone": whatsapp_phone,
    "whatsapp-letters": whatsapp_letters,
    "whatsapp-several": whatsapp_several,
    "whatsapp-other-number": partial(whatsapp_told, NeedsPerson(HumanReason.OTHER_ACCOUNT, detail="5511987654321")),
    "whatsapp-degraded": partial(whatsapp_told, Degraded(3)),
    "whatsapp-offline": partial(whatsapp_told, Disconnected(cause=OfflineCause.NO_INTERNET)),
    "whatsapp-unlinked": partial(whatsapp_told, LoggedOut(UnlinkCause.PHONE)),
    "whatsapp-restricted": partial(
        whatsapp_told, NeedsPerson(HumanReason.RESTRICTED, until=datetime(2026, 1, 5, 18, 2, tzinfo=UTC))
    ),
    "whatsapp-broken": partial(
        whatsapp_told, Broken("worker ended with 127: libc.so.6: version `GLIBC_2.38' not found")
    ),
    "whatsapp-add": whatsapp_add,
    "whatsapp-remove": whatsapp_remove,
    "whatsapp-company": whatsapp_company,
    "send-choose": send_choose,
    "send": send_ready,
    "send-several": send_several,
    "send-question": send_question,
    "send-sent": send_sent,
    "send-unconfirmed": send_failed,
    "send-without-report": send_missing_report,
    "send-not-found": send_not_found,
    "send-no-directory": send_no_directory,
    "send-offline": send_offline,
    "send-unlinked": send_unlinked,
    "send-admins-only": send_admins_only,
    "send-again": send_again,
    "history": history,
    "history-read": history_read,
    "history-empty": history_empty,
    "settings": settings_oracle,
    "settings-tls": settings_tls,
    "settings-faults": settings_faults,
    "settings-refused": settings_refused,
    "settings-file": settings_file,
    "settings-database": settings_database,
    "settings-mapping": settings_mapping,
    "settings-client": settings_client,
    "settings-program": settings_program,
    "erp": erp,
    "erp-keys": erp_keys,
    "erp-rights": erp_rights,
    "erp-network": erp_network,
    "erp-webhooks": erp_webhooks,
    "erp-webhook-secret": erp_webhook_secret,
    "erp-untold": erp_untold,
}
