"""Which of our codes each Oracle failure is, by its root cause. Knows the driver's errors by shape, never imports it.

The driver wraps what goes wrong while connecting in DPY-6005 and hangs the real error on `__cause__`; errors after that
arrive as they are. Each error of its own has `args[0].full_code`, such as `ORA-00942` or `DPY-4011`.
"""

import errno
import re
import socket
import ssl
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from desktop.domain.errors import AppError, Code, Fact, NeedsHuman, Transient


class Reason(StrEnum):
    """The fact `reason` of ORACLE_UNAVAILABLE."""

    HOST_NOT_FOUND = "host_not_found"
    REFUSED = "refused"
    SILENT = "silent"
    DROPPED = "dropped"
    SID_UNKNOWN = "sid_unknown"
    SERVICE_UNKNOWN = "service_unknown"
    SERVER_TOO_OLD = "server_too_old"
    ENCRYPTION_REQUIRED = "encryption_required"
    VERIFIER_10G = "verifier_10g"
    CLIENT_BROKEN = "client_broken"
    """Oracle's client library is configured but does not load."""
    CLIENT_TOO_NEW = "client_too_new"
    """It loads, but does not talk to a server this old any more."""
    CERTIFICATE = "certificate"
    """The server's certificate is not trusted; `detail` says why, in TLS's words."""
    CERTIFICATE_NAME = "certificate_name"
    """It was made for a server of another name."""
    CERTIFICATE_WANTED = "certificate_wanted"
    """The server hung up once TLS stood: it may want a certificate of ours."""
    WALLET_MISSING = "wallet_missing"
    WALLET_UNREADABLE = "wallet_unreadable"
    TLS_FAILED = "tls_failed"
    """What listens there does not speak TLS, or none that we do."""
    TLS_EXPECTED = "tls_expected"
    """It speaks nothing else."""
    NO_SESSION_RIGHT = "no_session_right"
    """User and password are right, but the user may not log in."""
    TABLE_EMPTY = "table_empty"
    VIEW_BROKEN = "view_broken"
    TABLE_NOT_FOUND = "table_not_found"
    COLUMN_NOT_FOUND = "column_not_found"
    NO_RIGHTS = "no_rights"
    TIMEOUT = "timeout"
    STARTING = "starting"
    """The database is starting or shutting down."""
    BUSY = "busy"
    """It has no room for one more session."""
    DUPLICATE = "duplicate"
    """Several rows of one company, with different groups."""
    OTHER = "other"


class Refusal(StrEnum):
    """The fact `reason` of ORACLE_CREDENTIALS."""

    WRONG = "wrong"
    LOCKED = "locked"
    EXPIRED = "expired"
    MISSING = "missing"


