"""One life of the worker that holds a session: from its start to what ended it."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from desktop.adapters.engines.session_store import SessionStore
from desktop.adapters.engines.whatsmeow_ends import Died, End, Lost, Over, end_by, no_letters, offline_cause
from desktop.adapters.engines.whatsmeow_failures import LIBRARY_MISSING, unpack
from desktop.adapters.engines.whatsmeow_incoming import message_of
from desktop.adapters.engines.whatsmeow_restriction import Restriction
from desktop.adapters.restart_policy import RestartPolicy
from desktop.adapters.worker import CallError, CallTimeout, OnEvent, Worker, WorkerBug, WorkerError
from desktop.domain.errors import AppError, Code, OutcomeUnknown, Rejected, Transient
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.session import Account
from desktop.ports.clock import Clock
from desktop.ports.engine import (
    EngineEvent,
    Failed,
    GoAhead,
    GroupChanged,
    Heartbeat,
    MessageReceived,
    OnId,
    PairingCodeExpired,
    PairingCodeShown,
    PairingRefused,
    PasskeyAsked,
    QrExpired,
    QrShown,
    SentMessage,
    WentOffline,
    WentOnline,
)

_CONNECT_CALL: Final = 10.0
_BUSY_WAIT: Final = 5.0
_STILL_VALID: Final = "err-scanned-without-multidevice"
_PASSKEY: Final = frozenset({"passkey-request", "passkey-confirmation"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long things may take, in seconds."""

    answer: float = 45.0
    """Until WhatsApp shows a code or lets a linked session in."""
    upload: float = 60.0
    ack: float = 78.0
    """For the acknowledgement; whatsmeow's own limit is 75, but after a drop it waits for ever."""
    release: float = 2.0
    """Until a message goes to the line though its id is not known to be on disk: a slow disk must not keep it for ever.
    """
    query: float = 20.0
    download: float = 120.0
    offline: float = 90.0
    """After a drop whatsmeow tries again by itself, ever more seldom; then a new worker takes over."""
    heartbeat: float = 60.0
    """Between two questions to the worker whether it is still there."""
    ping: float = 30.0
    """For its answer; a worker that is silent for longer hangs."""
    offline_retry: RestartPolicy = field(default_factory=lambda: RestartPolicy(first=1.0, cap=30.0))
    restart: RestartPolicy = field(default_factory=RestartPolicy)


class _Flight:
    """The send that is with the worker."""

    def __init__(self, number: int, on_id: OnId) -> None:
        self.number = number
        self.on_id = on_id
        self.patience = asyncio.timeout(None)
        self.submitted = False
        """Whether something of it may have been sent."""
        self.released: asyncio.Task[None] | None = None


