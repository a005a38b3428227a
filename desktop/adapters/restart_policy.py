"""How long to wait before what died or failed is begun again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """When to start again; all in seconds but `broken_after`, a number of deaths within `window`."""

    first: float = 0.5
    cap: float = 30.0
    broken_after: int = 5
    window: float = 300.0
    slow: float = 300.0
    """For what will not be better soon."""
    jitter: float = 0.5
    """The part of each delay that is left to chance."""

    def delay(self, recent_deaths: int, *, broken: bool, roll: float) -> float:
        """`roll` is in [0, 1)."""
        full = self.slow if broken else min(self.cap, self.first * 2.0 ** (recent_deaths - 1))
        return full * (1.0 - self.jitter * roll)
