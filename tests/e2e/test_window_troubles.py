"""What the window says, and what it does not do, where something goes wrong; one program goes through all of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.desk import Desk, open_desk
from tests.e2e.window import CLOCK, Window
from tests.e2e.world import PASSWORD, Company
from tests.harness.display import Display, Tray

Artifact = Callable[[str], Path]

COMPANIES = 12


@pytest.fixture(scope="module")
def linked(display: Display, tray_host: Tray) -> Iterator[tuple[Desk, Window]]:
    """A desk where everything works, and its window."""
    with open_desk(display) as desk:
        for _ in range(COMPANIES):
            desk.world.found_company()
        desk.world.settle_settings()
        desk.world.keep_password()
        window = desk.start()
        desk.hands.click(tray_host.wait_for_icon())
        window.wait()
        window.press("WhatsApp")
        desk.world.whatsapp.scan(window.scan())
        window.see("^Conectado ao WhatsApp$")
        yield desk, window
        assert window.program.terminate() == 0
        assert window.program.text() == ""


@pytest.fixture
def desk(linked: tuple[Desk, Window]) -> Iterator[Desk]:
    desk, _ = linked
    yield desk
    desk.world.whatsapp.forget()


@pytest.fixture
def window(linked: tuple[Desk, Window]) -> Window:
    return linked[1]


@pytest.fixture(scope="module")
def unused(linked: tuple[Desk, Window]) -> Iterator[Company]:
    """The window lists what Oracle had when it looked last, so all companies are there from the start."""
    return iter(linked[0].world.companies.values())


@pytest.fixture
def company(unused: Iterator[Company]) -> Company:
    """One that no other test has used."""
    return next(unused)


def choose(window: Window, company: Company) -> None:
    """Looks it up and picks it with the keyboard."""
    window.press("Enviar")
    window.fill("Buscar empresa", company.cnpj)
    window.hands.key("Return")
    window.see(f"^{company.name}$")


def test_a_missing_report_is_said_and_found_once_it_is_there(
    desk: Desk, window: Window, company: Company, artifact: Artifact
) -> None:
    report = company.report
    company.report_path.unlink()
    choose(window, company)
    window.see("^Não achou imagem$")
    window.see(r"^Ela devia estar em .*/RelatorioVendas\.jpg: gere o relatório no ERP e tente de novo\.$")
    window.photograph(artifact("sem-imagem.png"))
    assert not window.says("^Enviar para o grupo$")
    company.put_report(report)
    window.press("Atualizar")
    window.press("Enviar para o grupo")
    window.see(f"^Enviado às {CLOCK}$")
    assert [arrival.image for arrival in desk.world.arrivals(company)] == [report]


@pytest.mark.parametrize("between", [60, 350], ids=["quick", "slow"])
def test_a_double_click_sends_once(desk: Desk, window: Window, company: Company, between: int) -> None:
    choose(window, company)
    window.press("Enviar para o grupo", times=2, between=between)
    window.see(f"^Enviado às {CLOCK}$")
    window.see("^Entregue às .* Lido às ")
    if window.says("^O grupo vai recebê-lo mais uma vez.$"):
        desk.hands.key("Return")
    assert len(desk.world.arrivals(company)) == 1


def test_a_report_that_went_out_today_says_so_before_and_after(
    desk: Desk, window: Window, company: Company, unused: Iterator[Company], artifact: Artifact
) -> None:
    choose(window, company)
    window.control("Enviar para o grupo", frozenset({"push button"}))
    # Meanwhile the ERP sends it.
    assert desk.world.erp.send(company.cnpj).json()["status"] == "enviado"
    window.press("Enviar para o grupo")
    window.see(f"^Este relatório já tinha sido enviado hoje às {CLOCK}.$")
    window.see("^Nada foi enviado agora.$")
    window.photograph(artifact("1-depois.png"))
    choose(window, next(unused))
    choose(window, company)
    window.see(f"^Já enviado hoje às {CLOCK}$")
    window.photograph(artifact("2-antes.png"))
    assert len(desk.world.arrivals(company)) == 1
    window.press("Enviar de novo")
    window.see("^O grupo vai recebê-lo mais uma vez.$")
    window.photograph(artifact("3-pergunta.png"))
    window.press("Enviar de novo")
    window.see(f"^Enviado às {CLOCK}$")
    assert len(desk.world.arrivals(company)) == 2


def test_an_engine_that_is_killed_is_seen_to_go_and_come_back(
    desk: Desk, window: Window, company: Company, artifact: Artifact
) -> None:
    window.press("WhatsApp")
    window.see("^Conectado ao WhatsApp$")
    [engine] = [one for one in window.program.descendants() if "whatsmeow" in one.cmdline()]
    # The next one is not back before somebody has read that this one is gone.
    with desk.world.whatsapp.hold_at("login"):
        engine.kill()
        window.see("^O motor do WhatsApp parou e está sendo iniciado de novo")
        window.photograph(artifact("caiu.png"))
    window.see("^Conectado ao WhatsApp$")
    assert engine.pid not in {one.pid for one in window.program.descendants() if one.status() != psutil.STATUS_ZOMBIE}
    choose(window, company)
    window.press("Enviar para o grupo")
    window.see(f"^Enviado às {CLOCK}$")
    assert len(desk.world.arrivals(company)) == 1


def test_a_phone_that_unlinks_is_told_and_linked_again(
    desk: Desk, window: Window, company: Company, tray_host: Tray, artifact: Artifact
) -> None:
    window.close()
    desk.world.whatsapp.remove_device()
    window.see("^O celular desvinculou este computador$")
    window.photograph(artifact("1-aviso.png"))
    desk.hands.click(tray_host.wait_for_icon())
    window.wait()
    window.see("^Gere um novo QR code e leia-o com o celular para voltar a enviar.$")
    window.photograph(artifact("2-desvinculado.png"))
    window.press("Gerar novo QR code")
    desk.world.whatsapp.scan(window.scan())
    window.see("^Conectado ao WhatsApp$")
    choose(window, company)
    window.press("Enviar para o grupo")
    window.see(f"^Enviado às {CLOCK}$")


def test_a_wrong_password_is_said_and_tried_once(
    desk: Desk, window: Window, company: Company, artifact: Artifact
) -> None:
    oracle = desk.world.oracle
    window.press("Configurações")
    window.fill("Senha", "errada")
    window.press("Salvar e testar")
    window.see("^Não funcionou: O Oracle não aceitou o usuário ou a senha.$")
    window.see("^Confira o usuário e digite a senha de novo nas Configurações.$")
    window.photograph(artifact("1-configuracoes.png"))
    choose(window, company)
    window.see("^O Oracle não aceitou o usuário ou a senha.$")
    window.photograph(artifact("2-enviar.png"))
    assert oracle.logins.refused == 1
    window.press("Configurações")
    window.fill("Senha", PASSWORD)
    window.press("Salvar e testar")
    window.see("^Funcionou$")
    choose(window, company)
    window.press("Enviar para o grupo")
    window.see(f"^Enviado às {CLOCK}$")
    assert oracle.logins.refused == 1
