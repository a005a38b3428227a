"""A loopback HTTP door to a double that runs by itself, for a developer's curl and for programs in other languages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from aiohttp import web

from .double import WhatsAppDouble
from .journal import DoubleFailedError
from .pairing import PairingRefusedError, ScanRefusedError
from .world import UnknownError

REFUSALS = (ScanRefusedError, PairingRefusedError, UnknownError, DoubleFailedError, ValueError, TimeoutError)


class Control:
    """POST /control/<name> with a JSON object of arguments, or GET for what only looks; answers are JSON."""

    def __init__(self, double: WhatsAppDouble) -> None:
        self._double = double
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="whatsapp-control", daemon=True)
        self._runner: web.AppRunner | None = None
        self.verbs: dict[str, Callable[..., Any]] = {
            "scan": self._scan,
            "group": self._add_group,
            "groups": self._groups,
            "received": self._received,
            "drop": double.drop_connection,
            "refuse": double.refuse_connections,
            "accept": double.accept_connections,
            "silence": double.stop_answering,
            "answer": double.answer_again,
            "ban": double.ban,
            "fail_login": double.fail_login,
            "allow_login": double.allow_login,
            "outdate": double.outdate,
            "remove_device": double.remove_device,
            "replace": double.replace,
            "passkey": double.require_passkey,
            "type_code": self._type_code,
            "refuse_letters": double.refuse_letters,
            "restrict": double.restrict,
            "fail_send": double.fail_next_send,
            "fail_upload": double.fail_next_upload,
            "leave": double.remove_us_from,
            "write": double.incoming_text,
            "write_on_phone": double.write_on_own_phone,
            "rename": double.rename_group,
            "admins_only": double.set_admins_only,
            "promote": double.promote,
            "log": self._log,
        }

    def start(self, port: int = 0) -> int:
        """The port on 127.0.0.1."""
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._open(port), self._loop).result(10)

    def stop(self) -> None:
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self, port: int) -> int:
        application = web.Application()
        application.router.add_route("*", "/control/{verb}", self._handle)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        number: int = self._runner.addresses[0][1]
        return number

    async def _handle(self, request: web.Request) -> web.Response:
        verb = self.verbs.get(request.match_info["verb"])
        if verb is None:
            return web.json_response({"error": f"one of {', '.join(self.verbs)}"}, status=404)
        text = await request.text()
        try:
            arguments = await request.json() if text.startswith("{") else {}
            # The verbs wait for the double's own loop.
            result = await asyncio.to_thread(verb, **arguments)
        except (*REFUSALS, TypeError) as exc:
            return web.json_response({"error": f"{type(exc).__name__}: {exc}"}, status=409)
        return web.json_response({"result": result})

    def _scan(self, qr: str, phone: str | None = None) -> str:
        companion = self._double.scan(qr, phone)
        return "passkey asked" if companion is None else str(companion.pn)

    def _type_code(self, code: str, phone: str | None = None) -> str:
        companion = self._double.type_code(code, phone)
        return "passkey asked" if companion is None else str(companion.pn)

    def _add_group(self, subject: str, members: int = 3, **more: Any) -> dict[str, Any]:
        group = self._double.add_group(subject, members, **more)
        return {"jid": group.jid, "members": group.members}

    def _groups(self) -> dict[str, Any]:
        groups = self._double.world.groups.values()
        return {group.jid: {"subject": group.subject, "members": group.members} for group in groups}

    def _received(self) -> list[dict[str, Any]]:
        return [
            {
                "id": arrival.message_id,
                "chat": arrival.chat,
                "kind": arrival.kind,
                "text": arrival.text,
                "image_bytes": len(arrival.image),
                "read_by": list(arrival.by_member),
                "unread_by": arrival.unread_by,
                "stanzas": arrival.stanzas,
            }
            for arrival in self._double.received
        ]

    def _log(self, last: int = 50) -> list[dict[str, Any]]:
        return [
            {"kind": event.kind, **{k: str(v) for k, v in event.facts.items()}} for event in self._double.log[-last:]
        ]
