"""The thread with the one asyncio loop that services, HTTP and workers share."""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")


class ServiceThread:
    """Runs one coroutine from start to stop and takes others while it runs."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._looping = threading.Event()

    def start(self, main: Callable[[], Coroutine[Any, Any, None]]) -> concurrent.futures.Future[None]:
        """Run `main()` in the new thread; the future ends with it, with its error if it failed."""
        done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, args=(main, done), name="service")
        self._thread.start()
        return done

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine in the loop, from any thread; raises RuntimeError where the loop has ended."""
        self._looping.wait()
        if self._loop is None or self._loop.is_closed():
            work.close()
            raise RuntimeError("the service loop has ended")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call_soon(self, action: Callable[[], object]) -> None:
        """Run an action in the loop, from any thread; without effect once the loop has ended."""
        self._looping.wait()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the thread's end; False where it takes longer."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self, main: Callable[[], Coroutine[Any, Any, None]], done: concurrent.futures.Future[None]) -> None:
        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            self._looping.set()
            await main()

        try:
            asyncio.run(run())
        except BaseException as error:
            self._looping.set()
            done.set_exception(error)
        else:
            done.set_result(None)
