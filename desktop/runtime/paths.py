"""Where one instance keeps everything it knows."""

import os
from dataclasses import dataclass
from pathlib import Path


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
        """Make the folder; on POSIX nobody else may enter."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.name == "posix":
            self.folder.chmod(0o700)

    @property
    def database(self) -> Path:
        return self.folder / "malote.db"

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
    def lock(self) -> Path:
        return self.folder / "malote.lock"

    @property
    def runtime_file(self) -> Path:
        return self.folder / "runtime.json"
