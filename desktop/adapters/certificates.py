"""The certificate with which the local network's door proves itself: the owner's, or one made on the spot."""

import ipaddress
import os
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from desktop.domain.errors import Code, ConfigError

_VALID = timedelta(days=825)
"""The longest that Apple's systems trust one."""
_RENEWED = timedelta(days=30)
_ALWAYS = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Certificate:
    path: Path
    key: Path
    fingerprint: str
    """SHA-256 in pairs of capital digits, as browsers and operating systems show it."""


def owners_certificate(path: Path, key: Path) -> Certificate:
    """The owner's own, in PEM. Raises ConfigError(SETTING_INVALID) where the two files do not serve."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key, password=lambda: "")
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(
            Code.SETTING_INVALID, name="door.certificate", reason="certificate", detail=str(error)
        ) from error
    return Certificate(path, key, _fingerprint(found))


def made_certificate(folder: Path, *, names: Collection[str], also: Collection[str] = (), now: datetime) -> Certificate:
    """The one kept in the folder, made anew where it is missing, about to end or made for other `names`.

    `also` are names of the moment, such as today's addresses: they are in a new one, and make no new one necessary,
    because whoever trusts the old one's fingerprint would have to be told again.
    """
    path, key = folder / "lan.crt", folder / "lan.key"
    found = _kept(path, key)
    if found is None or found.not_valid_after_utc - now < _RENEWED or not set(names) <= _names_of(found):
        found = _make(path, key, sorted({*names, *also, *_ALWAYS}), now)
    return Certificate(path, key, _fingerprint(found))


def _kept(path: Path, key: Path) -> x509.Certificate | None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key)
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _make(path: Path, key_path: Path, names: list[str], now: datetime) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Malote")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks in an office differ.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID - timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(list(map(_alternative, names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    # The key first: a certificate that is there has its key beside it.
    _put(key_path, secret)
    _put(path, made.public_bytes(pem))
    return made


def _put(path: Path, content: bytes) -> None:
    """Whole, and readable by its user only."""
    temporary = path.with_suffix(f"{path.suffix}.tmp")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names_of(certificate: x509.Certificate) -> set[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return {str(name.value) for name in extension.value}


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
