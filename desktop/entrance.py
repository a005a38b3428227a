"""The door's part of the composition root: what listens where, with whose certificate, and how callers find it."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

from desktop import __version__
from desktop.domain.errors import Code, ConfigError
from desktop.domain.settings import ANY_ADDRESS, Door
from desktop.runtime import runtime_file
from desktop.runtime.listening import bind, machine_addresses, machine_name
from desktop.runtime.paths import Home
from desktop.services.catalogue import DoorInfo, Services

if TYPE_CHECKING:
    from desktop.adapters.certificates import Certificate
    from desktop.api.gate import Gate
    from desktop.api.server import ApiServer

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Network:
    """The local network's side."""

    listener: socket
    certificate: "Certificate"
    names: tuple[str, ...]
    """By which it is called, an IPv6 address in brackets."""

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Entrance:
    local: socket
    network: Network | None

    @property
    def info(self) -> DoorInfo:
        port: int = self.local.getsockname()[1]
        if self.network is None:
            return DoorInfo(host=_LOOPBACK, port=port)
        return DoorInfo(
            host=_LOOPBACK,
            port=port,
            lan_url=f"https://{self.network.names[0]}:{self.network.port}",
            fingerprint=self.network.certificate.fingerprint,
        )


@contextmanager
def listening(home: Home, door: Door, now: datetime) -> Iterator[Entrance]:
    """Take the ports that the owner chose, before anything heavy is imported.

    Raises ConfigError (PORT_UNAVAILABLE, SETTING_INVALID).
    """
    with _bound(_LOOPBACK, door.port) as local:
        if not door.lan:
            yield Entrance(local, None)
            return
        with _bound(door.address, door.lan_port) as listener:
            names, also = _names(door)
            yield Entrance(local, Network(listener, _certificate(home, door, names, also, now), (*names, *also)))


async def open_door(stack: AsyncExitStack, home: Home, services: Services, entrance: Entrance, grace: float) -> None:
    """Serve until the stack ends; sends that are under way then, and who waits for them, have so many seconds."""
    # The web framework takes a third of a second to import: not on the loop that already serves the sessions.
    create_api, server_class = await asyncio.to_thread(_import_api)
    token = runtime_file.new_token()
    gate = create_api(services, local_token=token)
    servers = [server_class(gate, entrance.local)]
    if (network := entrance.network) is not None:
        beside = gate.beside(port=network.port, names=network.names)
        certificate = network.certificate
        servers.append(server_class(beside, network.listener, certificate=certificate.path, key=certificate.key))
    for server in servers:
        await server.start()

    async def shut() -> None:
        # At the same time: nothing may begin while the last callers are waited for, and a shutdown is in a hurry.
        outcomes = asyncio.create_task(services.pipeline.close(grace))
        await asyncio.gather(*(server.stop(outcomes) for server in servers), outcomes)

    stack.push_async_callback(shut)
    door = services.door
    info = runtime_file.RuntimeInfo(
        url=door.url,
        port=door.port,
        pid=os.getpid(),
        version=__version__,
        call=f'POST {door.url}/api/enviar-relatorio {{"cnpj":"…"}} (Authorization: Bearer CHAVE)',
        token=token,
        lan_url=door.lan_url,
        fingerprint=door.fingerprint,
    )
    runtime_file.write(home.runtime_file, info)
    stack.callback(runtime_file.remove, home.runtime_file)


def _import_api() -> "tuple[Callable[..., Gate], type[ApiServer]]":
    from desktop.api.application import create_api
    from desktop.api.server import ApiServer

    return create_api, ApiServer


@contextmanager
def _bound(address: str, port: int) -> Iterator[socket]:
    try:
        listener = bind(address, port)
    except OSError as error:
        raise ConfigError(Code.PORT_UNAVAILABLE, port=port, detail=str(error)) from error
    with listener:
        yield listener


def _names(door: Door) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that stay, and those of the moment."""
    if door.hosts:
        return door.hosts, ()
    if door.address not in (ANY_ADDRESS, "::"):
        return (_bracketed(door.address),), (machine_name(),)
    return (machine_name(),), tuple(map(_bracketed, machine_addresses()))


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _certificate(home: Home, door: Door, names: tuple[str, ...], also: tuple[str, ...], now: datetime) -> "Certificate":
    from desktop.adapters.certificates import made_certificate, owners_certificate

    if door.certificate:
        return owners_certificate(Path(door.certificate), Path(door.private_key or door.certificate))
    plain, momentary = ([name.strip("[]") for name in some] for some in (names, also))
    return made_certificate(home.certificates, names=plain, also=momentary, now=now)
