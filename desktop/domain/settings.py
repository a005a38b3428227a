"""Every choice of the owner, with its default. Secrets are not here, only the names they are kept under."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from desktop.domain.group import GroupPolicy
from desktop.domain.pacing import Pace

WALLET_USER: Final = "carteira"
"""In the place of a user, beside a wallet's password."""

TOKENS_USER: Final = "tokens"
"""In the place of a user, beside the secret that tokens are signed with."""

ANY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - only where the owner serves the local network


class EngineKind(StrEnum):
    WHATSMEOW = "whatsmeow"
    SIMULATOR = "simulator"


class DirectoryKind(StrEnum):
    ORACLE = "oracle"
    TABLE = "table"
    DATABASE = "database"


class Language(StrEnum):
    PORTUGUESE = "pt_BR"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtSettings:
    """Tokens of the owner's login service that open the door beside keys; no issuer: none do."""

    issuer: str = ""
    audience: str = ""
    """Empty: not looked at."""
    public_key: str = ""
    """Path of a PEM file; tokens are signed with RS256 then."""
    secret: str = "jwt"
    """Name in the OS keyring of the secret of HS256 tokens, where there is no public key."""
    role_claim: str = "role"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The local API."""

    port: int = 3000
    """The first one tried; where it is taken, the next free one."""
    keyless_local: bool = False
    """Let programs of this machine call contract A without a key."""
    wait_limit: float = 45.0
    """Seconds a caller waits for the outcome of a send without `fila`."""
    requests_per_minute: int = 6000
    """Of one key; whoever asks for more is told to wait. 0: as many as come."""
    connections_per_key: int = 1500
    """Calls and sockets of one key that are open at the same time."""
    lan: bool = False
    """Serve the local network too: over TLS, and only callers with a key."""
    lan_port: int = 3443
    """As `port`, for the local network."""
    address: str = ANY_ADDRESS
    """The address of this machine on which the local network is served."""
    hosts: tuple[str, ...] = ()
    """By what names and addresses the network calls this machine; empty: those that it knows of itself."""
    certificate: str = ""
    """Path of a PEM file with the owner's certificate and its chain; empty: one is made on the spot."""
    private_key: str = ""
    """Path of the PEM file with its key."""
    jwt: JwtSettings = field(default_factory=JwtSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleSource:
    host: str = ""
    port: int = 1521
    service_name: str = ""
    sid: str = ""
    """Used where service_name is empty."""
    secret: str = "oracle"
    """Name under which user and password are kept in the OS keyring."""
    table: str = "D_EMPRESAS"
    column_cnpj: str = "CNPJ_CO2"
    column_group: str = "NUMERO_WHATSAPP_GRUPO"
    column_name: str = ""
    """Empty where the table has no name."""
    deadline: float = 5.0
    """Seconds for one lookup, connecting included."""
    idle_after: float = 600.0
    """Seconds after the last question until the connection is closed and its process ends."""
    tls: bool = False
    """Speak TLS with the server (TCPS)."""
    wallet: str = ""
    """The folder with the ewallet.pem that says whom to trust; empty: whom this computer trusts."""
    match_server_name: bool = True
    """Refuse a server whose certificate was made for another name."""
    column_active: str = ""
    """The flag of companies that still exist; empty: all do."""
    query: str = ""
    """The owner's own SELECT in place of table and columns: binds :cnpj, and gives the group and perhaps a name."""
    query_list: str = ""
    """The one beside it that lists CNPJ, group and perhaps a name of all companies."""
    client_folder: str = ""
    """Oracle's client library, for servers that the driver cannot reach by itself."""
    client_url: str = ""
    """Where the client is downloaded from; empty: the one at Oracle that suits this system."""
    user: str = ""
    """Beside a password that comes from outside the keyring."""
    password_env: str = ""
    """The environment variable that holds the password on a server without a keyring."""

    @property
    def wallet_secret(self) -> str:
        """The name under which the wallet's password is kept, where it has one."""
        return f"{self.secret}.wallet"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    path: str = ""
    """A CSV or Excel (.xlsx) file, or a SQLite file with a table `empresas`; columns cnpj, nome, grupo."""
    column_cnpj: str = ""
    """The title of the column; empty, as all of them: found by the titles that are usual."""
    column_group: str = ""
    column_name: str = ""
    column_active: str = ""
    """The flag of companies that still exist; empty: all do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSource:
    """A database that SQLAlchemy has a driver for: PostgreSQL, SQL Server, MySQL, Firebird, SQLite."""

    url: str = ""
    """As in postgresql+pg8000://server:5432/erp, never with a user or a password in it."""
    secret: str = "database"
    """Name under which user and password are kept in the OS keyring; a database that asks for none needs none."""
    user: str = ""
    """Beside a password that comes from outside the keyring."""
    password_env: str = ""
    """The environment variable that holds the password on a server without a keyring."""
    table: str = "empresas"
    """With its schema in front where that is not the user's own."""
    column_cnpj: str = "cnpj"
    column_group: str = "grupo"
    column_name: str = "nome"
    """Empty where the table has no name."""
    column_active: str = ""
    """The flag of companies that still exist; empty: all do."""
    deadline: float = 5.0
    """Seconds for one lookup, connecting included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySettings:
    kind: DirectoryKind = DirectoryKind.ORACLE
    oracle: OracleSource = field(default_factory=OracleSource)
    table: TableSource = field(default_factory=TableSource)
    database: DatabaseSource = field(default_factory=DatabaseSource)
    strict_check_digits: bool = False
    """Refuse a CNPJ whose check digits are wrong even where the directory has it."""

    def secret_of(self, kind: DirectoryKind) -> str:
        """Under which name user and password of a kind are kept; a file's would be the ERP database's."""
        return (self.database if kind is DirectoryKind.DATABASE else self.oracle).secret

    @property
    def secret(self) -> str:
        return self.secret_of(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    template: str = r"C:\br.com.ControleVendaComercio\ERP_{cnpj}_VENDAS_COMERCIO\RelatorioVendas.jpg"
    """A path or an http(s) URL with {cnpj}."""
    caption: str = "Relatório do dia"
    folders: tuple[str, ...] = ()
    """Folders that a report may come from; empty: the fixed part of the template."""
    url_hosts: tuple[str, ...] = ()
    """Hosts (name or name:port) that a caller's `url` may name, beside the template's."""
    allow_network_paths: bool = False
    """Take reports from \\\\server\\share."""
    allow_old: bool = False
    """Send a picture that is not of today."""
    max_bytes: int = 15_000_000
    deadline: float = 10.0
    """Seconds for reading or downloading it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    kind: EngineKind = EngineKind.WHATSMEOW
    connect_wait: float = 15.0
    """Seconds a send waits for a session that is connecting before it answers «desconectado»."""
    ack_deadline: float = 80.0
    """Seconds until a send without the server's acknowledgement is called unknown; the engine's own limit is 75."""
    undelivered_after_hours: float = 24.0
    """Hours after which a send that no phone has confirmed is told as not confirmed."""
    degraded_after: int = 2
    """So many sends in a row without an acknowledgement, and a session is called degraded."""
    canary_minutes: int = 0
    """Minutes between short messages of a session to its own number, whose acknowledgements prove its line; 0: none."""
    ping_on_connect: bool = False
    """Whether a session sends `ping` to its own number as soon as it is connected, as contract E has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettings:
    """Of sessions that keep what they receive."""

    keep_days_text: int = 365
    keep_days_media: int = 90
    """Messages that came with a file; the file itself is WhatsApp's to keep."""
    media_max_bytes: int = 50_000_000
    """The largest file that is fetched for a caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettings:
    policy: GroupPolicy = GroupPolicy.REFUSE
    """What happens to a report whose group nobody confirmed, or that has changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    tenants_url: str = ""
    """Base address that hears of contract C's sessions; `/webhook/whatsapp` is added to it."""
    private_hosts: tuple[str, ...] = ()
    """Hosts (name or name:port) on this machine or in private networks that may be told."""
    deadline: float = 10.0
    """Seconds for one delivery."""
    keep_dead_days: int = 30
    """For how long what was given up can still be seen and sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    door: Door = field(default_factory=Door)
    directory: DirectorySettings = field(default_factory=DirectorySettings)
    report: ReportSettings = field(default_factory=ReportSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    messages: MessageSettings = field(default_factory=MessageSettings)
    pace: Pace = field(default_factory=Pace)
    groups: GroupSettings = field(default_factory=GroupSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    language: Language = Language.PORTUGUESE
