"""Where the owner's choices are kept."""

from typing import Protocol

from desktop.domain.settings import Settings


class SettingsStore(Protocol):
    def load(self) -> Settings:
        """The settings as they are now, also where another process changed them.

        Raises ConfigError(SETTING_INVALID) with the facts `name` and `reason` for a file that cannot be understood.
        """
        ...

    def change(self, values: dict[str, object]) -> Settings:
        """Set values by dotted name (`report.template`) and keep them; all of them or none.

        Raises Rejected(SETTING_INVALID) with the facts `name` and `reason`.
        """
        ...
