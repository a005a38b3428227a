"""The composition root: the only module that knows every other. Heavy imports wait until they are needed."""

import gc
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from desktop.domain.settings import Settings
    from desktop.ports.clock import Clock
    from desktop.ports.directory import Directory
    from desktop.ports.directory_inspector import DirectoryInspector
    from desktop.ports.engine import EngineFactory
    from desktop.ports.reports import Reports
    from desktop.ports.secrets import Secrets
    from desktop.runtime.paths import Home
    from desktop.services.catalogue import Services
    from desktop.services.configuration import Configuration
    from desktop.services.mapping import Mappings
    from desktop.services.oracle_client import ClientInstalling

_PIPELINE_GRACE = 10.0
"""Seconds for what an engine has in its hands when the program ends."""
_YOUNG_OBJECTS = 5_000
"""So many are made before the garbage collector looks at them; a report and its receipts make about 2,800."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program, or one of its workers; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["--worker"]:
        return _run_worker(*given[1:2], arguments=given[2:])
    from desktop.cli import run

    return run(given)


def worker_command(name: str) -> list[str]:
    """How to start one of this program's workers, from source or frozen."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--worker", name]
    script = Path(__file__).parents[1] / "main.py"
    # Installed as a package there is no main.py beside it.
    start = [str(script)] if script.exists() else ["-c", "from desktop.app import main; raise SystemExit(main())"]
    return [sys.executable, *start, "--worker", name]


def _run_worker(name: str = "", *, arguments: list[str]) -> int:
    if name == "whatsmeow":
        from desktop.adapters.engines.whatsmeow_worker import main as whatsmeow

        return whatsmeow(arguments)
    if name == "oracle":
        from desktop.adapters.directory.oracle_worker import main as oracle

        return oracle(arguments)
    from desktop.commands.parser import Parser

    Parser(prog="malote").error(f"--worker: não serve: {name!r}")


