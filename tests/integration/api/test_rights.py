"""Each key opens what it was made for: sending, reading or managing, and only its own companies and sessions."""

from typing import Any

import httpx
import pytest

from tests.integration.api.door import BAKERY, MARKET, Door


def make_key(door: Door, name: str, **rights: object) -> str:
    with door.client(key=door.info.token) as owner:
        answer = owner.post("/api/chaves", json={"nome": name, **rights})
    assert answer.status_code == 201, answer.text
    text: str = answer.json()["chave"]
    return text


def call(door: Door, key: str, method: str, path: str, **options: Any) -> httpx.Response:
    with door.client(key=key) as client:
        return client.request(method, path, **options)


def send(door: Door, key: str, cnpj: str, **body: object) -> httpx.Response:
    return call(door, key, "POST", "/api/enviar-relatorio", json={"cnpj": cnpj, **body})


def refused(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.json()["codigo"]) == (403, "acesso_negado"), answer.text
    text: str = answer.json()["mensagem"]
    return text


def test_a_key_to_read_does_not_send(shared_door: Door) -> None:
    key = make_key(shared_door, "painel", permissoes=["ler"])
    assert call(shared_door, key, "GET", "/api/envios").status_code == 200
    assert "enviar" in refused(send(shared_door, key, MARKET))


def test_a_key_to_send_does_not_read_the_history(shared_door: Door) -> None:
    key = make_key(shared_door, "caixa", permissoes=["enviar"])
    assert send(shared_door, key, MARKET, reenviar=True).status_code == 200
    assert "ler" in refused(call(shared_door, key, "GET", "/api/envios"))


def test_a_key_of_one_company_sees_nothing_of_the_others(shared_door: Door) -> None:
    other = send(shared_door, shared_door.key, BAKERY, reenviar=True).json()["id"]
    key = make_key(shared_door, "mercado", empresas=[MARKET])
    assert send(shared_door, key, MARKET, reenviar=True).status_code == 200
    refused(send(shared_door, key, BAKERY))
    refused(call(shared_door, key, "GET", "/api/envios"))
    refused(call(shared_door, key, "GET", "/api/envios", params={"cnpj": BAKERY}))
    assert call(shared_door, key, "GET", "/api/envios", params={"cnpj": MARKET}).status_code == 200
    assert call(shared_door, key, "GET", f"/api/envios/{other}").status_code == 404
    assert call(shared_door, key, "POST", f"/api/envios/{other}/cancelar").status_code == 404
    found = call(shared_door, key, "GET", "/api/empresas").json()
    assert [company["cnpj"] for company in found] == [MARKET]
    batch = call(shared_door, key, "POST", "/api/enviar-relatorio/lote", json={"todas": True}).json()
    assert [item["cnpj"] for item in batch["envios"]] == [MARKET]
    batch = call(shared_door, key, "POST", "/api/enviar-relatorio/lote", json={"cnpjs": [BAKERY]}).json()
    assert [item["codigo"] for item in batch["recusados"]] == ["acesso_negado"]


def test_a_key_of_one_company_sends_no_other_company_s_picture(shared_door: Door) -> None:
    key = make_key(shared_door, "só do mercado", empresas=[MARKET])
    others, own = shared_door.put_report(BAKERY), shared_door.put_report(MARKET)
    for elsewhere in ({"arquivo": str(others)}, {"url": "http://127.0.0.1:9/x.jpg"}):
        assert "arquivo" in refused(send(shared_door, key, MARKET, reenviar=True, **elsewhere))
        assert "arquivo" in refused(send(shared_door, key, MARKET, reenviar=True, fila=True, **elsewhere))
    assert send(shared_door, key, MARKET, reenviar=True, arquivo=str(own)).status_code == 200
    # Who may send for all companies says which picture it is.
    assert send(shared_door, shared_door.key, MARKET, reenviar=True, arquivo=str(others)).status_code == 200


def test_a_key_of_another_session_does_not_learn_of_this_one(shared_door: Door) -> None:
    key = make_key(shared_door, "filial", sessoes=["filial"])
    answer = send(shared_door, key, MARKET)
    assert (answer.status_code, answer.json()["codigo"]) == (400, "sessao_nao_encontrada")


def test_only_who_manages_makes_keys_and_none_goes_beyond_its_own_rights(shared_door: Door) -> None:
    manager = make_key(shared_door, "gerente", permissoes=["gerenciar"], empresas=[MARKET])
    for key in (shared_door.key, make_key(shared_door, "leitor", permissoes=["ler"])):
        for method, path in (("GET", "/api/chaves"), ("POST", "/api/chaves"), ("DELETE", "/api/chaves/gerente")):
            refused(call(shared_door, key, method, path))
    refused(call(shared_door, manager, "POST", "/api/chaves", json={"nome": "larga"}))
    body = {"nome": "estreita", "permissoes": ["enviar"], "empresas": [MARKET]}
    assert call(shared_door, manager, "POST", "/api/chaves", json=body).status_code == 201
    again = call(shared_door, manager, "POST", "/api/chaves", json=body)
    assert (again.status_code, again.json()["codigo"]) == (409, "chave_ja_existe")
    listed = {key["nome"]: key for key in call(shared_door, manager, "GET", "/api/chaves").json()["chaves"]}
    assert listed["estreita"]["permissoes"] == ["enviar"]
    assert listed["estreita"]["empresas"] == [MARKET]
    assert "chave" not in listed["estreita"]
    assert call(shared_door, manager, "DELETE", "/api/chaves/estreita").status_code == 200


@pytest.mark.parametrize("rights", [{"permissoes": []}, {"permissoes": ["tudo"]}, {"empresas": ["123"]}])
def test_a_key_with_rights_that_do_not_exist_is_not_made(shared_door: Door, rights: dict[str, object]) -> None:
    answer = call(shared_door, shared_door.info.token, "POST", "/api/chaves", json={"nome": "x", **rights})
    assert answer.status_code == 400, answer.text
