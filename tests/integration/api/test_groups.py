"""A report whose group nobody confirmed is refused, and a person's yes is taken through the desk's own door."""

from tests.integration.api.door import GROUP, MARKET, Door


def test_an_unconfirmed_group_is_refused_until_somebody_says_yes(door: Door) -> None:
    door.change({"groups.policy": "refuse"})
    refused = door.send()
    body = refused.json()
    assert (refused.status_code, body["codigo"]) == (400, "grupo_nao_confirmado")
    assert "Mercado" in body["mensagem"]
    assert "“Vendas”" in body["mensagem"]
    with door.client(key=door.info.token) as owner:
        other = owner.post("/api/grupos/confirmar", json={"cnpj": MARKET, "grupo": GROUP, "nome": "Outro"})
        assert (other.status_code, other.json()["codigo"]) == (400, "grupo_nao_confirmado")
        agreed = owner.post("/api/grupos/confirmar", json={"cnpj": MARKET, "grupo": GROUP, "nome": "Vendas"})
    assert agreed.json() == {"cnpj": MARKET, "grupo": GROUP, "nome": "Vendas", "membros": 3}
    assert door.send().status_code == 200


def test_a_program_with_a_key_cannot_say_yes(door: Door) -> None:
    body = {"cnpj": MARKET, "grupo": GROUP, "nome": "Vendas"}
    with door.client() as program:
        assert program.post("/api/grupos/confirmar", json=body).json()["codigo"] == "chave_invalida"
