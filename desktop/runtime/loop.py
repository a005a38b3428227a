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
        """Set once the loop runs, or where there will be none."""
        self._taking = threading.Lock()
        """Held while work is given to the loop, and while the loop becomes one that takes it or takes no more."""
        self._loop: asyncio.AbstractEventLoop | None = None
        """None where nothing is taken: before the start, and from the moment at which `main` has returned."""
        self._stop = asyncio.Event()

    def start(self, main: Main) -> concurrent.futures.Future[None]:
        """Run `main(stop)` in a new thread; it shall return once the event is set. The future ends as it ends."""
        done: concurrent.futures.Future[None] = concurrent.futures.Future()
        threading.Thread(target=self._run, args=(main, done), name="service").start()
        self._looping.wait()
        return done

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine in the loop, from any thread; raises RuntimeError where the loop has ended."""
        with self._taking:
            if self._loop is not None:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise RuntimeError("the service loop is not running")

    def stop(self) -> None:
        """Ask `main` to return, from any thread; without effect where it already has."""
        with self._taking:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)

    def _run(self, main: Main, done: concurrent.futures.Future[None]) -> None:
        async def run() -> None:
            with self._taking:
                self._loop = asyncio.get_running_loop()
            self._looping.set()
            try:
                await main(self._stop)
            finally:
                # What was taken by now is cancelled with all that is left. What came later would find a loop that
                # closes, and be forgotten without an end.
                with self._taking:
                    self._loop = None

        try:
            with asyncio.Runner() as runner:
                runner.run(run())
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)
        finally:
            self._looping.set()
