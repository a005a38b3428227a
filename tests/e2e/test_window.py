"""The clerk's main job in the window, by mouse and by keyboard, with real drivers on both sides."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import Desk, open_desk
from tests.e2e.window import CLOCK, FIELDS, Window
from tests.e2e.world import CNPJ, COMPANY, PASSWORD, USER
from tests.harness.display import Display, Tray
from tests.harness.patience import PATIENCE

Artifact = Callable[[str], Path]


@pytest.fixture
def desk(display: Display, tray_host: Tray) -> Iterator[Desk]:
    """A desk at which nobody has sat yet, in a company that has its group, its row in Oracle and today's report."""
    with open_desk(display) as desk:
        desk.world.found_company(CNPJ, COMPANY, subject="Vendas do Mercado", members=3)
        desk.world.found_company(name="Mercearia São Bento")
        yield desk


def test_the_clerk_does_the_whole_job_with_the_mouse(desk: Desk, tray_host: Tray, artifact: Artifact) -> None:
    world, window = desk.world, desk.start()
    desk.hands.click(tray_host.wait_for_icon())
    window.wait()

    link_the_phone(desk, window, artifact)
    fill_in_the_settings(desk, window, artifact)
    choose_the_company(desk, window)
    window.photograph(artifact("6-enviar.png"))

    world.whatsapp.auto_receipts = False
    window.press("Enviar para o grupo")
    window.see(f"^Enviado às {CLOCK}$")
    window.see("^Confirmado pelo WhatsApp.$")
    window.see(f"^Já enviado hoje às {CLOCK}$")
    window.photograph(artifact("7-enviado.png"))
    arrival = world.whatsapp.wait_for_arrival(PATIENCE)
    assert (arrival.chat, arrival.image, arrival.caption) == (world.group.jid, world.report, f"Vendas de {COMPANY}")
    assert set(arrival.decrypted_by) == set(world.group.members)
    assert set(arrival.decrypted_by.values()) == {world.report}

    window.press("Histórico")
    window.see(f"^hoje {CLOCK}$")
    desk.hands.click(window.see("^Enviado$").rect)
    window.see("^Detalhes$")
    world.whatsapp.deliver(arrival)
    window.see("^Entregue$")
    world.whatsapp.read(arrival)
    window.see("^Lido$")
    window.photograph(artifact("8-historico.png"))
    window.look_for(f"^{arrival.message_id}$")
    window.press("Como chamar do ERP")
    window.see("^1. Chame este endereço com POST$")
    window.photograph(artifact("9-erp.png"))

    assert world.stanzas() == 1
    assert world.oracle.logins.refused == 0
    assert window.program.terminate() == 0
    assert window.program.text() == ""
    assert not [path for path in world.home.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]


def link_the_phone(desk: Desk, window: Window, artifact: Artifact) -> None:
    window.press("WhatsApp")
    window.see("^Leia o QR code com o celular$")
    window.see("^Este código muda em [0-9]+ s$")
    code = window.scan()
    window.photograph(artifact("1-whatsapp-qr.png"))
    desk.world.whatsapp.scan(code)
    window.see("^Conectado ao WhatsApp$")
    window.see(r"^\+55 \(11\) 98888-7777")
    assert not window.says("^QR code")
    window.photograph(artifact("2-whatsapp-conectado.png"))


def fill_in_the_settings(desk: Desk, window: Window, artifact: Artifact) -> None:
    window.press("Configurações")
    window.fill("Servidor", "127.0.0.1")
    window.fill("Porta", str(desk.world.oracle.port))
    window.fill("Nome do serviço", "XEPDB1")
    window.fill("Usuário", USER)
    window.fill("Senha", PASSWORD)
    assert PASSWORD not in window.value("Senha")
    window.fill("Coluna do nome", "RAZAO")
    window.photograph(artifact("3-configuracoes.png"))
    window.press("Salvar e testar")
    window.see("^Funcionou$")
    window.see("^Oracle 19.* 2 empresas encontradas$")
    # Not in the next field, where one more key would overwrite something.
    window.wait_for_focus("Salvar e testar")
    window.photograph(artifact("4-configuracoes-oracle.png"))

    window.fill("Onde fica o relatório", f"{desk.world.folder}/outro/{{cnpj}}.jpg")
    window.look_for("^Esta pasta não existe$")
    window.fill("Onde fica o relatório", desk.template)
    window.look_for("^O relatório está lá$")
    window.fill("Legenda abaixo da imagem", "Vendas de {empresa}")
    window.look_for("^Exemplo: Vendas de Empresa Exemplo Ltda$")
    window.photograph(artifact("5-configuracoes-relatorio.png"))
    window.press("Salvar")
    window.see("^Salvo$")


def choose_the_company(desk: Desk, window: Window) -> None:
    """Types a part of its name, and takes it with the keyboard out of what is found."""
    window.press("Enviar")
    window.see("^Mercearia São Bento, ")
    window.fill("Buscar empresa", "são jo")
    window.see_no_more("^Mercearia São Bento, ")
    desk.hands.key("Down", "Return")
    window.see(f"^Relatório de hoje {CLOCK}$")
    window.see("^320 × 400 pixels, ")
    window.see("^Grupo: Vendas do Mercado · 4 participantes$")
    assert window.value("Legenda") == f"Vendas de {COMPANY}"


def test_the_clerk_does_it_with_the_keyboard_alone(desk: Desk, tray_host: Tray, artifact: Artifact) -> None:
    world, keys = desk.world, desk.hands.key
    world.settle_settings()
    window = desk.start()
    tray_host.wait_for_icon()
    # From the start menu, a second time: the one in the tray shows its window.
    desk.start_once_more()
    window.wait()

    keys("alt+w")
    world.whatsapp.scan(window.scan())
    window.see("^Conectado ao WhatsApp$")

    keys("alt+c")
    window.control("Usuário", FIELDS)
    keys("alt+u")
    window.write("Usuário", USER)
    keys("Tab")
    window.write("Senha", PASSWORD)
    keys("alt+t")
    window.see("^Funcionou$")
    window.photograph(artifact("1-testado.png"))

    keys("alt+e")
    window.wait_for_focus("Buscar empresa")
    window.write("Buscar empresa", "62.567")
    window.see(f"^{COMPANY}, ")
    keys("Return")
    window.see(f"^Relatório de hoje {CLOCK}$")
    window.tab_to("^Enviar para o grupo$")
    window.photograph(artifact("2-pronto.png"))
    keys("Return")
    window.see(f"^Enviado às {CLOCK}$")
    arrival = world.whatsapp.wait_for_arrival(PATIENCE)
    assert (arrival.chat, arrival.image) == (world.group.jid, world.report)
    # Whoever presses Enter once too often does not send again.
    keys("Return")

    keys("alt+h")
    window.see("^Lido$")
    window.tab_to(f"^hoje {CLOCK}$")
    window.see("^Detalhes$")
    window.photograph(artifact("3-historico.png"))
    assert world.stanzas() == 1
    assert window.program.terminate() == 0
