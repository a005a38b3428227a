"""The double itself: a listener and a server in a thread of its own, driven from a test's thread."""

import asyncio
import ssl
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.doubles.loop_end import hang_up_on_everybody, take_nobody_more

from .catalogue import Catalogue
from .faults import Fault, Kind, Point
from .session import Session
from .state import Config, Logins, State, Statement
from .tables import Table
from .verifiers import VerifierKind
from .wire import PacketStream

_THREAD_END = 10.0


class OracleDouble:
    """An Oracle listener with one database behind it, on a loopback port, for the thin driver.

    Use it as a context manager. Everything public may be called from any thread. Leaving it raises RuntimeError where
    a client sent something the double does not speak, so that a gap in the double never passes for a server's answer.
    """

    def __init__(
        self,
        *,
        user: str = "erp",
        password: str = "segredo",
        service: str = "XEPDB1",
        sid: str = "xe",
        tables: Mapping[str, Table] | None = None,
        verifier: VerifierKind = "12c",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls` makes it a TCPS listener; see certificates.Authority."""
        self.config = Config(user=user, password=password, service=service, sid=sid, verifier=verifier)
        self.port = port
        """The port asked for; once started, the one in use."""
        self._tls = tls
        self._state = State(self.config, Catalogue(user, tables or {}))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="oracle-double", daemon=True)
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._over = asyncio.Event()
        self._sessions: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self._state.misunderstood:
            raise RuntimeError(f"the client sent what this double does not speak: {self._state.misunderstood}")

    def start(self) -> None:
        """Listen; OSError where the port is taken."""
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join(_THREAD_END)
            self._loop.close()
            raise self._failure

    def stop(self) -> None:
        """Hang up on everybody and free the port."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_THREAD_END)
        if self._thread.is_alive():
            raise RuntimeError("the double's thread did not end")
        self._loop.close()

    def put_table(self, name: str, table: Table) -> None:
        """Create a table or replace it, rows and rights included."""
        self._state.catalogue.put(name, table)

    def fault(self, point: Point, kind: Kind | int, *, times: int | None = None) -> None:
        """From now on let the point go wrong, `times` times or until cleared.

        `drop` closes, `reset` closes with a TCP reset, `stall` answers nothing but honours a break, `deaf` ignores
        breaks too. A number is answered as that ORA- error (at `connect` it refuses; at `negotiate` and `rows` it is a
        ValueError).
        """
        replaced = self._state.faults.order(point, kind, times)
        if replaced is not None:
            self._release([replaced])

    def clear_faults(self) -> None:
        """Nothing goes wrong any more; what is stalled goes on and answers. What `wait_fault` counts begins anew."""
        self._release(self._state.faults.clear())

    def wait_fault(self, point: Point, *, times: int = 1, timeout: float = 30.0) -> None:
        """Block until clients have run into the point's fault so often in all; TimeoutError after `timeout` seconds."""
        self._state.faults.wait_met(point, times, timeout)

    def hang_up(self) -> None:
        """Close every connection there is, as a firewall or a restart does to an idle one."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(_THREAD_END)

    @property
    def connects(self) -> int:
        """CONNECT packets that named a target, whatever became of them."""
        return self._state.connects

    @property
    def logins(self) -> Logins:
        return self._state.logins

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement parsed or executed, refused ones too, oldest first."""
        return self._state.statements

    def _release(self, faults: list[Fault]) -> None:
        for fault in faults:
            self._loop.call_soon_threadsafe(fault.over.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())

    async def _listen(self) -> None:
        try:
            server = await asyncio.start_server(self._take, "127.0.0.1", self.port, ssl=self._tls)
        except OSError as error:
            self._failure = error
            self._started.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._over.wait()
        await take_nobody_more(server)
        await hang_up_on_everybody()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Known from its first moment on, so that nobody is forgotten where all are hung up on."""
        stream = PacketStream(reader, writer, sdu=self.config.sdu)
        session = self._loop.create_task(Session(self._state, stream, lambda: self.port).run())
        self._sessions.add(session)

        def over(_: object) -> None:
            self._sessions.discard(session)
            writer.close()

        session.add_done_callback(over)

    async def _hang_up(self) -> None:
        sessions = list(self._sessions)
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
