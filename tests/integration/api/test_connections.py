"""Contract D on a real socket: connections of several companies, each of which sees its own alone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from desktop.domain.access import EVERYTHING, Access
from desktop.domain.cnpj import Cnpj
from desktop.domain.events import MessageArrived
from desktop.ports.engine import OutgoingDocument, OutgoingText
from tests.integration.api.door import BAKERY, MARKET, Door
from tests.integration.api.test_live_line import message

PHONE = "5511988887777"
JID = f"{PHONE}@s.whatsapp.net"


@pytest.fixture
def backend(door: Door) -> Iterator[httpx.Client]:
    """A client with a key that manages everything."""
    key = door.run(door.services.keys.create("backend", Access(name="", scopes=EVERYTHING)))
    door.engine.accounts[PHONE] = JID
    with door.client(key=key.text) as client:
        yield client


def make(backend: httpx.Client, name: str = "loja", company: object = 7) -> str:
    answer = backend.post("/whatsapp/connections", json={"name": name, "companyId": company})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert (made["name"], made["companyId"], made["status"]) == (name, str(company), "disconnected")
    identity: str = made["id"]
    return identity


def refused(answer: httpx.Response, status: int, error: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["statusCode"], body["error"]) == (status, status, error), answer.text
    assert body["message"]
    assert body["action"]


def write(door: Door, session: str, text: str, chat: str = JID) -> None:
    """Somebody writes to the session's number, and it is kept."""

    async def arrive() -> None:
        one = replace(message(f"3EB0{session}{len(text)}", text), session=session, chat=chat)
        door.services.bus.publish(MessageArrived(one, backlog=False))
        await door.services.inbox.settled()

    door.run(arrive())


def test_a_connection_is_made_connected_disconnected_and_removed(backend: httpx.Client) -> None:
    identity = make(backend)
    connected = backend.post(f"/whatsapp/connections/{identity}/connect").json()
    assert (connected["id"], connected["status"], connected["qrCode"]) == (identity, "connected", None)
    assert backend.delete(f"/whatsapp/connections/{identity}/connect").json()["status"] == "disconnected"
    assert identity in {one["id"] for one in backend.get("/whatsapp/connections").json()}
    assert backend.delete(f"/whatsapp/connections/{identity}").json()["id"] == identity
    assert identity not in {one["id"] for one in backend.get("/whatsapp/connections").json()}
    refused(backend.post(f"/whatsapp/connections/{identity}/connect"), 404, "sessao_nao_encontrada")


def test_people_s_chats_are_listed_without_groups_and_answered(door: Door, backend: httpx.Client) -> None:
    identity = make(backend)
    backend.post(f"/whatsapp/connections/{identity}/connect")
    write(door, "loja", "Olá, João")
    write(door, "loja", "no grupo", "120363041234567890@g.us")
    [chat] = backend.get(f"/whatsapp/connections/{identity}/chats").json()
    assert (chat["id"], chat["contact"]) == (f"{identity}:{PHONE}@c.us", f"{PHONE}@c.us")
    assert (chat["lastMessage"], chat["unreadCount"]) == ("Olá, João", 1)

    answer = backend.post(f"/whatsapp/chats/{chat['id']}/messages", json={"content": "Bom dia"})
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert (sent["content"], sent["fromMe"], sent["chatId"], sent["companyId"]) == ("Bom dia", True, chat["id"], "7")
    door.run(door.services.inbox.settled())
    history = backend.get(f"/whatsapp/chats/{chat['id']}/messages").json()
    assert [(one["content"], one["fromMe"]) for one in history] == [("Bom dia", True), ("Olá, João", False)]
    assert history[0]["id"] == sent["id"]
    assert backend.get(f"/whatsapp/chats/{chat['id']}/messages", params={"limit": 1}).json() == history[:1]


def test_files_are_sent_as_forms_and_as_json(door: Door, backend: httpx.Client) -> None:
    identity = make(backend)
    backend.post(f"/whatsapp/connections/{identity}/connect")
    engine: Any = door.services.sessions.engine("loja")
    engine.accounts[PHONE] = JID
    chat = f"/whatsapp/chats/{identity}:{PHONE}@c.us/messages"
    content = b"%PDF-1.7\r\n--nota\r\n\r\n\x00\xff"
    form = backend.post(chat, data={"content": "Nota"}, files={"file": ("nota João.pdf", content, "application/pdf")})
    assert form.status_code == 201, form.text
    assert form.json()["content"] == "Nota"
    assert (form.json()["filename"], form.json()["mimetype"]) == ("nota João.pdf", "application/pdf")
    door.run(door.services.inbox.settled())
    [kept] = backend.get(chat).json()
    assert {**kept, "senderName": ""} == form.json()
    media = {"base64": "JVBERi0xLjc=", "filename": "a.pdf", "mimetype": "application/pdf", "caption": "Legenda"}
    assert backend.post(chat, json={"media": media}).json()["content"] == "Legenda"
    assert backend.post(chat, files={"content": (None, "só texto")}).json()["content"] == "só texto"
    assert backend.post(chat, files={"files": ("b.pdf", content, "application/pdf")}).json()["filename"] == "b.pdf"
    assert [one for _, one in engine.others] == [
        OutgoingDocument(content=content, filename="nota João.pdf", mimetype="application/pdf", caption="Nota"),
        OutgoingDocument(content=b"%PDF-1.7", filename="a.pdf", mimetype="application/pdf", caption="Legenda"),
        OutgoingText("só texto"),
        OutgoingDocument(content=content, filename="b.pdf", mimetype="application/pdf", caption=""),
    ]


