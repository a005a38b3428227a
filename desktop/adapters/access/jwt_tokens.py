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

_ROLES_THAT_MANAGE: Final = frozenset({"ADMIN", "MANAGER"})
"""Contract B's roles; every other one sends and reads."""
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
        except (AppError, OSError) as exc:
            _log.error("no token can be checked: %s", exc)
            return None
        return _access(text, key, algorithm, settings)

    async def _key(self, settings: JwtSettings) -> tuple[str, str]:
        """The one algorithm a token must be signed with, and the key for it: a token never chooses for itself."""
        if settings.public_key:
            return "RS256", await asyncio.to_thread(Path(settings.public_key).read_text, "utf-8")
        credentials = await self._secrets.credentials(settings.secret)
        if credentials is None:
            raise FileNotFoundError(f"the keyring has no {settings.secret!r}")
        return "HS256", credentials.password.reveal()


def _access(text: str, key: str, algorithm: str, settings: JwtSettings) -> Access | None:
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
    manages = any(role.upper() in _ROLES_THAT_MANAGE for role in named)
    return Access(name=f"jwt:{claims.get('sub', '')}", scopes=EVERYTHING if manages else TO_SEND_AND_READ)
