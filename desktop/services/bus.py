"""Events from the services to whoever watches, all on the service loop."""

import asyncio
import logging
from collections.abc import Callable

from desktop.domain.events import Event

logger = logging.getLogger(__name__)

Handler = Callable[[Event], None]


class Bus:
    def __init__(self) -> None:
        self._handlers: list[Handler] = []
        self._watchers: list[Handler] = []

    def subscribe(self, handler: Handler) -> Callable[[], None]:
        """Call the handler with every event from now on; the answer ends that."""
        return _join(self._handlers, handler)

    def watch(self, handler: Handler) -> Callable[[], None]:
        """As subscribe, for who only shows what happens: told a turn of the loop later, behind what it sets going."""
        return _join(self._watchers, handler)

    def publish(self, event: Event) -> None:
        """Tell everybody; a handler that fails is logged and stops nobody else."""
        for handler in tuple(self._handlers):
            _tell(handler, event)
        for watcher in self._watchers:
            asyncio.get_running_loop().call_soon(_tell, watcher, event)


def _join(handlers: list[Handler], handler: Handler) -> Callable[[], None]:
    handlers.append(handler)
    return lambda: handlers.remove(handler)


def _tell(handler: Handler, event: Event) -> None:
    try:
        handler(event)
    except Exception:
        logger.exception("a watcher failed on %s", type(event).__name__)
