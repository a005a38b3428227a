"""Contract C's and contract E's examples."""

import re
from typing import Any

from tests.integration.api.example_worlds import CONNECTED, NOBODY_SCANNED, STOPPED, WAITS_FOR_SCAN
from tests.integration.api.examples import ID, MESSAGE, PICTURE, SAID, TIME, WORD, Each, example, fails
from tests.integration.api.told import JID, PHONE

TENANT: dict[str, Any] = {
    "tenantId": SAID,
    "empresa_id": (int, str),
    "status": WORD,
    "connected": bool,
    "phone": ("5511999990000", None),
    "name": ("Loja", None),
    "since": TIME,
    "last_heartbeat": None,
    "degraded": None,
    "reason": None,
}
COMPANY_1 = TENANT | {"tenantId": "empresa1", "empresa_id": 1, "status": "connected", "connected": True}
C_TEXT = {"phone": PHONE, "message": "Olá"}
C_SENT = {"success": True, "messageId": MESSAGE}
TENANTS = [
    example("C", "POST /send/1", C_TEXT, answer=C_SENT),
    example("C", "POST /tenants/empresa1/send", C_TEXT, answer=C_SENT),
    example("C", "POST /webhook", C_TEXT | {"message_type": "texto", "empresa_id": 1}, answer=C_SENT),
    fails("C", "POST /send/{name}", C_TEXT, 409, "whatsapp_desconectado", id=ID, given=STOPPED),
    fails("C", "POST /send/99", C_TEXT, 404, "sessao_nao_encontrada"),
    fails("C", "POST /send/1", {"phone": PHONE}, 400, "corpo_invalido"),
    example("C", "POST /tenants", {"tenantId": "empresa1"}, answer={"success": True, "tenant": COMPANY_1}),
    example(
        "C",
        "POST /tenants",
        {"tenantId": "empresa3"},
        status=201,
        answer={"success": True, "tenant": COMPANY_1 | {"tenantId": "empresa3", "empresa_id": 3}},
    ),
    example("C", "GET /tenants/{name}/status", answer={"success": True, "tenant": TENANT}, given=CONNECTED),
    example(
        "C", "GET /tenants/{name}/qr", answer={"success": True, "tenantId": SAID, "qr": PICTURE}, given=WAITS_FOR_SCAN
    ),
    example("C", "GET /tenants", answer={"success": True, "tenants": Each(TENANT)}),
    example(
        "C",
        "GET /status",
        answer={
            "success": True,
            "total": int,
            "connected": int,
            "disconnected": int,
            "connections": Each(TENANT),
        },
    ),
    fails("C", "GET /tenants/1/qr", None, 404, "qr_indisponivel"),
    fails("C", "GET /tenants/{name}/qr", None, 410, "qr_expirado", given=NOBODY_SCANNED),
    example("C", "POST /restart/1", answer={"success": True, "tenant": COMPANY_1}),
    example("C", "DELETE /tenants/{name}", answer={"success": True, "tenantId": SAID}, given=CONNECTED),
    example("C", "GET /health", answer={"status": "ok"}),
    example("C", "POST /clear-all", answer={"success": True, "tenants": Each(TENANT)}),
]

HOOK = {"name": "empresa_y", "webhookUrl": "{hook}/webhook/whatsapp"}
INSTANCE: dict[str, Any] = {
    "id": ID,
    "name": SAID,
    "status": "CONNECTED",
    "reason": None,
    "webhookUrl": None,
    "webhookDisabled": None,
    "qrCode": None,
    "user": {"jid": "5511999990000@s.whatsapp.net", "phone": "5511999990000", "name": "Loja"},
    "createdAt": TIME,
    "lastHeartbeat": None,
}
E_TEXT = {"number": PHONE, "message": "Olá"}
INSTANCES = [
    example(
        "E",
        "POST /instances/create",
        HOOK,
        status=201,
        answer=INSTANCE | {"name": "empresa_y", "webhookUrl": re.compile("http://127.0.0.1:.*/webhook/whatsapp")},
    ),
    fails("E", "POST /instances/create", {"name": "z", "webhookUrl": "http://10.0.0.1/"}, 400, "webhook_recusado"),
    fails("E", "POST /instances/create", {"name": "empresa_x"}, 409, "sessao_ja_existe"),
    example("E", "GET /instances", answer=Each({"id": ID, "name": SAID, "status": re.compile("[A-Z_]+")})),
    example("E", "GET /instances/{name}", answer=INSTANCE, given=CONNECTED),
    example(
        "E",
        "GET /instances/{name}",
        answer=INSTANCE | {"status": "SCAN_QR_CODE", "qrCode": PICTURE, "user": None},
        given=WAITS_FOR_SCAN,
    ),
    example("E", "DELETE /instances/{name}", answer={"name": SAID, "deleted": True}, given=CONNECTED),
    example(
        "E", "POST /instances/empresa_x/message", E_TEXT, answer={"messageId": MESSAGE, "to": JID, "status": "sent"}
    ),
    fails("E", "POST /instances/{name}/message", E_TEXT, 409, "whatsapp_desconectado", given=STOPPED),
    fails("E", "POST /instances/{name}/message", E_TEXT, 409, "whatsapp_nao_pareado", given=WAITS_FOR_SCAN),
    fails("E", "GET /instances/ninguem", None, 404, "sessao_nao_encontrada"),
]
