"""Where one instance keeps everything it knows."""

import os
from dataclasses import dataclass
from pathlib import Path

from desktop.domain.errors import Code, ConfigError


@dataclass(frozen=True, slots=True)
class Home:
    """A folder only its user may read; two instances with different homes never meet."""

    folder: Path

    @classmethod
    def default(cls) -> "Home":
        """The user's own data folder, as the platform has it."""
        from platformdirs import user_data_path

        return cls(user_data_path("Malote", appauthor=False, roaming=False))

    def prepare(self) -> None:
        """Make the folder; on POSIX nobody else may enter.

        Raises ConfigError(DATABASE_UNAVAILABLE) with the facts `home` and `detail`.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if os.name == "posix":
                self.folder.chmod(0o700)
        except OSError as error:
            raise ConfigError(Code.DATABASE_UNAVAILABLE, home=str(self.folder), detail=str(error)) from error

    @property
    def database(self) -> Path:
        return self.folder / "malote.db"

    @property
    def companies(self) -> Path:
        """The copy of the directory's list; it may be thrown away."""
        return self.folder / "empresas.db"

    @property
    def settings(self) -> Path:
        return self.folder / "settings.json"

    @property
    def sessions(self) -> Path:
        return self.folder / "sessions"

    @property
    def log(self) -> Path:
        return self.folder / "logs" / "malote.log"

    @property
    def certificates(self) -> Path:
        """What proves this home's door to the local network."""
        return self.folder / "tls"

    @property
    def lock(self) -> Path:
        return self.folder / "malote.lock"

    @property
    def signing(self) -> Path:
        """Held by the program that changes what webhooks are signed with."""
        return self.folder / "webhook.lock"

    @property
    def runtime_file(self) -> Path:
        return self.folder / "runtime.json"
