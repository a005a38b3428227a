"""`malote demo`: the main job for somebody who has neither a phone nor a database, with a screen and without one."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.e2e.window import CLOCK, TITLE, Window
from tests.harness.display import Display
from tests.harness.environment import PrivateHome
from tests.harness.fixtures import StartProgram
from tests.harness.hands import Hands
from tests.harness.processes import still_running
from tests.harness.screen_reader import ScreenReader
from tests.harness.session_bus import SessionBus

COMPANY = "Mercado São João"


def test_without_a_screen_it_shows_request_answer_and_history(program: StartProgram, private_home: PrivateHome) -> None:
    for _ in range(2):
        shown = program("demo", env=private_home.env)
        assert shown.wait() == 0, shown.text()
        lines = shown.lines("stdout")
        assert lines[0] == "SIMULAÇÃO: nenhum WhatsApp de verdade recebe isto."
        request, answer, question, row = (line for line in lines[1:] if line.strip())
        assert request == 'POST /api/enviar-relatorio {"cnpj": "62567108000101", "reenviar": true}'
        status, _, body = answer.partition(" ")
        sent = json.loads(body)
        assert (status, sent["status"], sent["empresa"]) == ("200", "enviado", COMPANY)
        assert question == f"GET /api/envios/{sent['id']}"
        status, _, body = row.partition(" ")
        kept = json.loads(body)
        assert (status, kept["id"], kept["mensagem_id"]) == ("200", sent["id"], sent["mensagem_id"])
        assert kept["simulacao"] is True
        assert kept["estado"] in ("enviado", "entregue", "lido")
        assert shown.text("stderr") == ""


def test_with_a_screen_the_main_job_is_done_in_its_window(
    program: StartProgram,
    session_bus: SessionBus,
    display: Display,
    hands: Hands,
    artifact: Callable[[str], Path],
) -> None:
    with ScreenReader(session_bus, display) as reader:
        malote = program("demo", env={**session_bus.env, **display.env, **reader.env})
        window = Window(malote, display, reader, hands)
        window.wait()
        window.see("^SIMULAÇÃO$")
        window.see("^Nada sai pelo WhatsApp: isto é só para experimentar o programa.$")
        window.press("WhatsApp")
        window.photograph(artifact("1-whatsapp.png"))
        # The phone that scans is simulated, too.
        window.see("^Conectado ao WhatsApp$")
        window.press("Enviar")
        window.fill("Buscar empresa", "são joão")
        hands.key("Return")
        window.see(f"^Relatório de hoje {CLOCK}$")
        window.photograph(artifact("2-enviar.png"))
        window.press("Enviar para o grupo")
        window.see(f"^SIMULAÇÃO: Enviado às {CLOCK}$")
        window.see("^Entregue às .* Lido às ")
        window.photograph(artifact("3-enviado.png"))
        window.press("Histórico")
        hands.click(window.see("^Lido$").rect)
        window.see("^Lido · SIMULAÇÃO$")
        window.photograph(artifact("4-historico.png"))
        workers = malote.descendants()
        assert malote.terminate() == 0
        assert not still_running(workers)
        assert malote.text() == ""
        display.screen.wait_for_no_window(TITLE)
