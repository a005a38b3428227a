"""Keeps one worker alive: lives follow each other with back-off, and calls wait for the next one."""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from desktop.adapters.worker import CallError, CallTimeout, Worker, WorkerBug, WorkerError, WorkerNotRunning

_Told = TypeVar("_Told")

_log = logging.getLogger(__name__)

_STOP_GRACE: Final = 5.0


class SupervisorState(StrEnum):
    NEW = "new"
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    """The last life ended; the next one starts soon."""
    BROKEN = "broken"
    """It kept dying; another start is tried only seldom."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """When to start again; all in seconds but `broken_after`, a number of deaths within `window`."""

    first: float = 0.5
    cap: float = 30.0
    broken_after: int = 5
    window: float = 300.0
    slow: float = 300.0
    jitter: float = 0.5
    """The part of each delay that is left to chance."""

    def delay(self, recent_deaths: int, *, broken: bool, roll: float) -> float:
        """`roll` is in [0, 1)."""
        full = self.slow if broken else min(self.cap, self.first * 2.0 ** (recent_deaths - 1))
        return full * (1.0 - self.jitter * roll)


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    error: Exception
    """WorkerDied for a life that had begun; what `start` or `prepare` raised for one that had not."""
    retry_in: float
    """Seconds."""
    broken: bool


class Supervisor:
    """`make` builds a new Worker for each life. `prepare` gets it before any call does (to log in, to restore a
    session); what it raises ends that life. `on_ready(n)` tells that the n-th life takes calls, `on_died` that one
    ended unasked; both run in the loop and must not block.

    `clock`, `sleep` and `roll` are monotonic seconds, a wait for seconds, and chance in [0, 1).
    """

    def __init__(
        self,
        make: Callable[[], Worker],
        *,
        name: str,
        prepare: Callable[[Worker], Awaitable[None]] | None = None,
        on_ready: Callable[[int], None] | None = None,
        on_died: Callable[[Death], None] | None = None,
        policy: RestartPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        roll: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._make = make
        self._prepare = prepare
        self._on_ready = on_ready
        self._on_died = on_died
        self._policy = policy or RestartPolicy()
        self._clock = clock
        self._sleep = sleep
        self._roll = roll
        self._state = SupervisorState.NEW
        self._changed = asyncio.Event()
        self._worker: Worker | None = None
        """This life, whether or not it takes calls yet."""
        self._task: asyncio.Task[None] | None = None
        self._lives = 0
        self._deaths: deque[float] = deque()
        self._broken = False
        self._retry_at = 0.0
        self._hurry = asyncio.Event()
        """Set by `restart`: the end of this life is no death, and no delay follows it."""

    @property
    def state(self) -> SupervisorState:
        return self._state

    @property
    def pid(self) -> int | None:
        """Of this life's process."""
        return None if self._worker is None else self._worker.pid

    def start(self) -> None:
        """Begins in the background, in the running loop, once: a first life that fails is a death like any other."""
        if self._task is not None:
            raise WorkerNotRunning(self.name, self._state)
        self._become(SupervisorState.STARTING)
        self._task = asyncio.get_running_loop().create_task(self._live_on(), name=f"supervisor-{self.name}")

    async def call(self, method: str, /, *, deadline: float, kill_on_timeout: bool = False, **params: object) -> object:
        """`Worker.call`, which waits within its deadline for a life that takes calls.

        WorkerNotRunning at once if none will in time: broken, stopped, or the next start is later than the deadline.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline
        try:
            async with asyncio.timeout_at(until):
                worker = await self._ready(deadline)
        except TimeoutError as exc:
            raise CallTimeout(self.name, method, deadline, sent=False) from exc
        left = max(0.0, until - loop.time())
        return await worker.call(method, deadline=left, kill_on_timeout=kill_on_timeout, **params)

    async def restart(self, grace: float = _STOP_GRACE) -> None:
        """Ends this life, if there is one, and begins the next without delay, also when broken; returns before that."""
        if self._state in (SupervisorState.NEW, SupervisorState.STOPPED):
            raise WorkerNotRunning(self.name, self._state)
        self._hurry.set()
        self._become(SupervisorState.STARTING)
        if self._worker is not None:
            await self._worker.stop(grace)

    async def stop(self, grace: float = _STOP_GRACE) -> None:
        """No life follows; this one is asked to end first, for `grace` seconds."""
        orderly = self._state is SupervisorState.READY
        self._become(SupervisorState.STOPPED)
        try:
            if orderly and self._worker is not None:
                await self._worker.stop(grace)
        finally:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait({self._task})

    async def _ready(self, patience: float) -> Worker:
        while self._state is not SupervisorState.READY or self._worker is None or not self._worker.alive:
            if self._state in (SupervisorState.NEW, SupervisorState.BROKEN, SupervisorState.STOPPED) or (
                self._state is SupervisorState.WAITING and self._retry_at - self._clock() > patience
            ):
                raise WorkerNotRunning(self.name, self._state)
            await self._changed.wait()
        return self._worker

    async def _live_on(self) -> None:
        while True:
            self._hurry.clear()
            self._become(SupervisorState.STARTING)
            began = self._clock()
            error = await self._live()
            if self._state is SupervisorState.STOPPED:
                return
            if not self._hurry.is_set():
                await self._mourn(error, began)

    async def _live(self) -> Exception:
        """One life from its start to its end; tells what ended it."""
        self._lives += 1
        worker: Worker | None = None
        try:
            worker = self._worker = self._make()
            await worker.start()
            if self._prepare is not None:
                await self._prepare(worker)
            if not self._hurry.is_set():
                self._become(SupervisorState.READY)
                self._tell(self._on_ready, self._lives)
            return await worker.ended()
        except (WorkerError, CallError, WorkerBug) as exc:
            return exc
        except Exception as exc:
            _log.exception("worker %s could not be prepared", self.name)
            return exc
        finally:
            self._worker = None
            if worker is not None:
                await worker.kill("was killed: its supervisor let it go")

    async def _mourn(self, error: Exception, began: float) -> None:
        now = self._clock()
        if now - began >= self._policy.window:
            self._broken = False
        self._deaths.append(now)
        while now - self._deaths[0] > self._policy.window:
            self._deaths.popleft()
        self._broken = self._broken or len(self._deaths) >= self._policy.broken_after
        delay = self._policy.delay(len(self._deaths), broken=self._broken, roll=self._roll())
        self._retry_at = now + delay
        _log.warning("worker %s: %s; next start in %.1f s%s", self.name, error, delay, " (broken)" * self._broken)
        self._become(SupervisorState.BROKEN if self._broken else SupervisorState.WAITING)
        self._tell(self._on_died, Death(error=error, retry_in=delay, broken=self._broken))
        await self._pause(delay)

    async def _pause(self, delay: float) -> None:
        """Sleeps, or less where `restart` is called meanwhile."""
        waits = {asyncio.ensure_future(self._sleep(delay)), asyncio.ensure_future(self._hurry.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _tell(self, listener: Callable[[_Told], None] | None, news: _Told) -> None:
        if listener is not None:
            try:
                listener(news)
            except Exception:  # the listener's bug must not end the supervision
                _log.exception("worker %s: telling %r failed", self.name, news)

    def _become(self, state: SupervisorState) -> None:
        self._state = state
        self._changed.set()
        self._changed = asyncio.Event()
