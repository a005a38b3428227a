"""The owner's choices, told to whoever depends on them."""

from desktop.domain.events import SettingsChanged
from desktop.domain.settings import Settings
from desktop.ports.settings_store import SettingsStore
from desktop.services.bus import Bus


class Configuration:
    def __init__(self, store: SettingsStore, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    def load(self) -> Settings:
        """The settings as they are now; raises ConfigError(SETTING_INVALID) for a file that cannot be understood."""
        return self._store.load()

    def change(self, values: dict[str, object]) -> Settings:
        """Keep values by dotted name, all or none; raises Rejected(SETTING_INVALID)."""
        settings = self._store.change(values)
        self._bus.publish(SettingsChanged())
        return settings
