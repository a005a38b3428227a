"""A token of the owner's login service opens the door only if that service signed it, for us and not long ago."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from desktop.adapters.access.jwt_tokens import JwtTokens
from desktop.domain.access import EVERYTHING, TO_SEND_AND_READ
from desktop.domain.secret import Credentials, Secret
from desktop.domain.settings import JwtSettings

ISSUER = "https://login.example"
SHARED = "a-shared-secret-of-more-than-32-bytes-for-hs256"


class OneSecret:
    """The keyring with one entry, or none."""

    def __init__(self, text: str | None = SHARED) -> None:
        self._text = text

    async def credentials(self, name: str) -> Credentials | None:
        return Credentials("", Secret(self._text)) if name == "jwt" and self._text else None

    async def keep_credentials(self, name: str, credentials: Credentials) -> None:
        raise AssertionError("nothing is kept here")

    async def forget_credentials(self, name: str) -> None:
        raise AssertionError("nothing is forgotten here")


def claims(**changes: object) -> dict[str, Any]:
    given = {"iss": ISSUER, "sub": "ana", "exp": time.time() + 600, "role": "MANAGER", **changes}
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture(scope="module")
def pair() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def public_pem(pair: rsa.RSAPrivateKey) -> bytes:
    return pair.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def tokens(settings: JwtSettings, secret: str | None = SHARED) -> JwtTokens:
    return JwtTokens(lambda: settings, OneSecret(secret))


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("ADMIN", EVERYTHING),
        ("manager", EVERYTHING),
        (["AGENT", "ADMIN"], EVERYTHING),
        ("AGENT", TO_SEND_AND_READ),
        (None, TO_SEND_AND_READ),
        ({"odd": 1}, TO_SEND_AND_READ),
        ("admın", TO_SEND_AND_READ),  # in capitals it would be ADMIN
    ],
)
async def test_the_roles_admin_and_manager_manage(role: object, scopes: object) -> None:
    found = await tokens(JwtSettings(issuer=ISSUER)).read(jwt.encode(claims(role=role), SHARED))
    assert found is not None
    assert (found.name, found.scopes) == ("jwt:ana", scopes)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"exp": None},
        {"exp": time.time() - 60},
        {"nbf": time.time() + 86_400},
    ],
)
async def test_a_token_of_others_or_of_another_time_is_none(changes: dict[str, object]) -> None:
    assert await tokens(JwtSettings(issuer=ISSUER)).read(jwt.encode(claims(**changes), SHARED)) is None


async def test_an_audience_is_asked_for_where_one_is_configured() -> None:
    settings = JwtSettings(issuer=ISSUER, audience="malote")
    assert await tokens(settings).read(jwt.encode(claims(aud="malote"), SHARED)) is not None
    assert await tokens(settings).read(jwt.encode(claims(aud="other"), SHARED)) is None
    assert await tokens(settings).read(jwt.encode(claims(), SHARED)) is None


async def test_an_rsa_token_is_checked_with_the_public_key(tmp_path: Path, pair: rsa.RSAPrivateKey) -> None:
    file = tmp_path / "login.pem"
    file.write_bytes(public_pem(pair))
    reader = tokens(JwtSettings(issuer=ISSUER, public_key=str(file)))
    assert await reader.read(jwt.encode(claims(), pair, algorithm="RS256")) is not None
    stranger = rsa.generate_private_key(65537, 2048)
    assert await reader.read(jwt.encode(claims(), stranger, algorithm="RS256")) is None


async def test_a_token_never_chooses_how_it_is_checked(tmp_path: Path, pair: rsa.RSAPrivateKey) -> None:
    file = tmp_path / "login.pem"
    file.write_bytes(public_pem(pair))
    by_rsa = tokens(JwtSettings(issuer=ISSUER, public_key=str(file)))
    by_secret = tokens(JwtSettings(issuer=ISSUER))
    unsigned = jwt.encode(claims(), "", algorithm="none")
    assert await by_rsa.read(unsigned) is None
    assert await by_secret.read(unsigned) is None
    assert await by_rsa.read(jwt.encode(claims(), SHARED)) is None
    assert await by_secret.read(jwt.encode(claims(), pair, algorithm="RS256")) is None


@pytest.mark.parametrize("text", ["", "malote_abc", "a.b", "a.b.c.d", "a.b.c", "x" * 9000 + ".b.c"])
async def test_what_is_no_token_is_none(text: str) -> None:
    assert await tokens(JwtSettings(issuer=ISSUER)).read(text) is None


async def test_without_an_issuer_no_token_is_looked_at() -> None:
    assert await tokens(JwtSettings()).read(jwt.encode(claims(), SHARED)) is None


def _no_file(folder: Path) -> JwtTokens:
    return tokens(JwtSettings(issuer=ISSUER, public_key=str(folder / "missing.pem")))


def _no_secret(folder: Path) -> JwtTokens:
    return tokens(JwtSettings(issuer=ISSUER), secret=None)


def _no_pem(folder: Path) -> JwtTokens:
    pair = rsa.generate_private_key(65537, 2048).public_key()
    file = folder / "login.der"
    file.write_bytes(pair.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    return tokens(JwtSettings(issuer=ISSUER, public_key=str(file)))


def _private_key(folder: Path) -> JwtTokens:
    pair = rsa.generate_private_key(65537, 2048)
    file = folder / "login.pem"
    file.write_bytes(
        pair.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return tokens(JwtSettings(issuer=ISSUER, public_key=str(file)))


def _other_kind(folder: Path) -> JwtTokens:
    file = folder / "login.pem"
    file.write_bytes(
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return tokens(JwtSettings(issuer=ISSUER, public_key=str(file)))


@pytest.mark.expects_error_log("no token can be checked")
@pytest.mark.parametrize("make", [_no_file, _no_pem, _private_key, _other_kind, _no_secret])
async def test_without_its_key_no_token_passes(
    tmp_path: Path, pair: rsa.RSAPrivateKey, make: Callable[[Path], JwtTokens]
) -> None:
    reader = make(tmp_path)
    assert await reader.read(jwt.encode(claims(), SHARED)) is None
    assert await reader.read(jwt.encode(claims(), pair, algorithm="RS256")) is None
