"""The thread with the one asyncio loop that services, HTTP and workers share."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
Main = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


class ServiceThread:
    """Runs one coroutine until it is told to stop, and takes others while it runs."""

    def __init__(self) -> None:
        self._looping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def start(self, main: Main) -> concurrent.futures.Future[None]:
        """Run `main(stop)` in a new thread; it shall return once the event is set. The future ends as it ends."""
        done: concurrent.futures.Future[None] = concurrent.futures.Future()
        threading.Thread(target=self._run, args=(main, done), name="service").start()
        self._looping.wait()
        return done

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine in the loop, from any thread; raises RuntimeError where the loop has ended."""
        if self._loop is None or self._loop.is_closed():
            work.close()
            raise RuntimeError("the service loop is not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """Ask `main` to return, from any thread; without effect where it already has."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    def _run(self, main: Main, done: concurrent.futures.Future[None]) -> None:
        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            self._stop = asyncio.Event()
            self._looping.set()
            await main(self._stop)

        try:
            asyncio.run(run())
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)
