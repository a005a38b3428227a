"""One client's connection, from its CONNECT packet to its log-off."""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable

from . import replies, requests, wire
from .calls import Calls, LogonError
from .faults import Fault, Point
from .requests import Authenticate, Dialect, Execute, Fetch, Negotiation, Request, Simple
from .state import State
from .verifiers import Exchange, Parameter
from .wire import IncompleteError, Packet, PacketStream, WireError

_log = logging.getLogger(__name__)

_NO_ANO, _ANO_REQUIRED = 0x04, 0x10
_REDIRECTED = 0x04
_UNKNOWN_SID, _UNKNOWN_SERVICE, _NO_TARGET = 12505, 12514, 12504
_CANCELLED = (1013, "user requested cancel of current operation")
_MESSAGES = {
    28: "your session has been killed",
    1033: "ORACLE initialization or shutdown in progress",
    1031: "insufficient privileges",
}


class GoneError(Exception):
    """The connection is over: the client hung up, or a fault of this double ended it."""


class Session:
    """Runs one connection; everything it shares with others is in the State."""

    def __init__(self, state: State, stream: PacketStream, port: Callable[[], int]) -> None:
        self._state = state
        self._stream = stream
        self._port = port
        self._incoming: asyncio.Queue[Packet | None] = asyncio.Queue()
        self._calls = Calls(state)
        self._exchange: Exchange | None = None

    async def run(self) -> None:
        pump = asyncio.create_task(self._pump())
        try:
            if await self._connect():
                await self._serve()
        except (GoneError, ConnectionError):
            _log.debug("a client left")
        except WireError as error:
            self._state.misunderstood.append(str(error))
        finally:
            pump.cancel()

    async def _pump(self) -> None:
        """Read ahead, so that a break is seen while an answer is held back."""
        try:
            while True:
                self._incoming.put_nowait(await self._stream.read())
        except (asyncio.IncompleteReadError, ConnectionError):
            self._incoming.put_nowait(None)
        except WireError as error:
            self._state.misunderstood.append(str(error))
            self._incoming.put_nowait(None)

    async def _next(self) -> Packet:
        packet = await self._incoming.get()
        if packet is None:
            raise GoneError
        return packet

    async def _connect(self) -> bool:
        """Answer CONNECT packets until one is accepted (True), refused or sent elsewhere (False)."""
        asked_again = False
        while True:
            packet = await self._next()
            if packet.kind != wire.CONNECT:
                raise WireError(f"packet of type {packet.kind} before a CONNECT")
            descriptor = await self._descriptor(packet)
            config = self._state.config
            if config.resend_first and not asked_again:
                asked_again = True
                await self._stream.write(wire.RESEND, b"")
                continue
            self._state.note_connect()
            refusal = await self._refusal(descriptor.decode())
            if refusal is not None:
                await self._stream.write(wire.REFUSE, replies.refuse(refusal))
                return False
            if config.redirect_first and not packet.flags & _REDIRECTED:
                text = replies.redirect("127.0.0.1", self._port(), descriptor)
                await self._stream.write(wire.REDIRECT, len(text).to_bytes(2, "big"))
                await self._stream.write_data(text)
                return False
            flags = _ANO_REQUIRED if config.encryption_required else _NO_ANO
            body = replies.accept(version=config.tns_version, flags=flags, sdu=config.sdu)
            await self._stream.write(wire.ACCEPT, body)
            self._stream.large = config.tns_version >= wire.LARGE_SDU_SINCE
            return True

    async def _descriptor(self, packet: Packet) -> bytes:
        """The connect descriptor, which comes in a DATA packet of its own where it is long."""
        length = int.from_bytes(packet.body[16:18], "big")
        offset = int.from_bytes(packet.body[18:20], "big") - 8
        inside = packet.body[offset : offset + length]
        if len(inside) == length:
            return inside
        return (await self._next()).body[2 : 2 + length]

    async def _refusal(self, descriptor: str) -> int | None:
        config = self._state.config
        fault = self._state.faults.meet("connect")
        if fault is not None and isinstance(fault.kind, int):
            return fault.kind
        if fault is not None:
            await self._suffer(fault)
        if config.refuse_with is not None:
            return config.refuse_with
        service = re.search(r"\(SERVICE_NAME=([^)]*)\)", descriptor, re.IGNORECASE)
        sid = re.search(r"\(SID=([^)]*)\)", descriptor, re.IGNORECASE)
        if service is not None:
            return None if service[1].upper() == config.service.upper() else _UNKNOWN_SERVICE
        if sid is not None:
            return None if sid[1].upper() == config.sid.upper() else _UNKNOWN_SID
        return _NO_TARGET

    async def _serve(self) -> None:
        data = b""
        while True:
            packet = await self._next()
            if packet.kind == wire.MARKER:
                # an interrupt that crossed an answer is too late; a break always wants its dance
                if packet.body[2] == wire.MARK_BREAK:
                    await self._honour_break()
                data = b""
                continue
            if packet.kind != wire.DATA:
                raise WireError(f"packet of type {packet.kind} in a session")
            if int.from_bytes(packet.body[:2], "big") & wire.EOF_FLAG:
                return
            data += packet.body[2:]
            try:
                request = requests.parse(data, self._dialect)
            except IncompleteError:
                continue
            data = b""
            await self._answer(request)

    @property
    def _dialect(self) -> Dialect:
        return Dialect(self._state.config.field_version, self._calls.bind_types)

    async def _answer(self, request: Request) -> None:
        self._calls.forget(request.closed_cursors)
        match request.call:
            case Negotiation(kind=requests.PROTOCOL):
                await self._at("negotiate", lambda: replies.protocol(field_version=self._dialect.field_version))
            case Negotiation():
                await self._stream.write_data(replies.DATA_TYPES)
            case Authenticate() as login:
                if login.phase == 1:
                    self._state.note_attempt()
                await self._at("auth" if login.phase == 1 else "proof", lambda: self._authenticate(login))
            case Execute() as execute:
                executes = execute.options & requests.OPTION_EXECUTE
                await self._at("execute" if executes else "describe", lambda: self._calls.execute(execute), rows=True)
            case Fetch() as fetch:
                await self._at("fetch", lambda: self._calls.fetch(fetch), rows=True)
            case Simple(function=requests.PING):
                await self._at("ping", replies.status)
            case Simple():
                await self._at("end", replies.status)

    async def _at(self, point: Point, answer: Callable[[], bytes], *, rows: bool = False) -> None:
        """Send an answer, unless the point's fault has its way with it first (or with its rows half way through)."""
        fault = self._state.faults.meet(point)
        if fault is not None and isinstance(fault.kind, int):
            message = f"ORA-{fault.kind:05}: {_MESSAGES.get(fault.kind, 'an error the test asked for')}"
            await self._stream.write_data(self._calls.error(fault.kind, message))
            return
        if fault is not None and not await self._suffer(fault):
            return
        payload = answer()
        halfway = self._state.faults.meet("rows") if rows and self._calls.sent_rows else None
        if halfway is None:
            await self._stream.write_data(payload)
            return
        await self._stream.write_data(payload[: len(payload) // 2])
        if await self._suffer(halfway):
            await self._stream.write_data(payload[len(payload) // 2 :])

    async def _suffer(self, fault: Fault) -> bool:
        """Do the damage; return True where the fault was cleared meanwhile and the answer may still go out."""
        if fault.kind == "reset":
            self._stream.reset()
        if fault.kind in ("drop", "reset"):
            raise GoneError
        over = asyncio.ensure_future(fault.over.wait())
        try:
            while not fault.over.is_set():
                arrival = asyncio.ensure_future(self._incoming.get())
                await asyncio.wait({arrival, over}, return_when=asyncio.FIRST_COMPLETED)
                if not arrival.done():
                    arrival.cancel()
                    continue
                packet = arrival.result()
                if packet is None:
                    raise GoneError
                if fault.kind == "stall" and packet.kind == wire.MARKER and packet.body[2] != wire.MARK_RESET:
                    await self._honour_break()
                    return False
            return True
        finally:
            over.cancel()

    async def _honour_break(self) -> None:
        """Break, the client's reset, our reset, and the cancelled call's error: the order the driver waits for."""
        await self._stream.write_marker(wire.MARK_BREAK)
        while True:
            packet = await self._next()
            if packet.kind == wire.MARKER and packet.body[2] == wire.MARK_RESET:
                break
        await self._stream.write_marker(wire.MARK_RESET)
        number, sentence = _CANCELLED
        await self._stream.write_data(self._calls.error(number, f"ORA-{number:05}: {sentence}"))

    def _authenticate(self, call: Authenticate) -> bytes:
        config = self._state.config
        if call.phase == 1:
            known = call.user.upper() == config.user.upper()
            # a user that does not exist gets a challenge like any other, and fails at the answer
            self._exchange = Exchange(config.verifier, config.password if known else secrets.token_hex())
            return replies.parameters(self._exchange.challenge())
        if self._exchange is None:
            raise WireError("the second half of a login without its first")
        try:
            proof = self._calls.log_on(self._exchange, call)
        except LogonError as error:
            return self._calls.error(error.number, str(error))
        return replies.parameters([proof, *self._session_facts()])

    def _session_facts(self) -> list[Parameter]:
        config = self._state.config
        modern = config.field_version >= 11
        version = 19 << 24 | 3 << 16 if modern else 12 << 24 | 1 << 20 | 2 << 8
        return [
            Parameter("AUTH_VERSION_NO", str(version)),
            Parameter("AUTH_SESSION_ID", str(secrets.randbelow(60000) + 1)),
            Parameter("AUTH_SERIAL_NUM", str(secrets.randbelow(60000) + 1)),
            Parameter("AUTH_SC_SERVICE_NAME", config.service),
            Parameter("AUTH_INSTANCENAME", config.sid),
            Parameter("AUTH_MAX_OPEN_CURSORS", "300"),
        ]
