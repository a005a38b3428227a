"""Contract B's and contract D's examples."""

import base64
import io
import re
from typing import Any

from PIL import Image

from tests.integration.api.door import GROUP
from tests.integration.api.example_worlds import (
    ANOTHER_NUMBER,
    CONNECTED,
    NOBODY_SCANNED,
    STOPPED,
    TALKS,
    WAITS_FOR_SCAN,
)
from tests.integration.api.examples import ID, MESSAGE, PICTURE, SAID, TIME, WORD, Each, example, fails
from tests.integration.api.told import PHONE


def png() -> str:
    picture = io.BytesIO()
    Image.new("RGB", (16, 16), "navy").save(picture, "PNG")
    return base64.b64encode(picture.getvalue()).decode()


NEW = {"Company_Id": 1, "Session_Name": "nova", "Phone_Number": "5511999999999", "Status": 0, "Session_Token": "t"}
STARTED: dict[str, Any] = {"message": "Sessão iniciada com sucesso", "degraded": None, "reason": None}
TEXT = {"sessionId": "{b}", "to": PHONE, "message": "Olá"}
B_SENT = {"message": "Mensagem enviada com sucesso", "result": {"id": MESSAGE, "to": f"{PHONE}@c.us"}}
B_MESSAGE = {
    "id": "3EB01",
    "chatId": f"{PHONE}@c.us",
    "fromMe": False,
    "author": f"{PHONE}@c.us",
    "authorName": "Ana",
    "type": "text",
    "body": "Olá",
    "timestamp": 1767636000,
    "ack": 2,
    "mimetype": None,
    "filename": None,
}
B_CHATS = "GET /whatsapp/sessions/{b}/chats"
SESSIONS = [
    example(
        "B",
        "POST /sessions",
        NEW,
        status=201,
        answer={
            "id": ID,
            "Company_Id": "1",
            "Session_Name": "nova",
            "Phone_Number": None,
            "Status": 0,
            "Created_At": TIME,
            "Last_Heartbeat": None,
            "status": "disconnected",
            "degraded": None,
            "reason": None,
        },
    ),
    fails("B", "POST /sessions", NEW | {"Session_Name": "loja"}, 409, "sessao_ja_existe"),
    fails("B", "POST /sessions", {"Company_Id": 1}, 400, "corpo_invalido"),
    example(
        "B",
        "POST /whatsapp/sessions/{id}/start",
        answer=STARTED | {"status": "qr", "qrCode": PICTURE},
        given=WAITS_FOR_SCAN,
    ),
    example(
        "B",
        "POST /whatsapp/sessions/{id}/start",
        answer=STARTED | {"status": "connected", "qrCode": None},
        given=STOPPED,
    ),
    fails(
        "B", "POST /whatsapp/sessions/01890a5d-ac96-774b-bcce-b302099a8057/start", None, 404, "sessao_nao_encontrada"
    ),
    example("B", "GET /whatsapp/sessions/{id}/qr", answer={"qrCode": PICTURE}, given=WAITS_FOR_SCAN),
    fails("B", "GET /whatsapp/sessions/{id}/qr", None, 404, "qr_indisponivel", given=CONNECTED),
    fails("B", "GET /whatsapp/sessions/{id}/qr", None, 410, "qr_expirado", given=NOBODY_SCANNED),
    example(
        "B",
        "GET /whatsapp/sessions/{id}/status",
        answer={"sessionId": ID, "status": "connected", "isConnected": True},
        given=CONNECTED,
    ),
    example(
        "B",
        "POST /whatsapp/sessions/{id}/stop",
        answer={"message": "Sessão desconectada com sucesso"},
        given=CONNECTED,
    ),
    example(
        "B",
        "POST /whatsapp/sessions/{id}/logout",
        answer={"message": "Sessão desvinculada com sucesso"},
        given=CONNECTED,
    ),
    fails("B", "POST /whatsapp/sessions/{id}/logout", None, 409, "whatsapp_desconectado", given=STOPPED),
    example("B", "POST /whatsapp/messages/send", TEXT, answer=B_SENT),
    example(
        "B",
        "POST /whatsapp/messages/send",
        {"sessionId": "{b}", "to": "5511987654321", "message": "sem o nono dígito"},
        answer=B_SENT | {"result": {"id": MESSAGE, "to": "551187654321@c.us"}},
        given=ANOTHER_NUMBER,
    ),
    example(
        "B",
        "POST /whatsapp/messages/send",
        {
            "sessionId": "{b}",
            "to": PHONE,
            "media": {"base64": png(), "filename": "a.png", "mimetype": "image/png", "caption": "Foto"},
        },
        answer=B_SENT,
    ),
    fails(
        "B",
        "POST /whatsapp/messages/send",
        {"sessionId": "{b}", "to": PHONE, "media": {"url": "http://example.com/a.pdf", "filename": "a.pdf"}},
        400,
        "conteudo_invalido",
    ),
    fails("B", "POST /whatsapp/messages/send", TEXT | {"to": "amanhã"}, 400, "destinatario_invalido"),
    fails("B", "POST /whatsapp/messages/send", TEXT | {"to": "551133334444"}, 422, "numero_sem_whatsapp", id=ID),
    fails(
        "B",
        "POST /whatsapp/messages/send",
        TEXT | {"sessionId": "{id}"},
        409,
        "whatsapp_desconectado",
        id=ID,
        given=STOPPED,
    ),
    example(
        "B",
        B_CHATS,
        answer={"chats": Each({"id": SAID, "name": SAID, "lastMessageTime": int, "unreadCount": int})},
    ),
    example(
        "B",
        f"{B_CHATS}/{GROUP}/messages?limit=50",
        answer={"messages": [B_MESSAGE | {"id": "3EB0AA", "chatId": GROUP, "body": "no grupo"}], "total": 1},
    ),
    example("B", f"{B_CHATS}/{TALKS}/messages", answer={"messages": Each(dict), "total": 50}),
    example("B", f"{B_CHATS}/{TALKS}/messages?limit=200", answer={"messages": Each(dict), "total": 60}),
    example("B", f"{B_CHATS}/{TALKS}@c.us/messages?limit=1", answer={"messages": [dict], "total": 1}),
    fails("B", f"{B_CHATS}/{PHONE}/messages?limit=201", None, 400, "corpo_invalido"),
    fails("B", f"{B_CHATS}/5511900000009/messages", None, 404, "conversa_nao_encontrada"),
    example(
        "B",
        "GET /whatsapp/stats",
        answer={"total": int, "connected": int, "disconnected": int, "sessions": Each({"id": ID, "status": WORD})},
    ),
]

