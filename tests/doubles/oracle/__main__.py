"""Runs the double by hand, until Ctrl-C: `python -m tests.doubles.oracle --help`."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from . import Authority, OracleDouble, Table
from .examples import DEMO, made_up
from .faults import KINDS, POINTS


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.doubles.oracle",
        description="A double of an Oracle server on 127.0.0.1 that the real python-oracledb thin driver connects to.",
    )
    parser.add_argument("--port", type=int, default=1521, help="port to listen on (0: a free one); default 1521")
    parser.add_argument("--user", default="erp")
    parser.add_argument("--password", default="segredo", help="what the double expects; it guards nothing")
    parser.add_argument("--service", default="XEPDB1", help="service name it answers to")
    parser.add_argument("--sid", default="xe", help="SID it answers to")
    parser.add_argument("--table", default="D_EMPRESAS", help="name of the table that --rows fills")
    parser.add_argument("--companies", type=int, default=0, metavar="N", help="so many made-up companies")
    parser.add_argument(
        "--tls", type=Path, metavar="FOLDER", help="speak TCPS, with a certificate and a wallet made there"
    )
    parser.add_argument("--rows", type=Path, help="CSV with a header of NAME or NAME:TYPE, such as CNPJ_CO2:CHAR(18)")
    parser.add_argument("--verifier", choices=("12c", "11g", "10g"), default="12c", help="how the password is kept")
    parser.add_argument("--account", choices=("open", "locked", "expired", "no_session"), default="open")
    parser.add_argument("--tns", type=int, default=318, help="TNS version announced; 314 is Oracle 11.2")
    parser.add_argument("--encryption", action="store_true", help="demand native network encryption")
    parser.add_argument("--fault", nargs=2, action="append", default=[], metavar=("POINT", "KIND"))
    parser.epilog = f"POINT: {', '.join(POINTS)}. KIND: {', '.join(KINDS)} or an ORA- number."
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 2 where the rows cannot be read or the port is taken."""
    options = _arguments(argv)
    try:
        authority = _authority(options.tls)
        table = _table(options)
        if len(table.columns) < 2:
            raise ValueError(f"{options.rows} needs a column for the CNPJ and one for the group")
        oracle = OracleDouble(
            user=options.user,
            password=options.password,
            service=options.service,
            sid=options.sid,
            tables={options.table: table},
            verifier=options.verifier,
            port=options.port,
            tls=authority.server() if authority else None,
        )
        oracle.config.account = options.account
        oracle.config.tns_version = options.tns
        oracle.config.encryption_required = options.encryption
        for point, kind in options.fault:
            oracle.fault(point, int(kind) if kind.isdigit() else kind)
        oracle.start()
    except (OSError, ValueError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 2
    try:
        _tell(oracle, table, options.table, authority.wallet() if authority else None)
        _wait_for_the_end()
    finally:
        oracle.stop()
    return 0


def _table(options: argparse.Namespace) -> Table:
    if options.rows is not None:
        return Table.from_csv(options.rows)
    return made_up(options.companies) if options.companies else DEMO


def _authority(folder: Path | None) -> Authority | None:
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return Authority(folder)


def _tell(oracle: OracleDouble, table: Table, name: str, wallet: Path | None) -> None:
    config = oracle.config
    first, second, *others = [column.name for column in table.columns]
    print(f"Oracle double on 127.0.0.1:{oracle.port}, service {config.service}, SID {config.sid}")
    print(f"user {config.user}, password {config.password}; {len(table.rows)} rows in {name}")
    print("Point Malote at it, in Configurações or with these commands (--home DIR first keeps it apart from yours):")
    settings = {
        "host": "127.0.0.1",
        "port": oracle.port,
        "service_name": config.service,
        "table": name,
        "column_cnpj": first,
        "column_group": second,
        "column_name": others[0] if others else "",
    }
    if wallet is not None:
        settings |= {"tls": "sim", "wallet": wallet}
    print("  python main.py config set directory.kind oracle")
    for setting, value in settings.items():
        print(f"  python main.py config set directory.oracle.{setting} {value or repr(value)}")
    print(f"  echo {config.password} | python main.py config credenciais --usuario {config.user}")
    print("Ctrl-C ends it.", flush=True)


def _wait_for_the_end() -> None:
    """Ctrl-C reaches an asyncio loop on every system, a plain wait only on some."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(_forever())
    except KeyboardInterrupt:
        print("ended")


async def _forever() -> None:
    await asyncio.Event().wait()


if __name__ == "__main__":
    raise SystemExit(main())
