"""A field that does not fit is told by what it should have been, and not only that it is wrong."""

import json

import pytest

from tests.integration.api.door import MARKET, Door


@pytest.mark.parametrize(
    ("path", "body", "text", "action"),
    [
        ("", {"cnpj": MARKET, "legenda": "a" * 1025}, "“legenda” do pedido é longo demais", "no máximo 1024 "),
        ("", {"cnpj": "1" * 201}, "“cnpj” do pedido é longo demais", "no máximo 200 "),
        ("", {"cnpj": MARKET, "reenviar": "sim"}, "“reenviar” do pedido não é true nem false", "sem aspas"),
        ("", {"cnpj": MARKET, "legenda": 7}, "“legenda” do pedido não é um texto", "entre aspas"),
        ("", {"cnpj": MARKET, "legenda": "\ud800"}, "“legenda” do pedido tem um valor que não serve", "“legenda”"),
        (
            "",
            {"cnpj": MARKET, "arquivo": "/a.jpg", "url": "http://a/b.jpg"},
            "“arquivo” e “url” ao mesmo",
            "só um dos dois",
        ),
        ("/lote", {}, "Falta o campo “cnpjs”", "Inclua"),
        ("/lote", {"cnpjs": [MARKET], "todas": True}, "tem “cnpjs” e “todas” ao mesmo tempo", "só um dos dois"),
        ("/lote", {"cnpjs": []}, "“cnpjs” do pedido está vazia", "pelo menos um"),
        ("/lote", {"cnpjs": MARKET}, "“cnpjs” do pedido não é uma lista", "colchetes"),
        ("/lote", {"cnpjs": [MARKET] * 5001}, "“cnpjs” do pedido é longa demais", "no máximo 5000 "),
    ],
)
def test_a_field_that_does_not_fit_is_told_what_it_should_be(
    shared_door: Door, path: str, body: dict[str, object], text: str, action: str
) -> None:
    with shared_door.client() as client:
        answer = client.post("/api/enviar-relatorio" + path, content=json.dumps(body))
    said = answer.json()
    assert (answer.status_code, said["codigo"]) == (400, "corpo_invalido")
    assert text in said["mensagem"]
    assert action in said["acao"]


@pytest.mark.parametrize(
    ("query", "text", "action"),
    [
        ({"data": "22/11/2026"}, "“data” do pedido não é uma data", "2026-11-22"),
        ({"estado": "novo"}, "“estado” do pedido não tem essa opção", "nao_confirmado"),
        ({"limite": 0}, "“limite” do pedido é pequeno demais", "a partir de 1."),
        ({"limite": 1001}, "“limite” do pedido é grande demais", "até 1000."),
        ({"limite": "x"}, "“limite” do pedido não é um número inteiro", "algarismos"),
        ({"antes": "x"}, "“antes” do pedido não é um id", "como o Malote o respondeu"),
    ],
)
def test_a_question_that_does_not_fit_is_told_what_it_should_be(
    shared_door: Door, query: dict[str, str | int], text: str, action: str
) -> None:
    answer = shared_door.get("/api/envios", **query)
    said = answer.json()
    assert (answer.status_code, said["codigo"]) == (400, "corpo_invalido")
    assert text in said["mensagem"]
    assert action in said["acao"]
