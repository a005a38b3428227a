"""Everything a door may call, in one hand."""

from dataclasses import dataclass
from pathlib import Path

from desktop.ports.secrets import Secrets
from desktop.ports.tokens import Tokens
from desktop.services.bus import Bus
from desktop.services.configuration import Configuration
from desktop.services.diagnosis import Diagnosing
from desktop.services.groups import Groups
from desktop.services.inbox import Inbox
from desktop.services.keys import KeyRing
from desktop.services.mapping import Mappings
from desktop.services.oracle_client import ClientInstalling
from desktop.services.pipeline import Pipeline
from desktop.services.preparing import Preparing
from desktop.services.sending import Sending
from desktop.services.sessions import Sessions
from desktop.services.webhooks import Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorInfo:
    """Where the local API listens."""

    host: str
    port: int
    lan_url: str = ""
    """For callers of the local network, where the owner serves it."""
    fingerprint: str = ""
    """Of the certificate they meet there."""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the user must be told at start."""

    code: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    sending: Sending
    sessions: Sessions
    inbox: Inbox
    preparing: Preparing
    groups: Groups
    diagnosing: Diagnosing
    mappings: Mappings
    oracle_clients: ClientInstalling
    keys: KeyRing
    tokens: Tokens
    telling: Telling
    pipeline: Pipeline
    secrets: Secrets
    settings: Configuration
    bus: Bus
    home: Path
    door: DoorInfo
    notices: tuple[Notice, ...] = ()