@pytest.mark.parametrize("names", [("file", "file"), ("files", "files"), ("file", "other")])
def test_of_two_files_none_is_lost_in_silence(backend: httpx.Client, names: tuple[str, str]) -> None:
    chat = f"/whatsapp/chats/{make(backend)}:{PHONE}@c.us/messages"
    files = [(name, (f"{n}.txt", b"x", "text/plain")) for n, name in enumerate(names)]
    refused(backend.post(chat, files=files), 400, "corpo_invalido")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a", b""),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\nx\r\n--a--"),
        ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="content"\r\n\r\nx'),
        ("multipart/form-data; boundary=a", b"--a\r\n" * 30 + b"--a--"),
    ],
)
def test_a_broken_form_says_so(backend: httpx.Client, kind: str, body: bytes) -> None:
    identity = make(backend)
    url = f"/whatsapp/chats/{identity}:{PHONE}@c.us/messages"
    answer = backend.post(url, content=body or b" ", headers={"Content-Type": kind})
    refused(answer, 400, "corpo_invalido")
    said = " ".join(str(part) for part in answer.json().values())
    assert "JSON" not in said
    assert "CNPJ" not in said


@pytest.mark.parametrize(
    ("chat", "status", "error"),
    [
        ("qualquer", 404, "conversa_nao_encontrada"),
        (f"01890a5d-ac96-774b-bcce-b302099a8057:{PHONE}@c.us", 404, "sessao_nao_encontrada"),
        ("{id}:amanhã", 400, "destinatario_invalido"),
        (f"{{id}}:{PHONE}@c.us", 404, "conversa_nao_encontrada"),
    ],
)
def test_a_chat_that_is_not_there_says_so(backend: httpx.Client, chat: str, status: int, error: str) -> None:
    identity = make(backend)
    refused(backend.get(f"/whatsapp/chats/{chat.format(id=identity)}/messages"), status, error)


def test_every_company_sees_its_own_and_nothing_of_another_s(door: Door, backend: httpx.Client) -> None:
    first, second = make(backend, "um", 1), make(backend, "dois", 2)
    write(door, "um", "segredo")
    own = door.run(door.services.keys.create("dois", Access(name="", scopes=EVERYTHING, sessions=frozenset({"dois"}))))
    with door.client(key=own.text) as client:
        assert [one["id"] for one in client.get("/whatsapp/connections").json()] == [second]
        for query in ("", "?companyId=1"):
            refused(client.get(f"/whatsapp/connections/{first}/chats{query}"), 404, "sessao_nao_encontrada")
            refused(client.get(f"/whatsapp/chats/{first}:{JID}/messages{query}"), 404, "sessao_nao_encontrada")
            refused(client.post(f"/whatsapp/connections/{first}/connect{query}"), 404, "sessao_nao_encontrada")
            refused(client.delete(f"/whatsapp/connections/{first}{query}"), 404, "sessao_nao_encontrada")
            text = {"content": "x"}
            refused(
                client.post(f"/whatsapp/chats/{first}:{JID}/messages{query}", json=text), 404, "sessao_nao_encontrada"
            )
        refused(client.post("/whatsapp/connections", json={"name": "nova"}), 404, "sessao_nao_encontrada")
    # A backend for all companies says for which of them it asks.
    assert [one["id"] for one in backend.get("/whatsapp/connections", params={"companyId": "1"}).json()] == [first]
    refused(backend.get(f"/whatsapp/connections/{first}/chats?companyId=2"), 404, "sessao_nao_encontrada")
    assert len(backend.get(f"/whatsapp/connections/{first}/chats?companyId=1").json()) == 1


def test_a_key_of_some_companies_sees_their_connections_alone(door: Door, backend: httpx.Client) -> None:
    first, second = make(backend, "um", 1), make(backend, "dois", 2)
    for identity, cnpj in ((first, MARKET), (second, BAKERY)):
        name = door.services.sessions.by_id(UUID(identity)).name
        door.run(door.services.sessions.set_company(name, Cnpj(cnpj)))
    rights = Access(name="", scopes=EVERYTHING, companies=frozenset({Cnpj(BAKERY)}))
    with door.client(key=door.run(door.services.keys.create("padaria", rights)).text) as client:
        assert [one["id"] for one in client.get("/whatsapp/connections").json()] == [second]
        refused(client.get(f"/whatsapp/connections/{first}/chats"), 404, "sessao_nao_encontrada")
        refused(client.post("/whatsapp/connections", json={"name": "nova"}), 403, "acesso_negado")
