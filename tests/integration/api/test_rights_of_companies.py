"""A key of some companies finds their sessions alone, by whichever contract it asks; one of some sessions, their sends.

The default session carries everybody's reports, so that its chats are nobody's in particular.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from desktop.domain.access import EVERYTHING, Access
from desktop.domain.cnpj import Cnpj
from tests.integration.api.door import BAKERY, MARKET, Door
from tests.integration.api.test_live_line import closed, hear, watching
from tests.integration.api.test_rights import call, make_key
from tests.integration.api.told import JID, PHONE
from tests.integration.reports.web_server import answer as web_answer
from tests.integration.reports.web_server import serve

TEXT = {"message": "Olá"}
OF_ONE_SESSION = (
    ("GET", "/whatsapp/sessions/{id}/status", None),
    ("GET", "/whatsapp/sessions/{id}/qr", None),
    ("GET", "/whatsapp/sessions/{id}/chats", None),
    ("GET", f"/whatsapp/sessions/{{id}}/chats/{PHONE}/messages", None),
    ("POST", "/whatsapp/messages/send", TEXT | {"sessionId": "{id}", "to": PHONE}),
    ("POST", "/whatsapp/sessions/{id}/start", None),
    ("POST", "/whatsapp/sessions/{id}/stop", None),
    ("POST", "/whatsapp/sessions/{id}/logout", None),
    ("DELETE", "/whatsapp/sessions/{id}", None),
    ("GET", "/tenants/{name}/status", None),
    ("GET", "/tenants/{name}/qr", None),
    ("POST", "/tenants/{name}/send", TEXT | {"phone": PHONE}),
    ("POST", "/send/{name}", TEXT | {"phone": PHONE}),
    ("POST", "/webhook", TEXT | {"phone": PHONE, "empresa_id": "{name}"}),
    ("POST", "/restart/{name}", None),
    ("DELETE", "/tenants/{name}", None),
    ("POST", "/whatsapp/connections/{id}/connect", None),
    ("DELETE", "/whatsapp/connections/{id}/connect", None),
    ("GET", "/whatsapp/connections/{id}/chats", None),
    ("GET", f"/whatsapp/chats/{{id}}:{JID}/messages", None),
    ("POST", f"/whatsapp/chats/{{id}}:{JID}/messages", {"content": "Olá"}),
    ("DELETE", "/whatsapp/connections/{id}", None),
    ("GET", "/instances/{name}", None),
    ("POST", "/instances/{name}/message", TEXT | {"number": PHONE}),
    ("DELETE", "/instances/{name}", None),
    ("POST", "/api/webhooks/reativar", {"sessao": "{name}"}),
)
"""Every call about one session."""
THAT_MAKE_ONE = (
    ("/sessions", {"Session_Name": "nova"}),
    ("/tenants", {"tenantId": "nova"}),
    ("/whatsapp/connections", {"name": "nova"}),
    ("/instances/create", {"name": "nova"}),
)

WITH_A_FILE: tuple[tuple[str, dict[str, str]], ...] = (
    ("/whatsapp/messages/send", {"sessionId": "{id}", "to": PHONE}),
    (f"/whatsapp/chats/{{id}}:{JID}/messages", {}),
)


@pytest.fixture
def two(door: Door) -> Iterator[dict[str, str]]:
    """The market's session and the bakery's by their names, beside the default one; and a key of the market's."""
    door.engine.accounts[PHONE] = JID
    with door.client(key=door.info.token) as owner:
        for name, cnpj in (("mercado", MARKET), ("padaria", BAKERY)):
            owner.post("/api/sessoes", json={"nome": name, "empresa": cnpj}).raise_for_status()
            owner.post(f"/api/sessoes/{name}/iniciar").raise_for_status()
        key = make_key(door, "do mercado", permissoes=["gerenciar"], empresas=[MARKET])
        yield {one["name"]: one["id"] for one in owner.get("/instances").json()} | {"key": key}


def filled(part: object, **values: str) -> Any:
    text = json.dumps(part)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return json.loads(text)


