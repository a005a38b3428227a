"""How a line to Oracle is encrypted: one context for the probe and for the driver, so that both judge a server alike.

The driver's own check of the server's name knows no addresses, and a probe that judged otherwise would tell nonsense.
"""

import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_PEM: Final = "ewallet.pem"
_KEY: Final = b"PRIVATE KEY-----"


class WalletError(Exception):
    """The wallet is of no use; `missing` tells one that is not there from one that cannot be read."""

    def __init__(self, path: str, detail: str, *, missing: bool) -> None:
        super().__init__(detail)
        self.path = path
        self.detail = detail
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Tls:
    wallet: str = ""
    """A folder with an ewallet.pem, or such a file; empty: whom this computer trusts is trusted."""
    wallet_password: str = field(default="", repr=False)
    match_name: bool = True
    """Refuse a server whose certificate was made for another name."""


class _NamedContext(ssl.SSLContext):
    """Checks the name it was made for, whatever its user asks: the driver turns the check off to make its own."""

    host: str
    match_name: bool

    def wrap_socket(self, sock: socket.socket, *args: Any, **options: Any) -> ssl.SSLSocket:
        self.check_hostname = self.match_name
        self.verify_mode = ssl.CERT_REQUIRED
        return super().wrap_socket(sock, *args, **options | {"server_hostname": self.host})


def context_for(tls: Tls, host: str) -> ssl.SSLContext:
    """Trusts the wallet, or else the system; raises WalletError."""
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.host, context.match_name = host, tls.match_name
    if tls.wallet:
        _load(context, tls)
    else:
        context.load_default_certs()
    return context


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    path = Path(tls.wallet)
    try:
        if path.is_dir():
            path = path / _PEM
        content = path.read_bytes()
        context.load_verify_locations(cadata=content.decode("ascii", "ignore"))
        if _KEY in content:
            # given as a call, so that a key that is encrypted never makes OpenSSL ask on a terminal
            context.load_cert_chain(path, password=lambda: tls.wallet_password)
    except FileNotFoundError as error:
        raise WalletError(str(path), str(error), missing=True) from error
    except (OSError, ValueError) as error:
        raise WalletError(str(path), str(error), missing=False) from error
