"""What is written to the terminal, in a thread of its own."""

import logging
import threading
from collections import deque
from collections.abc import Callable

logger = logging.getLogger(__name__)

_MOST_WAITING = 1000


class Screen:
    """A terminal stands still for as long as a person likes, and whoever writes to it with it: only this thread does.

    Ctrl-S holds it, and on Windows a click into its window. What is to be written meanwhile waits; of more than a
    thousand the oldest are let go.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque(maxlen=_MOST_WAITING)
        self._changed = threading.Condition()
        self._writing = False
        threading.Thread(target=self._work, name="screen", daemon=True).start()

    def put(self, write: Callable[[], object]) -> None:
        """Have something written, behind what waits already."""
        with self._changed:
            self._waiting.append(write)
            self._changed.notify_all()

    def is_done(self, within: float) -> bool:
        """Whether all is written, waited for at most so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._writing, within)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                write, self._writing = self._waiting.popleft(), True
            try:
                write()
            except Exception:
                # A terminal that has gone, or does not know a letter. It is not told so: that would go on for ever.
                logger.exception("the terminal could not be written to")
            with self._changed:
                self._writing = False
                self._changed.notify_all()
