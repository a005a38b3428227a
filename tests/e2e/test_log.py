"""The log of a whole life says what happened on lines of JSON, and holds nothing that is nobody else's business."""

import json

from tests.doubles.whatsapp.double import DEFAULT_PHONE
from tests.e2e.erp import Erp, sent
from tests.e2e.world import CAPTION, CNPJ, PASSWORD, World

ASIDE = "Segredo do fechamento de hoje"
REPLY = "Recebido, obrigado pelo fechamento"


def test_a_whole_life_leaves_no_number_key_text_or_picture_in_the_log(world: World) -> None:
    program = world.headless()
    program.wait_for_line("Leia o QR code")
    erp = Erp(program)
    qr = world.qr(program)
    world.whatsapp.scan(qr)
    program.wait_for_line("Conectado ao WhatsApp")
    with erp.client() as owner:
        made = owner.post("/api/chaves", json={"nome": "ERP da loja", "permissoes": ["enviar", "ler", "gerenciar"]})
        key = made.json()["chave"]
    with erp.client({"Authorization": f"Bearer {key}"}) as client:
        sent(client.post("/api/enviar-relatorio", json={"cnpj": CNPJ}), world.group.jid)
        stats = client.get("/whatsapp/stats").json()
        session = stats["sessions"][0]["id"]
        message = {"sessionId": session, "to": world.group.jid, "message": ASIDE}
        assert client.post("/whatsapp/messages/send", json=message).status_code == 200
        assert client.get(f"/whatsapp/sessions/{session}/chats/{DEFAULT_PHONE}@c.us/messages").status_code < 500
        assert client.post("/api/enviar-relatorio", content=b"{").status_code == 400
        assert client.get("/api/envios", params={"chave": key}).status_code == 200
    with erp.client({"Authorization": "Bearer malote_chave-errada-de-outra-maquina"}) as stranger:
        assert stranger.get("/api/envios").status_code == 401
    world.whatsapp.incoming_text(world.group, 0, REPLY)
    program.wait_for_line("fechamento|: lido")
    token = program.runtime()["token"]
    assert program.terminate() == 0

    text = (world.home / "logs" / "malote.log").read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {"at", "level", "logger", "message"} <= set.intersection(*map(set, lines))
    told = [line["message"] for line in lines]
    assert len([line for line in told if line.startswith("POST /api/enviar-relatorio → 200")]) == 1
    went = [line for line in lines if f"company {CNPJ}" in line["message"]]
    assert [(line["kind"], line["logger"]) for line in went] == [("success", "desktop.runtime.event_log")]
    assert len([line for line in told if line.startswith("POST /whatsapp/messages/send → 200")]) == 1
    assert [line["kind"] for line in lines if line["message"].startswith("session principal: qr")] == ["qr"]
    assert [line["kind"] for line in lines if line["message"].startswith("session principal: connected")] == ["success"]

    digits = DEFAULT_PHONE.strip("+")
    secrets = [key, token, PASSWORD, ASIDE, REPLY, CAPTION, "malote_chave-errada", digits, "base64"]
    secrets += [part for part in qr.split(",") if len(part) > 20]
    for place in (text, program.text("stderr")):
        assert [secret for secret in secrets if secret in place] == []
