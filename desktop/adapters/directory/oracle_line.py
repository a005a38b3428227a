"""The parent's line to Oracle: a worker that is there when it is needed, logged in, and gone again when it is idle.

Whatever hangs in the child is ended with it at the caller's deadline.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, cast

from desktop.adapters.directory.instant_client import client_environment
from desktop.adapters.directory.oracle_answers import Probed, Seen
from desktop.adapters.directory.oracle_errors import KNOWN, NEEDS_CLIENT, Reason, app_error
from desktop.adapters.directory.oracle_logins import Address, RefusedLogins
from desktop.adapters.directory.oracle_probe import OLDEST_FOR_THIN_MODE, Outcome
from desktop.adapters.worker import CallError, CallTimeout, Worker, WorkerDied, WorkerError, WorkerNotRunning
from desktop.domain.errors import AppError, Code, NeedsHuman, Transient
from desktop.domain.settings import OracleSource
from desktop.ports.secrets import Credentials, Secrets

_MARGIN: Final = 0.3
"""Seconds by which the child gives up before the parent ends it: a slow call need not cost the connection."""
_LEAST: Final = 0.1
_STOP_GRACE: Final = 2.0

_SILENCE: Final = {
    Outcome.REFUSED: Reason.OTHER,
    Outcome.CLOSED: Reason.DROPPED,
    Outcome.SILENT: Reason.SILENT,
    Outcome.NOT_ORACLE: Reason.REFUSED,
}

_log = logging.getLogger(__name__)


class _LostError(Exception):
    """The worker ended under the call, which may be made again."""


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
        self.logged_in: Address | None = None
        self.connected = False
        """False while the child has no connection, so that what hangs is the making of one."""

    def _heard(self, event: str, facts: dict[str, object]) -> None:
        if event == "stage":
            self.connected = facts["name"] == "connected"


class OracleLine:
    """Every method belongs to one event loop. `until` is a loop time, by which each has answered.

    They raise AppErrors: ORACLE_UNAVAILABLE, ORACLE_CREDENTIALS, and what reading the keyring raises.
    """

    def __init__(self, secrets: Secrets, *, command: Sequence[str], idle_after: float) -> None:
        """`idle_after` is how many seconds the worker outlives its last call."""
        self._secrets = secrets
        self._command = command
        self._idle_after = idle_after
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

        Once more where another call ended the worker, or where the password in the keyring is a newer one.
        """
        address = Address.of(source)
        async with self._in_use():
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

    async def test(self, source: OracleSource, query: dict[str, str], *, until: float) -> Seen:
        """Call the listener, log in anew with what the keyring holds now, and look at the table."""
        address = Address.of(source)
        async with self._in_use():
            try:
                async with self._alone(until):
                    life = await self._started(address, until)
                    probed = await self._call(life, "probe", until, _target(address))
                    try:
                        _judge(cast(Probed, probed))
                    except NeedsHuman as error:
                        if not life.client and not self._goes_thick(life, address, error):
                            raise
                    life = await self._log_in(await self._started(address, until), address, until, by_person=True)
                return cast(Seen, await self._call(life, "check", until, {"query": query}))
            except _LostError as lost:
                raise _broken(lost) from lost

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
        try:
            return await self._call(life, method, until, params)
        except NeedsHuman as error:
            if error.code is Code.ORACLE_CREDENTIALS:  # the child had to log in again
                life.logged_in = None
                self._note_refusal(address, error)
            raise

    async def _started(self, address: Address, until: float) -> _Life:
        client = address.client if address in self._beyond_thin else ""
        if self._life is not None and self._life.worker.alive:
            if self._life.client == client:
                return self._life
            await self._life.worker.stop(_STOP_GRACE)
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
        life.logged_in, life.connected = None, False
        login = _target(address) | {"user": credentials.user, "password": credentials.password.reveal()}
        try:
            life = await self._connect(life, address, login, until)
        except _LostError as lost:  # not again: the password may already have been sent
            raise _broken(lost) from lost
        except NeedsHuman as error:
            self._note_refusal(address, error)
            raise
        self._refused.forget()
        life.logged_in = address
        return life

    async def _connect(self, life: _Life, address: Address, login: dict[str, object], until: float) -> _Life:
        try:
            await self._call(life, "connect", until, login)
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

    def _note_refusal(self, address: Address, error: AppError) -> None:
        if error.code is Code.ORACLE_CREDENTIALS and self._credentials is not None:
            now = asyncio.get_running_loop().time()
            self._refused.note(address, self._credentials[1], error.facts, now)

    async def _call(self, life: _Life, method: str, until: float, params: dict[str, object]) -> object:
        left = until - asyncio.get_running_loop().time()
        timeout = max(_LEAST, left - _MARGIN)
        try:
            return await life.worker.call(method, deadline=left, kill_on_timeout=True, timeout=timeout, **params)
        except CallError as error:
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
            if self._closed:
                raise Transient(Code.ORACLE_UNAVAILABLE, reason=Reason.DROPPED.value)
            yield
        finally:
            self._changing.release()

    @asynccontextmanager
    async def _in_use(self) -> AsyncIterator[None]:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running and not self._closed:
                self._idle = asyncio.get_running_loop().call_later(self._idle_after, self._rest)

    def _rest(self) -> None:
        self._idle = None
        self._ending = asyncio.get_running_loop().create_task(self._end_if_idle(), name="oracle idle")

    async def _end_if_idle(self) -> None:
        async with self._changing:
            if not self._running and self._life is not None:
                _log.info("the Oracle worker is idle: ending it")
                await self._life.worker.stop(_STOP_GRACE)


def _target(address: Address) -> dict[str, object]:
    return {
        "host": address.host,
        "port": address.port,
        "sid": address.sid,
        "service_name": address.service_name,
    }


def _judge(probed: Probed) -> None:
    """Raise what a listener's answer means for thin mode, before any password is sent."""
    if probed["suits_thin_mode"]:
        return
    outcome, ora, version = Outcome(probed["outcome"]), probed["ora"], probed["tns_version"]
    facts: dict[str, object] = {}
    if outcome is Outcome.ACCEPTED:
        old = version is not None and version < OLDEST_FOR_THIN_MODE
        facts["reason"] = (Reason.SERVER_TOO_OLD if old else Reason.ENCRYPTION_REQUIRED).value
        facts["tns_version"] = version
    elif ora is not None:
        facts |= {"reason": KNOWN.get(ora, Reason.OTHER).value, "ora": ora}
    else:
        facts["reason"] = _SILENCE[outcome].value
    if facts["reason"] == Reason.OTHER:
        facts["detail"] = ora or outcome.value
    raise app_error(Code.ORACLE_UNAVAILABLE, facts)


def _broken(error: Exception) -> Transient:
    return Transient(Code.ORACLE_UNAVAILABLE, reason=Reason.OTHER.value, detail=str(error))