CONNECTION: dict[str, Any] = {
    "id": ID,
    "name": SAID,
    "companyId": "9",
    "phone": "5511999990000",
    "status": "connected",
    "qrCode": None,
    "createdAt": TIME,
    "degraded": None,
    "reason": None,
}
D_CHAT = "/whatsapp/chats/{d}:" + f"{PHONE}@c.us/messages"
D_MESSAGE: dict[str, Any] = {
    "id": MESSAGE,
    "chatId": re.compile(f"{ID.pattern}:{PHONE}@c.us"),
    "connectionId": ID,
    "companyId": "7",
    "content": "Olá",
    "type": "text",
    "fromMe": True,
    "senderName": "",
    "ack": 2,
    "timestamp": TIME,
    "filename": None,
    "mimetype": None,
}
CONNECTIONS = [
    example(
        "D",
        "POST /whatsapp/connections",
        {"name": "matriz", "companyId": 7},
        status=201,
        answer=CONNECTION | {"name": "matriz", "companyId": "7", "phone": None, "status": "disconnected"},
    ),
    fails("D", "POST /whatsapp/connections", {"name": "filial"}, 409, "sessao_ja_existe"),
    example("D", "POST /whatsapp/connections/{id}/connect", answer=CONNECTION, given=STOPPED),
    example(
        "D",
        "POST /whatsapp/connections/{id}/connect",
        answer=CONNECTION | {"phone": None, "status": "qr", "qrCode": PICTURE},
        given=WAITS_FOR_SCAN,
    ),
    example(
        "D",
        "DELETE /whatsapp/connections/{id}/connect",
        answer=CONNECTION | {"status": "disconnected"},
        given=CONNECTED,
    ),
    example(
        "D",
        "GET /whatsapp/connections?companyId=7",
        answer=Each(CONNECTION | {"companyId": "7", "phone": (str, None), "status": WORD}),
    ),
    example(
        "D",
        "GET /whatsapp/connections/{d}/chats",
        answer=[
            {
                "id": re.compile(f"{ID.pattern}:{PHONE}@c.us"),
                "connectionId": ID,
                "contact": f"{PHONE}@c.us",
                "name": "Ana",
                "lastMessage": "Olá",
                "lastMessageAt": TIME,
                "unreadCount": 1,
            }
        ],
    ),
    example(
        "D",
        f"GET {D_CHAT}",
        answer=[D_MESSAGE | {"id": "3EB01", "fromMe": False, "senderName": "Ana"}],
    ),
    example("D", f"POST {D_CHAT}", {"content": "Olá"}, status=201, answer=D_MESSAGE),
    example(
        "D",
        f"POST {D_CHAT}",
        {"media": {"base64": "JVBERi0xLjc=", "filename": "a.pdf", "mimetype": "application/pdf", "caption": "Nota"}},
        status=201,
        answer=D_MESSAGE | {"content": "Nota", "type": "document", "filename": "a.pdf", "mimetype": "application/pdf"},
    ),
    fails("D", "GET /whatsapp/connections/{d}/chats?companyId=8", None, 404, "sessao_nao_encontrada"),
    fails("D", f"GET {D_CHAT}?companyId=8", None, 404, "sessao_nao_encontrada"),
    fails("D", "GET /whatsapp/chats/{d}:5511900000009/messages", None, 404, "conversa_nao_encontrada"),
]
