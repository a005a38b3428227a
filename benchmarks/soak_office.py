"""An accounting office in the soak: several sessions, each for its own companies, and a program that may die."""

import io
import random
import signal
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from PIL import Image

from benchmarks.processes import memory_of
from desktop.domain.cnpj import Cnpj
from tests.doubles.whatsapp import Group
from tests.doubles.whatsapp.double import DEFAULT_PHONE
from tests.e2e.world import World
from tests.harness.processes import still_running

SESSIONS = 4
COMPANIES = 3
"""Of each session."""
MEMBERS = 3
PATIENCE = 60.0
_DEFAULT = "principal"
_NEEDS_START = frozenset({"needs_human", "broken", "stopped"})
_LINK_LOST = frozenset({"qr", "pairing_code", "logged_out"})


@dataclass(frozen=True, slots=True)
class Client:
    """A company, its group, and the session that sends for it."""

    cnpj: str
    group: Group
    session: str
    named: bool
    """The caller has to name the session: the company has none of its own."""
    folder: Path

    @property
    def asks(self) -> dict[str, str]:
        """What every request for this company says."""
        return {"cnpj": self.cnpj, **({"sessao": self.session} if self.named else {})}


@dataclass(frozen=True, slots=True)
class Sample:
    """What the program held at one moment: MB of private memory, and the main process' file descriptors."""

    taken: int
    """How many messages WhatsApp had by then."""
    life: int
    """Counts the program's starts."""
    main: float
    workers: float
    descriptors: int


