"""A fault of our own that keeps news from going out: none of them is given up for it."""

from datetime import datetime, timedelta

from desktop.domain.errors import AppError
from desktop.domain.webhook import wait_after
from desktop.ports.clock import Clock


class Outage:
    """All deliveries wait for its end together, with waits that grow."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._until: datetime | None = None
        self.error: AppError | None = None
        """Why nothing goes out at present; None while there is no reason."""

    def wait(self) -> float:
        """Seconds until it is worth trying again."""
        if self._until is None:
            return 0.0
        return max(0.0, (self._until - self._clock.now()).total_seconds())

    def failed(self, error: AppError) -> bool:
        """It failed once more; true where it had not before, so that it is told once."""
        begins = self.error is None
        self.error = error
        # Who tried beside another that failed a moment ago adds nothing to the wait.
        if not self.wait():
            wait = wait_after(self._failures, self._clock.chance())
            self._until = self._clock.now() + timedelta(seconds=wait)
            self._failures += 1
        return begins

    def hurry(self) -> None:
        """A person wants it tried now."""
        self._until = None

    def over(self) -> bool:
        """It went well; true where it had not before."""
        was = self.error is not None
        self._failures, self._until, self.error = 0, None, None
        return was
