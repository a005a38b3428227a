"""Contract A beyond one report: the queue, batches, looking back, cancelling, companies and the connection test."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desktop.domain.errors import AppError, Code, Rejected
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.send import Send, SendState
from desktop.ports.engine import Banned, QrShown
from desktop.services.catalogue import Services
from desktop.services.sending import Sending, SendRequest
from tests.integration.api.door import (
    BAKERY,
    GROUP,
    MARKET,
    WITHOUT_GROUP,
    WITHOUT_REPORT,
    Door,
    open_door,
)

VIEW = {
    "id",
    "cnpj",
    "empresa",
    "estado",
    "grupo",
    "mensagem_id",
    "origem",
    "sessao",
    "dia",
    "criado_em",
    "enviado_em",
    "entregue_em",
    "lido_em",
    "tipo",
    "entregues",
    "lidos",
    "entrega_nao_confirmada",
    "codigo",
    "mensagem",
    "acao",
    "duplicado_de",
    "simulacao",
}


def test_what_goes_to_the_queue_is_answered_at_once_and_sent_by_itself(door: Door) -> None:
    release = door.hold()
    answer = door.send(fila=True)
    assert answer.status_code == 202
    assert set(answer.json()) == {"status", "id", "cnpj"}
    assert (answer.json()["status"], answer.json()["cnpj"]) == ("na_fila", MARKET)
    door.wait_taken()
    release()
    door.wait_for_send(MARKET, SendState.SENT)
    assert door.get(f"/api/envios/{answer.json()['id']}").json()["estado"] == "enviado"


def test_the_queue_keeps_a_key_s_promise_too(door: Door) -> None:
    first, second = (door.send(fila=True, chave="lote-1") for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())


def test_a_batch_gives_one_id_each_and_says_which_were_refused(door: Door) -> None:
    with door.client() as client:
        answer = client.post(
            "/api/enviar-relatorio/lote", json={"cnpjs": [MARKET, "62.567.108/0001-0", 11222333000181]}
        )
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], [send["cnpj"] for send in body["envios"]]) == ("na_fila", [MARKET, BAKERY])
    [refused] = body["recusados"]
    assert (refused["cnpj"], refused["codigo"]) == ("62.567.108/0001-0", "cnpj_invalido")
    door.wait_for_send(BAKERY, SendState.SENT)
    assert {send["id"] for send in door.history()} == {send["id"] for send in body["envios"]}


def test_everybody_is_whoever_is_registered(door: Door) -> None:
    with door.client() as client:
        body = client.post("/api/enviar-relatorio/lote", json={"todas": True}).json()
    assert sorted(send["cnpj"] for send in body["envios"]) == [WITHOUT_GROUP, WITHOUT_REPORT, BAKERY, MARKET]
    door.wait_for_send(WITHOUT_REPORT, SendState.FAILED)
    door.wait_for_send(WITHOUT_GROUP, SendState.FAILED)
    door.wait_for_send(MARKET, SendState.SENT)
    door.wait_for_send(BAKERY, SendState.SENT)


def test_a_batch_with_a_key_is_taken_once(door: Door) -> None:
    with door.client(**{"Idempotency-Key": "noite"}) as client:
        first, second = (
            client.post("/api/enviar-relatorio/lote", json={"cnpjs": [MARKET, BAKERY]}).json() for _ in range(2)
        )
    assert first == second
    assert len(door.history()) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "cnpjs"),
        ({"cnpjs": []}, "cnpjs"),
        ({"cnpjs": [MARKET], "todas": True}, "cnpjs"),
        ({"cnpjs": MARKET}, "cnpjs"),
        ({"cnpjs": [None]}, "cnpjs.0"),
        ({"cnpjs": [MARKET] * 5001}, "cnpjs"),
    ],
)
def test_a_batch_that_names_nobody_or_both_is_refused(shared_door: Door, body: dict[str, object], field: str) -> None:
    with shared_door.client() as client:
        answer = client.post("/api/enviar-relatorio/lote", json=body)
    assert (answer.status_code, answer.json()["codigo"]) == (400, "corpo_invalido")
    assert f"“{field}”" in answer.json()["mensagem"]


def test_a_batch_for_a_session_nobody_made_takes_nothing(door: Door) -> None:
    with door.client() as client:
        answer = client.post("/api/enviar-relatorio/lote", json={"cnpjs": [MARKET], "sessao": "filial"})
    assert answer.json()["codigo"] == "sessao_nao_encontrada"
    assert door.history() == []


def test_a_send_is_shown_with_everything_that_happened_to_it(door: Door) -> None:
    sent = door.send().json()
    at = datetime.now().astimezone()
    for kind in (ReceiptKind.DELIVERED, ReceiptKind.READ):
        door.say(Receipt(message_ids=(sent["mensagem_id"],), kind=kind, chat=GROUP, at=at))
    door.wait_for_send(MARKET, SendState.READ)
    view = door.get(f"/api/envios/{sent['id']}").json()
    assert set(view) == VIEW
    assert (view["estado"], view["grupo"], view["origem"], view["sessao"]) == ("lido", GROUP, "erp", "principal")
    assert view["dia"] == at.date().isoformat()
    times = [datetime.fromisoformat(view[name]) for name in ("criado_em", "enviado_em", "entregue_em", "lido_em")]
    assert all(time.utcoffset() is not None for time in times)
    assert times == sorted(times)
    assert (view["codigo"], view["mensagem"], view["acao"]) == (None, None, None)


def test_a_duplicate_points_to_the_send_that_counts(door: Door) -> None:
    sent = door.send().json()
    door.send()
    newest, oldest = door.history()
    assert (newest["estado"], newest["duplicado_de"], oldest["id"]) == ("cancelado", sent["id"], sent["id"])


def test_an_id_nobody_gave_out_is_not_found(shared_door: Door) -> None:
    answer = shared_door.get("/api/envios/01890a5d-ac96-774b-bcce-b302099a8057")
    assert (answer.status_code, answer.json()["codigo"]) == (404, "envio_nao_encontrado")
    with shared_door.client() as client:
        answer = client.post("/api/envios/01890a5d-ac96-774b-bcce-b302099a8057/cancelar")
    assert (answer.status_code, answer.json()["codigo"]) == (404, "envio_nao_encontrado")


def test_what_waits_can_be_cancelled_and_what_was_sent_cannot(tmp_path: Path) -> None:
    with open_door(tmp_path, online=False) as door, door.client() as client:
        queued = door.send(fila=True).json()["id"]
        cancelled = client.post(f"/api/envios/{queued}/cancelar")
        assert (cancelled.status_code, cancelled.json()["estado"]) == (200, "cancelado")
        assert cancelled.json()["codigo"] == "envio_cancelado"
        again = client.post(f"/api/envios/{queued}/cancelar")
        assert (again.status_code, again.json()["codigo"], again.json()["id"]) == (409, "envio_ja_iniciado", queued)


def test_the_history_is_filtered_by_company_day_and_state(door: Door) -> None:
    door.send(MARKET)
    door.send(WITHOUT_REPORT)
    today = datetime.now().astimezone().date()

    def found(**query: str) -> list[str]:
        answer = door.get("/api/envios", **query)
        assert answer.status_code == 200, answer.text
        return [send["cnpj"] for send in answer.json()["envios"]]

    assert found() == [WITHOUT_REPORT, MARKET]
    assert found(cnpj="", data="", estado="", antes="") == [WITHOUT_REPORT, MARKET]
    assert found(cnpj="62.567.108/0001-01") == [MARKET]
    assert found(estado="falhou") == [WITHOUT_REPORT]
    assert found(estado="enviado", data=today.isoformat()) == [MARKET]
    assert found(data=(today - timedelta(days=1)).isoformat()) == []
    assert door.get("/api/envios", cnpj="123").json()["codigo"] == "cnpj_invalido"


def test_the_history_is_read_page_by_page_to_its_end(door: Door) -> None:
    sent = [door.send(reenviar=True).json()["id"] for _ in range(5)]
    seen, cursor = [], ""
    for _ in range(3):
        page = door.get("/api/envios", limite=2, antes=cursor).json()
        seen += [send["id"] for send in page["envios"]]
        cursor = page["proximo"] or ""
    assert seen == sent[::-1]
    assert cursor == ""


def test_companies_are_found_by_name_and_number(shared_door: Door) -> None:
    def found(busca: str) -> list[dict[str, str]]:
        companies: list[dict[str, str]] = shared_door.get("/api/empresas", busca=busca).json()
        return companies

    assert found("sao joao") == [{"cnpj": MARKET, "nome": "Mercado São João", "grupo": GROUP}]
    assert [company["nome"] for company in found("62.567")] == ["Mercado São João"]
    assert found("nada disso") == []
    assert len(found("")) == 4
    assert len(shared_door.get("/api/empresas", limite=2).json()) == 2


def test_the_connection_test_tells_that_all_is_well(door: Door) -> None:
    answer = door.get("/api/teste-conexao")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ok"
    assert body["oracle"] == {"ok": True, "fonte": str(door.home.folder / "empresas.csv"), "empresas": 4}
    assert body["whatsapp"] == {"ok": True, "estado": "connected"}


def test_the_connection_test_tells_what_is_broken_and_what_to_do(door: Door) -> None:
    (door.home.folder / "empresas.csv").unlink()
    door.say(Banned(until=None, detail="spam"))
    answer = door.get("/api/teste-conexao")
    assert answer.status_code == 503
    body = answer.json()
    assert (body["status"], body["oracle"]["ok"], body["whatsapp"]["ok"]) == ("erro", False, False)
    assert (body["oracle"]["codigo"], body["whatsapp"]["codigo"]) == ("cadastro_invalido", "whatsapp_requer_atencao")
    assert body["whatsapp"]["estado"] == "needs_human"
    for part in (body["oracle"], body["whatsapp"]):
        assert part["mensagem"]
        assert part["acao"]


def test_the_owner_s_tools_see_the_qr(tmp_path: Path) -> None:
    with open_door(tmp_path, online=False) as door, door.client(key=door.info.token) as owner:
        door.say(QrShown("https://wa.me/settings/linked_devices#x", 60.0))
        [session] = owner.get("/api/sessoes").json()["sessoes"]
    assert (session["nome"], session["estado"]) == ("principal", "qr")
    assert session["qr"] == "https://wa.me/settings/linked_devices#x"
    assert datetime.fromisoformat(session["qr_expira_em"]) > datetime.now().astimezone()


class FullAfterOne(Sending):
    """A queue with room for one more."""

    def __init__(self, real: Sending) -> None:
        self._real = real
        self._room = 1

    async def enqueue(self, request: SendRequest) -> Send:
        if not self._room:
            raise Rejected(Code.QUEUE_FULL, limit=1)
        self._room -= 1
        return await self._real.enqueue(request)

    async def enqueue_many(self, requests: Sequence[SendRequest]) -> list[Send | AppError]:
        answers: list[Send | AppError] = []
        for request in requests:
            try:
                answers.append(await self.enqueue(request))
            except AppError as error:
                answers.append(error)
        return answers


def test_a_full_queue_is_told_and_what_it_took_is_named(door: Door) -> None:
    def full(services: Services) -> Services:
        return replace(services, sending=FullAfterOne(services.sending))

    with door.second_entrance(change=full) as url, door.client(url=url) as client:
        body = client.post("/api/enviar-relatorio/lote", json={"cnpjs": [MARKET, BAKERY]}).json()
        alone = client.post("/api/enviar-relatorio", json={"cnpj": BAKERY})
    assert [send["cnpj"] for send in body["envios"]] == [MARKET]
    assert [(send["cnpj"], send["codigo"]) for send in body["recusados"]] == [(BAKERY, "fila_cheia")]
    assert (alone.status_code, alone.json()["codigo"]) == (400, "fila_cheia")
    door.wait_for_send(MARKET, SendState.SENT)
