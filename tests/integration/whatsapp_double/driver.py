"""The real engine in a process of its own: one JSON command a line comes in, one JSON event a line goes out.

Run with the double's environment. It is no adapter: only as much of neonize as the double's tests need.
"""

from __future__ import annotations

import base64
import ctypes
import json
import logging
import os
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

wire = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)  # the Go side prints
logging.basicConfig(stream=sys.stderr, level=os.environ.get("DRIVER_LOG", "ERROR"))
magic = types.ModuleType("magic")
magic.from_buffer = magic.from_file = lambda *_, **__: "image/jpeg"  # type: ignore[attr-defined]
sys.modules["magic"] = magic

from neonize import events as ev  # noqa: E402
from neonize.client import NewClient  # noqa: E402
from neonize.exc import NeonizeError  # noqa: E402
from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import DeviceProps  # noqa: E402
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ImageMessage, Message  # noqa: E402
from neonize.utils.enum import ClientName, ClientType, MediaType  # noqa: E402
from neonize.utils.jid import Jid2String, build_jid  # noqa: E402

writing = threading.Lock()


def tell(kind: str, **facts: Any) -> None:
    with writing:
        print(json.dumps({"event": kind, **facts}), file=wire, flush=True)


class Client(NewClient):  # type: ignore[misc]
    def _NewClient__onLoginStatus(self, _: int, status: int) -> None:
        tell("login", status=ctypes.string_at(status).decode())


def listen(client: Client) -> None:
    client.event.qr(lambda _, data: tell("qr", text=data.decode()))
    facts: dict[type, tuple[str, Callable[[Any], dict[str, Any]]]] = {
        ev.ConnectedEv: ("connected", lambda _: {}),
        ev.DisconnectedEv: ("disconnected", lambda _: {}),
        ev.LoggedOutEv: ("logged-out", lambda e: {"on_connect": e.OnConnect, "reason": e.Reason}),
        ev.StreamReplacedEv: ("replaced", lambda _: {}),
        ev.ClientOutdatedEv: ("outdated", lambda _: {}),
        ev.TemporaryBanEv: ("banned", lambda e: {"code": e.Code, "expire": e.Expire}),
        ev.ConnectFailureEv: ("connect-failure", lambda e: {"reason": e.Reason}),
        ev.PairStatusEv: ("paired", lambda e: {"error": e.Error}),
        ev.JoinedGroupEv: ("joined", lambda e: {"group": e.GroupInfo.GroupName.Name}),
        ev.ReceiptEv: ("receipt", receipt),
        ev.MessageEv: ("message", lambda e: message(client, e)),
    }
    for kind, (name, read) in facts.items():
        client.event(kind)(lambda _, event, name=name, read=read: tell(name, **read(event)))


def receipt(event: Any) -> dict[str, Any]:
    source = event.MessageSource
    return {
        "ids": list(event.MessageIDs),
        "type": event.Type,
        "chat": Jid2String(source.Chat),
        "sender": Jid2String(source.Sender),
    }


def message(client: Client, event: Any) -> dict[str, Any]:
    source, content = event.Info.MessageSource, event.Message
    image = content.imageMessage
    return {
        "id": event.Info.ID,
        "chat": Jid2String(source.Chat),
        "sender": Jid2String(source.Sender),
        "from_me": source.IsFromMe,
        # The engine shows a group message twice: once for the key that came with it, once for what it says.
        "key_only": not (content.conversation or image.directPath),
        "text": content.conversation or image.caption,
        "image": base64.b64encode(client.download_any(content)).decode() if image.directPath else "",
    }


def chat(jid: str) -> Any:
    user, _, server = jid.partition("@")
    return build_jid(user, server)


def send(client: Client, what: Message, to: str) -> dict[str, Any]:
    answer = client.send_message(chat(to), what)
    return {"id": answer.ID, "timestamp": answer.Timestamp}


def send_image(client: Client, to: str, picture: str, caption: str) -> dict[str, Any]:
    data = base64.b64decode(picture)
    up = client.upload(data, MediaType.MediaImage)
    image = ImageMessage(
        URL=up.url,
        directPath=up.DirectPath,
        mimetype="image/jpeg",
        caption=caption,
        fileSHA256=up.FileSHA256,
        fileEncSHA256=up.FileEncSHA256,
        fileLength=up.FileLength,
        mediaKey=up.MediaKey,
        width=640,
        height=480,
    )
    return send(client, Message(imageMessage=image), to)


def groups(client: Client) -> dict[str, Any]:
    joined = client.get_joined_groups()
    return {"groups": {Jid2String(g.JID): [g.GroupName.Name, len(g.Participants)] for g in joined}}


def group_info(client: Client, jid: str) -> dict[str, Any]:
    return {"name": client.get_group_info(chat(jid)).GroupName.Name}


def pair_code(client: Client, phone: str) -> dict[str, Any]:
    return {"code": client.PairPhone(phone, True, ClientName.WINDOWS, ClientType.CHROME)}


def on_whatsapp(client: Client, numbers: list[str]) -> dict[str, Any]:
    return {"in": {found.Query: found.IsIn for found in client.is_on_whatsapp(*numbers)}}


def log_out(client: Client) -> dict[str, Any]:
    client.logout()
    return {}


CALLS: dict[str, Callable[..., dict[str, Any]]] = {
    "send_image": send_image,
    "send_text": lambda client, to, text: send(client, Message(conversation=text), to),
    "groups": groups,
    "group_info": group_info,
    "pair_code": pair_code,
    "on_whatsapp": on_whatsapp,
    "log_out": log_out,
}


def call(client: Client, command: dict[str, Any]) -> None:
    try:
        result = CALLS[command["call"]](client, **command["args"])
    except NeonizeError as exc:
        tell("answer", id=command["id"], error=str(exc))
    else:
        tell("answer", id=command["id"], result=result)


def connect(client: Client) -> None:
    try:
        client.connect()
    except NeonizeError as exc:
        tell("connect-error", error=str(exc))


def main() -> None:
    client = Client(sys.argv[1], uuid="driver", props=DeviceProps(os="Malote", platformType=DeviceProps.DESKTOP))
    listen(client)
    threading.Thread(target=connect, args=(client,), daemon=True).start()
    for line in sys.stdin:
        threading.Thread(target=call, args=(client, json.loads(line)), daemon=True).start()
    os._exit(0)


if __name__ == "__main__":
    main()
