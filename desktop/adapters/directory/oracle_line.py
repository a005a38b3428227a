"""The parent's line to Oracle: a worker that is there when it is needed, logged in, and gone again when it is idle.

Whatever hangs in the child is ended with it at the caller's deadline.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final, cast

from desktop.adapters.directory.examining import Examination
from desktop.adapters.directory.instant_client import client_environment
from desktop.adapters.directory.oracle_answers import NOT_LOGGED_IN, Probed, Seen
from desktop.adapters.directory.oracle_errors import NEEDS_CLIENT, Reason, app_error
from desktop.adapters.directory.oracle_logins import Address, RefusedLogins
from desktop.adapters.directory.oracle_verdict import is_known, judge, other_names
from desktop.adapters.worker import CallError, CallTimeout, Worker, WorkerDied, WorkerError, WorkerNotRunning
from desktop.domain.diagnosis import StepName
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.settings import OracleSource
from desktop.ports.secrets import Credentials, Secrets

_MARGIN: Final = 0.3
"""Seconds by which the child gives up before the parent ends it: a slow call need not cost the connection."""
_LEAST: Final = 0.1
_STOP_GRACE: Final = 2.0

ORACLE_STEPS: Final = (StepName.LISTENER, StepName.LOGIN, StepName.TABLE)

_log = logging.getLogger(__name__)


class _LostError(Exception):
    """The worker, or its login, ended under the call, which may be made again."""


class _Life:
    """One worker, and how far its login is."""

    def __init__(self, command: Sequence[str], start_deadline: float, client: str) -> None:
        self.worker = Worker(
            command,
            name="oracle",
            env=client_environment(client) if client else None,
            on_event=self._heard,
            start_deadline=start_deadline,
        )
        self.client = client
        """The folder of the client library that it works through; empty in thin mode. A life has one mode."""
        self.client_version = ""
        self.server_version = ""
        self.logged_in: Address | None = None
        self.credentials: Credentials | None = None
        """What the child logs in with, also where it has to do so again by itself."""
        self.connected = False
        """False while the child has no connection, so that what hangs is the making of one."""

    def _heard(self, event: str, facts: dict[str, object]) -> None:
        if event == "stage":
            self.connected = facts["name"] == "connected"


class OracleLine:
    """Every method belongs to one event loop. `until` is a loop time, by which each has answered.

    They raise AppErrors: ORACLE_UNAVAILABLE, ORACLE_CREDENTIALS, and what reading the keyring raises.
    """

    def __init__(self, secrets: Secrets, *, command: Sequence[str]) -> None:
        self._secrets = secrets
        self._command = command
        self._changing = asyncio.Lock()
        """Held while the worker is started, logged in or ended for idleness."""
        self._life: _Life | None = None
        self._credentials: tuple[str, Credentials] | None = None
        """The last ones read, with the name of their secret."""
        self._refused = RefusedLogins()
        self._beyond_thin: set[Address] = set()
        """Servers that are known to need the client library: their next life begins with it."""
        self._running = 0
        self._idle: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._closed = False

    async def ask(self, source: OracleSource, method: str, *, until: float, **params: object) -> object:
        """Make a call over a line that is logged in.

        Once more where another call ended the worker or its login, or where the password in the keyring is a newer one.
        """
        address = Address.of(source)
        async with self._in_use(source.idle_after):
            refusals = self._refused.noted
            try:
                return await self._ask(address, method, until, params)
            except _LostError as lost:
                _log.info("asking %s again: %s", method, lost)
            except NeedsHuman:
                if self._refused.noted == refusals:
                    raise
                # the password that was refused may be one that was changed since the keyring was read
            try:
                return await self._ask(address, method, until, params)
            except _LostError as lost:
                raise _broken(lost) from lost

    async def test(
        self, source: OracleSource, query: dict[str, str], *, until: Callable[[], float], examination: Examination
    ) -> Seen:
        """Call the listener, log in anew with what the keyring holds now, and look at the table.

        `until` is asked before each step. The examination's steps are those of `ORACLE_STEPS`.
        """
        address = Address.of(source)
        async with self._in_use(source.idle_after), self._alone(until()):
            with examination.step(StepName.LISTENER) as seen, _whole():
                seen["tns_version"] = await self._call_listener(address, until())
            with examination.step(StepName.LOGIN) as seen, _whole():
                by = until()
                life = await self._log_in(await self._started(address, by), address, by, by_person=True)
                seen |= {"version": life.server_version, "mode": "thick" if life.client else "thin"}
                if life.client:
                    seen["client"] = life.client_version
            with examination.step(StepName.TABLE) as seen, _whole():
                found = cast(Seen, await self._call(life, "check", until(), {"query": query}))
                seen |= {"companies": found["companies"], "table": source.table, "cnpj_type": found["cnpj_type"]}
                seen["source"] = f"Oracle {found['version']}, {address}"
                if found["companies"] == 0:
                    raise NeedsHuman(Code.ORACLE_UNAVAILABLE, reason=Reason.TABLE_EMPTY.value, table=source.table)
        return found

    async def close(self) -> None:
        """End the worker at once; calls that still run fail."""
        self._closed = True
        if self._idle is not None:
            self._idle.cancel()
        if self._life is not None:
            await self._life.worker.stop(_STOP_GRACE)
        if self._ending is not None:
            await asyncio.wait({self._ending})

    async def _ask(self, address: Address, method: str, until: float, params: dict[str, object]) -> object:
        async with self._alone(until):
            life = await self._started(address, until)
            if life.logged_in != address:
                life = await self._log_in(life, address, until, by_person=False)
            credentials = life.credentials
        try:
            return await self._call(life, method, until, params)
        except NeedsHuman as error:
            if error.code is Code.ORACLE_CREDENTIALS:  # the child had to log in again
                life.logged_in = None
                # Another password may have been read since, about which the server has said nothing.
                self._note_refusal(address, credentials, error)
            raise

    async def _call_listener(self, address: Address, until: float) -> int | None:
        """Its TNS version; raises what keeps us from logging in, without sending a password."""
        life = await self._started(address, until)
        target = await self._target(address, until)
        probed = cast(Probed, await self._call(life, "probe", until, target))
        try:
            judge(probed, tls=address.tls)
        except AppError as error:
            for name in other_names(address, error):
                meant = target | {"sid": "", "service_name": ""} | name
                if is_known(cast(Probed, await self._call(life, "probe", until, meant))):
                    raise app_error(error.code, {**error.facts, **name}) from error
            thick = life.client or (isinstance(error, NeedsHuman) and self._goes_thick(life, address, error))
            if not thick or error.facts.get("reason") not in NEEDS_CLIENT:
                raise
        return probed["tns_version"]

    async def _target(self, address: Address, until: float) -> dict[str, object]:
        """Where the child is to go, and how the line is encrypted."""
        target: dict[str, object] = {
            "host": address.host,
            "port": address.port,
            "sid": address.sid,
            "service_name": address.service_name,
        }
        if address.tls:
            password = await self._wallet_password(address, until) if address.wallet else ""
            target["tls"] = {
                "wallet": address.wallet,
                "wallet_password": password,
                "match_name": address.match_name,
            }
        return target

    async def _wallet_password(self, address: Address, until: float) -> str:
        """Empty where none is kept, or where there is no keyring: a wallet without a key of its own needs none."""
        try:
            async with asyncio.timeout_at(until):
                kept = await self._secrets.credentials(address.wallet_secret)
        except TimeoutError as error:
            raise Transient(Code.KEYRING_UNAVAILABLE, reason="no_answer") from error
        except NeedsHuman as error:
            if error.code is not Code.KEYRING_UNAVAILABLE:
                raise
            return ""
        return kept.password.reveal() if kept else ""

    async def _started(self, address: Address, until: float) -> _Life:
        client = address.client if address in self._beyond_thin else ""
        if self._life is not None and self._life.worker.alive:
            if self._life.client == client:
                return self._life
            await self._life.worker.stop(_STOP_GRACE)
        self._refuse_when_closed()  # meanwhile, perhaps: nobody would end what is started now
        life = self._life = _Life(self._command, max(_LEAST, until - asyncio.get_running_loop().time()), client)
        try:
            await life.worker.start()
        except WorkerError as error:
            raise _broken(error) from error
        if client:
            await self._load_client(life, until)
        return life

    async def _load_client(self, life: _Life, until: float) -> None:
        """Raises NeedsHuman(ORACLE_UNAVAILABLE) with reason `client_broken`, also where the library ends the child."""
        try:
            life.client_version = str(await self._call(life, "load_client", until, {"folder": life.client}))
        except _LostError as error:
            facts = {"reason": Reason.CLIENT_BROKEN.value, "detail": str(error), "client": life.client}
            raise app_error(Code.ORACLE_UNAVAILABLE, facts) from error

    async def _log_in(self, life: _Life, address: Address, until: float, *, by_person: bool) -> _Life:
        """Returns the life that is logged in: another one where the server turned out to need the client library."""
        loop = asyncio.get_running_loop()
        credentials = await self._read_credentials(address, until, afresh=by_person)
        self._refused.refuse(address, credentials, loop.time(), by_person=by_person)
        refusals = self._refused.noted
        life.logged_in, life.connected = None, False
        login = await self._target(address, until) | {
            "user": credentials.user,
            "password": credentials.password.reveal(),
        }
        try:
            life = await self._connect(life, address, login, until)
        except _LostError as lost:  # not again: the password may already have been sent
            raise _broken(lost) from lost
        except NeedsHuman as error:
            self._note_refusal(address, credentials, error)
            raise
        if self._refused.noted == refusals:
            # Else another login was refused meanwhile, and is not to be sent again because this one works.
            self._refused.forget()
        life.logged_in, life.credentials = address, credentials
        return life

    async def _connect(self, life: _Life, address: Address, login: dict[str, object], until: float) -> _Life:
        try:
            life.server_version = str(await self._call(life, "connect", until, login))
        except NeedsHuman as error:
            if not self._goes_thick(life, address, error):
                raise
            life = await self._started(address, until)
            await self._connect(life, address, login, until)
        return life

    def _goes_thick(self, life: _Life, address: Address, error: NeedsHuman) -> bool:
        """Whether a login that failed in thin mode is to be made again through the client library.

        Raises NeedsHuman(ORACLE_UNAVAILABLE) with reason `client_too_new` where that one does not reach the server.
        """
        if error.facts.get("reason") not in NEEDS_CLIENT:
            return False
        if life.client:
            facts = error.facts | {"reason": Reason.CLIENT_TOO_NEW.value, "client": life.client_version}
            raise app_error(Code.ORACLE_UNAVAILABLE, facts) from error
        if not address.client:
            return False
        _log.info("%s cannot be reached in thin mode: going on through the client in %s", address, address.client)
        self._beyond_thin.add(address)
        return True

    async def _read_credentials(self, address: Address, until: float, *, afresh: bool) -> Credentials:
        """The keyring is asked when it must be: it may prompt a person."""
        known = self._credentials
        if known is not None and known[0] == address.secret and not afresh and not self._refused.any:
            return known[1]
        try:
            async with asyncio.timeout_at(until):
                credentials = await self._secrets.credentials(address.secret)
        except TimeoutError as error:
            raise Transient(Code.KEYRING_UNAVAILABLE, reason="no_answer") from error
        if credentials is None:
            raise NeedsHuman(Code.ORACLE_CREDENTIALS, reason="missing")
        self._credentials = (address.secret, credentials)
        return credentials

    def _note_refusal(self, address: Address, credentials: Credentials | None, error: AppError) -> None:
        if error.code is Code.ORACLE_CREDENTIALS and credentials is not None:
            self._refused.note(address, credentials, error.facts, asyncio.get_running_loop().time())

    async def _call(self, life: _Life, method: str, until: float, params: dict[str, object]) -> object:
        left = until - asyncio.get_running_loop().time()
        timeout = max(_LEAST, left - _MARGIN)
        try:
            return await life.worker.call(method, deadline=left, kill_on_timeout=True, timeout=timeout, **params)
        except CallError as error:
            if error.code == NOT_LOGGED_IN:
                # it waited in the child behind a call whose new login was refused
                life.logged_in = None
                raise _LostError(str(error)) from error
            raise app_error(error.code, error.facts) from error
        except CallTimeout as error:
            reason = Reason.SILENT if error.sent and not life.connected else Reason.TIMEOUT
            raise Transient(Code.ORACLE_UNAVAILABLE, reason=reason.value) from error
        except (WorkerDied, WorkerNotRunning) as error:
            raise _LostError(str(error)) from error

    @asynccontextmanager
    async def _alone(self, until: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout_at(until):
                await self._changing.acquire()
        except TimeoutError as error:
            raise Transient(Code.ORACLE_UNAVAILABLE, reason=Reason.TIMEOUT.value) from error
        try:
            self._refuse_when_closed()
            yield
        finally:
            self._changing.release()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Transient(Code.ORACLE_UNAVAILABLE, reason=Reason.DROPPED.value)

    @asynccontextmanager
    async def _in_use(self, idle_after: float) -> AsyncIterator[None]:
        """The worker outlives its last call by so many seconds."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running and not self._closed:
                self._idle = asyncio.get_running_loop().call_later(idle_after, self._rest)

    def _rest(self) -> None:
        self._idle = None
        self._ending = asyncio.get_running_loop().create_task(self._end_if_idle(), name="oracle idle")

    async def _end_if_idle(self) -> None:
        async with self._changing:
            if not self._running and self._life is not None:
                _log.info("the Oracle worker is idle: ending it")
                await self._life.worker.stop(_STOP_GRACE)


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except _LostError as lost:
        raise _broken(lost) from lost


def _broken(error: Exception) -> Transient:
    return Transient(Code.ORACLE_UNAVAILABLE, reason=Reason.OTHER.value, detail=str(error))