KNOWN: Final[Mapping[str, Reason | Refusal]] = {
    # Who logs in
    "ORA-01005": Refusal.MISSING,
    "ORA-01045": Reason.NO_SESSION_RIGHT,
    "ORA-01017": Refusal.WRONG,
    "ORA-28000": Refusal.LOCKED,
    "ORA-28001": Refusal.EXPIRED,
    "DPY-4001": Refusal.MISSING,
    # The way there
    "ORA-12154": Reason.HOST_NOT_FOUND,
    "ORA-12545": Reason.HOST_NOT_FOUND,
    "DPY-4000": Reason.HOST_NOT_FOUND,
    "ORA-12541": Reason.REFUSED,
    "ORA-12170": Reason.SILENT,
    "ORA-12535": Reason.SILENT,
    "ORA-12543": Reason.SILENT,
    "ORA-12504": Reason.SERVICE_UNKNOWN,
    "ORA-12505": Reason.SID_UNKNOWN,
    "ORA-12514": Reason.SERVICE_UNKNOWN,
    "ORA-12521": Reason.SID_UNKNOWN,
    "DPY-6001": Reason.SERVICE_UNKNOWN,
    "DPY-6003": Reason.SID_UNKNOWN,
    # What thin mode cannot do
    "ORA-03134": Reason.SERVER_TOO_OLD,
    "DPY-3010": Reason.SERVER_TOO_OLD,
    "ORA-28040": Reason.SERVER_TOO_OLD,
    "ORA-12650": Reason.ENCRYPTION_REQUIRED,
    "ORA-12660": Reason.ENCRYPTION_REQUIRED,
    "DPY-3015": Reason.VERIFIER_10G,
    # The client library itself, before it calls anybody; its other DPI codes the driver turns into its own
    "DPI-1047": Reason.CLIENT_BROKEN,
    "DPI-1050": Reason.CLIENT_BROKEN,
    "DPI-1072": Reason.CLIENT_BROKEN,
    # TLS: ours speaks through Python's own errors, Oracle's client library in these
    "DPY-2018": Reason.WALLET_MISSING,
    "DPY-6002": Reason.CERTIFICATE_NAME,
    "DPY-6006": Reason.CERTIFICATE_NAME,
    "ORA-28353": Reason.WALLET_UNREADABLE,
    "ORA-28759": Reason.WALLET_MISSING,
    "ORA-28791": Reason.CERTIFICATE,
    "ORA-28860": Reason.TLS_FAILED,
    "ORA-28862": Reason.TLS_FAILED,
    "ORA-28864": Reason.TLS_FAILED,
    "ORA-28865": Reason.TLS_FAILED,
    "ORA-29002": Reason.CERTIFICATE,
    "ORA-29003": Reason.CERTIFICATE_NAME,
    "ORA-29024": Reason.CERTIFICATE,
    # A database that is not open, or full
    "ORA-01033": Reason.STARTING,
    "ORA-01034": Reason.STARTING,
    "ORA-01035": Reason.STARTING,
    "ORA-01089": Reason.STARTING,
    "ORA-01090": Reason.STARTING,
    "ORA-12526": Reason.STARTING,
    "ORA-12527": Reason.STARTING,
    "ORA-12528": Reason.STARTING,
    "ORA-27101": Reason.STARTING,
    "ORA-00018": Reason.BUSY,
    "ORA-00020": Reason.BUSY,
    "ORA-02391": Reason.BUSY,
    "ORA-12516": Reason.BUSY,
    "ORA-12518": Reason.BUSY,
    "ORA-12519": Reason.BUSY,
    "ORA-12520": Reason.BUSY,
    # A connection that broke
    "ORA-00028": Reason.DROPPED,
    "ORA-01012": Reason.DROPPED,
    "ORA-01092": Reason.DROPPED,
    "ORA-02396": Reason.DROPPED,
    "ORA-03113": Reason.DROPPED,
    "ORA-03114": Reason.DROPPED,
    "ORA-03135": Reason.DROPPED,
    "ORA-12537": Reason.DROPPED,
    "ORA-12547": Reason.DROPPED,
    "ORA-12569": Reason.DROPPED,
    "ORA-12570": Reason.DROPPED,
    "ORA-12571": Reason.DROPPED,
    "ORA-12592": Reason.DROPPED,
    "DPY-1001": Reason.DROPPED,
    "DPY-4011": Reason.DROPPED,
    "DPY-4033": Reason.DROPPED,
    # The table
    "ORA-00942": Reason.TABLE_NOT_FOUND,
    "ORA-04043": Reason.TABLE_NOT_FOUND,
    "ORA-00904": Reason.COLUMN_NOT_FOUND,
    "ORA-00980": Reason.TABLE_NOT_FOUND,
    "ORA-04063": Reason.VIEW_BROKEN,
    "ORA-01031": Reason.NO_RIGHTS,
    "ORA-41900": Reason.NO_RIGHTS,
    # Too slow
    "ORA-01013": Reason.TIMEOUT,
    "DPY-4024": Reason.TIMEOUT,
}

NEEDS_CLIENT: Final = frozenset({Reason.SERVER_TOO_OLD, Reason.ENCRYPTION_REQUIRED, Reason.VERIFIER_10G})
"""What Oracle's own client library can do and thin mode cannot."""

DEAD_SESSION: Final = frozenset({"DPY-1001", "DPY-4011", "DPY-4033"})
"""The connection is gone, and the call may be made again over a new one."""

_FOR_A_PERSON: Final = frozenset(
    {
        Reason.SERVER_TOO_OLD,
        Reason.ENCRYPTION_REQUIRED,
        Reason.VERIFIER_10G,
        Reason.CLIENT_BROKEN,
        Reason.CLIENT_TOO_NEW,
        Reason.CERTIFICATE,
        Reason.CERTIFICATE_NAME,
        Reason.CERTIFICATE_WANTED,
        Reason.WALLET_MISSING,
        Reason.WALLET_UNREADABLE,
        Reason.TLS_EXPECTED,
        Reason.NO_SESSION_RIGHT,
        Reason.TABLE_EMPTY,
        Reason.VIEW_BROKEN,
        Reason.TABLE_NOT_FOUND,
        Reason.COLUMN_NOT_FOUND,
        Reason.NO_RIGHTS,
        Reason.DUPLICATE,
    }
)
"""A SID or service that is unknown is not among them: a listener knows none for a while when its database restarts."""