class Office:
    """The door is one HTTP client for each life of the program; whoever calls while it is dead waits for the next."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.whatsapp = world.whatsapp
        self.phones = {_DEFAULT: DEFAULT_PHONE} | {f"loja-{n}": f"55119{n:08}" for n in range(1, SESSIONS)}
        self.clients: list[Client] = []
        self.lives = 0
        self.person_acted: Counter[str] = Counter()
        """How often a person had to start a session again, by why."""
        self._door: httpx.Client | None = None
        self._changed = threading.Condition()

    def settle(self) -> None:
        """Companies in a table, settings without a pace, and every session linked by the program's own door."""
        for session, phone in self.phones.items():
            self.whatsapp.add_account(phone)
            for number in range(COMPANIES):
                self._found(session, phone, own=session != _DEFAULT and number == 0)
        table = self.world.folder / "empresas.csv"
        rows = [f"{client.cnpj};Loja {client.cnpj[4:8]};{client.group.jid}" for client in self.clients]
        table.write_text("\n".join(["cnpj;nome;grupo", *rows]) + "\n", "utf-8")
        self.world.configure({"directory.kind": "table", "directory.table.path": str(table), "engine.ack_deadline": 20})
        self.start()
        for session, phone in self.phones.items():
            if session != _DEFAULT:
                self._link(session, phone)
        for client in self.clients:
            if not client.named and client.session != _DEFAULT:
                self.act(client.session, "empresa", empresa=client.cnpj)

    def picture(self, number: int, client: Client | None, seed: int) -> tuple[Path | None, bytes]:
        """A picture that no other number has; in the company's folder, or in the template's place without one."""
        noise = random.Random(seed * 1_000_003 + number).randbytes(48 * 48 * 3)
        buffer = io.BytesIO()
        Image.frombytes("RGB", (48, 48), noise).save(buffer, "JPEG", quality=40, comment=f"{seed}-{number}".encode())
        if client is None:
            return None, buffer.getvalue()
        path = client.folder / f"{number:05}.jpg"
        path.write_bytes(buffer.getvalue())
        return path, buffer.getvalue()

    def door(self, gone: httpx.Client | None = None) -> httpx.Client:
        """The program's door; not the one that is `gone`. Raises TimeoutError where no new life begins in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._door is not None and self._door is not gone, PATIENCE):
                raise TimeoutError("the program does not answer, and nobody has killed it")
            assert self._door is not None
            return self._door

    def start(self) -> None:
        program = self.world.headless()
        runtime = program.runtime()
        door = httpx.Client(
            base_url=runtime["url"],
            headers={"Authorization": f"Bearer {runtime['token']}"},
            timeout=PATIENCE,
            trust_env=False,
        )
        with self._changed:
            self.lives += 1
            self._door = door
            self._changed.notify_all()

    def kill(self) -> None:
        """The whole program, -9; what it started must go with it."""
        with self._changed:
            door, self._door = self._door, None
        self.world.kill()
        if door is not None:
            door.close()

    def close(self) -> None:
        """The program ends as a service manager would end it."""
        with self._changed:
            door, self._door = self._door, None
        assert self.world.program.terminate(PATIENCE) == 0, self.world.program.text("stderr")[-4000:]
        if door is not None:
            door.close()

    def workers(self) -> list[psutil.Process]:
        found = psutil.Process(self.world.program.pid).children(recursive=True)
        return [process for process in found if "--worker" in _words(process)]

    def kill_workers(self, workers: list[psutil.Process]) -> None:
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
        assert not still_running(workers, 10)

    def sessions(self) -> list[dict[str, Any]]:
        answer = self.door().get("/api/sessoes")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["sessoes"]
        return found

    def act(self, session: str, what: str, **body: object) -> None:
        answer = self.door().post(f"/api/sessoes/{session}/{what}", json=body)
        assert answer.status_code == 200, answer.text

    def care(self) -> None:
        """A person looks in: what waits for somebody is started, and no link may be lost."""
        for session in self.sessions():
            if session["estado"] in _LINK_LOST:
                raise AssertionError(f"session {session['nome']} lost its link: {session}")
            if session["estado"] in _NEEDS_START:
                self.person_acted[session["motivo"] or session["estado"]] += 1
                self.act(session["nome"], "iniciar")

    def wait_for_sessions(self) -> None:
        """Until all are connected."""
        for session in self.phones:
            self._wait_for(session, "connected")

    def taken(self) -> int:
        return len(self.whatsapp.received)

    def sample(self) -> Sample | None:
        """None while a worker is missing."""
        main, workers = self.world.program.pid, self.workers()
        if len(workers) != SESSIONS:
            return None
        try:
            held = sum(memory_of(worker.pid).private for worker in workers)
        except (FileNotFoundError, ProcessLookupError):
            # One ended meanwhile.
            return None
        descriptors = len(list(Path(f"/proc/{main}/fd").iterdir()))
        return Sample(self.taken(), self.lives, memory_of(main).private / 1e6, held / 1e6, descriptors)

    def _found(self, session: str, phone: str, *, own: bool) -> None:
        number = len(self.clients) + 1
        cnpj = Cnpj(f"44{number:06}000100").expected.value
        folder = self.world.folder / "relatorios" / f"ERP_{cnpj}_VENDAS_COMERCIO"
        folder.mkdir(parents=True)
        group = self.whatsapp.add_group(f"Vendas {number}", MEMBERS, accounts=[phone])
        named = session != _DEFAULT and not own
        self.clients.append(Client(cnpj, group, session, named, folder))

    def _link(self, session: str, phone: str) -> None:
        answer = self.door().post("/api/sessoes", json={"nome": session})
        assert answer.status_code == 201, answer.text
        self.act(session, "vincular")
        self.whatsapp.scan(self._wait_for(session, "qr")["qr"], phone)
        self._wait_for(session, "connected")

    def _wait_for(self, session: str, state: str) -> dict[str, Any]:
        """Held back by the program until there is something new."""
        found: dict[str, Any] = self.door().get(f"/api/sessoes/{session}").json()
        for _ in range(100):
            if found["estado"] == state:
                return found
            following = {"versao": found["versao"], "espera": 10}
            found = self.door().get(f"/api/sessoes/{session}", params=following).json()
            if found["estado"] in _NEEDS_START and state == "connected":
                self.care()
        raise TimeoutError(f"session {session} did not become {state}: {found}")


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
