"""One life of the worker that holds a session: from its start to what ended it."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from desktop.adapters.engines.session_store import SessionStore
from desktop.adapters.engines.whatsmeow_failures import LIBRARY_MISSING, unpack
from desktop.adapters.worker import CallError, OnEvent, Worker, WorkerBug, WorkerError
from desktop.adapters.worker_supervisor import RestartPolicy
from desktop.domain.errors import Code, OutcomeUnknown, Rejected, Transient
from desktop.domain.receipt import Receipt, ReceiptKind
from desktop.domain.session import Account
from desktop.ports.clock import Clock
from desktop.ports.engine import (
    Banned,
    ClientOutdated,
    EngineEvent,
    Failed,
    PairingRefused,
    PasskeyAsked,
    QrExpired,
    QrShown,
    Replaced,
    SentMessage,
    Unlinked,
    WentOffline,
    WentOnline,
)

_CONNECT_CALL: Final = 10.0
_BUSY_WAIT: Final = 5.0
_STILL_VALID: Final = "err-scanned-without-multidevice"
_PASSKEY: Final = frozenset({"passkey-request", "passkey-confirmation"})
_DAMAGED: Final = ("file is not a database", "malformed")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long things may take, in seconds."""

    answer: float = 45.0
    """Until WhatsApp shows a code or lets a linked session in."""
    upload: float = 60.0
    ack: float = 78.0
    """For the acknowledgement; whatsmeow's own limit is 75, but after a drop it waits for ever."""
    query: float = 20.0
    offline: float = 90.0
    """After a drop whatsmeow tries again by itself, ever more seldom; then a new worker takes over."""
    offline_retry: RestartPolicy = field(default_factory=lambda: RestartPolicy(first=1.0, cap=30.0))
    restart: RestartPolicy = field(default_factory=RestartPolicy)


@dataclass(frozen=True, slots=True)
class Over:
    """The engine stops: a person must act."""

    event: EngineEvent
    forget: bool = False
    """The link is gone, and so is the worth of its keys."""