class Life:
    """`tell` gets what passes while it lasts; what ends it is what `run` returns.

    `phone` links the session by letters, if it is not linked; empty: by codes.
    """

    def __init__(
        self,
        make: Callable[[OnEvent], Worker],
        *,
        store: SessionStore,
        clock: Clock,
        limits: Limits,
        tell: Callable[[EngineEvent], None],
        restriction: Restriction,
        phone: str = "",
    ) -> None:
        self._worker = make(self._heard)
        self._store = store
        self._clock = clock
        self._limits = limits
        self._tell = tell
        self._phone = phone
        self._restriction = restriction
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._lost = ""
        """What is told once nothing better has come in time."""
        self._account: Account | None = None
        """None while it is not online."""
        self._linking = False
        self._leaving = False
        self._gone = False
        self._sending = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._flight: _Flight | None = None

    async def run(self) -> End:
        """Returns once the worker has ended."""
        died = asyncio.ensure_future(self._worker.ended())
        beating: asyncio.Task[None] | None = None
        try:
            await self._worker.start()
            folder, file = str(self._store.folder.absolute()), self._store.name
            self._expect(self._limits.answer, "no_answer")
            await self._worker.call(
                "connect",
                folder=folder,
                file=file,
                phone=self._phone,
                release=self._limits.release,
                deadline=_CONNECT_CALL,
            )
            beating = asyncio.create_task(self._beat())
            ends: set[asyncio.Future[Any]] = {self._end, died, beating}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if beating.done():
                beating.result()
        except CallError as exc:
            self._decide(Over(Failed(str(exc))) if exc.code == LIBRARY_MISSING else Died(exc))
        except (WorkerError, WorkerBug) as exc:
            self._decide(Died(exc))
        finally:
            self._account = None
            self._expect(None)
            died.cancel()
            if beating is not None:
                beating.cancel()
            await self._worker.kill("was let go")
        return self._end.result() if self._end.done() else Died(await self._worker.ended())

    async def send(self, method: str, on_id: OnId, go_ahead: GoAhead, **params: Any) -> SentMessage:
        """Raises what ports.Engine's send raises."""
        async with self._sending:
            self._require_online()
            flight = self._flight = _Flight(next(self._numbers), on_id)
            longest = self._limits.upload + self._limits.ack + _BUSY_WAIT
            clearing = asyncio.create_task(self._clear(flight.number, go_ahead, longest))
            try:
                async with flight.patience:
                    flight.patience.reschedule(asyncio.get_running_loop().time() + self._limits.upload)
                    answer: Any = await self._worker.call(method, deadline=longest, send=flight.number, **params)
                if answer is None:
                    raise Rejected(Code.SEND_CANCELLED)
            except CallError as exc:
                raise self._noted(unpack(exc)) from exc
            except WorkerBug as exc:
                _log.exception("a send failed in a way nobody foresaw")
                if flight.submitted:
                    raise OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="bug") from exc
                raise Rejected(Code.INTERNAL) from exc
            except WorkerError as exc:
                if flight.submitted:
                    raise OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="engine_died", detail=str(exc)) from exc
                raise Transient(Code.NOT_CONNECTED, detail=str(exc)) from exc
            except TimeoutError as exc:
                # Whatsmeow may hold it for ever; a worker that has ended sends nothing any more.
                self._decide(Lost("no_ack" if flight.submitted else "upload_stuck"))
                await self._worker.ended()
                if flight.submitted:
                    raise OutcomeUnknown(Code.OUTCOME_UNKNOWN, reason="no_ack") from exc
                raise Transient(Code.UPLOAD_FAILED, detail=f"no answer in {self._limits.upload:g} s") from exc
            except asyncio.CancelledError:
                self._decide(Lost("send_given_up"))
                raise
            finally:
                self._flight = None
                clearing.cancel()
        return SentMessage(answer["message_id"], self._time(answer["at"]))

    async def ask(self, method: str, *, within: float | None = None, **params: Any) -> Any:
        """`within` so many seconds, else the limit for queries. Raises what ports.Engine's group raises."""
        self._require_online()
        with _converted():
            return await self._worker.call(method, deadline=within or self._limits.query, **params)

    async def log_out(self) -> None:
        """Afterwards the link is gone; WhatsApp may tell so itself before it answers, which is then no event."""
        self._leaving = True
        try:
            await self.ask("log_out")
        except Transient:
            if not self._gone:
                raise
        finally:
            self._leaving = False

    @property
    def online(self) -> bool:
        return self._account is not None

    def _carries(self) -> bool:
        """Whether a send is with the worker."""
        return self._flight is not None

    def _noted(self, error: AppError) -> AppError:
        """That the number may not write is more than this send's matter."""
        noted = self._restriction.noted(error)
        if noted is None:
            return error
        restricted, error = noted
        self._tell(restricted)
        return error

    async def _beat(self) -> None:
        """Raises WorkerError or WorkerBug once the worker does not answer any more."""
        while True:
            await asyncio.sleep(self._limits.heartbeat)
            # A send has deadlines of its own, and ending its worker could only make its outcome unknown.
            if not self.online or self._carries():
                continue
            try:
                # Twice, because news of its line may have crossed the first answer.
                has_line = await self._ping() or await self._ping()
            except CallTimeout:
                if self._carries():  # a send that began while the worker was asked
                    continue
                raise
            if has_line:
                self._tell(Heartbeat(self._clock.now()))
            elif self.online:
                self._heard("offline", {"reason": "disconnected"})

    async def _ping(self) -> bool:
        return bool(await self._worker.call("ping", deadline=self._limits.ping))

    def _require_online(self) -> None:
        if not self.online:
            raise Transient(Code.NOT_CONNECTED)

    def _time(self, seconds: int) -> datetime:
        """WhatsApp's own time; where it gave none, whatsmeow tells the year 1."""
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else self._clock.now()

    def _decide(self, end: End) -> None:
        """The first one counts."""
        if not self._end.done():
            self._end.set_result(end)
        self._account = None

    def _expect(self, seconds: float | None, lost: str = "") -> None:
        """Something better has to come within so many seconds; None: nothing more has to."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._lost = lost
            self._timer = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self._flight is not None:  # it has its own deadline, and a new worker could only make its outcome unknown
            self._expect(_BUSY_WAIT, self._lost)
        else:
            self._decide(Lost(self._lost))

    def _heard(self, event: str, facts: dict[str, Any]) -> None:
        if self._end.done() and event not in ("submitting", "written"):
            return
        match event:
            case "code":
                self._expect(None)
                self._linking = True
                self._tell(QrShown(facts["text"], facts["valid_for"]))
            case "pairing_code":
                self._expect(None)
                self._linking = True
                self._tell(PairingCodeShown(facts["code"], self._phone, facts["valid_for"]))
            case "pairing_failed":
                self._decide(no_letters(facts["detail"]))
            case "login":
                self._heard_login(facts["status"], facts["detail"], expired=facts["expired"])
            case "online":
                self._expect(None)
                self._linking = False
                self._account = Account(phone=facts["phone"], name=facts["name"])
                self._tell(WentOnline(self._account))
                if (restricted := self._restriction.standing()) is not None:
                    self._tell(restricted)
            case "offline":
                self._account = None
                if self._timer is None:
                    self._expect(self._limits.offline)
                # It is not waited longer because a try has failed meanwhile; but that may tell more of the cause.
                self._lost = facts["reason"]
                self._tell(WentOffline(facts["reason"], offline_cause(facts["reason"])))
            case "restricted" if facts["active"]:
                self._restriction.announced(facts["until"])
            case "restricted":
                if self._restriction.lifted() and self._account is not None:
                    self._tell(WentOnline(self._account))
            case "group_changed":
                self._tell(GroupChanged(facts["jid"]))
            case "receipt":
                kind, ids, at = ReceiptKind(facts["kind"]), tuple(facts["ids"]), self._time(facts["at"])
                self._tell(Receipt(message_ids=ids, kind=kind, chat=facts["chat"], at=at, by=facts["by"]))
            case "message":
                message = message_of(facts, self._time(facts["at"]))
                self._tell(MessageReceived(message, facts["backlog"], facts["history"]))
            case "submitting" | "written":
                self._heard_of_send(event, facts)
            case "logged_out" if self._leaving:
                self._gone = True
            case _:
                self._decide(end_by(event, facts, linking=self._linking, now=self._clock.now()))

    def _heard_login(self, status: str, detail: str, *, expired: bool) -> None:
        if status == "success":
            self._expect(self._limits.answer, "no_answer")
        elif status == "timeout":
            unused = PairingCodeExpired() if self._phone else QrExpired()
            self._decide(Over(unused) if expired else Lost(detail or "disconnected"))
        elif status in _PASSKEY:
            self._decide(Over(PasskeyAsked()))
        elif status == _STILL_VALID:
            _log.warning("a phone without linked devices scanned the code, which stays valid")
        else:
            self._decide(Over(PairingRefused(detail or status)))

    def _heard_of_send(self, event: str, facts: dict[str, Any]) -> None:
        flight = self._flight
        if flight is None or flight.number != facts["send"]:
            return
        if event == "written":
            flight.released = asyncio.create_task(self._release(flight.number, flight.on_id(facts["message_id"])))
            return
        flight.submitted = True
        if not flight.patience.expired():
            flight.patience.reschedule(asyncio.get_running_loop().time() + self._limits.ack)

    async def _clear(self, number: int, go_ahead: GoAhead, within: float) -> None:
        """Tell the worker whether the message may go; it waits for that word as long as the send itself may take."""
        await self._tell_worker("clear", within, send=number, may_go=await go_ahead())

    async def _release(self, number: int, kept: Awaitable[object] | None) -> None:
        """Once the id is kept, the worker lets the message go to the line."""
        if kept is not None:
            await asyncio.wait({asyncio.ensure_future(kept)})
        await self._tell_worker("release", self._limits.release + _BUSY_WAIT, send=number)

    async def _tell_worker(self, what: str, within: float, **facts: Any) -> None:
        """Of a send that is with it; one that ends meanwhile is told by the send's own call."""
        try:
            await self._worker.call(what, deadline=within, **facts)
        except WorkerError as exc:
            _log.debug("the worker was not told to %s: %s", what, exc)


@contextlib.contextmanager
def _converted() -> Iterator[None]:
    """Turns the worker's failures into the domain's; for what sends nothing."""
    try:
        yield
    except CallError as exc:
        raise unpack(exc) from exc
    except WorkerBug as exc:
        _log.exception("a call failed in a way nobody foresaw")
        raise Rejected(Code.INTERNAL) from exc
    except WorkerError as exc:
        raise Transient(Code.NOT_CONNECTED, detail=str(exc)) from exc
