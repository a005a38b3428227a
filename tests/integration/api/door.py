"""One whole instance in a thread, its door on a real socket; only WhatsApp's engine is scripted."""

import asyncio
import io
import re
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
from PIL import Image

from desktop.adapters.settings_file import SettingsFile
from desktop.api.application import create_api
from desktop.api.protocol import DoorProtocol
from desktop.api.server import ApiServer
from desktop.app import running
from desktop.domain.cnpj import Cnpj
from desktop.domain.events import Event, SendChanged
from desktop.domain.history import HistoryFilter
from desktop.domain.send import SendState
from desktop.ports.engine import EngineEvent
from desktop.ports.secrets import Secrets
from desktop.runtime import runtime_file
from desktop.runtime.listening import bind
from desktop.runtime.loop import ServiceThread
from desktop.runtime.paths import Home
from desktop.services.catalogue import DoorInfo, Services
from tests.doubles.engine import ScriptedEngine
from tests.harness.patience import PATIENCE

T = TypeVar("T")

MARKET = "62567108000101"
BAKERY = "11222333000181"
WITHOUT_GROUP = "00000000000191"
WITHOUT_REPORT = "04252011000110"
GROUP = "120363041234567890@g.us"
ROWS = f"""cnpj;nome;grupo
{MARKET};Mercado São João;{GROUP}
{BAKERY};Padaria Três Irmãos;120363041234567891@g.us
{WITHOUT_GROUP};Loja Sem Grupo;
{WITHOUT_REPORT};Livraria Página Um;120363041234567893@g.us
"""


@dataclass
class Door:
    """What a test holds in its hands: the address, the caller's keys, the engine and the folder of reports."""

    home: Home
    info: runtime_file.RuntimeInfo
    services: Services
    engine: ScriptedEngine
    key: str
    """A program's key, as `malote chave criar` gives it."""
    thread: ServiceThread
    engines: list[ScriptedEngine]
    """Every session's, in the order in which they were made; the first is the default session's."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.info.port}"

    def run(self, work: Coroutine[Any, Any, T], timeout: float = PATIENCE) -> T:
        """Do something on the instance's own loop and wait for it."""
        return self.thread.submit(work).result(timeout)

    def client(self, *, key: str | None = "", url: str = "", **headers: str) -> httpx.Client:
        """A program's HTTP client; with the program's key, another one, or (None) without any."""
        shown = self.key if key == "" else key
        auth = {"Authorization": f"Bearer {shown}"} if shown is not None else {}
        return httpx.Client(
            base_url=url or self.info.url,
            headers={**auth, **headers},
            timeout=PATIENCE,
            trust_env=False,
            follow_redirects=False,
        )

    def send(self, cnpj: object = MARKET, **body: object) -> httpx.Response:
        """The ERP's call."""
        with self.client() as client:
            return client.post("/api/enviar-relatorio", json={"cnpj": cnpj, **body})

    def get(self, path: str, **query: str | int) -> httpx.Response:
        with self.client() as client:
            return client.get(path, params=query)

    def history(self) -> list[dict[str, Any]]:
        sends: list[dict[str, Any]] = self.get("/api/envios").json()["envios"]
        return sends

    def say(self, event: EngineEvent) -> None:
        """Let the engine tell something, as it does from its own loop."""

        async def tell() -> None:
            self.engine.say(event)

        self.run(tell())

    def hold(self) -> Callable[[], None]:
        """Keep sends at the engine until the answer is called."""
        gate = asyncio.Event()
        self.engine.hold = gate

        async def release() -> None:
            gate.set()

        return lambda: self.run(release())

    def wait_taken(self, count: int = 1) -> None:
        """Return once the engine has so many sends in its hands."""

        async def wait() -> None:
            while len(self.engine.taken) < count:
                self.engine.took.clear()
                await self.engine.took.wait()

        self.run(wait())

    def wait_for_send(self, cnpj: str, *states: SendState) -> None:
        """Return once the history has a send of this company in one of the states."""

        async def wait() -> None:
            reached = asyncio.Event()
            query = HistoryFilter(cnpj=Cnpj(cnpj), states=frozenset(states))

            def look(event: Event) -> None:
                if isinstance(event, SendChanged) and event.send.cnpj == query.cnpj and event.send.state in states:
                    reached.set()

            end = self.services.bus.subscribe(look)
            if not await self.services.sending.history(query):
                await reached.wait()
            end()

        self.run(wait())

    def change(self, values: dict[str, object]) -> None:
        async def change() -> None:
            self.services.settings.change(values)

        self.run(change())

    def put_report(self, cnpj: str, colour: str = "navy") -> Path:
        """Write today's picture of a company."""
        buffer = io.BytesIO()
        Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
        path = self.home.folder / "relatorios" / f"ERP_{cnpj}" / "RelatorioVendas.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(buffer.getvalue())
        return path

    @contextmanager
    def second_entrance(
        self, *, protocol: type[DoorProtocol] = DoorProtocol, change: Callable[[Services], Services] = lambda same: same
    ) -> Iterator[str]:
        """The same instance behind another port, with other limits or with something broken in it; gives its URL."""
        listener = bind("127.0.0.1", 0)
        port = listener.getsockname()[1]
        services = change(replace(self.services, door=DoorInfo(host="127.0.0.1", port=port)))
        server = ApiServer(create_api(services, local_token=self.info.token), listener, protocol=protocol)

        async def stop() -> None:
            # The instance and its sends go on.
            outcomes: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            outcomes.set_result(None)
            await server.stop(outcomes)

        self.run(server.start())
        try:
            yield services.door.url
        finally:
            self.run(stop())


