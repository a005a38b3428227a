"""An engine without WhatsApp, for the demonstration and for trying the program out: nothing leaves the machine.

It links itself after a moment, by codes as well as by letters. Every number has WhatsApp but those that end in 0000,
and every group exists but these, by whose ids trouble can be had:

| group | what happens |
|---|---|
| `120363000000000403@g.us` | the number is not in the group |
| `120363000000000420@g.us`, `…479@g.us` | WhatsApp refuses the message with that number |
| `120363000000000463@g.us` | WhatsApp restricts the number for an hour |
| `120363000000000503@g.us` | the picture does not reach WhatsApp |
| `120363000000000408@g.us` | no acknowledgement comes; the receipts come later |
| `120363000000000500@g.us` | the engine breaks down while it sends, and comes back |
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from desktop.adapters.engines.session_store import SessionStore
from desktop.domain.errors import Code, NeedsHuman, OutcomeUnknown, Rejected, Transient
from desktop.domain.message import Media
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.session import Account, HumanReason
from desktop.ports.clock import Clock
from desktop.ports.engine import (
    EngineEvent,
    EngineNews,
    Failed,
    GoAhead,
    GroupInfo,
    Heartbeat,
    OnId,
    Outgoing,
    OutgoingText,
    PairingCodeExpired,
    PairingCodeShown,
    QrExpired,
    QrShown,
    Restarting,
    Restricted,
    SentMessage,
    WentOnline,
    at_once,
)

MARK: Final = "SIMULAÇÃO"
NOT_IN_GROUP: Final = "120363000000000403@g.us"
REFUSED: Final = {f"120363000000000{number}@g.us": number for number in (420, 479)}
RESTRICTS: Final = "120363000000000463@g.us"
UPLOAD_FAILS: Final = "120363000000000503@g.us"
NO_ACK: Final = "120363000000000408@g.us"
BREAKS_DOWN: Final = "120363000000000500@g.us"

_ACCOUNT: Final = Account(phone="5500000000000", name=MARK)
_OWN_GROUPS: Final = (
    *(f"12036300000000000{n}@g.us" for n in (1, 2, 3)),
    *(*REFUSED, RESTRICTS, UPLOAD_FAILS, NO_ACK, BREAKS_DOWN),
)
_NAMES: Final = {
    **{jid: f"recusa {number}" for jid, number in REFUSED.items()},
    RESTRICTS: "número restrito",
    UPLOAD_FAILS: "imagem não sobe",
    NO_ACK: "sem confirmação",
    BREAKS_DOWN: "o motor quebra",
}
_CODES_LAST: Final = (60.0, 20.0, 20.0, 20.0, 20.0, 20.0)
_LETTERS: Final = "SIMU-LADO"
_LETTERS_LAST: Final = 160.0
_RESTRICTED_FOR: Final = timedelta(hours=1)
_WITHOUT_WHATSAPP: Final = "0000"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorPace:
    """When things happen, in seconds on the clock."""

    scan_after: float | None = 3.0
    """None: nobody scans."""
    connect_after: float = 0.3
    ack_after: float = 0.4
    delivered_after: float = 1.2
    read_after: float = 3.0
    """The last two count from the acknowledgement."""
    heartbeat: float = 60.0
    """On the loop's own clock."""