@asynccontextmanager
async def running(
    home: "Home",
    *,
    engines: "EngineFactory | None" = None,
    directory: "Directory | None" = None,
    reports: "Reports | None" = None,
    secrets: "Secrets | None" = None,
    clock: "Clock | None" = None,
) -> AsyncIterator["Services"]:
    """One whole instance on its home, from lock to door; what is not given is made as the settings say.

    Raises ConfigError (ALREADY_RUNNING, DATABASE_NEWER, SETTING_INVALID, PORT_UNAVAILABLE) where it cannot start.
    """
    from desktop.adapters.access.jwt_tokens import JwtTokens
    from desktop.adapters.outgoing_files import OutgoingFiles
    from desktop.adapters.secrets.entry_turns import entry_turns
    from desktop.adapters.settings_file import SettingsFile
    from desktop.adapters.storage.opening import open_storage
    from desktop.adapters.webhook_line import HttpWebhookLine
    from desktop.entrance import listening, open_door
    from desktop.runtime.clock import SystemClock
    from desktop.runtime.descriptors import raise_limit
    from desktop.runtime.event_log import EventLog
    from desktop.services.bus import Bus
    from desktop.services.catalogue import Notice, Services
    from desktop.services.configuration import Configuration
    from desktop.services.diagnosis import Diagnosing
    from desktop.services.groups import Groups
    from desktop.services.inbox import Inbox
    from desktop.services.keys import KeyRing
    from desktop.services.pipeline import Pipeline
    from desktop.services.preparing import Preparing
    from desktop.services.receipts import Receipts
    from desktop.services.sending import Sending
    from desktop.services.sessions import Sessions
    from desktop.services.webhooks import Telling

    async with AsyncExitStack() as stack:
        raise_limit()
        home.prepare()
        stack.enter_context(_alone_in(home))
        clock = clock or SystemClock()
        bus = Bus()
        stack.callback(bus.watch(EventLog().hear))
        configuration = Configuration(SettingsFile(home.settings), bus)
        settings = configuration.load
        chosen = settings()

        storage = await open_storage(home.database, clock=clock)
        stack.push_async_callback(storage.close)
        secrets = secrets or kept_secrets(home, settings)
        directory = directory or make_directory(home, settings, secrets, clock)
        stack.push_async_callback(directory.close)
        reports = reports or _reports(settings, clock)
        stack.push_async_callback(reports.close)

        preparing = Preparing(directory=directory, reports=reports, settings=settings)
        sessions = Sessions(
            engines=engines or _engines(chosen, home, clock),
            store=storage.sessions,
            outbox=storage.outbox,
            messages=storage.messages,
            bus=bus,
            clock=clock,
            settings=settings,
        )
        receipts = Receipts(outbox=storage.outbox, bus=bus)
        sessions.settle_before_rename(receipts.settled)
        groups = Groups(
            sessions=sessions,
            preparing=preparing,
            confirmed=storage.confirmed_groups,
            bus=bus,
            clock=clock,
            settings=settings,
        )
        telling = Telling(
            store=storage.webhooks,
            line=HttpWebhookLine(lambda: settings().webhooks, clock),
            secrets=secrets,
            bus=bus,
            clock=clock,
            settings=lambda: settings().webhooks,
            turn=entry_turns(home.signing),
        )
        sessions.carry_along(telling)
        sessions.forget_along(telling)
        keys = KeyRing(storage.keys, clock)
        sessions.carry_along(keys)
        inbox = Inbox(
            messages=storage.messages,
            sessions=sessions,
            groups=groups,
            bus=bus,
            clock=clock,
            settings=settings,
            teller=telling.teller,
        )
        pipeline = Pipeline(
            outbox=storage.outbox,
            sessions=sessions,
            preparing=preparing,
            groups=groups,
            bus=bus,
            clock=clock,
            settings=settings,
        )
        files = OutgoingFiles(lambda: settings().report, clock.now)
        stack.push_async_callback(files.close)
        sending = Sending(
            outbox=storage.outbox,
            sessions=sessions,
            files=files,
            bus=bus,
            clock=clock,
            settings=settings,
            foresight=pipeline,
        )
        entrance = stack.enter_context(listening(home, chosen.door, clock.now()))
        services = Services(
            sending=sending,
            sessions=sessions,
            inbox=inbox,
            preparing=preparing,
            groups=groups,
            diagnosing=Diagnosing(directory=directory, sessions=sessions),
            mappings=_mappings(directory, configuration),
            oracle_clients=client_installing(home, configuration),
            keys=keys,
            telling=telling,
            tokens=JwtTokens(lambda: settings().door.jwt, secrets),
            pipeline=pipeline,
            secrets=secrets,
            settings=configuration,
            bus=bus,
            home=home.folder,
            door=entrance.info,
            notices=(Notice(code="database_set_aside", path=storage.set_aside),) if storage.set_aside else (),
        )

        await pipeline.recover()
        receipts.start()
        stack.push_async_callback(receipts.close)
        stack.push_async_callback(telling.close)
        await telling.start()
        inbox.start()
        stack.push_async_callback(inbox.close)
        # Where the second session cannot be brought back, the first one's engine runs already.
        stack.push_async_callback(sessions.close)
        await sessions.restore()
        pipeline.start()
        # For a door that does not open; else the pipeline was closed with it.
        stack.push_async_callback(pipeline.close, _PIPELINE_GRACE)
        await open_door(stack, home, services, entrance, _PIPELINE_GRACE)
        yield services


@contextmanager
def _alone_in(home: "Home") -> Iterator[None]:
    from filelock import FileLock, Timeout

    from desktop.domain.errors import Code, ConfigError

    lock = FileLock(home.lock)
    try:
        # The system drops the lock with the process, also after kill -9.
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigError(Code.ALREADY_RUNNING, home=str(home.folder)) from error
    try:
        yield
    finally:
        lock.release()


def kept_secrets(home: "Home", settings: "Callable[[], Settings]") -> "Secrets":
    """The passwords of one home: those that an administrator gives from outside, else the keyring's entries."""
    import hashlib

    from desktop.adapters.secrets.ordered import OrderedSecrets
    from desktop.adapters.secrets.os_keyring import KeyringSecrets
    from desktop.adapters.secrets.outside import Outside, OutsideSecrets
    from desktop.domain.settings import WALLET_USER

    def named() -> dict[str, Outside]:
        directory = settings().directory
        found = {
            source.secret: Outside(user=source.user, variable=source.password_env)
            for source in (directory.oracle, directory.database)
        }
        return found | {directory.oracle.wallet_secret: Outside(user=WALLET_USER, variable="")}

    home_id = hashlib.sha256(str(home.folder.resolve()).encode()).hexdigest()[:16]
    return OrderedSecrets(OutsideSecrets(named), KeyringSecrets(home_id))


