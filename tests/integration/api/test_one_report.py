"""Contract A's main route, word for word: what the ERP's programmer reads is what comes back."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desktop import app
from desktop.api import server
from desktop.domain.errors import Code, NeedsHuman, OutcomeUnknown, Rejected, Transient
from desktop.domain.send import SendState
from desktop.ports.engine import QrShown, WentOffline
from tests.harness.patience import PATIENCE
from tests.integration.api.door import (
    BAKERY,
    GROUP,
    MARKET,
    WITHOUT_GROUP,
    WITHOUT_REPORT,
    Door,
    open_door,
)


def test_a_sent_report_answers_as_the_contract_says(door: Door) -> None:
    answer = door.send()
    assert answer.status_code == 200
    body = answer.json()
    assert list(body)[:3] == ["status", "grupo", "cnpj"]
    assert (body["status"], body["grupo"], body["cnpj"]) == ("enviado", GROUP, MARKET)
    assert (body["empresa"], body["mensagem_id"]) == ("Mercado São João", "3EB00001")
    assert (body["duplicado"], body["simulacao"]) == (False, False)
    [(jid, image)] = door.engine.taken
    assert (jid, image.caption) == (GROUP, "Relatório do dia")
    [kept] = door.history()
    assert (kept["id"], kept["estado"]) == (body["id"], "enviado")


def test_a_missing_picture_is_told_in_the_contract_s_words(door: Door) -> None:
    answer = door.send(WITHOUT_REPORT)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["status"], body["mensagem"], body["codigo"]) == ("erro", "não achou imagem", "imagem_nao_encontrada")
    assert "RelatorioVendas.jpg" in body["acao"]
    assert door.engine.taken == []
    [kept] = door.history()
    assert (kept["id"], kept["estado"], kept["mensagem"]) == (body["id"], "falhou", "não achou imagem")


@pytest.mark.parametrize(
    "written",
    [
        "62.567.108/0001-01",
        " 62567108000101 ",
        "62 567 108 0001 01",
        "62.567.108/0001-01\n",
        62567108000101,
        62567108000101.0,
    ],
)
def test_the_cnpj_may_come_as_people_and_programs_write_it(door: Door, written: object) -> None:
    answer = door.send(written)
    assert (answer.status_code, answer.json()["cnpj"]) == (200, MARKET)


def test_an_alphanumeric_cnpj_may_come_in_lower_case(door: Door) -> None:
    table = door.home.folder / "empresas.csv"
    table.write_text(f"{table.read_text('utf-8')}12ABC34501DE35;Loja Nova;{GROUP}\n", "utf-8")
    door.put_report("12ABC34501DE35")
    assert door.send("12.abc.345/01de-35").json()["cnpj"] == "12ABC34501DE35"


@pytest.mark.parametrize(
    ("written", "sentence", "action"),
    [
        ("0000000000191", "Este CNPJ tem 13 números: faltou um zero à esquerda.", "Use 00.000.000/0001-91."),
        (191, "Este CNPJ tem 3 caracteres; o certo são 14.", None),
        ("", "Nenhum CNPJ foi informado.", None),
        ("6256710800010Ç", "Este CNPJ tem caracteres que um CNPJ não pode ter.", None),
        ("62567108000101\0", "Este CNPJ tem 15 caracteres; o certo são 14.", None),
        ("6" * 200, "Este CNPJ tem 200 caracteres; o certo são 14.", None),
    ],
)
def test_a_malformed_cnpj_is_told_exactly(
    shared_door: Door, written: object, sentence: str, action: str | None
) -> None:
    answer = shared_door.send(written)
    assert (answer.status_code, answer.json()["codigo"]) == (400, "cnpj_invalido")
    assert answer.json()["mensagem"] == sentence
    assert action is None or answer.json()["acao"] == action


def test_a_company_that_is_not_there_with_wrong_check_digits_names_the_right_ones(door: Door) -> None:
    wrong = door.send("62567108000102").json()
    assert (wrong["codigo"], wrong["acao"]) == (
        "empresa_nao_encontrada",
        "Confira se o certo não é 62.567.108/0001-18.",
    )
    right = door.send("62567108000118").json()
    assert right["codigo"] == "empresa_nao_encontrada"
    assert "62.567" not in right["acao"]


def test_a_company_without_a_group_is_told_by_name(door: Door) -> None:
    body = door.send(WITHOUT_GROUP).json()
    assert body["codigo"] == "grupo_nao_cadastrado"
    assert "Loja Sem Grupo" in body["mensagem"]


@pytest.mark.parametrize(
    ("written", "kept"), [("Fechamento\r\ndo dia\0\0", "Fechamento\ndo dia"), ("", ""), ("😀 ç", "😀 ç")]
)
def test_the_caller_s_caption_is_sent_without_what_no_chat_shows(door: Door, written: str, kept: str) -> None:
    assert door.send(legenda=written).status_code == 200
    assert [image.caption for _, image in door.engine.taken] == [kept]


def test_another_file_is_taken_from_the_report_folders_only(
    door: Door, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.jpg"
    elsewhere.write_bytes(door.put_report(MARKET).read_bytes())
    assert door.send(arquivo=str(elsewhere)).json()["codigo"] == "imagem_fora_da_pasta"
    inside = door.put_report(BAKERY, "crimson").rename(door.home.folder / "relatorios" / "outro.jpg")
    assert door.send(arquivo=str(inside)).status_code == 200
    assert [image.content for _, image in door.engine.taken] == [inside.read_bytes()]
    climbing = f"{door.home.folder}/relatorios/../../{elsewhere.parent.name}/x.jpg"
    assert door.send(arquivo=climbing).json()["codigo"] == "imagem_fora_da_pasta"
    assert "“..”" in door.send(arquivo=climbing).json()["mensagem"]
    relative = door.send(arquivo="outro.jpg").json()
    assert (relative["codigo"], "não é um caminho inteiro" in relative["mensagem"]) == ("imagem_fora_da_pasta", True)


def test_an_address_of_a_server_nobody_allowed_is_refused(door: Door) -> None:
    assert door.send(url="http://169.254.169.254/latest/x.jpg").json()["codigo"] == "imagem_fora_da_pasta"


def test_empty_and_null_options_count_as_left_out(door: Door) -> None:
    answer = door.send(arquivo="", url=None, sessao="", chave="", legenda=None, reenviar=None, fila=None)
    assert answer.status_code == 200, answer.text


def test_a_session_nobody_made_is_refused_before_anything_is_kept(door: Door) -> None:
    answer = door.send(sessao="filial")
    assert (answer.status_code, answer.json()["codigo"]) == (400, "sessao_nao_encontrada")
    assert door.history() == []
    assert door.send(sessao="principal").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"cnpj": True},
        {"cnpj": [MARKET]},
        {"cnpj": MARKET, "reenviar": "sim"},
        {"cnpj": MARKET, "fila": 1},
        {"cnpj": MARKET, "legenda": "x" * 1025},
        {"cnpj": MARKET, "legenda": "\ud83d"},
        {"cnpj": MARKET, "chave": "x" * 201},
    ],
)
def test_an_option_of_the_wrong_kind_is_named(shared_door: Door, body: dict[str, object]) -> None:
    with shared_door.client() as client:
        answer = client.post("/api/enviar-relatorio", content=json.dumps(body).encode())
    assert (answer.status_code, answer.json()["codigo"]) == (400, "corpo_invalido")
    assert f"“{list(body)[-1]}”" in answer.json()["mensagem"]


def test_the_cnpj_may_not_be_left_out(shared_door: Door) -> None:
    with shared_door.client() as client:
        answer = client.post("/api/enviar-relatorio", json={"CNPJ": MARKET})
    assert answer.json()["mensagem"] == "Falta o campo “cnpj” no pedido."


def test_the_same_report_is_sent_once_a_day_unless_asked_for_again(door: Door) -> None:
    first = door.send().json()
    second = door.send()
    assert second.status_code == 200
    assert second.json() == {**first, "duplicado": True}
    assert len(door.engine.taken) == 1
    again = door.send(reenviar=True).json()
    assert (again["duplicado"], again["id"] != first["id"]) == (False, True)
    door.put_report(MARKET, "crimson")
    assert door.send().json()["duplicado"] is False
    assert len(door.engine.taken) == 3


def test_five_impatient_calls_at_once_go_out_once(door: Door) -> None:
    with ThreadPoolExecutor(5) as pool:
        answers = [future.result() for future in [pool.submit(door.send) for _ in range(5)]]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert sorted(answer.json()["duplicado"] for answer in answers) == [False, True, True, True, True]
    assert len(door.engine.taken) == 1


@pytest.mark.parametrize("in_header", [True, False])
def test_the_same_key_gets_the_same_answer(door: Door, in_header: bool) -> None:
    headers = {"Idempotency-Key": "venda-1"} if in_header else {}
    body = {"cnpj": MARKET, "reenviar": True} | ({} if in_header else {"chave": "venda-1"})
    with door.client(**headers) as client:
        first, second = (client.post("/api/enviar-relatorio", json=body) for _ in range(2))
        other = client.post("/api/enviar-relatorio", json={**body, "cnpj": BAKERY})
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len(door.engine.taken) == 1
    assert (other.status_code, other.json()["codigo"]) == (400, "chave_repetida")


def test_a_failure_under_a_key_is_the_answer_to_that_key(door: Door) -> None:
    first = door.send(WITHOUT_REPORT, chave="venda-1")
    door.put_report(WITHOUT_REPORT)
    assert door.send(WITHOUT_REPORT, chave="venda-1").json() == first.json()
    assert door.send(WITHOUT_REPORT, chave="venda-2").status_code == 200


def test_a_second_call_with_the_key_waits_for_the_first(door: Door) -> None:
    release = door.hold()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(door.send, chave="venda-1")
        door.wait_taken()
        second = pool.submit(door.send, chave="venda-1")
        release()
        assert first.result().json() == second.result().json()
    assert len(door.engine.taken) == 1


def test_an_overlong_key_is_refused(shared_door: Door) -> None:
    with shared_door.client(**{"Idempotency-Key": "x" * 201}) as client:
        answer = client.post("/api/enviar-relatorio", json={"cnpj": MARKET})
    assert "“Idempotency-Key”" in answer.json()["mensagem"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Rejected(Code.NOT_IN_GROUP), "fora_do_grupo"),
        (Rejected(Code.SEND_REFUSED, number=463), "envio_recusado"),
        (NeedsHuman(Code.NEEDS_HUMAN, reason="banned"), "whatsapp_requer_atencao"),
        (Transient(Code.NOT_CONNECTED), "enviado"),
    ],
)
def test_what_whatsapp_says_has_its_own_code(door: Door, error: Exception, code: str) -> None:
    door.engine.outcomes = [error]
    body = door.send().json()
    assert body.get("codigo", body["status"]) == code
    assert "incerto" not in body


def test_an_unknown_outcome_says_that_it_is_and_is_not_repeated(door: Door) -> None:
    door.engine.outcomes = [OutcomeUnknown(Code.OUTCOME_UNKNOWN)]
    first = door.send()
    assert first.status_code == 400
    assert (first.json()["codigo"], first.json()["incerto"]) == ("desfecho_desconhecido", True)
    assert door.send().json()["codigo"] == "desfecho_desconhecido"
    assert len(door.engine.taken) == 1
    assert {send["estado"] for send in door.history()} == {"nao_confirmado", "cancelado"}


def test_without_a_linked_phone_the_answer_comes_at_once(tmp_path: Path) -> None:
    with open_door(tmp_path, online=False) as door:
        door.say(QrShown("https://wa.me/settings/linked_devices#x", 60.0))
        assert door.send().json()["codigo"] == "whatsapp_nao_pareado"


def test_without_a_connection_the_answer_comes_after_the_set_wait(tmp_path: Path) -> None:
    with open_door(tmp_path, settings={"engine.connect_wait": 0.2}, online=False) as door:
        door.say(WentOffline("no internet"))
        assert door.send().json()["codigo"] == "whatsapp_desconectado"


def test_what_cannot_start_in_time_is_cancelled_and_may_be_tried_again(door: Door) -> None:
    with ThreadPoolExecutor(1) as pool:
        release = door.hold()
        under_way = pool.submit(door.send, BAKERY, chave="venda-0")
        door.wait_taken()
        door.change({"door.wait_limit": 0.2})
        late = door.send(MARKET, chave="venda-1").json()
        assert late["codigo"] == "tempo_esgotado"
        assert "nada foi enviado" in late["mensagem"]
        assert "incerto" not in late
        started = door.send(BAKERY, chave="venda-0").json()
        assert (started["codigo"], started["incerto"]) == ("tempo_esgotado", True)
        assert [send["estado"] for send in door.history()] == ["cancelado", "enviando"]
        release()
        assert under_way.result().json()["status"] == "enviado"
        door.change({"door.wait_limit": 20})
        assert door.send(MARKET, chave="venda-1").status_code == 200


def test_yesterday_s_picture_is_not_sent(door: Door) -> None:
    then = time.time() - 86_400
    os.utime(door.put_report(MARKET), (then, then))
    assert door.send().json()["codigo"] == "imagem_antiga"
    assert door.engine.taken == []


def test_whoever_waits_while_the_program_closes_hears_the_outcome_that_still_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_GRACE", 0.1)
    monkeypatch.setattr(app, "_PIPELINE_GRACE", PATIENCE)
    with open_door(tmp_path) as door, ThreadPoolExecutor(1) as pool:
        release = door.hold()
        under_way = pool.submit(door.send, MARKET)
        door.wait_taken()
        door.thread.stop()
        with pytest.raises(TimeoutError):
            # Nothing to be told yet: the engine still has it.
            under_way.result(1.0)
        release()
        assert under_way.result(PATIENCE).json()["status"] == "enviado"
    with open_door(tmp_path) as door:
        assert [send["estado"] for send in door.history()] == ["enviado"]


def test_whoever_waits_while_the_program_closes_hears_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_GRACE", 0.1)
    monkeypatch.setattr(app, "_PIPELINE_GRACE", 0.1)
    with open_door(tmp_path) as door, ThreadPoolExecutor(2) as pool:
        door.hold()
        under_way = pool.submit(door.send, MARKET)
        door.wait_taken()
        waiting = pool.submit(door.send, BAKERY)
        door.wait_for_send(BAKERY, SendState.QUEUED)
        door.thread.stop()
        started, not_begun = under_way.result(PATIENCE).json(), waiting.result(PATIENCE).json()
    assert (started["codigo"], started["incerto"]) == ("tempo_esgotado", True)
    assert (not_begun["codigo"], "incerto" in not_begun) == ("tempo_esgotado", False)
    with open_door(tmp_path) as door:
        assert [send["estado"] for send in door.history()] == ["cancelado", "nao_confirmado"]
