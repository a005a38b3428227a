"""JSON Web Tokens of the one issuer that the owner configured."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from desktop.domain.access import EVERYTHING, TO_SEND_AND_READ, Access
from desktop.domain.errors import AppError
from desktop.domain.settings import JwtSettings
from desktop.ports.secrets import Secrets

_ROLES_THAT_MANAGE: Final = frozenset({"admin", "manager"})
"""Contract B's roles, in small letters: a dotless ı in capitals is an I. Every other one sends and reads."""
_LONGEST: Final = 8_192
_LEEWAY: Final = 30.0

_log = logging.getLogger(__name__)


class JwtTokens:
    """Implements ports.Tokens with the settings as they are at each call."""

    def __init__(self, settings: Callable[[], JwtSettings], secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    async def read(self, text: str) -> Access | None:
        settings = self._settings()
        if not settings.issuer or text.count(".") != 2 or len(text) > _LONGEST:
            return None
        try:
            algorithm, key = await self._key(settings)
        except (AppError, OSError, ValueError) as exc:
            _log.error("no token can be checked: %s", exc)
            return None
        return _access(text, key, algorithm, settings)

    async def _key(self, settings: JwtSettings) -> tuple[str, Any]:
        """The one algorithm a token must be signed with, and the key for it: a token never chooses for itself."""
        if settings.public_key:
            return "RS256", await asyncio.to_thread(_public_key, Path(settings.public_key))
        credentials = await self._secrets.credentials(settings.secret)
        if credentials is None:
            raise FileNotFoundError(f"the keyring has no {settings.secret!r}")
        return "HS256", credentials.password.reveal()


def _public_key(path: Path) -> Any:
    """Read here and not by PyJWT, which takes a private key for one until it should verify something.

    Raises OSError, or ValueError for what is no public key of RSA in PEM.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, RSAPublicKey):
        raise ValueError(f"{path} holds no key of RSA")
    return key


def _access(text: str, key: Any, algorithm: str, settings: JwtSettings) -> Access | None:
    # Only those who configured an issuer pay for loading it.
    import jwt

    audience = settings.audience or None
    try:
        claims: dict[str, Any] = jwt.decode(
            text,
            key,
            algorithms=[algorithm],
            issuer=settings.issuer,
            audience=audience,
            leeway=_LEEWAY,
            options={"require": ["exp", "iss"], "verify_aud": audience is not None},
        )
    except jwt.PyJWTError as exc:
        _log.info("a token was refused: %s", exc)
        return None
    roles = claims.get(settings.role_claim, ())
    named = {roles} if isinstance(roles, str) else set(map(str, roles)) if isinstance(roles, list) else set()
    manages = any(role.lower() in _ROLES_THAT_MANAGE for role in named)
    return Access(name=f"jwt:{claims.get('sub', '')}", scopes=EVERYTHING if manages else TO_SEND_AND_READ)
