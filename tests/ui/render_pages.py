"""Draws every page as a clerk sees it, into PNG files: `python -m tests.ui.render_pages FOLDER [--scale 2] [--dark]`.

Whoever changes a page looks at them before and after. `--readme` with docs/screenshots makes the README's anew.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from desktop.adapters.engines.simulator import SimulatorPace
from desktop.domain.session import Degraded, HumanReason, NeedsPerson
from tests.ui.scene import QUICK

if TYPE_CHECKING:
    from tests.ui.stage import Stage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--simulated", action="store_true", help="with the mark of the simulator")
    parser.add_argument("--english", action="store_true")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument("--readme", action="store_true", help="only the README's, under the names it has for them")
    options = parser.parse_args()
    # Qt reads both when it starts.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = str(options.scale)
    from tests.ui.stage import Stage

    options.folder.mkdir(parents=True, exist_ok=True)
    suffix = ("-dark" if options.dark else "") + (f"@{options.scale}x" if options.scale > 1 else "")
    language = "en" if options.english else "pt_BR"
    for name, play in PLAYS.items():
        if options.only not in name or (options.readme and name not in README):
            continue
        with (
            tempfile.TemporaryDirectory(prefix="malote-") as home,
            Stage(
                Path(home),
                dark=options.dark,
                simulated=options.simulated,
                language=language,
                **behaviour(name),
            ) as stage,
        ):
            stage.window.resize(1200, 800)
            play(stage)
            stage.settle()
            path = options.folder / f"{README[name] if options.readme else name}{suffix}.png"
            (stage.dialog() or stage.window).grab().save(str(path))
            print(path)
    return 0


class Behaviour(TypedDict, total=False):
    scanned: bool
    pace: SimulatorPace


def behaviour(name: str) -> Behaviour:
    """How WhatsApp has to behave for a page to be what its name says."""
    match name:
        case "whatsapp-qr" | "whatsapp-phone" | "whatsapp-letters":
            return {"scanned": False}
        case "send-unconfirmed":
            # The receipts that would settle it are far away.
            return {"pace": replace(QUICK, delivered_after=600.0, read_after=900.0)}
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


def whatsapp_other_number(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("00000-0000"), "the number")
    stage.tell(NeedsPerson(HumanReason.OTHER_ACCOUNT, detail="5511987654321"))


def whatsapp_degraded(stage: Stage) -> None:
    stage.go("whatsapp")
    stage.until(lambda: stage.reads("00000-0000"), "the number")
    stage.tell(Degraded(3))


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


def history(stage: Stage) -> None:
    stage.make_history()
    stage.go("history")
    stage.choose_history_row("Falhou", "Failed")


def settings_oracle(stage: Stage) -> None:
    from PySide6.QtWidgets import QLineEdit

    stage.go("settings")
    stage.press_radio("directory-oracle")
    for name, text in (("host", "192.168.0.10"), ("sid", "xe")):
        stage.type_into(stage.find(QLineEdit, f"directory.oracle.{name}"), text)
    stage.type_into(stage.find(QLineEdit, "user"), "erp")


def settings_file(stage: Stage) -> None:
    stage.go("settings")
    stage.click("test-directory")
    stage.until_test("Funcionou", "It works")


def settings_database(stage: Stage) -> None:
    stage.go("settings")
    stage.press_radio("directory-database")


def settings_mapping(stage: Stage) -> None:
    from PySide6.QtWidgets import QPushButton

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
    from PySide6.QtWidgets import QComboBox

    from desktop.ui.widgets.scroll import Scroll

    stage.go("settings")
    language = stage.find(QComboBox, "language")
    stage.until(language.isEnabled, "the settings")
    stage.settle()
    for scroll in stage.window.findChildren(Scroll):
        scroll.ensureWidgetVisible(language)


def erp(stage: Stage) -> None:
    stage.go("erp")
    stage.click("make-key")
    stage.until_key()


def erp_webhooks(stage: Stage) -> None:
    from desktop.domain.webhook import Webhook, WebhookShape
    from desktop.ui.pages.erp_webhooks import WebhooksList
    from desktop.ui.widgets.scroll import Scroll

    stage.add_sessions()
    telling = stage.scene.services.telling
    for name, disabled in (("principal", ""), ("Mercado", "410")):
        url = f"https://chat.exemplo.com.br/webhook/{name}"
        told = Webhook(session=name, instance=name, url=url, shape=WebhookShape.INSTANCES, disabled=disabled)
        stage.scene.do(telling.aim(told))
    stage.go("erp")
    stage.until(lambda: stage.reads("parado", "stopped"), "the webhooks")
    stage.settle()
    [scroll] = (found for found in stage.window.findChildren(Scroll) if found.isVisible())
    scroll.ensureWidgetVisible(stage.find(WebhooksList, "webhooks"))


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
    "whatsapp-other-number": whatsapp_other_number,
    "whatsapp-degraded": whatsapp_degraded,
    "send-choose": send_choose,
    "send": send_ready,
    "send-several": send_several,
    "send-question": send_question,
    "send-sent": send_sent,
    "send-unconfirmed": send_failed,
    "send-without-report": send_missing_report,
    "history": history,
    "settings": settings_oracle,
    "settings-file": settings_file,
    "settings-database": settings_database,
    "settings-mapping": settings_mapping,
    "settings-client": settings_client,
    "settings-program": settings_program,
    "erp": erp,
    "erp-webhooks": erp_webhooks,
}

if __name__ == "__main__":
    raise SystemExit(main())