class SimulatorEngine:
    """Implements ports.Engine."""

    simulated = True

    def __init__(
        self,
        name: str,
        on_event: Callable[[EngineEvent], None],
        *,
        store_dir: Path,
        clock: Clock,
        pace: SimulatorPace | None = None,
    ) -> None:
        self._name = name
        self._on_event = on_event
        self._clock = clock
        self._pace = pace or SimulatorPace()
        self._store = SessionStore(store_dir, name, prefix="simulacao", ending=".json")
        self._running = False
        self._online = False
        self._pulse: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def build(self) -> date | None:
        return None

    async def start(self) -> None:
        if not self._running:
            self._running = True
            self._begin(self._link_and_connect(self._show_codes))

    async def link_by_phone(self, phone: str) -> None:
        if not self._online:
            await self.stop()
            self._running = True
            self._begin(self._link_and_connect(partial(self._show_letters, phone)))

    async def stop(self) -> None:
        self._running = False
        self._go_offline()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def logout(self) -> None:
        self._require_online()
        await self.forget()

    async def forget(self) -> None:
        await self.stop()
        self._store.forget()

    async def send(self, jid: str, content: Outgoing, *, on_id: OnId, go_ahead: GoAhead = at_once) -> SentMessage:
        self._require_online()
        if jid == UPLOAD_FAILS and not isinstance(content, OutgoingText):
            raise Transient(Code.UPLOAD_FAILED, detail=MARK)
        if not await go_ahead():
            raise Rejected(Code.SEND_CANCELLED)
        return await self._send(jid, on_id)

    async def find_account(self, phone: str) -> str | None:
        self._require_online()
        return None if phone.endswith(_WITHOUT_WHATSAPP) else f"{phone}@s.whatsapp.net"

    async def download(self, media: Media, *, max_bytes: int) -> bytes:
        """Nobody writes here: there is nothing to fetch."""
        self._require_online()
        raise Rejected(Code.MEDIA_GONE, reason="simulated")

    async def groups(self) -> list[GroupInfo]:
        self._require_online()
        return [_described(jid) for jid in _OWN_GROUPS]

    async def group(self, jid: str) -> GroupInfo:
        self._require_online()
        _require_member(jid)
        return _described(jid)

    async def _send(self, jid: str, on_id: OnId) -> SentMessage:
        _require_member(jid)
        message_id = f"SIM{self._clock.entropy(9).hex().upper()}"
        if (kept := on_id(message_id)) is not None:
            await asyncio.wait({asyncio.ensure_future(kept)})
        await self._clock.sleep(self._pace.ack_after)
        if not self._online:
            raise OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="engine_died")
        if jid in REFUSED:
            raise Rejected(Code.SEND_REFUSED, number=REFUSED[jid])
        if jid == RESTRICTS:
            until = self._clock.now() + _RESTRICTED_FOR
            self._on_event(Restricted(until))
            reason = HumanReason.RESTRICTED.value
            raise NeedsHuman(Code.NEEDS_HUMAN, reason=reason, until=until.isoformat(), number=463)
        if jid == BREAKS_DOWN:
            self._go_offline()
            self._on_event(Restarting(MARK))
            self._begin(self._connect())
            raise OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="engine_died")
        self._begin(self._confirm(jid, message_id))
        if jid == NO_ACK:
            raise OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack")
        return SentMessage(message_id, self._clock.now())

    async def _link_and_connect(self, linking: Callable[[], Awaitable[EngineNews | None]]) -> None:
        """`linking` shows what links it and returns what ends it where nobody used that."""
        try:
            self._store.prepare()
            if not self._store.file.exists():
                unused = await linking()
                if unused is not None:
                    self._end(unused)
                    return
                self._store.file.write_text(json.dumps({"simulated": True, "phone": _ACCOUNT.phone}), "utf-8")
        except OSError as exc:
            self._end(Failed(str(exc)))
            return
        await self._connect()

    async def _show_letters(self, phone: str) -> EngineNews | None:
        self._on_event(PairingCodeShown(_LETTERS, phone, _LETTERS_LAST))
        scan_after = self._pace.scan_after
        if scan_after is not None and scan_after <= _LETTERS_LAST:
            await self._clock.sleep(scan_after)
            return None
        await self._clock.sleep(_LETTERS_LAST)
        return PairingCodeExpired()

    async def _show_codes(self) -> EngineNews | None:
        """What ends it where none of them was scanned in time, as the clock tells it."""
        scan_after = self._pace.scan_after
        for number, lasts in enumerate(_CODES_LAST, 1):
            # The text says what it is, in case somebody scans it all the same.
            self._on_event(QrShown(f"{MARK}: este código não é do WhatsApp ({self._name}, {number})", lasts))
            if scan_after is not None and scan_after <= lasts:
                await self._clock.sleep(scan_after)
                return None
            await self._clock.sleep(lasts)
            scan_after = None if scan_after is None else scan_after - lasts
        return QrExpired()

    async def _connect(self) -> None:
        await self._clock.sleep(self._pace.connect_after)
        self._online = True
        self._on_event(WentOnline(_ACCOUNT))
        self._pulse = asyncio.get_running_loop().call_later(self._pace.heartbeat, self._beat)

    def _beat(self) -> None:
        self._pulse = asyncio.get_running_loop().call_later(self._pace.heartbeat, self._beat)
        self._on_event(Heartbeat(self._clock.now()))

    def _go_offline(self) -> None:
        self._online = False
        if self._pulse is not None:
            self._pulse.cancel()

    async def _confirm(self, jid: str, message_id: str) -> None:
        pace = self._pace
        for kind, wait in (
            (ReceiptKind.DELIVERED, pace.delivered_after),
            (ReceiptKind.READ, pace.read_after - pace.delivered_after),
        ):
            await self._clock.sleep(max(0.0, wait))
            self._on_event(Receipt(message_ids=(message_id,), kind=kind, chat=jid, at=self._clock.now()))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"simulator {self._name}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("session %s: the simulator failed", self._name, exc_info=error)

    def _end(self, event: EngineNews) -> None:
        self._running = False
        self._on_event(event)

    def _require_online(self) -> None:
        if not self._online:
            raise Transient(Code.NOT_CONNECTED)


def _require_member(jid: str) -> None:
    if jid == NOT_IN_GROUP:
        raise Rejected(Code.NOT_IN_GROUP, group=jid)


def _described(jid: str) -> GroupInfo:
    """The same for the same id, always."""
    number = jid.partition("@")[0]
    subject = _NAMES.get(jid) or f"Grupo {number[-4:]}"
    return GroupInfo(jid=jid, subject=f"{MARK} · {subject}", members=3 + sum(map(ord, number)) % 20)