@dataclass(frozen=True, slots=True)
class Lost:
    """No way to WhatsApp; the next life may find one."""

    detail: str
    slow: bool = False
    """WhatsApp itself turned the session away: not to be asked again and again."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """The store cannot be read."""

    detail: str


@dataclass(frozen=True, slots=True)
class Died:
    error: Exception


End = Over | Lost | Damaged | Died


class _Flight:
    """The send that is with the worker."""

    def __init__(self, number: int, on_id: Callable[[str], None]) -> None:
        self.number = number
        self.on_id = on_id
        self.patience = asyncio.timeout(None)
        self.submitted = False
        """Whether something of it may have been sent."""


class Life:
    """`tell` gets what passes while it lasts; what ends it is what `run` returns."""

    def __init__(
        self,
        make: Callable[[OnEvent], Worker],
        *,
        store: SessionStore,
        clock: Clock,
        limits: Limits,
        tell: Callable[[EngineEvent], None],
    ) -> None:
        self._worker = make(self._heard)
        self._store = store
        self._clock = clock
        self._limits = limits
        self._tell = tell
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._online = False
        self._linking = False
        self._leaving = False
        self._gone = False
        self._sending = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._flight: _Flight | None = None

    async def run(self) -> End:
        """Returns once the worker has ended."""
        died = asyncio.ensure_future(self._worker.ended())
        try:
            await self._worker.start()
            folder, file = str(self._store.folder.absolute()), self._store.name
            await self._worker.call("connect", folder=folder, file=file, deadline=_CONNECT_CALL)
            self._expect(self._limits.answer, "no_answer")
            ends: set[asyncio.Future[Any]] = {self._end, died}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        except CallError as exc:
            self._decide(Over(Failed(str(exc))) if exc.code == LIBRARY_MISSING else Died(exc))
        except (WorkerError, WorkerBug) as exc:
            self._decide(Died(exc))
        finally:
            self._online = False
            self._expect(None)
            died.cancel()
            await self._worker.kill("was let go")
        return self._end.result() if self._end.done() else Died(await self._worker.ended())

    async def send(self, method: str, on_id: Callable[[str], None], **params: Any) -> SentMessage:
        """Raises what ports.Engine's send_image raises."""
        async with self._sending:
            self._require_online()
            flight = self._flight = _Flight(next(self._numbers), on_id)
            try:
                async with flight.patience:
                    flight.patience.reschedule(asyncio.get_running_loop().time() + self._limits.upload)
                    longest = self._limits.upload + self._limits.ack + _BUSY_WAIT
                    answer: Any = await self._worker.call(method, deadline=longest, send=flight.number, **params)
            except CallError as exc:
                raise unpack(exc) from exc
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
        return SentMessage(answer["message_id"], self._time(answer["at"]))

    async def ask(self, method: str, **params: Any) -> Any:
        """Raises what ports.Engine's group raises."""
        self._require_online()
        with _converted():
            return await self._worker.call(method, deadline=self._limits.query, **params)

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

    def _require_online(self) -> None:
        if not self._online:
            raise Transient(Code.NOT_CONNECTED)

    def _time(self, seconds: int) -> datetime:
        """WhatsApp's own time; where it gave none, whatsmeow tells the year 1."""
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else self._clock.now()

    def _decide(self, end: End) -> None:
        """The first one counts."""
        if not self._end.done():
            self._end.set_result(end)
        self._online = False

    def _expect(self, seconds: float | None, lost: str = "") -> None:
        """Something better has to come within so many seconds; None: nothing more has to."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._give_up, lost)

    def _give_up(self, lost: str) -> None:
        if self._flight is not None:  # it has its own deadline, and a new worker could only make its outcome unknown
            self._expect(_BUSY_WAIT, lost)
        else:
            self._decide(Lost(lost))

    def _heard(self, event: str, facts: dict[str, Any]) -> None:
        if self._end.done() and event not in ("submitting", "written"):
            return
        match event:
            case "code":
                self._expect(None)
                self._linking = True
                self._tell(QrShown(facts["text"], facts["valid_for"]))
            case "login":
                self._heard_login(facts["status"], facts["detail"], expired=facts["expired"])
            case "online":
                self._expect(None)
                self._online, self._linking = True, False
                self._tell(WentOnline(Account(phone=facts["phone"], name=facts["name"])))
            case "offline":
                self._online = False
                self._expect(self._limits.offline, facts["reason"])
                self._tell(WentOffline(facts["reason"]))
            case "receipt":
                kind, ids, at = ReceiptKind(facts["kind"]), tuple(facts["ids"]), self._time(facts["at"])
                self._tell(Receipt(message_ids=ids, kind=kind, chat=facts["chat"], at=at))
            case "submitting" | "written":
                self._heard_of_send(event, facts)
            case "logged_out" if self._leaving:
                self._gone = True
            case _:
                self._decide(self._end_by(event, facts))

    def _heard_login(self, status: str, detail: str, *, expired: bool) -> None:
        if status == "success":
            self._expect(self._limits.answer, "no_answer")
        elif status == "timeout":
            self._decide(Over(QrExpired()) if expired else Lost("disconnected"))
        elif status in _PASSKEY:
            self._decide(Over(PasskeyAsked()))
        elif status == _STILL_VALID:
            _log.warning("a phone without linked devices scanned the code, which stays valid")
        else:
            self._decide(Over(PairingRefused(detail or status)))

    def _end_by(self, event: str, facts: dict[str, Any]) -> End:
        match event:
            case "logged_out" if self._linking:
                return Over(PairingRefused(facts["reason"]), forget=True)
            case "logged_out":
                return Over(Unlinked(facts["reason"]), forget=True)
            case "replaced":
                return Over(Replaced())
            case "outdated":
                return Over(ClientOutdated(facts["build"]))
            case "banned":
                until = self._clock.now() + timedelta(seconds=facts["seconds"]) if facts["seconds"] else None
                return Over(Banned(until, facts["reason"]))
            case "refused":
                return Lost(facts["reason"], slow=True)
            case "closed" if any(text in facts["detail"] for text in _DAMAGED):
                return Damaged(facts["detail"])
            case "closed" if "database" in facts["detail"]:
                return Over(Failed(facts["detail"]))
            case "closed":
                return Lost(facts["detail"])
            case _:
                return Died(ValueError(f"the worker tells of {event!r}"))

    def _heard_of_send(self, event: str, facts: dict[str, Any]) -> None:
        flight = self._flight
        if flight is None or flight.number != facts["send"]:
            return
        if event == "written":
            flight.on_id(facts["message_id"])
            return
        flight.submitted = True
        if not flight.patience.expired():
            flight.patience.reschedule(asyncio.get_running_loop().time() + self._limits.ack)


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
