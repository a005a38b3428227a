"""A certificate authority of a test's own, and what a wallet made of it holds: nobody else trusts it."""

import ipaddress
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)
_WALLET = "ewallet.pem"


class Authority:
    """Its files lie in `folder`, which must be there."""

    def __init__(self, folder: Path, *, name: str = "Oracle double's authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        self._certificate = (
            _certificate(self._name, self._name, self._key, ends_in=30 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def server(
        self, hosts: Sequence[str] = ("localhost", "127.0.0.1"), *, expired: bool = False, asks_client: bool = False
    ) -> ssl.SSLContext:
        """What a server of these names speaks TLS with; `asks_client` lets in only who shows a certificate of ours."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self._folder / "server.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + self._signed(hosts[0], key, [_alternative(host) for host in hosts], expired=expired)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if asks_client:
            context.load_verify_locations(cadata=self._pem.decode())
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def wallet(self, *, password: str = "") -> Path:
        """A folder with the `ewallet.pem` that trusts this authority; with a password it holds a client's key, too."""
        folder = self._folder / "wallet"
        folder.mkdir(exist_ok=True)
        own = b""
        if password:
            key = ec.generate_private_key(ec.SECP256R1())
            kept = BestAvailableEncryption(password.encode())
            own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kept) + self._signed("malote", key, [])
        (folder / _WALLET).write_bytes(own + self._pem)
        return folder

    @property
    def _pem(self) -> bytes:
        return self._certificate.public_bytes(Encoding.PEM)

    def _signed(
        self, name: str, key: ec.EllipticCurvePrivateKey, alternatives: list[x509.GeneralName], *, expired: bool = False
    ) -> bytes:
        made = _certificate(_named(name), self._name, key, ends_in=-_DAY if expired else 30 * _DAY)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        if alternatives:
            made = made.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, ends_in: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - 60 * _DAY,
        not_valid_after=now + ends_in,
    )
