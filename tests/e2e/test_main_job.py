"""The main job with real drivers on both sides: neonize to WhatsApp, python-oracledb to Oracle, the OS keyring."""

import json

from tests.e2e.world import CAPTION, CNPJ, COMPANY, PASSWORD, World
from tests.harness.patience import PATIENCE


def test_the_erp_s_call_brings_the_report_to_the_group_and_the_receipts_to_the_history(world: World) -> None:
    program = world.linked()

    answer = world.send(program)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["status"], body["grupo"], body["cnpj"]) == ("enviado", world.group.jid, CNPJ)
    assert (body["empresa"], body["duplicado"]) == (COMPANY, False)
    arrival = world.whatsapp.wait_for_arrival(PATIENCE)
    assert arrival.message_id == body["mensagem_id"]
    assert (arrival.chat, arrival.image, arrival.caption) == (world.group.jid, world.report, CAPTION)
    assert set(arrival.decrypted_by) == set(world.group.members)
    assert set(arrival.decrypted_by.values()) == {world.report}

    program.wait_for_line(f"{COMPANY}: lido")
    [kept] = world.history(program)
    assert (kept["id"], kept["estado"], kept["mensagem_id"]) == (body["id"], "lido", arrival.message_id)
    assert kept["entregue_em"] is not None
    assert world.oracle.logins.accepted == 1
    assert program.terminate() == 0
    assert PASSWORD not in program.text()
    assert not [path for path in world.home.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]


def test_the_same_report_is_not_sent_twice_and_a_restart_needs_no_qr(world: World) -> None:
    program = world.linked()
    first = world.send(program).json()
    assert program.terminate() == 0
    program = world.headless()
    program.wait_for_line("Conectado ao WhatsApp")
    assert "Leia o QR code" not in program.text()
    again = world.send(program)
    assert again.status_code == 200
    assert (again.json()["duplicado"], again.json()["id"]) == (True, first["id"])
    assert world.stanzas() == 1
    assert world.send(program, reenviar=True).json()["duplicado"] is False
    assert world.stanzas() == 2


def test_the_command_line_sends_and_tells_by_its_exit_code(world: World) -> None:
    assert world.malote("enviar", "--cnpj", CNPJ).wait() == 3
    program = world.linked()
    sent = world.malote("enviar", "--cnpj", "62.567.108/0001-01", "--json")
    assert sent.wait() == 0
    assert json.loads(sent.lines("stdout")[0])["status"] == "enviado"
    refused = world.malote("enviar", "--cnpj", "123")
    assert refused.wait() == 1
    assert refused.lines("stderr")
    assert world.malote("enviar").wait() == 2
    status = world.malote("status")
    assert status.wait() == 0
    assert "Conectado ao WhatsApp" in status.text()
    assert program.interrupt() == 0
