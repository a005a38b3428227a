"""A real PostgreSQL of the test's own, where the machine has one: a folder, a free port on loopback, one password."""

import os
import random
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, Self

import pytest

USER: Final = "erp"
PASSWORD: Final = "segredo"
_WAIT: Final = 30.0


def _program(name: str) -> str | None:
    found = shutil.which(name)
    if found:
        # Debian's wrapper chooses among clusters; the program itself lies beside the others
        real = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        return str(real[-1]) if real else found
    return None


INITDB: Final = _program("initdb")
POSTGRES: Final = _program("postgres")
_LOWERED: Final = shutil.which("runuser")

needs_postgres: Final = pytest.mark.skipif(
    INITDB is None or POSTGRES is None or (os.name == "posix" and os.geteuid() == 0 and _LOWERED is None),
    reason="PostgreSQL is not installed",
)


class Postgres:
    """`with Postgres() as server:` runs it; `refusals` counts wrong passwords, all of them once it is over."""

    def __init__(self) -> None:
        self._folder = Path(mkdtemp(prefix="malote-pg-"))
        self._data = self._folder / "data"
        self._said: list[str] = []
        self._ready = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        # Bound until the server has it: nobody else is given the port, and it may be shared with who listens.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.port: int = self._place.getsockname()[1]

    @property
    def url(self) -> str:
        return f"postgresql+pg8000://127.0.0.1:{self.port}/postgres"

    @property
    def refusals(self) -> int:
        return sum("password authentication failed" in line for line in self._said)

    def __enter__(self) -> Self:
        assert INITDB is not None
        assert POSTGRES is not None
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
            shutil.chown(secret, "postgres")
        options: list[str | Path] = [
            "-D",
            self._data,
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(_lowered([INITDB, *options]), check=True, capture_output=True, timeout=60)
        server: list[str | Path] = [
            POSTGRES,
            "-D",
            self._data,
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-k",
            "",
            "-c",
            "fsync=off",
        ]
        self._process = subprocess.Popen(_lowered(server), stderr=subprocess.PIPE)
        self._listener = threading.Thread(target=self._listen, name="postgres", daemon=True)
        self._listener.start()
        if not self._ready.wait(_WAIT):
            raise RuntimeError("".join(self._said))
        self._place.close()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(20.0)
        self._listener.join(20.0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._said.append(line.decode(errors="replace"))
                if b"ready to accept connections" in line:
                    self._ready.set()


def _free_port() -> int:
    """Below those that systems give away by themselves, to callers and to servers: making the folder takes seconds."""
    for port in random.sample(range(10_000, 30_000), 100):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise RuntimeError("no port is free")


def _lowered(command: Sequence[str | Path]) -> list[str | Path]:
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return list(command)
    assert _LOWERED is not None
    return [_LOWERED, "-u", "postgres", "--", *command]