@contextmanager
def open_door(
    folder: Path, *, settings: Mapping[str, object] = {}, online: bool = True, secrets: Secrets | None = None
) -> Iterator[Door]:
    """Start an instance on a folder with four companies and today's report of two, and end it afterwards."""
    home = Home(folder)
    home.prepare()
    table = folder / "empresas.csv"
    table.write_text(ROWS, encoding="utf-8")
    SettingsFile(home.settings).change(
        {
            "door.port": 0,
            "directory.kind": "table",
            "directory.table.path": str(table),
            "report.template": str(folder / "relatorios" / "ERP_{cnpj}" / "RelatorioVendas.jpg"),
            "engine.connect_wait": 1,
            "pace.minimum_gap": 0,
            "groups.policy": "allow",
            "pace.jitter": 0,
            **settings,
        }
    )
    engines: list[ScriptedEngine] = []
    opened: asyncio.Queue[Services] = asyncio.Queue()

    def make_engine(name: str, on_event: Callable[[EngineEvent], None]) -> ScriptedEngine:
        engine = ScriptedEngine(on_event)
        if engines:
            engine.accounts = engines[0].accounts  # one WhatsApp for all
        engine.goes_online = online
        engines.append(engine)
        return engine

    async def serve(stop: asyncio.Event) -> None:
        async with running(home, engines=make_engine, secrets=secrets) as services:
            opened.put_nowait(services)
            await stop.wait()

    thread = ServiceThread()
    finished = thread.start(serve)
    try:
        ready = thread.submit(opened.get())
        finished.add_done_callback(lambda _: ready.cancel())
        services = ready.result(30)
        info = runtime_file.read(home.runtime_file)
        assert info is not None
        thread.submit(services.keys.remove("ERP")).result(10)  # of an earlier start on this folder
        key = thread.submit(services.keys.create("ERP")).result(10)
        door = Door(
            home=home, info=info, services=services, engine=engines[0], key=key.text, thread=thread, engines=engines
        )
        door.put_report(MARKET)
        door.put_report(BAKERY)
        yield door
    finally:
        thread.stop()
        finished.result(30)


def talk(port: int, sent: bytes, *, timeout: float = PATIENCE) -> bytes:
    """Send exactly these bytes and give everything that comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout) as line:
        line.sendall(sent)
        return read_all(line)


def read_all(line: socket.socket) -> bytes:
    received = b""
    while part := line.recv(65536):
        received += part
    return received


def read_answer(line: socket.socket) -> bytes:
    """One answer of a connection that stays open; empty where the other side closed."""
    received = b""
    while b"\r\n\r\n" not in received and (part := line.recv(65536)):
        received += part
    start, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", start)
    while length is not None and len(body) < int(length[1]) and (part := line.recv(65536)):
        received, body = received + part, body + part
    return received


def stays_silent(line: socket.socket, seconds: float) -> bool:
    """True where neither an answer nor the end of the connection comes within the time."""
    line.settimeout(seconds)
    try:
        line.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        line.settimeout(20)
    return False


def head(method: str, path: str, *lines: str, host: str | None) -> bytes:
    """The head of a request, byte for byte as given; it asks for the connection to be closed."""
    hosts = [] if host is None else [f"Host: {host}"]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *hosts, "Connection: close", *lines, "", ""]).encode("latin-1")