@pytest.mark.parametrize("name", ["padaria", "principal"])
def test_a_session_of_others_is_not_there_for_a_key_of_one_company(door: Door, two: dict[str, str], name: str) -> None:
    for method, path, body in OF_ONE_SESSION:
        path, body = filled([path, body], id=two[name], name=name)
        answer = call(door, two["key"], method, path, json=body)
        said = answer.json()
        code = said.get("codigo") or said.get("code") or said["error"]
        status = 400 if path.startswith("/api/") else 404
        assert (answer.status_code, code) == (status, "sessao_nao_encontrada"), (method, path, answer.text)
    assert [one.name for one in door.services.sessions.all()] == ["principal", "mercado", "padaria"]
    assert not any(engine.taken for engine in door.engines)


def test_a_key_of_one_company_lists_and_counts_its_own_sessions(door: Door, two: dict[str, str]) -> None:
    def got(path: str) -> Any:
        return call(door, two["key"], "GET", path).json()

    assert [one["name"] for one in got("/instances")] == ["mercado"]
    assert [one["tenantId"] for one in got("/tenants")["tenants"]] == ["mercado"]
    assert got("/status")["total"] == 1
    assert [one["id"] for one in got("/whatsapp/stats")["sessions"]] == [two["mercado"]]
    assert [one["id"] for one in got("/whatsapp/connections")] == [two["mercado"]]


def test_a_key_of_one_company_uses_its_own_session_by_every_contract(door: Door, two: dict[str, str]) -> None:
    for method, path, body in (
        ("POST", "/whatsapp/messages/send", TEXT | {"sessionId": "{id}", "to": PHONE}),
        ("POST", "/send/mercado", TEXT | {"phone": PHONE}),
        ("POST", f"/whatsapp/chats/{{id}}:{JID}/messages", {"content": "Olá"}),
        ("POST", "/instances/mercado/message", TEXT | {"number": PHONE}),
    ):
        path, body = filled([path, body], id=two["mercado"])
        answer = call(door, two["key"], method, path, json=body)
        assert answer.status_code in {200, 201}, answer.text


def test_a_key_of_one_company_has_no_other_company_s_file_fetched(door: Door, two: dict[str, str]) -> None:
    def statuses(key: str, media: dict[str, str]) -> list[int]:
        answers = []
        for path, body in WITH_A_FILE:
            path, body = filled([path, body | {"media": media}], id=two["mercado"])
            answers.append(call(door, key, "POST", path, json=body))
        said = "".join(one.text for one in answers if one.status_code == 403)
        assert said.count("base64") == said.count("acesso_negado")
        return [one.status_code for one in answers]

    opened = serve()
    site = door.run(opened.__aenter__())
    try:
        site.answer = web_answer(b"%PDF-1.7 nota")
        place = f"http://{site.host}/{{cnpj}}/dia.jpg"
        door.change({"report.template": place, "report.url_hosts": [site.host]})
        own, other = ({"url": f"http://{site.host}/{cnpj}/nota.pdf"} for cnpj in (MARKET, BAKERY))
        assert statuses(two["key"], other) == [403, 403]
        assert site.requests == []
        assert statuses(two["key"], own) == [200, 201]
        assert statuses(two["key"], {"base64": "JVBERi0xLjc=", "filename": "a.pdf"}) == [200, 201]
        # Who may send for all companies says which file it is.
        assert statuses(door.key, other) == [200, 201]
    finally:
        door.run(opened.__aexit__(None, None, None))


@pytest.mark.parametrize(("path", "body"), THAT_MAKE_ONE)
def test_a_key_of_one_company_makes_no_session_which_would_be_of_none(
    door: Door, two: dict[str, str], path: str, body: dict[str, str]
) -> None:
    answer = call(door, two["key"], "POST", path, json=body)
    assert answer.status_code == 403, answer.text
    assert len(door.services.sessions.all()) == 3


def test_a_key_of_one_company_does_not_drop_every_connection(door: Door, two: dict[str, str]) -> None:
    assert call(door, two["key"], "POST", "/clear-all").status_code == 403


@pytest.mark.parametrize("name", ["padaria", "principal"])
async def test_the_live_line_of_others_is_closed_to_a_key_of_one_company(
    door: Door, two: dict[str, str], name: str
) -> None:
    async with watching(door, two["key"], two[name]) as line:
        assert await closed(line) == (1008, "sessao_nao_encontrada")