_OTHER_NAME: Final = frozenset({62, 64})
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""
_WRAPPER: Final = "DPY-6005"
_LISTENER_REFUSED: Final = "DPY-6000"
_NOT_IN_THIN_MODE: Final = "DPY-3001"
_SIMILAR: Final = re.compile(r"Similar to (ORA-)(\d+)")
_IDENTIFIER: Final = re.compile(r'((?:"[^"]*"\.)*"[^"]*"): invalid identifier')
_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT})
_HELP: Final = re.compile(r"\n?Help: \S+")


def code_of(error: BaseException) -> str:
    """The driver's own code, such as `DPY-4011`; empty for other exceptions."""
    code = getattr(error.args[0], "full_code", "") if error.args else ""
    return code if isinstance(code, str) else ""


def root_of(error: BaseException) -> BaseException:
    """What lies under the driver's "cannot connect"; the error itself where there is nothing."""
    cause = error.__cause__
    return root_of(cause) if code_of(error) == _WRAPPER and cause is not None else error


def classify(error: BaseException) -> tuple[Code, dict[str, Fact]]:
    """Our code, with `reason`, `ora` (the root's code), `driver_code` (the error's own), and what the message names.

    What the table does not know is `other`, with the message whole in `detail`, which is also where TLS says what is
    wrong with a certificate.
    """
    root = root_of(error)
    code, message = code_of(root), str(root)
    similar = _SIMILAR.search(message) if code.startswith("DPY-60") else None
    ora = f"{similar[1]}{int(similar[2]):05}" if similar else code
    meaning = _meaning(root, code, ora, message)
    facts: dict[str, Fact] = {"reason": meaning.value}
    if ora:
        facts["ora"] = ora
    if code_of(error):
        facts["driver_code"] = code_of(error)
    if meaning is Reason.COLUMN_NOT_FOUND and (named := _IDENTIFIER.search(message)):
        facts["column"] = named[1].replace('"', "")
    if meaning is Reason.OTHER:
        facts["detail"] = _HELP.sub("", message).strip() or type(root).__name__
    if isinstance(root, ssl.SSLError):
        facts["detail"] = getattr(root, "verify_message", "") or message
    return (Code.ORACLE_CREDENTIALS if isinstance(meaning, Refusal) else Code.ORACLE_UNAVAILABLE), facts


def app_error(code: str, facts: Mapping[str, object]) -> AppError:
    """The error of the domain for what `classify` found, as it arrives in the parent."""
    told = {name: fact for name, fact in facts.items() if isinstance(fact, str | int | float | bool)}
    if code == Code.ORACLE_CREDENTIALS or told.get("reason") in _FOR_A_PERSON:
        return NeedsHuman(Code(code), **told)
    return Transient(Code(code), retry_after=None, **told)


def _meaning(root: BaseException, code: str, ora: str, message: str) -> Reason | Refusal:
    if code == _LISTENER_REFUSED:
        return KNOWN.get(ora, Reason.OTHER)
    if code == _NOT_IN_THIN_MODE:
        return Reason.ENCRYPTION_REQUIRED if "Native Network Encryption" in message else Reason.OTHER
    if code:
        return KNOWN.get(code, Reason.OTHER)
    match root:
        case socket.gaierror() | UnicodeError():  # the latter: a name that cannot be one
            return Reason.HOST_NOT_FOUND
        case ssl.SSLCertVerificationError(verify_code=code_of_name) if code_of_name in _OTHER_NAME:
            return Reason.CERTIFICATE_NAME
        case ssl.SSLCertVerificationError():
            return Reason.CERTIFICATE
        case ssl.SSLError():
            return Reason.TLS_FAILED
        case ConnectionRefusedError():
            return Reason.REFUSED
        case TimeoutError():
            return Reason.SILENT
        case ConnectionError():
            return Reason.DROPPED
        case OSError(errno=number) if number in _UNREACHABLE:
            return Reason.SILENT
        case _:
            return Reason.OTHER
