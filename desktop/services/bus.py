"""Events from the services to whoever watches, all on the service loop."""

import logging
from collections.abc import Callable

from desktop.domain.events import Event

logger = logging.getLogger(__name__)

Handler = Callable[[Event], None]


class Bus:
    def __init__(self) -> None:
        self._handlers: list[Handler] = []

    def subscribe(self, handler: Handler) -> Callable[[], None]:
        """Call the handler with every event from now on; the answer ends that."""
        self._handlers.append(handler)
        return lambda: self._handlers.remove(handler)

    def publish(self, event: Event) -> None:
        """Tell everybody; a handler that fails is logged and stops nobody else."""
        for handler in tuple(self._handlers):
            try:
                handler(event)
            except Exception:
                logger.exception("a watcher failed on %s", type(event).__name__)