async def test_the_live_line_tells_a_key_of_one_company_what_its_session_sends(door: Door, two: dict[str, str]) -> None:
    async with watching(door, two["key"], two["mercado"]) as line:
        assert (await hear(line, "status"))["isConnected"]
        text = TEXT | {"sessionId": two["mercado"], "to": PHONE}
        answer = await asyncio.to_thread(call, door, two["key"], "POST", "/whatsapp/messages/send", json=text)
        assert answer.status_code == 200, answer.text
        assert (await hear(line, "send"))["status"] == "queued"


async def test_the_live_line_ends_when_the_session_becomes_another_company_s(door: Door, two: dict[str, str]) -> None:
    async with watching(door, two["key"], two["mercado"]) as line:
        await hear(line, "status")
        give_away = door.services.sessions.set_company("mercado", Cnpj(BAKERY))
        await asyncio.to_thread(door.run, give_away)
        assert await closed(line) == (1008, "sessao_nao_encontrada")


def test_a_limited_key_neither_lists_nor_revokes_one_that_goes_beyond_it(door: Door, two: dict[str, str]) -> None:
    wide = Access(name="", scopes=EVERYTHING)
    key = door.run(door.services.keys.create("admin", wide)).text
    make_key(door, "caixa do mercado", permissoes=["enviar"], empresas=[MARKET])
    listed = call(door, two["key"], "GET", "/api/chaves").json()["chaves"]
    assert [one["nome"] for one in listed] == ["caixa do mercado", "do mercado"]
    refused = call(door, two["key"], "DELETE", "/api/chaves/admin")
    assert (refused.status_code, refused.json()["codigo"]) == (404, "chave_nao_encontrada")
    assert call(door, key, "GET", "/api/chaves").status_code == 200
    assert call(door, two["key"], "DELETE", "/api/chaves/caixa do mercado").status_code == 200


@pytest.mark.parametrize("cnpj", [MARKET, BAKERY])
def test_a_key_of_one_company_finds_it_beyond_the_first_page_of_all(door: Door, cnpj: str) -> None:
    key = make_key(door, "uma", empresas=[cnpj])
    found = call(door, key, "GET", "/api/empresas", params={"limite": 1}).json()
    assert [one["cnpj"] for one in found] == [cnpj]


def test_a_key_of_one_company_sends_through_no_other_company_s_number(door: Door, two: dict[str, str]) -> None:
    answers = {
        name: call(door, two["key"], "POST", "/api/enviar-relatorio", json={"cnpj": MARKET, "reenviar": True, **more})
        for name, more in {"own": {}, "named": {"sessao": "mercado"}, "other": {"sessao": "padaria"}}.items()
    }
    assert [answers[name].status_code for name in ("own", "named")] == [200, 200]
    assert (answers["other"].status_code, answers["other"].json()["codigo"]) == (400, "sessao_nao_encontrada")
    batch = {"cnpjs": [MARKET], "sessao": "padaria"}
    answer = call(door, two["key"], "POST", "/api/enviar-relatorio/lote", json=batch)
    assert (answer.status_code, answer.json()["codigo"]) == (400, "sessao_nao_encontrada")


def test_a_key_of_one_company_sends_through_the_default_number_by_its_name(door: Door) -> None:
    key = make_key(door, "uma", empresas=[MARKET])
    for more in ({}, {"sessao": "principal"}):
        answer = call(door, key, "POST", "/api/enviar-relatorio", json={"cnpj": MARKET, "reenviar": True, **more})
        assert answer.status_code == 200, answer.text
    batch = {"cnpjs": [MARKET], "sessao": "principal"}
    answer = call(door, key, "POST", "/api/enviar-relatorio/lote", json=batch)
    assert (answer.status_code, answer.json()["recusados"]) == (202, [])


def sends_of(answer: httpx.Response) -> list[str]:
    return [one["id"] for one in answer.json()["envios"]]


def test_a_key_of_some_sessions_finds_the_sends_of_those_alone(door: Door, two: dict[str, str]) -> None:
    own = door.send(MARKET, reenviar=True, sessao="mercado").json()["id"]
    other = door.send(MARKET, reenviar=True, sessao="padaria").json()["id"]
    key = make_key(door, "desta sessão", sessoes=["mercado", "principal"])
    assert sends_of(call(door, key, "GET", "/api/envios")) == [own]
    assert call(door, key, "GET", f"/api/envios/{own}").status_code == 200
    assert call(door, key, "GET", f"/api/envios/{other}").status_code == 404
    assert call(door, key, "POST", f"/api/envios/{other}/cancelar").status_code == 404
