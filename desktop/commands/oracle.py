"""`malote oracle`: what an administrator does about the database's client, without a window."""

import argparse
import asyncio
import sys
from pathlib import Path

from desktop.commands.client import print_error
from desktop.domain.errors import AppError
from desktop.domain.oracle_client import OracleClient
from desktop.ports.oracle_client import ClientArchive
from desktop.runtime.paths import Home
from desktop.services.oracle_client import ClientInstalling

_YES = frozenset({"s", "sim", "y", "yes"})


def oracle(home: Home, options: argparse.Namespace) -> int:
    """Do the action that was asked for; 1 where it is refused."""
    try:
        home.prepare()
        if options.action == "report":
            from desktop.commands.oracle_report import report

            return report(home)
        return asyncio.run(_install_client(home, options))
    except AppError as error:
        print_error(error)
        return 1
    except KeyboardInterrupt:
        print("\nInterrompido. O que já foi baixado fica guardado: o próximo download continua dali.", file=sys.stderr)
        return 1


async def _install_client(home: Home, options: argparse.Namespace) -> int:
    from desktop.adapters.directory.instant_client import library_in
    from desktop.app import client_installing

    installing = client_installing(home)
    into: Path | None = options.folder
    if options.zip:
        return _tell(await installing.take_zip(options.zip, into))
    if into is not None and library_in(into) is not None:
        return _tell(await installing.take_folder(into))
    if into is None and not options.download and (found := await _existing(installing)):
        return _tell(found)
    confirm = _Confirm(trusted=options.yes)
    return _tell(await installing.download(_progress, confirm, into, sha256=options.sha256))


async def _existing(installing: ClientInstalling) -> OracleClient | None:
    taken = await installing.take_existing()
    if taken is None:
        for client in await installing.find():
            print(f"Encontrado, mas não serve: {_described(client)}")
    return taken


class _Confirm:
    """Asks at the terminal; where nobody sits at one, only what was allowed beforehand is trusted."""

    def __init__(self, *, trusted: bool) -> None:
        self._trusted = trusted

    async def __call__(self, archive: ClientArchive) -> bool:
        print(f"\nSHA-256 do arquivo baixado: {archive.sha256}")
        if self._trusted:
            return True
        if not sys.stdin.isatty():
            print("Confira a soma no site da Oracle e repita com --sha256 SOMA ou --yes.")
            return False
        print("Confira se é a mesma soma que está no site da Oracle. Instalar? [s/N] ", end="", flush=True)
        answer = await asyncio.to_thread(sys.stdin.readline)
        return answer.strip().casefold() in _YES


def _progress(here: int, total: int | None) -> None:
    if not sys.stdout.isatty():
        return
    whole = f" de {total / 1_000_000:.1f} MB ({here * 100 // max(total, 1)}%)" if total else ""
    print(f"\rBaixando: {here / 1_000_000:.1f} MB{whole} ", end="", flush=True)


def _tell(client: OracleClient) -> int:
    print(f"Pronto: {_described(client)}")
    print(f"Pasta: {client.folder}")
    return 0


def _described(client: OracleClient) -> str:
    major = client.version.split(".", maxsplit=1)[0]
    if not client.reaches_11g:
        return f"cliente Oracle {client.version}; o cliente {major} não conecta em Oracle 11g"
    return f"cliente Oracle {client.version}, para Oracle {client.oldest_server} em diante"