def make_directory(home: "Home", settings: "Callable[[], Settings]", secrets: "Secrets", clock: "Clock") -> "Directory":
    """The directory of one home, as its settings choose it."""
    from desktop.adapters.directory.chosen import ChosenDirectory
    from desktop.domain.settings import DirectoryKind

    def oracle() -> "Directory":
        from desktop.adapters.directory.oracle import OracleDirectory

        return OracleDirectory(
            lambda: settings().directory.oracle,
            secrets,
            command=worker_command("oracle"),
            cache=home.companies,
            now=clock.now,
        )

    def table() -> "Directory":
        from desktop.adapters.directory.table import TableDirectory

        return TableDirectory(lambda: settings().directory.table)

    def database() -> "Directory":
        from desktop.adapters.directory.sql import SqlDirectory

        return SqlDirectory(lambda: settings().directory.database, secrets, now=clock.now)

    return ChosenDirectory(
        lambda: settings().directory.kind,
        {DirectoryKind.ORACLE: oracle, DirectoryKind.TABLE: table, DirectoryKind.DATABASE: database},
    )


def _mappings(directory: "Directory", configuration: "Configuration") -> "Mappings":
    """Over the directory's own connections; one that was given to us cannot be looked into."""
    from desktop.adapters.directory.chosen import ChosenDirectory
    from desktop.domain.settings import DirectoryKind
    from desktop.services.mapping import Mappings

    if not isinstance(directory, ChosenDirectory):
        return Mappings(inspectors={}, settings=configuration)

    def oracle() -> "DirectoryInspector":
        from desktop.adapters.directory.oracle import OracleDirectory
        from desktop.adapters.directory.oracle_inspector import OracleInspector

        chosen = directory.of(DirectoryKind.ORACLE)
        assert isinstance(chosen, OracleDirectory)
        return OracleInspector(chosen)

    def table() -> "DirectoryInspector":
        from desktop.adapters.directory.table_inspector import TableInspector

        return TableInspector(lambda: configuration.load().directory.table)

    def database() -> "DirectoryInspector":
        from desktop.adapters.directory.sql import SqlDirectory
        from desktop.adapters.directory.sql_inspector import SqlInspector

        chosen = directory.of(DirectoryKind.DATABASE)
        assert isinstance(chosen, SqlDirectory)
        return SqlInspector(chosen)

    return Mappings(
        inspectors={DirectoryKind.ORACLE: oracle, DirectoryKind.TABLE: table, DirectoryKind.DATABASE: database},
        settings=configuration,
    )


def client_installing(home: "Home", configuration: "Configuration | None" = None) -> "ClientInstalling":
    """«Instalar cliente Oracle» for one home, running or not."""
    from desktop.adapters.directory.instant_clients import InstantClients
    from desktop.adapters.settings_file import SettingsFile
    from desktop.services.bus import Bus
    from desktop.services.configuration import Configuration
    from desktop.services.oracle_client import ClientInstalling

    return ClientInstalling(
        clients=InstantClients(home.folder / "oracle-client", command=worker_command("oracle")),
        settings=configuration or Configuration(SettingsFile(home.settings), Bus()),
    )


def _reports(settings: "Callable[[], Settings]", clock: "Clock") -> "Reports":
    from desktop.adapters.reports.sources import ReportSources

    return ReportSources(lambda: settings().report, clock.now)


def _engines(settings: "Settings", home: "Home", clock: "Clock") -> "EngineFactory":
    from desktop.domain.settings import EngineKind

    if settings.engine.kind is EngineKind.SIMULATOR:
        from desktop.adapters.engines.simulator import SimulatorEngine

        return lambda name, on_event: SimulatorEngine(name, on_event, store_dir=home.sessions, clock=clock)
    from desktop.adapters.engines.whatsmeow import WhatsmeowEngine

    return lambda name, on_event: WhatsmeowEngine(
        name, on_event, command=worker_command("whatsmeow"), store_dir=home.sessions, clock=clock
    )


async def serve(home: "Home", on_ready: "Callable[[Services], None]", stop: "asyncio.Event") -> None:
    """Run one instance until the event is set; raises what `running` raises."""
    async with running(home) as services:
        # What start-up made stays for good. Looked at again and again, it held up a send for 50 ms now and then.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS)
        on_ready(services)
        await stop.wait()
