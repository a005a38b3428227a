"""WhatsApp's server: takes connections, logs programs in, and routes their stanzas."""

from __future__ import annotations

import asyncio
import time
import traceback
from pathlib import Path

from aiohttp import web

from .binary_node import Node
from .connection import Connection, ConnectionLostError, error_to
from .jid import SERVER
from .mail import Mail
from .media import HOST, UPLOAD_MAX
from .noise import ProtocolError
from .pairing import REGISTRATION, Pairing
from .people import Account, Companion
from .proxy import ConnectProxy
from .queries import Queries
from .tls import server_context
from .world import World
from .writing import Writing

WEBSOCKET_HOST = "web.whatsapp.com"
HOSTS = (WEBSOCKET_HOST, HOST)
LOGGED_OUT = 401


class Server:
    """One TLS port for all of WhatsApp's hosts, behind one proxy port; runs in the double's loop."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.pairing = Pairing(world)
        self.mail = Mail(world)
        self.writing = Writing(world, self.mail)
        self._queries = Queries(world, self.pairing)
        self.proxy = ConnectProxy(frozenset(HOSTS), world.journal, lambda: world.faults.refusing)
        self._runner: web.AppRunner | None = None

    async def start(self, folder: Path, proxy_port: int = 0) -> None:
        """Leaves `ca.pem` in the folder."""
        application = web.Application(client_max_size=UPLOAD_MAX)
        application.router.add_get("/ws/chat", self._websocket)
        application.router.add_post("/mms/{kind}/{token}", self.world.media.upload)
        application.router.add_delete("/mms/{kind}/{token}", self.world.media.delete)
        application.router.add_get("/v/t62/{kind}/{name}", self.world.media.download)
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=server_context(folder, HOSTS))
        await site.start()
        await self.proxy.start(self._runner.addresses[0][1], proxy_port)

    async def stop(self) -> None:
        for connection in list(self.world.connections):
            connection.abort()
        await self.proxy.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        await self.world.faults.reach("connecting")
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        connection = Connection(request, socket, self.world.tokens, self.world.faults, self.world.journal)
        self.world.connections.add(connection)
        try:
            await connection.handshake(self.world.identity)
            welcome = asyncio.create_task(self._greet(connection))
            await connection.serve(self.route)
            await welcome
        except ProtocolError as exc:
            self.world.journal.record("handshake-broken", reason=str(exc))
        finally:
            connection.closed = True
            self.world.connections.discard(connection)
            if connection.companion is not None and connection.companion.connection is connection:
                connection.companion.connection = None
            self.world.journal.record("disconnected", paired=connection.companion is not None)
        return socket

    async def _greet(self, connection: Connection) -> None:
        try:
            await self._welcome(connection)
        except ConnectionLostError as exc:
            self.world.journal.record("abandoned", reason=str(exc))
        except Exception:
            self.world.journal.fail(traceback.format_exc())

    async def _welcome(self, connection: Connection) -> None:
        unpaired = REGISTRATION in connection.payload
        self.world.journal.record("connection", paired=not unpaired)
        failure = self.world.faults.login_failure(paired=not unpaired)
        if failure is not None:
            self.world.journal.record("login-refused", reason=failure.reason)
            await connection.end_with(Node("failure", failure.attributes()))
        elif unpaired:
            await self.pairing.offer_codes(connection)
        else:
            await self._log_in(connection)

    async def _log_in(self, connection: Connection) -> None:
        await self.world.faults.reach("login")
        user, number = str(connection.payload.number(1)), connection.payload.number(18)
        account = next((account for account in self.world.accounts if account.pn.user == user), None)
        companion = account.companions.get(number) if account is not None else None
        if account is None or companion is None or companion.noise != connection.static:
            self.world.journal.record("login-refused", reason=LOGGED_OUT)
            await connection.end_with(Node("failure", {"reason": LOGGED_OUT, "location": "lla"}))
            return
        if companion.connection is not None:
            await self.replace(companion.connection)
        companion.connection, connection.companion = connection, companion
        companion.logins += 1
        await connection.send(Node("success", {"t": int(time.time()), "lid": companion.lid, "location": "lla"}))
        waiting = list(companion.waiting.values())
        for node in waiting:
            await connection.send(Node(node.tag, {**node.attrs, "offline": 0}, node.content))
        offline = Node("offline", {"count": len(waiting)})
        await connection.send(Node("ib", {"from": SERVER}, [offline]))
        self.world.journal.record("logged-in", account=user, device=number, waiting=len(waiting))

    async def replace(self, connection: Connection) -> None:
        """The same computer connected once more elsewhere."""
        conflict = Node("conflict", {"type": "replaced"})
        await connection.end_with(Node("stream:error", {}, [conflict]))

    async def remove(self, companion: Companion) -> None:
        """The phone's owner removes the computer from the list of linked devices."""
        account: Account = companion.account
        account.companions.pop(companion.number, None)
        if companion.connection is not None:
            conflict = Node("conflict", {"type": "device_removed"})
            await companion.connection.end_with(Node("stream:error", {"code": LOGGED_OUT}, [conflict]))
        self.world.journal.record("device-removed", account=account.pn.user, device=companion.number)

    async def route(self, connection: Connection, node: Node) -> None:
        """What one stanza of a program sets going."""
        if node.tag == "iq" and node.text("type") in ("get", "set"):
            if connection.companion is None and node.text("xmlns") not in ("w:p", "md"):
                await connection.send(error_to(node, 401, "not-authorized"))
            else:
                await self._queries.answer(connection, node)
        elif node.tag == "message" and connection.companion is None:
            # The engine repeats what was on a line that broke as soon as there is a new one, logged in or not.
            self.world.journal.record("lost-on-the-way", message_id=node.text("id"))
        elif node.tag == "message":
            await self.mail.take(connection, node)
        elif node.tag in ("ack", "receipt") and connection.companion is not None:
            await self.mail.acknowledged(connection, node)
        else:
            self.world.journal.record("noted", stanza=str(node))
